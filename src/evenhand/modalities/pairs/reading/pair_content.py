"""The hash of a pair, and rows that share the file of their picture or their text with rows from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.cells import Text
from evenhand.base.values import Ints, Samples, Strings
from evenhand.data.roots.content_hash import content_hash, hash_files
from evenhand.data.roots.equal_contents import equal_pairs
from evenhand.data.roots.root import Root
from evenhand.data.tables.places import has_file
from evenhand.modalities.pairs.reading.same_halves import common_keys, is_common, text_key

FILE = "eh:file"
"""Column of the samples: the hash of the file of the picture, "" without one. Records of older versions lack it."""


def pair_content(file: str, text: Text) -> str:
    """Return the hash of a row: of its file ("" without one) and its text.

    That of a picture alone is the hash of its bytes, the one that it has among photos.
    """
    return content_hash(f"{file}\n{text}".encode()) if text else file


def same_content(samples: Samples, root: Root, rows: Samples) -> Ints:
    """Return (p, 2) positions of rows and of the samples that hold the same picture, the same text, or both.

    Pictures are compared by the bytes of their files, texts by `text_key`. A half that very many samples have says
    nothing (`common_keys`), unless all of the row is the same.
    """
    texts, asked = (of.frame["text"].fillna("").astype(str).tolist() for of in (samples, rows))
    contents = samples.frame["content"].astype(str).to_numpy(dtype=object)
    files = _file_hashes(root, rows)
    whole = equal_pairs([pair_content(*halves) or None for halves in zip(files, asked, strict=True)], contents)
    keys = [text_key(text) for text in texts]
    nothing = common_keys(keys)
    told = [None if key in nothing else key for key in map(text_key, asked)]
    found = [whole, equal_pairs(told, keys)]
    if FILE in samples.frame:
        held = samples.frame[FILE].fillna("").astype(str)
        common = common_keys([file or None for file in held])
        found.append(equal_pairs([None if not file or file in common else file for file in files], held))
    else:
        found += _by_whole_hashes(files, texts, contents)
    return np.unique(np.concatenate(found), axis=0)


def _by_whole_hashes(files: Sequence[str], texts: Sequence[str], contents: Strings) -> Iterator[Ints]:
    """Yield (p, 2) positions of files and of samples with them, where these keep hashes of rows alone.

    These are made again with each file and the text of each sample, a hundred million for 1,000 files and 100,000
    samples.
    """
    for file in dict.fromkeys(files):
        if not file:
            continue
        held = np.flatnonzero(contents == np.array([pair_content(file, text) for text in texts], dtype=object))
        if len(held) and not is_common(len(held), len(texts)):
            same = [at for at, own in enumerate(files) if own == file]
            yield np.array([(at, one) for at in same for one in held.tolist()], dtype=np.int64)


def contents(root: Root, frame: pd.DataFrame) -> list[str | DataError]:
    """Return (n,) the hash of each row as its file is now, or why the file cannot be read."""
    texts = frame["text"].tolist()
    return [
        file if isinstance(file, DataError) else pair_content(file, text if isinstance(text, str) else None)
        for file, text in zip(_hashes(root, frame), texts, strict=True)
    ]


def _file_hashes(root: Root, rows: Samples) -> list[str]:
    """Return the hash of the file of each row, "" where it has none or it cannot be read."""
    return [found if isinstance(found, str) else "" for found in _hashes(root, rows.frame)]


def _hashes(root: Root, frame: pd.DataFrame) -> list[str | DataError]:
    """Return the hash of the file of each row, "" where it has none, or why it cannot be read."""
    paths = frame["path"].astype(str).tolist()
    named = [path for path in dict.fromkeys(paths) if has_file(path)]
    known = dict(zip(named, hash_files(root, named), strict=True))
    return [known.get(path, "") for path in paths]
