"""Results as Rich tables and text on standard output."""
