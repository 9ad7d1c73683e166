"""What of a record is lost or damaged, and which record the same configuration resumes."""
