"""Models against each other: paired verdicts, agreement, versions of a data set."""
