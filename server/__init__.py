"""Loket: the quality of public services of an Indonesian local government, from the counter to the index."""

__version__ = "0.1.0"
