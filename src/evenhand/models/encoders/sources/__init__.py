"""Where encoders come from: one file per source, found by its name before the colon."""
