"""Instruments as they are published and kept: the national ones, and a city's own versions."""
