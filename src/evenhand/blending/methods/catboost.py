"""CatBoost on the predictions of the models."""

from __future__ import annotations

from typing import Any

from evenhand.base.errors import MissingExtraError
from evenhand.base.seeds import seed_from
from evenhand.base.settings.section import option
from evenhand.blending.core.fitted import Ask, fit_candidates, fit_rows
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.inputs.stacking_features import Feature
from evenhand.blending.methods import METHODS


@METHODS.register("catboost")
class CatBoost(Method):
    """Ordered boosting of symmetric trees (Prokhorenkova et al. 2018) on stacked predictions; extra [boosting]."""

    features: list[Feature] = option(
        ["probabilities", "entropy", "margin", "differences", "agreement"],
        min_length=1,
        description="Inputs: probabilities, logits, entropy, margin, differences, agreement.",
    )
    ask: Ask = option("candidates", description="candidates or rows, as for gradient_boosting.")
    candidates: int = option(5, ge=2, unit="classes", description="Number of candidate classes per row.")
    trees: int = option(200, ge=1, description="Rounds of boosting.")
    learning_rate: float = option(0.05, gt=0, le=1, description="Weight of each round.")
    depth: int = option(4, ge=1, le=16, description="Depth of a tree.")

    def learn(self, stack: Stack, seed: int) -> Learned:
        estimator = self._estimator(seed)
        if self.ask == "rows":
            return fit_rows(estimator, stack, self.features)
        return fit_candidates(estimator, stack, self.features, self.candidates)

    def _estimator(self, seed: int) -> Any:
        try:
            from catboost import CatBoostClassifier
        except ImportError:
            raise MissingExtraError("catboost", "boosting", 'The stacker "catboost"') from None
        return CatBoostClassifier(
            iterations=self.trees,
            learning_rate=self.learning_rate,
            depth=self.depth,
            random_seed=seed_from(seed, "catboost") % 2**31,
            verbose=False,
            # Else it leaves a folder catboost_info wherever the user is.
            allow_writing_files=False,
        )
