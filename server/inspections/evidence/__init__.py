"""Evidence: files by the hash of their bytes, and what they show of a finding."""
