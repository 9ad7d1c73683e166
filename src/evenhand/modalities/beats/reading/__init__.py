"""Reading of WFDB records and annotations, without torch."""
