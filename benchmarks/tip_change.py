"""How often the line of a tip change is found within 3 lines, on simulated scans with one change each.

    python benchmarks/tip_change.py [--seeds 201 202] [--fit 101 102 103 104 105]

--fit fits the weights anew on scans of those seeds and prints them beside the figures.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from scipy.optimize import minimize

from evenhand.modalities.scanlines import tip_change
from evenhand.modalities.scanlines.tip_change import find_tip_change
from evenhand.testing.scans import labelled_scans


def changed(seed: int, rows: int = 1500) -> Iterator[tuple[np.ndarray, int, float]]:
    """Yield heights, the line of the change and the size of its jump in nm, of scans with one change."""
    for one in labelled_scans(rows=rows, sessions=10, seed=seed):
        lines = [line for line in one.scan.tip_changes if line < one.scan.scanned]
        if len(lines) == 1 and one.scan.scanned >= 20 and 3 <= lines[0] <= one.scan.scanned - 3:
            yield np.asarray(one.scan.forward, float), lines[0], abs(one.scan.setting.tips[1].jump_nm)


def fitted(seeds: list[int]) -> np.ndarray:
    """Return weights by conditional logistic regression, standardised with a small ridge, none below 0."""
    scans = [
        (tip_change._measures(h[np.isfinite(h).all(axis=1)]), line) for s in seeds for h, line, _ in changed(s)
    ]
    scale = np.concatenate([x for x, _ in scans]).std(axis=0) + 1e-9

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 1e-3 * float(w @ w), 2e-3 * w
        for x, line in scans:
            z = x / scale
            e = z @ w
            p = np.exp(e - e.max())
            p /= p.sum()
            total -= float(np.log(p[line - 1] + 1e-300)) / len(scans)
            slope = slope + (p @ z - z[line - 1]) / len(scans)
        return total, slope

    bounds = [(0, None)] * len(scale)
    return np.asarray(minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B", bounds=bounds).x / scale)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[201, 202])
    parser.add_argument("--fit", type=int, nargs="*", default=[])
    options = parser.parse_args()
    if options.fit:
        tip_change._WEIGHTS = fitted(options.fit)
        print(np.round(tip_change._WEIGHTS, 3).tolist())
    found = [(abs(find_tip_change(h).line - line), jump) for s in options.seeds for h, line, jump in changed(s)]
    error, jump = (np.array(part) for part in zip(*found, strict=True))
    print(f"{len(error)} scans: within 3 lines {(error <= 3).mean():.1%}, within 1 {(error <= 1).mean():.1%}")
    for low, high in ((0, 0.02), (0.02, 0.05), (0.05, 0.1), (0.1, 9)):
        part = error[(jump >= low) & (jump < high)]
        print(f"  jump of {low} to {high} nm: {len(part)} scans, {(part <= 3).mean():.1%}")


if __name__ == "__main__":
    main()
