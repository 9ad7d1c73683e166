"""Predicted beats as WFDB annotation files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.storage.atomic import replacing
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import Root
from evenhand.data.wfdb_calls import in_words, package
from evenhand.modalities.beats.classes import BEATS
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.wfdb_files import Files, read_head

ANNOTATOR = "pred"
"""Ending of the files that are written."""
_NO_SYMBOL = "Q"


def symbols_of(classes: Sequence[str], data: DataConfig, own: BeatsConfig) -> list[str]:
    """Return (n,) the annotation symbols that stand for classes.

    A class that is called as a beat symbol is that symbol; another one is the first symbol of [beats.mapping]
    whose class is, after data.rename, this one; "Q" (unclassifiable) where there is none.
    """
    known: dict[str, str] = {}
    for name, symbols in own.mapping.items():
        known.setdefault(data.rename.get(name, name), symbols[0])
    return [name if name in BEATS else known.get(name, _NO_SYMBOL) for name in classes]


def write_annotations(
    root: Root, frame: pd.DataFrame, symbols: Sequence[str], classes: Sequence[str], folder: Path, most: int
) -> list[Path]:
    """Write RECORD.pred for each record of a frame of beats, in the folders that records lie in; return the files.

    Records claim at most `most` samples, as beats.max_samples has it. Where the class has another name than the
    symbol, the annotation's note (aux) holds it.

    Raises
    ------
    DataError
        If a file cannot be made of what is there.
    """
    wfdb = package()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    names, kinds = np.array(symbols, dtype=object), np.array(classes, dtype=object)
    for path, rows in frame.groupby("path", sort=False).indices.items():
        files = Files(root, str(path).removesuffix(".hea"))
        head = read_head(files, most)
        notes = [str(kind) if kind != name else "" for kind, name in zip(kinds[rows], names[rows], strict=True)]
        target = folder / f"{files.name}.{ANNOTATOR}"
        with tempfile.TemporaryDirectory() as scratch, in_words("cannot be written as annotations"):
            wfdb.wrann(
                files.stem,
                ANNOTATOR,
                frame["sample"].to_numpy(np.int64)[rows],
                symbol=names[rows],
                aux_note=notes,
                fs=head.rate,
                write_dir=scratch,
            )
            with replacing(target) as part:
                part.write_bytes((Path(scratch) / target.name).read_bytes())
        written.append(target)
    return written
