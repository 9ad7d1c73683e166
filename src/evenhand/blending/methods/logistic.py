"""A logistic regression on the predictions of the models."""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evenhand.base.settings.section import option
from evenhand.blending.core.fitted import Ask, fit_candidates, fit_rows
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.inputs.stacking_features import Feature
from evenhand.blending.methods import METHODS


@METHODS.register("logistic")
class Logistic(Method):
    """Stacked generalisation (Wolpert 1992) by logistic regression on standardised features.

    On candidates, one set of coefficients serves all classes. On rows it is multinomial, with a
    coefficient for every feature and class, which needs many rows per class.
    """

    features: list[Feature] = option(
        ["logits", "entropy", "margin", "agreement"],
        min_length=1,
        description="Inputs: probabilities, logits, entropy, margin, differences, agreement.",
    )
    ask: Ask = option(
        "candidates", description="candidates or rows, as for gradient_boosting; rows is multinomial."
    )
    candidates: int = option(5, ge=2, unit="classes", description="Number of candidate classes per row.")
    inverse_strength: float = option(
        0.1, gt=0, description="scikit-learn's C: smaller values pull coefficients closer to 0."
    )

    def learn(self, stack: Stack, seed: int) -> Learned:
        estimator = make_pipeline(
            StandardScaler(), LogisticRegression(C=self.inverse_strength, max_iter=200, tol=1e-3)
        )
        if self.ask == "rows":
            return fit_rows(estimator, stack, self.features)
        return fit_candidates(estimator, stack, self.features, self.candidates)
