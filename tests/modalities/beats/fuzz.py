"""Damages of headers of records, and everything that is done with a record."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evenhand.base.errors import DataError
from evenhand.data.config import DataConfig
from evenhand.modalities.beats import Beats
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.testing.roots import MemoryRoot

NUMBERS = [b"0", b"-1", b"1", b"7", b"65535", b"4294967296", b"999999999999999999", b"1e300", b"nan", b"\xff", b""]
WORDS = [b"../../etc/passwd", b"/dev/zero", b"a" * 5000, b"2x3", b"212", b"516", b"80:99999", b"16+99999999", b"~"]


def field(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return the bytes with one word between blanks changed, which only means something in a header."""
    lines = raw.split(b"\n")
    at = int(rng.integers(len(lines)))
    words = lines[at].split(b" ")
    choice = NUMBERS + WORDS
    words[int(rng.integers(len(words)))] = choice[int(rng.integers(len(choice)))]
    lines[at] = b" ".join(words)
    return b"\n".join(lines)


def use(files: Mapping[str, bytes]) -> list[str]:
    """Do with a record whatever is done with one; return what was said of it. Only `DataError` is caught."""
    root, kind = MemoryRoot(files), Beats()
    own = BeatsConfig(leads=["MLII|*"], sampling_rate=100, max_samples=2_000_000)
    said: list[str] = []
    for path in (name for name in files if name.endswith(".hea")):
        try:
            kind.facts_of(root, path)
        except DataError as error:
            said.append(str(error))
    try:
        samples, findings = kind.samples(root, DataConfig(kind="beats", root=".", min_count=1), own)
    except DataError as error:
        return [*said, str(error)]
    said += [finding.message for finding in findings]
    read = kind.reader(root, samples.frame, kind.settings(own, None))
    for position in range(len(samples)):
        try:
            row = read(position)
        except DataError as error:
            said.append(str(error))
            continue
        assert all(np.isfinite(array).all() for array in row.values())
    try:
        kind.picture_of(root, samples.frame.iloc[0].to_dict(), 64)
    except DataError as error:
        said.append(str(error))
    return said
