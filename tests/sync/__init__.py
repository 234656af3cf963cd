"""Phones that work offline: what they push, what they are told, what the server keeps."""
