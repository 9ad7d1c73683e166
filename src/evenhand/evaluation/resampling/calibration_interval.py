"""The interval of the calibration error, by inverting a test on the observed sum of gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy  # scipy.stats is imported where it is used: not by workers

from evenhand.base.values import Floats


@dataclass(frozen=True, eq=False)
class Gaps:
    """Decisions in bins of about equal confidence.

    Attributes
    ----------
    decisions
        (bins,) decisions in each; at least one.
    confidence, accuracy
        (bins,) mean confidence, and the share that is right.
    noise
        (bins, b) errors of the weighted gaps, resampled over groups; None where decisions are independent.
    """

    decisions: Floats
    confidence: Floats
    accuracy: Floats
    noise: Floats | None = None

    @property
    def weights(self) -> Floats:
        """(bins,) each bin's share of the decisions."""
        return np.asarray(self.decisions / self.decisions.sum())

    def sizes(
        self, accuracy: Floats, rng: np.random.Generator, luck: Floats, *, rough: float = 3.0
    ) -> list[Floats]:
        """Return (draws,) observed sums of gaps under this true accuracy, for each kind of noise.

        Correct answers are resampled (consistency resampling, Bröcker & Smith 2007), from a normal approximation
        where the variance of their number is at least `rough`. The sampling of rows over bins adds variance where
        gaps differ. Over groups, their noise is added to the gaps.

        Parameters
        ----------
        luck
            (bins + 1, draws) standard normal draws.
        """
        true, decided = np.clip(accuracy, 0.0, 1.0), self.decisions
        gap, variance = self.confidence - true, true * (1 - true) / decided
        noise = np.sqrt(variance * decided / np.maximum(decided - 1, 1))[:, None] * luck[:-1]
        if len(few := np.flatnonzero(variance * decided**2 < rough)):
            right = rng.binomial(
                decided[few].astype(np.int64)[:, None], true[few][:, None], (len(few), luck.shape[1])
            )
            # Few mistakes are far from normal: such bins are sampled from the binomial distribution itself.
            noise[few] = true[few][:, None] - right / decided[few][:, None]
        mean = self.weights @ np.abs(gap)
        between = np.sqrt(max(self.weights @ gap**2 - mean**2, 0.0) / decided.sum())
        found = [self.weights @ np.abs(gap[:, None] + noise) + between * luck[-1]]
        if self.noise is not None:
            found.append(np.abs((self.weights * gap)[:, None] + self.noise).sum(axis=0))
        return found


def ends(
    gaps: Gaps, rng: np.random.Generator, *, level: float = 0.95, draws: int = 600, steps: int = 8
) -> tuple[float, float]:
    """Return the smallest and the largest calibration error that the observed sum of gaps does not reject.

    The lower limit: the gaps are shrunk towards 0 until a sum as large as the observed one occurs in at most
    (1 - level) / 2 of the draws; 0 if it occurs more often without any gap. The upper limit: the gaps are moved
    away from 0, or all of them towards over- or underconfidence, until a sum as small is as rare. Over
    groups it is at least the limit of the overall gap, which is a lower bound of the calibration error.
    """
    tail = (1 - level) / 2
    # The same normal draws for every candidate, so that the tested sum is a smooth function of the shrinkage.
    luck = rng.normal(size=(len(gaps.decisions) + 1, draws))
    seen_gaps = gaps.confidence - gaps.accuracy
    seen = float(gaps.weights @ np.abs(seen_gaps))
    factors = np.linspace(0.0, 1.0, steps + 1)
    shrunk = [gaps.confidence - by * seen_gaps for by in factors]
    most = np.array([max(_at(1 - tail, sums) for sums in gaps.sizes(a, rng, luck)) for a in shrunk])
    low = _first(most - seen, factors) * seen
    high = seen
    for accuracies in _outward(gaps, seen_gaps):
        sizes = np.array([gaps.weights @ np.abs(gaps.confidence - a) for a in accuracies])
        least = np.array([min(_at(tail, sums) for sums in gaps.sizes(a, rng, luck)) for a in accuracies])
        high = max(high, _last(least - seen, sizes))
    if gaps.noise is not None:
        reach = float(scipy.stats.norm.ppf(1 - tail) * gaps.noise.sum(axis=0).std())
        high = max(high, abs(float(gaps.weights @ seen_gaps)) + reach)
    return low, min(high, 1.0)


def _at(share: float, values: Floats) -> float:
    """Return a quantile, of the two nearest order statistics the outer one."""
    place = share * (len(values) + 1) - 1
    at = int(np.clip(np.ceil(place) if share > 0.5 else np.floor(place), 0, len(values) - 1))
    return float(np.partition(values, at)[at])


def _outward(gaps: Gaps, seen: Floats, *, furthest: float = 5.0, steps: int = 8) -> Iterator[list[Floats]]:
    """Yield lists of accuracies with larger and larger gaps."""
    # Half a success and half a failure more, so that a bin without mistakes has a deviation too.
    rough = (gaps.decisions * gaps.accuracy + 0.5) / (gaps.decisions + 1)
    deviation = np.sqrt(rough * (1 - rough) / gaps.decisions)
    if gaps.noise is not None:
        deviation = np.maximum(deviation, gaps.noise.std(axis=1) / gaps.weights)
    for way in (np.where(seen >= 0, 1.0, -1.0), np.ones(len(seen)), -np.ones(len(seen))):
        yield [
            np.clip(gaps.confidence - seen - by * way * deviation, 0.0, 1.0)
            for by in np.linspace(0.0, furthest, steps + 1)
        ]


def _first(above: Floats, at: Floats) -> float:
    """Return where `above` first reaches 0, by linear interpolation."""
    there = int(np.argmax(above >= 0)) if (above >= 0).any() else len(above) - 1
    if there == 0 or above[there] <= above[there - 1]:
        return float(at[there])
    share = float(np.clip(-above[there - 1] / (above[there] - above[there - 1]), 0.0, 1.0))
    return float(at[there - 1] + share * (at[there] - at[there - 1]))


def _last(above: Floats, at: Floats) -> float:
    """Return the last value at which `above` is 0, by linear interpolation."""
    below = np.flatnonzero(above <= 0)
    if not len(below):
        return float(at[0])
    last = int(below[-1])
    if last == len(at) - 1:
        return float(at[last])
    share = float(-above[last] / (above[last + 1] - above[last]))
    return float(at[last] + share * (at[last + 1] - at[last]))
