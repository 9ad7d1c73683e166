"""Ensembles of predictions: aligned by id, weighted over the folds, judged like any model. No torch."""
