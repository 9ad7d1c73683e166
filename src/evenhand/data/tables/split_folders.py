"""Folders that are splits rather than classes: train/ and test/ in their spellings, above or below the classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SPLITS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
"""Name of a split's folder -> name of the split."""

# Words that may stand beside the name of a split ("test_images").
_BESIDE = frozenset((
    "data", "dataset", "folder", "files", "file", "images", "image", "imgs", "img", "photos", "photo", "pictures",
    "pics", "set", "split", "new", "final",
))  # fmt: skip


@dataclass(frozen=True)
class SplitLayout:
    """The split and the class of each of n files; None if no folder names them."""

    splits: tuple[str | None, ...]
    classes: tuple[str | None, ...]


def split_of(name: str) -> str | None:
    """Return the split that a folder's name means, or None.

    >>> [split_of(name) for name in ("Train", "test_images", "val2017", "training set", "trained", "Test case")]
    ['train', 'test', 'val', 'train', None, None]
    """
    words = [word.rstrip("0123456789") for word in re.split(r"[\W_]+", name.casefold())]
    # "trainset"; but "set" alone, and other words that end so, stay
    words = [word.removesuffix("set") if word.removesuffix("set") in SPLITS else word for word in words]
    left = [word for word in words if word and word not in _BESIDE]
    return SPLITS.get(left[0]) if len(left) == 1 else None


def split_words(names: Sequence[str]) -> dict[str, str]:
    """Return folder -> split for names that also hold words shared by all, such as the name of the data set.

    They count only if one of them is the training split and there is another; a shared word is not a split.

    >>> split_words(["seg_train", "seg_test", "seg_pred"]), split_words(["train_red", "train_blue"])
    ({'seg_train': 'train', 'seg_test': 'test'}, {})
    """
    words = {name: re.split(r"[\W_]+", name.casefold()) for name in names}
    shared = set.intersection(*map(set, words.values())) if words else set()
    left = {name: " ".join(word for word in of if word not in shared) for name, of in words.items()}
    found = {name: split for name, rest in left.items() if rest and (split := split_of(rest)) is not None}
    return found if "train" in found.values() and len(set(found.values())) > 1 else {}


def layout(names: Sequence[str]) -> SplitLayout:
    """Return the split and the class of each file, from names below the folder that holds everything.

    Top folders are splits if all of them are named so; spellings such as "test_images" count if there is a training
    split with two classes below it. Below a split, or below every class, further folders may be splits too.
    """
    parts = [name.split("/")[:-1] for name in names]
    tops = {each[0] for each in parts if each}
    if _all_splits(tops, parts):
        found = [_below_splits(each) for each in parts]
        return SplitLayout(tuple(split for split, _ in found), tuple(name for _, name in found))
    classes = tuple(each[0] if each else None for each in parts)
    seconds = [each[1].casefold() if len(each) > 1 else "" for each in parts if each]
    inside = bool(seconds) and all(second in SPLITS for second in seconds)
    splits = tuple(SPLITS[each[1].casefold()] if inside and each else None for each in parts)
    return SplitLayout(splits, classes)


def _all_splits(tops: set[str], parts: Sequence[Sequence[str]]) -> bool:
    if not tops or not all(split_of(top) for top in tops):
        return False
    if all(top.casefold() in SPLITS for top in tops):
        return True
    below = {name for split, name in map(_below_splits, parts) if split == "train" and name is not None}
    return len({split_of(top) for top in tops}) > 1 and len(below) > 1


def _below_splits(folders: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the innermost split that a path begins with, and the folder below it."""
    split, at = None, 0
    while at < len(folders) and (split_of(folders[at]) if at == 0 else SPLITS.get(folders[at].casefold())):
        split, at = split_of(folders[at]), at + 1
    return split, folders[at] if at < len(folders) else None
