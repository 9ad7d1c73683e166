"""EH113: a shortcut predicts the label without the content of the picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from evenhand.base.text.cells import plain_texts
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Floats, Ints
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import classes_of, listing
from evenhand.diagnosis.rule import Found, rule
from evenhand.diagnosis.statistics.probes import standardised
from evenhand.diagnosis.statistics.shortcut import ReadOff, read_off
from evenhand.modalities.images.borders import frame_colours
from evenhand.modalities.images.exif_sizes import upright_sizes


@rule("EH113", slug="read-off", severity="warning", needs=("labels", "one_label", "image_facts"), after=("EH111",))
def check(
    case: Evidence, *, least: float = 0.8, least_low: float = 0.6, most_false: float = 0.2
) -> Iterator[Found]:
    """Find classes that can be predicted from properties of the files rather than from what the pictures show.

    What it checks: a small decision tree predicts the class from the file's dimensions, from its format and
    mode, from the colour of a uniform frame around the picture, and from compression that the picture's detail
    does not explain; each separately, on held-out groups. It fires for a class where recall minus false alarms
    is at least `least`, with recall over groups significantly above `least_low` and at most `most_false` false
    alarms.

    Why it matters: sizes, formats and frames depend on the source of a picture and leave traces in the pixels. A
    model learns them instead of the class (shortcut learning), is right in every fold, and wrong elsewhere.

    What to do: unify files at the source, crop frames, or collect the named classes from the source of the others.
    Augmentations that degrade and crop help.

    Limits: names and folders of files are not checked, as no model sees them. A background that is part of the
    scene (sky, a table) is content. Needs about six groups of a class. Not applicable where rows may have several
    labels.

    Example: `2 of 8 classes can be predicted from the dimensions of the file (Lime: 100% found with 1% false
    alarms; Lemon: 97% with 0%); 293 rows, guessing reaches 18%.`
    """
    rows = case.looked_at[case.rows.labels[case.looked_at] >= 0]
    label = case.rows.labels[rows]
    group = unique_names(case.rows.groups[rows])[1]
    for name, measures in side_measures(case, rows).items():
        if not np.ptp(measures, axis=0).any():
            continue
        found = read_off(measures, label, group, case.rows.k)
        open_classes = np.flatnonzero(
            (found.surplus >= least) & (found.low >= least_low) & (found.false_alarms <= most_false)
        )
        if len(open_classes):
            yield _found(case, name, found, open_classes)


def side_measures(case: Evidence, rows: Ints) -> dict[str, Floats]:
    """Return side measures that should not predict the class: name -> (len(rows), d)."""
    assert case.facts is not None
    facts, out = case.facts.iloc[rows], {}
    sizes = upright_sizes(facts)
    if sizes is not None:
        w, h = sizes
        out["the dimensions of the file"] = np.column_stack([w, h, w / h])
    stored = [name for name in ("format", "mode") if name in facts]
    if stored:
        out["the format of the file"] = pd.get_dummies(facts[stored].apply(plain_texts)).to_numpy(np.float64)
    if case.pictures is not None:
        out["the frame around the picture"] = frame_colours(case.pictures[rows])
        if sizes is not None and "bytes" in facts:
            bits = np.log2(np.maximum(facts["bytes"].to_numpy(np.float64), 1) * 8 / (w * h))
            out["the compression of the file"] = unexplained(bits, case.traits.loc[rows])[:, None]
    return out


def unexplained(bits: Floats, traits: pd.DataFrame) -> Floats:
    """Return (n,) residuals of log2 bits per pixel after ridge regression on detail, contrast and colour."""
    known = [name for name in traits.columns if str(name).startswith(("fine detail", "contrast", "colour: s"))]
    x = standardised(traits[known].to_numpy(np.float64))
    # A detailed picture needs more bits at any quality; only what is left of the size can give its source away.
    gram = x.T @ x + 1e-3 * len(x) * np.eye(x.shape[1])
    return np.asarray(bits - bits.mean() - x @ np.linalg.solve(gram, x.T @ (bits - bits.mean())))


def _found(case: Evidence, name: str, found: ReadOff, classes: Ints) -> Found:
    words = [
        f"{case.rows.classes[c]}: {found.recall[c]:.0%} found with {found.false_alarms[c]:.0%} false alarms"
        for c in classes[np.argsort(-found.surplus[classes])]
    ]
    return Found(
        says=f"{classes_of(len(classes), case.rows.k)} can be predicted from {name} ({listing(words)}); "
        f"{int(found.n.sum()):,} rows, {found.accuracy:.0%} right where guessing reaches {found.commonest:.0%}.",
        about=name,
        evidence={
            "accuracy": found.accuracy,
            "commonest": found.commonest,
            "n": int(found.n.sum()),
            "classes": {
                case.rows.classes[c]: {
                    "recall": found.recall[c],
                    "low": found.low[c],
                    "false_alarms": found.false_alarms[c],
                    "n": int(found.n[c]),
                    "groups": int(found.groups[c]),
                }
                for c in classes
            },
        },
    )
