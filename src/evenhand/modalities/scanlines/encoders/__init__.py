"""Networks over the lines of a scan."""
