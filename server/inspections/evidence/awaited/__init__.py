"""Evidence of whole records: pieces whose file is here, pieces whose file is still on a phone."""
