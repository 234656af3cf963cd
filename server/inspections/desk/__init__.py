"""What staff see and do of inspections on pages."""
