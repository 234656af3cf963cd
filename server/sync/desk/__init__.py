"""The bureau's pages of phones: what waits for a decision, for photos, for its clock to be set; and queue files."""
