"""Small realistic drawings: parts of seven classes from several offices, a table and a configuration."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evenhand.base.storage.files.atomic import replacing, write_text
from evenhand.modalities.drawings.example.dxf_bytes import dxf_bytes
from evenhand.modalities.drawings.example.offices import some_office
from evenhand.modalities.drawings.example.parts import PARTS, GeneratedPart, draw_part

_LEAST = 4


def write_example(rng: np.random.Generator, rows: int, folder: Path, *, series: int = 5) -> Path:
    """Write `rows` drawings of seven classes below `folder`, a table and a TOML that trains on them.

    The classes are skewed (28 to 6 %). The drawings of a series are variants of one form by one office, which draws
    in its own version, units, layers and place, with lines or polylines, circles or inserts, with or without a
    frame; that is independent of the class. Every second office is Chinese: its labels, layers and file names are.

    Parameters
    ----------
    rng
        The only source of randomness; the same generator gives the same bytes with the same ezdxf.
    rows
        Number of drawings, at least 28 (four of a class, from two offices).
    series
        Drawings of a series, about.

    Returns
    -------
    Path
        The TOML.
    """
    table = [("path", "label", "series")]
    for part, count in zip(PARTS, _counts(max(rows, _LEAST * len(PARTS))), strict=True):
        for at, numbers in enumerate(np.array_split(np.arange(count), max(2, count // series))):
            table += _write_series(part, at, numbers.tolist(), rng, folder)
    with replacing(folder / "labels.csv") as part_file, part_file.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(table)
    write_text(folder / "drawings.toml", _TOML)
    return folder / "drawings.toml"


def _counts(rows: int) -> list[int]:
    """Return the drawings of each class: by their shares, at least four each, `rows` in total."""
    counts = [max(_LEAST, round(rows * part.share)) for part in PARTS]
    counts[0] += rows - sum(counts)
    return counts


def _write_series(
    part: GeneratedPart, at: int, numbers: list[int], rng: np.random.Generator, folder: Path
) -> Iterator[tuple[str, str, str]]:
    """Write the drawings of one series and yield their rows."""
    office, form = some_office(rng, chinese=at % 2 == 0), int(rng.integers(2**31))
    label = part.chinese if office.chinese else part.english
    (folder / "drawings" / label).mkdir(parents=True, exist_ok=True)
    series = f"{label}-{at:02d}"
    for number in numbers:
        name = f"drawings/{label}/{series}_{number:03d}.dxf"
        document = draw_part(part, office, form, rng, f"{label} {number:03d}")
        (folder / name).write_bytes(dxf_bytes(document))
        yield name, label, series


_RENAMED = ", ".join(f'"{part.chinese}" = "{part.english}"' for part in PARTS)

DATA = f"""\
[data]
kind = "drawings"
root = "."
table = "labels.csv"
label = "label"
group = "series"            # drawings of one series stay in one fold
rename = {{ {_RENAMED} }}
"""
"""The section [data] of a configuration beside the table."""

_TOML = f"""# Generated drawings of seven kinds of mechanical parts; trains in seconds on one core.
{DATA}
[folds]
k = 2

[[model]]
name = "tiny"
encoder = "edge_sage"
tune = "all"
options = {{ width = 32, layers = 2 }}

[train]
epochs = 2
batch_size = 16
"""
