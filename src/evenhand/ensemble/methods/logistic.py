"""A multinomial logistic regression on what the models say."""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evenhand.base.config import option
from evenhand.ensemble.fitted import fit_rows
from evenhand.ensemble.method import Learned, Method
from evenhand.ensemble.methods import METHODS
from evenhand.ensemble.stack import Stack
from evenhand.ensemble.stacked import Feature


@METHODS.register("logistic")
class Logistic(Method):
    """Stacked generalisation (Wolpert 1992) by multinomial logistic regression on standardised features."""

    features: list[Feature] = option(
        ["logits"],
        min_length=1,
        says="What is learned from: probabilities, logits, entropy, margin, differences, agreement.",
    )
    inverse_strength: float = option(
        0.01, gt=0, says="scikit-learn's C: smaller holds the coefficients closer to 0."
    )

    def learn(self, stack: Stack, seed: int) -> Learned:
        estimator = make_pipeline(
            StandardScaler(), LogisticRegression(C=self.inverse_strength, max_iter=200, tol=1e-3)
        )
        return fit_rows(estimator, stack, self.features)
