"""Visits: what was found at each indicator, handed in, returned or verified."""
