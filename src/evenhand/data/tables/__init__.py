"""Tables of labels: read in any dialect, joined with files, converted to samples."""
