"""EH102: pictures that are too small, blank or constant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule
from evenhand.modalities.images.blank import FLAT, picture_spread
from evenhand.modalities.images.exif_sizes import upright_sizes


@rule("EH102", slug="blank", severity="warning", needs=("samples", "blankness"))
def check(
    evidence: Evidence, *, flat: float = FLAT, least_side: int = 8, small_side: int = 32, small_share: float = 0.25
) -> Iterator[Found]:
    """Find pictures that are too small, blank or constant.

    What it checks: the pixels of a picture vary by less than `flat` of 256 grey levels in every channel; or the
    shorter side of its file is below `least_side` px, or below `small_side` px and below `small_share` of
    the median of all files. Of a scan, every line has one value or was not scanned.

    Why it matters: such a picture shows nothing of its class. The model memorises it, or learns that "nothing" is
    the class that happens to have most of them.

    What to do: look at the named files; remove them from the table, or give them a class of their own.

    Limits: if all pictures are small, as icons are, this is assumed to be intended. A dark picture is not blank.

    Example: `2 pictures of 293 are blank (pixels vary by less than 1.5 of 256 grey levels: a/17.png and a/19.png).`
    """
    n, ids = len(evidence.rows), evidence.rows.ids
    if evidence.pictures is None:
        yield from _blank_rows(evidence)
        return
    spread = picture_spread(evidence.pictures)
    blank = np.flatnonzero(spread < flat)
    if len(blank):
        yield Found(
            message=f"{count(len(blank), 'picture')} of {n:,} {verb(len(blank), 'is', 'are')} blank "
            f"(pixels vary by less than {flat:g} of 256 grey levels: {listing(evidence.paths(blank))}).",
            about=evidence.paths(blank)[0] if len(blank) == 1 else "",
            evidence={"blank": len(blank), "n": n, "spread": [round(float(s), 3) for s in spread[blank]]},
            ids=ids[blank],
        )
    sizes = None if evidence.facts is None else upright_sizes(evidence.facts)
    if sizes is None:
        return
    sides = np.minimum(*sizes)
    median = float(np.median(sides))
    # Relative to the median as well: icons of 24 px are no fault where all pictures are icons.
    small = np.flatnonzero((sides < least_side) | ((sides < small_side) & (sides < small_share * median)))
    if len(small):
        yield Found(
            message=f"{count(len(small), 'picture')} of {n:,} {verb(len(small), 'is', 'are')} too small "
            f"(shorter side from {sides[small].min():.0f} px, where the median is {median:.0f} px: "
            f"{listing(evidence.paths(small))}).",
            about=evidence.paths(small)[0] if len(small) == 1 else "",
            evidence={"small": len(small), "n": n, "sides_px": sides[small].tolist(), "median_px": median},
            ids=ids[small],
        )


def _blank_rows(evidence: Evidence) -> Iterator[Found]:
    """Yield the blank rows of a kind without pictures."""
    assert evidence.blank_rows is not None
    what, blank = evidence.blank_rows[0], np.flatnonzero(evidence.blank_rows[1])
    if len(blank):
        n, paths = len(evidence.rows), evidence.paths(blank)
        yield Found(
            message=f"{count(len(blank), 'row')} of {n:,} {verb(len(blank), 'is', 'are')} blank "
            f"({what}: {listing(paths)}).",
            about=paths[0] if len(blank) == 1 else "",
            evidence={"blank": len(blank), "n": n},
            ids=evidence.rows.ids[blank],
        )
