"""Ensembles of predictions: aligned by id, weighted over the folds, evaluated like any model. No torch."""
