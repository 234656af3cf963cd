"""What a person's phone is to know of inspections."""
