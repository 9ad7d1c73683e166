"""Rules about rows: files, copies, labels."""
