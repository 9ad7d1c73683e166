"""Training: fit one model on one fold. Start reading at `loop/loop.py`."""
