"""What is done about skewed classes: samplers, class weights and losses, each a file found by its name.

`prior` adds up what they make a model believe; none of this but the losses' arithmetic needs torch.
"""

from evenhand.balance.choose import class_weights, row_weights, sampling_weights
from evenhand.balance.prior import EffectivePrior, effective_prior

__all__ = ["EffectivePrior", "class_weights", "effective_prior", "row_weights", "sampling_weights"]
