"""What predictions are worth: metrics, their intervals, confusions and calibration. Sees no model and no torch."""
