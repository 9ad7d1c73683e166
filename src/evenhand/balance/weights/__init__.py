"""Class weights, one way a file: how much an error on each class costs."""
