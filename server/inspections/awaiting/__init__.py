"""Visits that are here while some of their photos are still on a phone: what a coordinator asks the inspectors for."""
