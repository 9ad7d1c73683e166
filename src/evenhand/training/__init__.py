"""Training: fit one model on one fold. Start reading at `training/loop/loop.py`."""
