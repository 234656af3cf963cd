"""What the pages of visits ask of the tables."""
