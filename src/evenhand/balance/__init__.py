"""What is done about skewed classes: samplers, class weights and losses, each a file found by its name."""

from evenhand.balance.choose import class_weights, row_weights, sampling_weights

__all__ = ["class_weights", "row_weights", "sampling_weights"]
