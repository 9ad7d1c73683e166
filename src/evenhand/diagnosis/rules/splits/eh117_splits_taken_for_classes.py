"""EH117: folders that look like splits were read as classes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.base.text.cells import object_array
from evenhand.data.tables.split_folders import SPLITS, split_of, split_words
from evenhand.diagnosis.evidence.data_parts import given_splits
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH117", slug="splits-taken-for-classes", severity="warning", needs=("samples", "labels"))
def check(evidence: Evidence) -> Iterator[Found]:
    """Find classes that are splits: folders called train, test or validation among those that name classes.

    What it checks: class names that are spellings of a split (`train`, `Test_images`, `val2017`), if there are two
    of them, or one called test or holding folders that are named like other classes; names that are splits once
    the words that all classes share are left out (`seg_train`, `seg_test`); classes whose folders hold folders of
    splits, though splits were not taken for such (`images/train/ok`, `images/val/ok` beside `docs`); and a class
    that is the only one of a split and occurs in no other (`test/unknown` beside `train/ok` and `train/nok`).

    Why it matters: a classifier would learn to distinguish training photos from test photos, and unlabelled rows
    would be trained on as a class of their own.

    What to do: point data.root at the folder of the split that holds a folder per class, leave the class out
    (data.drop), or sort the split's photos into a folder per class, so that folders are train/CLASS and test/CLASS.

    Limits: a class that is really called train (vehicles) is ignored while it is the only one. Where a table names
    classes and splits, only names are checked.

    Example: `2 classes look like splits: train (80 rows) and test_images (20 rows).`
    """
    named = _named_like_splits(evidence)
    holding = [name for name in _holding_splits(evidence) if name not in named]
    if holding:
        yield _holds_splits(evidence, holding)
    if named:
        yield _found(
            evidence, named, f"{count(len(named), 'class', 'classes')} {verb(len(named), 'looks', 'look')} like"
        )
    alone = [name for name in _alone_in_a_split(evidence) if name not in named]
    if alone:
        yield _found(evidence, alone, "No row to learn from has", alone=True)


def _named_like_splits(evidence: Evidence) -> list[str]:
    named = [name for name in evidence.rows.classes if split_of(name) is not None]
    if len(named) > 1:
        return named
    if shared := split_words(evidence.rows.classes):
        return list(shared)
    return [name for name in named if split_of(name) == "test" or _holds_classes(evidence, name)]


def _holds_classes(evidence: Evidence, name: str) -> bool:
    """Whether the folder of a class holds folders that are called like other classes, or two at least."""
    below = _below(evidence, name) - {""}
    return len(below) > 1 or bool(below & set(evidence.rows.classes))


def _below(evidence: Evidence, name: str) -> set[str]:
    """Return the folders in the folder of a class, "" for files that lie in it."""
    paths = evidence.paths(np.flatnonzero(evidence.label_words == name))
    folders = [path.split("/")[:-1] for path in paths]
    return {[*parts, ""][parts.index(name) + 1] for parts in folders if name in parts}


def _holding_splits(evidence: Evidence) -> list[str]:
    """Return classes whose folder holds folders of splits, one to train on among them, and nothing else."""
    if "split" in evidence.rows.frame or evidence.rows.multi_label:
        return []
    found = []
    for name in evidence.rows.classes:
        splits = {split_of(folder) for folder in _below(evidence, name)}
        # Every folder: a class may hold one called train for reasons of its own.
        if None not in splits and "train" in splits and len(splits) > 1:
            found.append(name)
    return found


def _holds_splits(evidence: Evidence, names: list[str]) -> Found:
    below = sorted(_below(evidence, names[0]))
    held = np.isin(evidence.label_words, object_array(names))
    return Found(
        message=f"{count(len(names), 'class', 'classes')} {verb(len(names), 'holds', 'hold')} folders that look "
        f"like splits: {listing(names)} ({listing(below)}). They were read as parts of a class, not as splits. "
        "If classes lie below the splits, point data.root at the folder that holds these; else divide every class "
        "into train, val and test, or name the split in a table.",
        about=names[0] if len(names) == 1 else "",
        evidence={"classes": names, "folders": below},
        ids=evidence.rows.ids[held],
    )


def _alone_in_a_split(evidence: Evidence) -> list[str]:
    """Return classes that are the only class of a split other than train, and occur in no other split."""
    given = given_splits(evidence.rows)
    if given is None or evidence.rows.multi_label:
        return []
    folded = [name.casefold() for name in given]
    split = object_array(SPLITS.get(name, name) for name in folded)
    held = {part: set(evidence.label_words[split == part]) - {""} for part in dict.fromkeys(split) if part}
    train = held.get("train", set())
    return [
        name
        for part, names in held.items()
        if part in ("val", "test") and len(names) == 1 and len(train) > 1
        for name in names
        if not any(name in others for other, others in held.items() if other != part)
    ]


def _found(evidence: Evidence, names: list[str], start: str, *, alone: bool = False) -> Found:
    held = np.isin(evidence.label_words, object_array(names))
    rows = [f"{name} ({count(int((evidence.label_words == name).sum()), 'row')})" for name in names]
    message = (
        f"{start} the class {listing(rows)}: it is the only one of its split, whose rows seem to have no labels."
        if alone
        else f"{start} {verb(len(names), 'a split', 'splits')}: {listing(rows)}. Point data.root at the folder "
        "that holds a folder per class, or exclude it with data.drop."
    )
    left = evidence.rows.k - len(names)
    patch = {"data.drop": [*evidence.setting("data.drop", []), *names]} if left > 1 else None
    return Found(
        message=message,
        about=names[0] if len(names) == 1 else "",
        evidence={"classes": {name: int((evidence.label_words == name).sum()) for name in names}},
        ids=evidence.rows.ids[held],
        patch=patch,
    )
