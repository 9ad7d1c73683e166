"""Files of scans to encoded arrays, without torch."""
