"""What every kind of data with pictures shares: inputs, near-duplicates, how a picture looks."""
