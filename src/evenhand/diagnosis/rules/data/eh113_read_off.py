"""EH113: what comes with a row, and is not its content, predicts the label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from evenhand.base.values import Ints
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import classes_of, listing
from evenhand.diagnosis.rule import Found, rule
from evenhand.diagnosis.statistics.forest_probe import ForestProbe, forest_macro_f1, forest_probe
from evenhand.diagnosis.statistics.shortcut import ReadOff, common_labels, read_off, read_off_label

NAMES = "words in the names of the files"


@rule("EH113", slug="read-off", severity="warning", needs=("labels", "wrapping"), after=("EH111",))
def check(
    evidence: Evidence,
    *,
    least: float = 0.8,
    least_low: float = 0.6,
    most_false: float = 0.2,
    least_gain: float = 0.3,
    most_labels: int = 24,
) -> Iterator[Found]:
    """Find labels that can be predicted from what comes with a row rather than from its content.

    What it checks: each measure that the kind of data names, separately, on held-out groups (copies stay
    together). Of photos: dimensions, format and mode of the file, the colour of a uniform frame, compression
    that the picture's detail does not explain. Of drawings: place and size before they are moved into a unit
    box, layers and colours, names of blocks, words written in them, the version of the file and the part of its
    size that its entities do not explain. Of heartbeats: the length of the recording, its leads, units and
    format. Of pairs: single words of the text, which of picture and text are there, and what photos have. Of every
    kind: words in the names of files. It fires for a class that a small decision tree predicts
    with recall minus false alarms of at least `least`, recall over groups significantly above `least_low` and at
    most `most_false` false alarms. It fires for all classes together if the interval of a small forest's macro-F1
    begins above chance by a share `least_gain` of what is left above it; what trivial features of the content
    reach on the same folds stands beside it. Names of files alone give a note, as no model reads them. Of rows that
    may have several labels, each of the `most_labels` commonest is tested for itself, against rows without it.

    Why it matters: sizes, formats, frames, layers and places depend on the source of a row. A model that can
    see them learns them instead of the class (shortcut learning), is right in every fold, and wrong elsewhere.

    What to do: unify files at the source, crop frames, move and scale drawings into a unit box, withhold layers
    and colours, or collect the named classes from the source of the others. Augmentations that degrade and crop
    help.

    Limits: names of folders are not checked, nor words that belong to the name of a class. A background that is
    part of the scene (sky, a table) is content. Needs about six groups of a class. Words of a text are
    content where new rows will have such texts, too: then the finding says that a model of pictures has little to
    add. Not applicable where nothing comes with the rows.

    Example: `2 of 8 classes can be predicted from the dimensions of the file (Lime: 100% found with 1% false
    alarms; Lemon: 97% with 0%); 293 rows, guessing reaches 18%.`
    """
    if evidence.rows.multi_label:
        yield from _of_labels(evidence, most_labels, least, least_low, most_false)
        return
    seen = evidence.subsample
    known = evidence.rows.labels[seen] >= 0
    label, group = evidence.rows.labels[seen][known], evidence.joined_groups[seen][known]
    group = np.unique(group, return_inverse=True)[1].ravel()
    for name, every in {**evidence.wrapping, NAMES: evidence.name_words[1]}.items():
        measures = every[known]
        if not len(label) or not measures.shape[1] or not np.ptp(measures, axis=0).any():
            continue
        found = read_off(measures, label, group, evidence.rows.k)
        open_classes = np.flatnonzero(
            (found.surplus >= least) & (found.low >= least_low) & (found.false_alarms <= most_false)
        )
        whole = forest_probe(measures, label, group, evidence.rows.classes, least_gain=least_gain / 2)
        if whole is not None and whole.gain(whole.low) < least_gain:
            whole = None
        floor = None if whole is None else _floor(evidence, seen[known], label, group)
        if len(open_classes) or whole is not None:
            yield _found(evidence, name, found, open_classes, whole, floor)


def _of_labels(
    evidence: Evidence, most_labels: int, least: float, least_low: float, most_false: float
) -> Iterator[Found]:
    """Yield what gives single labels away, where rows may have several."""
    seen = evidence.subsample
    labels, group = np.asarray(evidence.rows.labels[seen], dtype=np.float64), evidence.joined_groups[seen]
    tested = common_labels(labels, most_labels)
    for name, measures in {**evidence.wrapping, NAMES: evidence.name_words[1]}.items():
        if not measures.shape[1] or not len(tested) or not np.ptp(measures, axis=0).any():
            continue
        found = {int(c): read_off_label(measures, labels[:, c], group) for c in tested}
        given_away = {
            c: one
            for c, one in found.items()
            if one.surplus[1] >= least and one.low[1] >= least_low and one.false_alarms[1] <= most_false
        }
        if given_away:
            yield _found_labels(evidence, name, given_away, len(tested))


def _found_labels(evidence: Evidence, name: str, given_away: dict[int, ReadOff], tested: int) -> Found:
    ordered = sorted(given_away.items(), key=lambda item: -item[1].surplus[1])
    words = [
        f"{evidence.rows.classes[c]}: {one.recall[1]:.0%} found with {one.false_alarms[1]:.0%} false alarms"
        for c, one in ordered
    ]
    numbers = {
        evidence.rows.classes[c]: {
            "recall": one.recall[1],
            "low": one.low[1],
            "false_alarms": one.false_alarms[1],
            "n": int(one.n[1]),
            "groups": int(one.groups[1]),
        }
        for c, one in ordered
    }
    message = (
        f"{classes_of(len(ordered), tested)} tested can be predicted from {name} ({listing(words)}); "
        f"{len(evidence.subsample):,} rows."
    )
    unread = f" No model reads them, but they tell how rows were collected ({listing(evidence.name_words[0])})."
    named = name == NAMES
    return Found(
        message=message + (unread if named else ""),
        about=name,
        evidence={"tested": tested, "n": len(evidence.subsample), "classes": numbers},
        severity="note" if named else None,
    )


def _floor(evidence: Evidence, rows: Ints, label: Ints, group: Ints) -> tuple[str, float] | None:
    """Return what trivial features of the content reach on the same folds, for comparison."""
    if evidence.kind is None or evidence.entry is None or evidence.facts is None:
        return None
    features = evidence.kind.floor_features(
        evidence.entry, evidence.stored[rows], evidence.facts.iloc[rows].reset_index(drop=True)
    )
    if features is None:
        return None
    reached = forest_macro_f1(features[1], label, group, evidence.rows.k)
    return None if reached is None else (features[0], reached)


def _found(
    evidence: Evidence,
    name: str,
    found: ReadOff,
    classes: Ints,
    whole: ForestProbe | None,
    floor: tuple[str, float] | None,
) -> Found:
    sentences, numbers = [], _numbers(evidence, found, classes)
    if len(classes):
        words = [
            f"{evidence.rows.classes[c]}: {found.recall[c]:.0%} found with {found.false_alarms[c]:.0%} false alarms"
            for c in classes[np.argsort(-found.surplus[classes])]
        ]
        sentences.append(
            f"{classes_of(len(classes), evidence.rows.k)} can be predicted from {name} ({listing(words)}); "
            f"{int(found.n.sum()):,} rows, {found.accuracy:.0%} right where guessing reaches {found.commonest:.0%}."
        )
    if whole is not None:
        beside = "" if floor is None else f"; {floor[0]} reach {floor[1]:.2f}"
        what = f"All {evidence.rows.k:,} classes together" if sentences else f"The class (of {evidence.rows.k:,})"
        sentences.append(
            f"{what} can be predicted from {name}: macro-F1 {whole.macro_f1:.2f} "
            f"[{whole.low:.2f}, {whole.high:.2f}] on {whole.n:,} rows, "
            f"where chance reaches {whole.chance:.2f}{beside}."
        )
        numbers |= {"macro_f1": whole.macro_f1, "low": whole.low, "high": whole.high, "chance": whole.chance}
        if floor is not None:
            numbers |= {"floor": floor[0], "floor_macro_f1": floor[1]}
    named = name == NAMES
    if named:
        sentences.append(
            f"No model reads them, but they tell how rows were collected ({listing(evidence.name_words[0])})."
        )
    return Found(message=" ".join(sentences), about=name, evidence=numbers, severity="note" if named else None)


def _numbers(evidence: Evidence, found: ReadOff, classes: Ints) -> dict[str, Any]:
    return {
        "accuracy": found.accuracy,
        "commonest": found.commonest,
        "n": int(found.n.sum()),
        "classes": {
            evidence.rows.classes[c]: {
                "recall": found.recall[c],
                "low": found.low[c],
                "false_alarms": found.false_alarms[c],
                "n": int(found.n[c]),
                "groups": int(found.groups[c]),
            }
            for c in classes
        },
    }
