"""A simulator of STM scans of H:Si(100): surface, tip, scanner, sessions and raters."""
