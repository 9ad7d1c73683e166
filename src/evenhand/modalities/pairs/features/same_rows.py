"""Rows that are the same pair, and rows that share a picture or a text with others."""

from __future__ import annotations

import hashlib

import numpy as np

from evenhand.base.values import Ints
from evenhand.data.splits.group_joins import joined
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.images.blank import blank_pictures
from evenhand.modalities.pairs.reading.encode import IMAGE, stored_texts
from evenhand.modalities.pairs.reading.same_halves import Key, links, shared, text_key


def same_pairs(entry: StoreEntry, rows: Ints) -> list[Ints]:
    """Return sets of rows with the same pixels and the same text, or with the same half missing.

    Texts are compared in normal form C without case and runs of white space. Blank pictures without a word are in
    no set.
    """
    pixels, texts, blank = _keys(entry, rows)
    whole = [
        None if word is None and (half is None or even) else (half, word)
        for half, word, even in zip(pixels, texts, blank, strict=True)
    ]
    return joined(links(whole), len(rows))


def shared_halves(entry: StoreEntry, rows: Ints) -> list[Ints]:
    """Return sets of rows that share their pixels or their text with another of the set.

    Blank pictures and texts without a word say nothing, nor does what very many rows have (`same_halves`).
    """
    pixels, texts, blank = _keys(entry, rows)
    seen = [None if even else half for half, even in zip(pixels, blank, strict=True)]
    return [np.asarray(members, dtype=np.int64) for members in shared(seen, texts)]


def _keys(entry: StoreEntry, rows: Ints) -> tuple[list[Key], list[Key], list[bool]]:
    """Return of each row a hash of its pixels and the key of its text (None: missing), and whether it is blank."""
    there = np.asarray(entry["present"][rows])[:, IMAGE].astype(bool)
    images = entry["image"]
    pixels: list[Key] = []
    blank: list[bool] = []
    for row, seen in zip(rows, there, strict=True):  # one at a time: all pictures may not fit into memory
        image = np.ascontiguousarray(images[int(row)])
        pixels.append(hashlib.blake2b(image.data, digest_size=16).digest() if seen else None)
        blank.append(bool(seen and blank_pictures(image[None])[0]))
    return pixels, [text_key(text) for text in stored_texts(entry, rows)], blank
