"""Figures of one model: the score table, the confusion matrix, calibration."""
