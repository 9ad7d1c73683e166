"""Rows before they are decoded: roots, tables, labels, folds and the store; knows no model and no torch."""
