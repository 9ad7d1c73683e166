"""Rows that are the same pair, and rows that share a picture or a text with others."""

from __future__ import annotations

import hashlib

import numpy as np

from evenhand.base.values import Ints
from evenhand.data.splits.group_joins import joined
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.images.blank import blank_pictures
from evenhand.modalities.images.near_duplicates import near_duplicates
from evenhand.modalities.pairs.reading.encode import IMAGE, stored_texts
from evenhand.modalities.pairs.reading.same_halves import Key, common_keys, links, shared, text_key


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


def near_pictures(entry: StoreEntry, rows: Ints) -> Ints:
    """Return (p, 2) positions of rows with nearly identical, or identical, pictures (see `near_duplicates`).

    Pictures that very many rows have (`same_halves`) are left out, as they are of families.
    """
    images = entry["image"]
    # indexing a memory map copies it, so that all rows are passed on as they are
    whole = len(rows) == len(images) and bool((rows == np.arange(len(images))).all())
    pairs = near_duplicates(images if whole else np.asarray(images[rows]))
    pixels = _pixels(entry, rows)
    nothing = common_keys(pixels)
    says = np.array([key is not None and key not in nothing for key in pixels], dtype=bool)
    return np.asarray(pairs[says[pairs].all(axis=1)])


def _keys(entry: StoreEntry, rows: Ints) -> tuple[list[Key], list[Key], list[bool]]:
    """Return of each row a hash of its pixels and the key of its text (None: missing), and whether it is blank."""
    pixels, images = _pixels(entry, rows), entry["image"]
    # one at a time, here and below: all pictures may not fit into memory
    blank = [
        bool(key is not None and blank_pictures(np.asarray(images[int(row)])[None])[0])
        for row, key in zip(rows, pixels, strict=True)
    ]
    return pixels, [text_key(text) for text in stored_texts(entry, rows)], blank


def _pixels(entry: StoreEntry, rows: Ints) -> list[Key]:
    """Return a hash of the pixels of each row; None where there is no picture."""
    there = np.asarray(entry["present"][rows])[:, IMAGE].astype(bool)
    images = entry["image"]
    return [
        hashlib.blake2b(np.ascontiguousarray(images[int(row)]).data, digest_size=16).digest() if seen else None
        for row, seen in zip(rows, there, strict=True)
    ]
