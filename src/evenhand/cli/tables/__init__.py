"""Values as Rich tables and plain words on standard output."""
