"""EH112: inputs are not on one scale."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH112", slug="not-one-scale", severity="warning", needs=("pixel_sizes",))
def check(evidence: Evidence, *, ratio: float = 2.0) -> Iterator[Found]:
    """Find scans whose pixels are of different sizes, or of a size that nobody states.

    What it checks: the size of a pixel along the lines, as the files state it: whether its 95th percentile is at
    least `ratio` times the 5th, and how many files state none (a note). A size that is not stated is not known; it
    is never taken for 1 nm.

    Why it matters: a network sees pixels. The same atoms are large in one scan and small in the next, and where
    sizes of scans go with what was looked for, the label can be read off the scale.

    What to do: resample to one size of pixel, keep to scans of one size, or make sure that each class has all of
    them. Sizes that the files do not state may be in the log of the session.

    Limits: checks what headers state. The scale of pictures (PNG, TIFF) is not in them; size along the lines only.

    Example: `Pixels are 0.02 nm at the 5th and 0.2 nm at the 95th percentile of 812 files.`
    """
    assert evidence.facts is not None
    sizes = evidence.facts["pixel_m"].to_numpy(dtype=np.float64)
    stated = np.isfinite(sizes) & (sizes > 0)
    silent = np.flatnonzero(~stated)
    if len(silent):
        who = (
            f"None of {count(len(sizes), 'file')} states" if not stated.any() else _silent(len(silent), len(sizes))
        )
        first = listing(evidence.paths(silent), most=2)
        yield Found(
            message=f"{who} the size of a pixel (first: {first}): at which scale they show things is not known, "
            "and they are used pixel by pixel.",
            about="not stated",
            evidence={"silent": len(silent), "n": len(sizes)},
            ids=evidence.rows.ids[silent] if stated.any() else (),
            severity="note",
        )
    if not stated.any():
        return
    # Percentiles, not extremes: a single overview scan is not what this rule is about.
    low, high = np.percentile(sizes[stated], [5, 95])
    if high < ratio * low:
        return
    odd = np.flatnonzero(stated & ((sizes >= high) | (sizes <= low)))
    yield Found(
        message=f"Pixels are {1e9 * low:.3g} nm at the 5th and {1e9 * high:.3g} nm at the 95th percentile of "
        f"{count(int(stated.sum()), 'file')} (at the ends: {listing(evidence.paths(odd))}).",
        about="pixel size",
        evidence={"p5_m": float(low), "p95_m": float(high), "n": int(stated.sum())},
        ids=evidence.rows.ids[odd],
    )


def _silent(silent: int, n: int) -> str:
    return f"{silent:,} of {count(n, 'file')} {verb(silent, 'does', 'do')} not state"
