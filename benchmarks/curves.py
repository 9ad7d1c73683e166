"""How often a rise or an improvement is read off simulated curves: false alarms of EH306 and EH307, and hits.

python benchmarks/curves.py [--curves 500]
"""

from __future__ import annotations

import argparse

import numpy as np

from evenhand.base.values import Floats
from evenhand.curves.trend import improvement, rise

NOISES = ((1e-4, 0.0), (0.01, 0.0), (0.03, 0.0), (0.01, 0.5), (0.03, 0.5))
"""Standard deviation of the noise, and its correlation with that of the next epoch."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, default=500, help="curves of each kind")
    parser.add_argument("--seed", type=int, default=0, help="thresholds were chosen with the seeds 11 and 23")
    asked = parser.parse_args()
    curves, rng = asked.curves, np.random.default_rng(asked.seed)
    print(f"{'shape':8} {'epochs':>6}   rises / still improving, by noise (deviation, correlation)")
    for name in ("flat", "decays", "rises", "falls"):
        for n in (6, 8, 12, 30, 100):
            cells = [_shares(shape(name, n), curves, *noise, rng) for noise in NOISES]
            heads = [f"({deviation:g}, {carried:g})" for deviation, carried in NOISES]
            print(f"{name:8} {n:6}   " + "   ".join(f"{h} {c}" for h, c in zip(heads, cells, strict=True)))


def shape(name: str, n: int) -> Floats:
    """Return (n,) losses: at rest, falling to a floor in six lengths of decay, rising later, or still falling."""
    t = np.arange(n) / n
    if name == "flat":
        return np.full(n, 0.7)
    if name == "falls":
        return 0.5 + 0.9 * np.exp(-2 * t)
    return 0.5 + 0.9 * np.exp(-6 * t) + (0.3 * t if name == "rises" else 0.0)


def _shares(base: Floats, curves: int, deviation: float, carried: float, rng: np.random.Generator) -> str:
    made = [np.maximum(base + deviation * _noise(len(base), carried, rng), 1e-4) for _ in range(curves)]
    found = [np.mean([reading(one) is not None for one in made]) for reading in (rise, improvement)]
    return " / ".join(f"{share:.1%}" for share in found)


def _noise(n: int, carried: float, rng: np.random.Generator) -> Floats:
    """Return (n,) noise of deviation 1, each value correlated with the one before."""
    fresh = rng.normal(size=n)
    out = np.empty(n)
    out[0] = fresh[0]
    for at in range(1, n):
        out[at] = carried * out[at - 1] + np.sqrt(1 - carried**2) * fresh[at]
    return out


if __name__ == "__main__":
    main()
