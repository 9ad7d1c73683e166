"""EH111: channels, depth, size, units or directions differ between files."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from evenhand.base.text.cells import plain_texts
from evenhand.base.values import Floats, Ints
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing
from evenhand.diagnosis.rule import Found, rule
from evenhand.modalities.images.exif_sizes import upright_sizes

SORTS = {
    "1": "black and white", "L": "grey", "LA": "grey", "I;16": "16-bit grey", "I;16B": "16-bit grey",
    "I": "16-bit grey", "F": "floating-point grey", "CMYK": "CMYK", "YCCK": "CMYK",
}  # fmt: skip
"""Pillow's mode -> the type of image; all others are colour."""

STATED = {"unit": "unit of their values", "channel": "channel", "directions": "directions", "first": "first line"}
"""Fact -> what a file states by it: files of microscopes do."""
GRAVE = ("unit", "channel")
"""Facts of which two values in one set are a warning: what is measured differs."""


@rule("EH111", slug="files-differ", severity="note", needs=("samples", "image_facts"))
def check(evidence: Evidence, *, size_ratio: float = 8.0, part_gap: float = 0.5) -> Iterator[Found]:
    """Find files that differ in channels, depth, size, units or directions.

    What it checks: the type of each file (colour, grey, 16-bit grey, CMYK, black and white); of scans the unit of
    their values, the channel (both warnings), their directions and which line came first; whether the 95th
    percentile of the shorter side is at least `size_ratio` times the 5th; and whether the share of a file
    format or type differs by `part_gap` or more between parts of the data (a warning, as is 16-bit among
    8-bit).

    Why it matters: all files are converted to RGB of one size. Grey among colour then reveals the source of a
    picture, 16-bit values may be scaled differently, and a small file scaled up is blurred: a model can learn
    these marks instead of the class. Scans of another channel or unit show another quantity, and those scanned from
    the bottom up are upside down beside the others.

    What to do: find out where the outliers come from. Unify them at the source, or convert all to grey and let
    augmentations blur and degrade.

    Limits: checks how files are stored. A grey photo saved as colour, or a black shoe on white, counts as colour.

    Example: `Files are of 2 types: 281 colour, 12 grey.`
    """
    facts = evidence.facts
    assert facts is not None
    if "mode" in facts:
        yield from _sorts(evidence, sorts_of(facts))
    for fact, what in STATED.items():
        if fact in facts:
            yield from _stated(evidence, fact, what, plain_texts(facts[fact]))
    sizes = upright_sizes(facts)
    if sizes is not None:
        yield from _sizes(evidence, np.minimum(*sizes), size_ratio)
    if evidence.compared is not None:
        named = {fact: plain_texts(facts[fact]) for fact in ("format", "stored", *STATED) if fact in facts}
        if "mode" in facts:
            named["sort"] = sorts_of(facts)
        for what, words in named.items():
            yield from _parts(evidence, what, words, part_gap)


def sorts_of(facts: pd.DataFrame) -> pd.Series:
    """Return (n,) the image type of each file."""
    return facts["mode"].map(lambda mode: SORTS.get(str(mode), "colour"))


def _sorts(evidence: Evidence, sorts: pd.Series) -> Iterator[Found]:
    counts = sorts.value_counts()
    if len(counts) < 2:
        return
    odd = np.flatnonzero((sorts != counts.index[0]).to_numpy())
    deep = any("16-bit" in str(sort) or "floating" in str(sort) for sort in counts.index)
    yield Found(
        message=f"Files are of {len(counts)} types: {listing((f'{c:,} {s}' for s, c in counts.items()), most=5)} "
        f"(of the rarer: {listing(evidence.paths(odd))}).",
        evidence={"sorts": {str(sort): int(c) for sort, c in counts.items()}, "n": len(sorts)},
        ids=evidence.rows.ids[odd],
        severity="warning" if deep else None,
    )


def _stated(evidence: Evidence, fact: str, what: str, words: pd.Series) -> Iterator[Found]:
    counts = words.value_counts()
    if len(counts) < 2:
        return
    odd = np.flatnonzero((words != counts.index[0]).to_numpy())
    named = (f"{word or 'not stated'} in {c:,}" for word, c in counts.items())
    rarer = listing(evidence.paths(odd))
    yield Found(
        message=f"Files differ in the {what}: {listing(named, most=5)} (of the rarer: {rarer}).",
        about=fact,
        evidence={"counts": {str(word): int(c) for word, c in counts.items()}, "n": len(words)},
        ids=evidence.rows.ids[odd],
        severity="warning" if fact in GRAVE else None,
    )


def _sizes(evidence: Evidence, sides: Floats, ratio: float) -> Iterator[Found]:
    known = np.isfinite(sides)  # a row may have no file of its own
    if not known.any():
        return
    # Percentiles, not extremes: a single huge or tiny file is not what this rule is about.
    low, middle, high = np.percentile(sides[known], [5, 50, 95])
    if high < ratio * low:
        return
    small: Ints = np.flatnonzero(sides <= low)
    yield Found(
        message=f"File sizes differ widely: the shorter side is {low:.0f} px at the 5th and {high:.0f} px at the "
        f"95th percentile (median {middle:.0f} px, {count(int(known.sum()), 'file')}).",
        evidence={"p5_px": low, "p50_px": middle, "p95_px": high, "n": int(known.sum())},
        ids=evidence.rows.ids[small],
    )


def _parts(evidence: Evidence, what: str, words: pd.Series, gap: float) -> Iterator[Found]:
    assert evidence.compared is not None
    for other in evidence.compared.others:
        here, there = (words[evidence.compared.part == part] for part in (other, evidence.compared.whole))
        shares = pd.concat([here.value_counts(normalize=True), there.value_counts(normalize=True)], axis=1).fillna(
            0
        )
        apart = (shares.iloc[:, 0] - shares.iloc[:, 1]).abs()
        if apart.max() < gap:
            continue
        name = apart.idxmax()
        a, b = shares.loc[name]
        yield Found(
            message=f"The {what} {name} makes up {a:.0%} of {other} ({len(here):,} rows) and {b:.0%} of "
            f"{evidence.compared.whole} ({len(there):,} rows).",
            about=other,
            evidence={what: str(name), other: float(a), evidence.compared.whole: float(b)},
            severity="warning",
        )
