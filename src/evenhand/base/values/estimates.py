"""Estimates: a figure with its interval, and a verdict on two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.base.values.types import TOO_FEW, VerdictWord


@dataclass(frozen=True)
class Interval:
    """A figure with its uncertainty.

    Attributes
    ----------
    estimate, low, high
        The figure and its interval at `level`; NaN where it cannot be estimated.
    n
        Rows it is based on.
    groups
        Independent groups it is based on (rows where there are none).
    level
        Nominal coverage (0.95).
    how
        Method in a few words.
    enough
        Whether there are enough rows and groups to tell; if not, `how` says why.
    """

    estimate: float
    low: float
    high: float
    n: int
    groups: int
    level: float = 0.95
    how: str = "bootstrap over groups"
    enough: bool = True

    def document(self) -> dict[str, float | int | bool | str | None]:
        """Return estimate, low, high, n, groups, enough, and `how` unless `enough`.

        A figure that cannot be estimated is None.
        """

        def number(x: float) -> float | None:
            return float(x) if np.isfinite(x) else None

        return {
            "estimate": number(self.estimate),
            "low": number(self.low),
            "high": number(self.high),
            "n": int(self.n),
            "groups": int(self.groups),
            "enough": bool(self.enough),
            **({} if self.enough else {"how": self.how}),
        }

    def __str__(self) -> str:
        if not np.isfinite(self.estimate):
            return "cannot be estimated"
        words = f"{self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}]"
        return words if self.enough else f"{words}, {TOO_FEW}"


@dataclass(frozen=True)
class Verdict:
    """The conclusion of a comparison: one model, run or group against another.

    Attributes
    ----------
    word
        "better" or "worse" only if the interval of the difference excludes 0; "no difference found" if it lies
        within the smallest difference worth caring about; "too few to tell" otherwise.
    name, base
        What is compared, and what it is compared with.
    metric
        Name of the metric.
    difference
        `name` minus `base`, in the metric's own unit, with the interval at the level of the verdict: among several
        comparisons it is wider than a single one would need.
    detectable
        The smallest difference that these rows would detect with a power of 0.8; infinite where not even the
        largest possible one would be, NaN where it cannot be estimated.
    smallest
        The smallest difference worth caring about.
    p
        p-value: probability of at least so large a difference between equals, corrected for multiple comparisons.
    summary
        One sentence for a person.
    enough
        Whether there are enough rows and groups for any verdict; if not, the word is "too few to tell" (EH406).
    higher_is_better
        Whether a positive difference is good.
    """

    word: VerdictWord
    name: str
    base: str
    metric: str
    difference: Interval
    detectable: float
    smallest: float
    p: float
    summary: str = ""
    enough: bool = True
    higher_is_better: bool = True

    @property
    def found(self) -> bool:
        """Whether a difference was found."""
        return self.word in ("better", "worse")

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON; the level of the interval is among them."""
        detectable = float(self.detectable) if np.isfinite(self.detectable) else None
        return {
            "verdict": self.word,
            "a": self.name,
            "b": self.base,
            "metric": self.metric,
            "difference": {**self.difference.document(), "level": self.difference.level},
            "smallest_detectable": detectable,
            "smallest_relevant": self.smallest,
            "p": float(self.p),
            "enough": self.enough,
            "summary": self.summary,
        }

    def __str__(self) -> str:
        return self.summary or f"{self.name} against {self.base}, {self.metric}: {self.word}"
