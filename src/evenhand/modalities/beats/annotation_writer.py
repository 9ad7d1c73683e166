"""Predicted beats as WFDB annotation files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.storage.files.atomic import replacing
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import Root
from evenhand.data.wfdb_calls import as_data_error, import_wfdb
from evenhand.modalities.beats.classes import BEATS
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.wfdb_files import RecordFiles, read_head

ANNOTATOR = "pred"
"""Suffix of the files that are written."""
_NO_SYMBOL = "Q"


def symbols_of(classes: Sequence[str], data: DataConfig, kind_config: BeatsConfig) -> list[str]:
    """Return (n,) the annotation symbols of classes.

    A class named like a beat symbol has that symbol; any other one has the first symbol that [beats.mapping] and
    data.rename map to it, or "Q" (unclassifiable) if there is none.
    """
    known: dict[str, str] = {}
    for name, symbols in kind_config.mapping.items():
        known.setdefault(data.rename.get(name, name), symbols[0])
    return [name if name in BEATS else known.get(name, _NO_SYMBOL) for name in classes]


def annotation_file(path: str, folder: Path) -> Path:
    """Return where the annotations of the record whose header is `path` are written below a folder."""
    return folder / f"{path.removesuffix('.hea')}.{ANNOTATOR}"


def write_annotations(
    root: Root, frame: pd.DataFrame, symbols: Sequence[str], classes: Sequence[str], folder: Path, most: int
) -> list[Path]:
    """Write RECORD.pred for each record of a frame of beats, in the subfolders of the records; return the files.

    Records may have at most `most` samples (beats.max_samples). If the name of a class differs from its symbol, it
    is written to the note (aux) of the annotation.

    Raises
    ------
    DataError
        If wfdb cannot write the annotations.
    """
    wfdb = import_wfdb()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    names, kinds = np.array(symbols, dtype=object), np.array(classes, dtype=object)
    for path, rows in frame.groupby("path", sort=False).indices.items():
        files = RecordFiles(root, str(path).removesuffix(".hea"))
        head = read_head(files, most)
        notes = [str(kind) if kind != name else "" for kind, name in zip(kinds[rows], names[rows], strict=True)]
        written.append(annotation_file(str(path), folder))
        with tempfile.TemporaryDirectory() as scratch, as_data_error("cannot be written as annotations"):
            wfdb.wrann(
                files.stem,
                ANNOTATOR,
                frame["sample"].to_numpy(np.int64)[rows],
                symbol=names[rows],
                aux_note=notes,
                fs=head.rate,
                write_dir=scratch,
            )
            target = Path(os.path.realpath(written[-1]))  # through a link, as tables are written
            with replacing(target) as part:
                part.write_bytes((Path(scratch) / written[-1].name).read_bytes())
    return written
