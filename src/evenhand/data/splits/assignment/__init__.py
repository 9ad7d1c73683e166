"""Groups dealt to folds: the sizes, the mix of classes, and every class in every fold."""
