"""Scores: what visits and users' sheets make of a unit and of the city, disputes settled, results pinned."""
