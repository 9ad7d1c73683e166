"""Raters: people who tick what they see in a picture of a scan, several boxes if they like.

They know nothing of the setting but what the picture shows of it, and each sees it with errors of his own, so
that two agree in most boxes and less often in all: in about 90 % of boxes and 60 % of scans, against 88 and 52 % in
the labels of Gordon and Landon (2017), whose six boxes these are. Between two states they disagree.

Reference: O. Gordon et al., Rev. Sci. Instrum. 90, 103704 (2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats
from evenhand.modalities.scanlines.simulator.simulate import Scan, flattened
from evenhand.modalities.scanlines.simulator.surface import Raster, lattice

BOXES = ("asymmetries", "atoms", "dimers", "rows", "tip_change", "bad_blurry")
"""The boxes, in the order of the columns."""
TIES = ("tip_change", "asymmetries", "atoms", "dimers", "rows", "bad_blurry")
"""Which box is the state where several are ticked equally often: the first of these."""
ATOMS_NM, DIMERS_NM, ROWS_NM = 0.3, 0.64, 1.15
"""Largest distance of a tip at which a rater sees atoms, dimers and rows."""
_RATERS = (0.56, 0.361, 0.066, 0.01, 0.001, 0.001, 0.0005, 0.0005)
"""Share of scans with 1, 2, ... raters."""


@dataclass(frozen=True)
class Looks:
    """What a picture shows.

    Attributes
    ----------
    distance_nm
        Distance of the tip with which most lines were scanned.
    asymmetry
        How uneven a second apex makes the dimers, 0 to 1.
    change
        Strength of the tip change, 1 is just visible.
    clarity
        Deviation of the lattice over that of the picture, a quarter of its range, or over twice that of its noise.
    """

    distance_nm: float
    asymmetry: float
    change: float
    clarity: float


def looks_of(scan: Scan) -> Looks:
    """Return what the picture of a scan shows."""
    setting, scanned = scan.setting, scan.scanned
    ends = [*scan.tip_changes, scanned]
    spans = [max(0, min(end, scanned) - one.line) for one, end in zip(setting.tips, ends, strict=True)]
    main = setting.tips[int(np.argmax(spans))]
    flat = flattened(scan.forward[:scanned])
    low, high = np.percentile(flat, (2, 98)) if flat.size else (0.0, 0.0)
    lattice_nm = _lattice_deviation(scan, int(np.argmax(spans)))
    strength = 0.0
    for one, span in zip(setting.tips[1:], spans[1:], strict=True):
        if span >= 2 and one.line >= 3:
            first = setting.tips[0]
            coarser = abs(np.log(one.tip.distance_nm / first.tip.distance_nm)) / 0.5
            strength = max(strength, coarser, np.hypot(*one.shift_nm) / 0.3, 3.0 if flat.size == 0 else 0.0)
    share = scanned / setting.lines * (1 - setting.lost)
    clarity = lattice_nm / max((high - low) / 4, 2 * _noise(flat), 1e-6) * np.clip(2 * share, 0, 1)
    return Looks(main.tip.distance_nm, main.tip.second, float(strength), float(clarity))


def ticks(looks: Looks, raters: int, rng: np.random.Generator) -> Floats:
    """Return (raters, 6) 0 or 1, what each ticks."""
    found = np.zeros((raters, len(BOXES)))
    for rater in range(raters):
        slips = rng.standard_normal(4)
        chances = rng.random(3)
        distance = looks.distance_nm * np.exp(0.17 * slips[0])
        clarity = looks.clarity * np.exp(0.5 * slips[1])
        changed = looks.change * np.exp(1.3 * slips[2]) > 1
        uneven = looks.asymmetry + 0.12 * slips[3] > 0.5
        ticked = set()
        blurry = clarity < 0.26 or distance > ROWS_NM
        if changed:
            ticked.add("tip_change")
        if blurry:
            ticked.add("bad_blurry")
        if not blurry or (clarity > 0.16 and chances[0] < 0.5 and not changed):
            ticked |= _resolved(distance, uneven, chances[1])
        found[rater] = [box in ticked for box in BOXES]
    return found


def _resolved(distance: float, uneven: bool, chance: float) -> set[str]:
    """Return which boxes of resolution are ticked."""
    if uneven and distance < DIMERS_NM:
        return {"asymmetries", "dimers"} if chance < 0.3 else {"asymmetries"}
    if distance < ATOMS_NM:
        return {"atoms", "dimers"} if chance < 0.2 else {"atoms"}
    if distance < DIMERS_NM:
        return {"dimers", "rows"} if chance < 0.06 else {"dimers"}
    return {"rows"} if distance < ROWS_NM else set()


def draw_raters(rng: np.random.Generator) -> int:
    """Return how many people looked at a scan, 1 to 8."""
    return 1 + int(rng.choice(len(_RATERS), p=_RATERS))


def state_of(shares: Floats) -> tuple[str, int]:
    """Return the box ticked most often, or "none", and how many boxes are ticked that often.

    Parameters
    ----------
    shares
        (6,) share of the raters who ticked each box.
    """
    tied = [box for box in TIES if shares[BOXES.index(box)] == shares.max()]
    return (tied[0] if shares.max() > 0 else "none"), len(tied)


def _lattice_deviation(scan: Scan, part: int) -> float:
    """Return the deviation of the lattice alone under the tip of one part of a scan, in nm."""
    setting = scan.setting
    width, height = setting.size_nm
    sparse = Raster(
        np.zeros(12), np.linspace(-height / 2, height / 2, 12), np.linspace(-width / 2, width / 2, 96), np.zeros(96)
    )
    angle, origin = setting.surface.angle_deg, setting.surface.origin_nm
    return float(lattice(angle, origin, setting.tips[part].tip, sparse).std())


def _noise(flat: Floats) -> float:
    """Return the deviation of what differs from line to line, in nm: second differences, by their median."""
    if len(flat) < 3:
        return 0.0
    return float(np.median(np.abs(flat[2:] - 2 * flat[1:-1] + flat[:-2])) / 0.6745 / np.sqrt(6))
