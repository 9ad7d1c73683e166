"""The hash of each beat or window, as the files are now."""

from __future__ import annotations

import pandas as pd

from evenhand.base.errors import DataError
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.roots.root import Root
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.records import content_of
from evenhand.modalities.beats.reading.wfdb_files import RecordFiles, read_head
from evenhand.modalities.beats.windows.window_rows import opened


def contents(root: Root, frame: pd.DataFrame, kind_config: BeatsConfig) -> list[str | DataError]:
    """Return (n,) the hash of each row as its file is now, or why the file cannot be read."""
    paths, places = frame["path"].astype(str), frame["sample"].astype(int)
    out: list[str | DataError] = [""] * len(frame)
    for path, rows in pd.Series(range(len(frame))).groupby(paths.to_numpy(dtype=object), sort=False):
        at = rows.tolist()
        try:
            found = _of_file(root, str(path), [int(places.iloc[row]) for row in at], kind_config)
        except DataError as error:
            found = [error] * len(at)
        for row, one in zip(at, found, strict=True):
            out[row] = one
    return out


def _of_file(root: Root, path: str, places: list[int], kind_config: BeatsConfig) -> list[str | DataError]:
    if path.endswith(".hea"):
        files = RecordFiles(root, path.removesuffix(".hea"))
        record = content_of(files, read_head(files, kind_config.max_samples), kind_config.annotator)
        return [f"{record}:{place:07d}" for place in places]
    windows = opened(root, path, kind_config.max_samples).signal
    if not all(0 <= place < len(windows) for place in places):
        raise DataError("has fewer windows than the run read")
    return [content_hash(windows[place].tobytes()) for place in places]
