"""Histogram gradient boosting on the predictions of the models."""

from __future__ import annotations

from sklearn.ensemble import HistGradientBoostingClassifier

from evenhand.base.seeds import seed_from
from evenhand.base.settings.section import option
from evenhand.blending.core.fitted import Ask, fit_candidates, fit_rows
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.inputs.stacking_features import Feature
from evenhand.blending.methods import METHODS


@METHODS.register("gradient_boosting")
class GradientBoosting(Method):
    """Boosted trees (scikit-learn's HistGradientBoostingClassifier) on stacked predictions."""

    features: list[Feature] = option(
        ["probabilities", "entropy", "margin", "differences", "agreement"],
        min_length=1,
        description="Inputs: probabilities, logits, entropy, margin, differences, agreement.",
    )
    ask: Ask = option(
        "candidates",
        description="candidates: one binary model for all classes, applied to the likeliest; rows: all classes "
        "side by side, with trees for each, which needs many rows per class.",
    )
    candidates: int = option(5, ge=2, unit="classes", description="Number of candidate classes per row.")
    trees: int = option(100, ge=1, description="Rounds of boosting.")
    learning_rate: float = option(0.05, gt=0, le=1, description="Weight of each round.")
    leaves: int = option(8, ge=2, description="Leaves of a tree.")
    least_rows: int = option(20, ge=1, unit="rows", description="Smallest number of rows in a leaf.")

    def learn(self, stack: Stack, seed: int) -> Learned:
        estimator = HistGradientBoostingClassifier(
            max_iter=self.trees,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.least_rows,
            # It would hold out random rows, which divides groups.
            early_stopping=False,
            random_state=seed_from(seed, "gradient boosting") % 2**32,
        )
        if self.ask == "rows":
            return fit_rows(estimator, stack, self.features)
        return fit_candidates(estimator, stack, self.features, self.candidates)
