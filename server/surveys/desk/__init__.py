"""What staff do with the survey: read answers, review exclusions, import and type in, choose the convention."""
