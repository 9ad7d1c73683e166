"""Windows cut by other programs: arrays in .npz, or a CSV with a column per sample."""
