"""From WFDB records and annotations to encoded beats, without torch."""
