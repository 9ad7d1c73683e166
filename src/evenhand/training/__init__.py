"""Fitting one model on one fold: the loop and what it needs. Start reading at `loop.py`."""
