"""New rows: which classes are predicted too often, how sure predictions are, which rows are unlike training."""
