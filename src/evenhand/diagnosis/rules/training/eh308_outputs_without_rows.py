"""EH308: outputs of a network for classes that no row has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.base.errors import did_you_mean
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH308", slug="outputs-without-rows", severity="warning", needs=("samples", "labels", "named_classes"))
def check(evidence: Evidence) -> Iterator[Found]:
    """Find models with outputs for classes that no row has.

    What it checks: the classes that data.classes names against those of the rows, the locked test included.

    Why it matters: an output without rows is only ever pushed down, and until it is, it takes a share of the
    probability of every row: the first guess costs log 6 with six outputs and log 4 with four. Mostly the list is
    that of another project, or a name is misspelt, and a class that is looked for in the results is not there.

    What to do: name the classes that rows have (the patch), or bring rows of the others.

    Limits: not applicable where the outputs are the classes that rows have. A class that has rows in the locked
    test only is one of EH107. Not a fault where rows of the class are to come, and the model is only to have room
    for them.

    Example: `2 of 6 outputs are never trained, as no row is of their class: step_edge and double_tip.`
    """
    classes = evidence.rows.classes
    rows, named = evidence.label_matrix.sum(axis=0), evidence.setting("data.classes", [])
    empty = [classes[c] for c in np.flatnonzero(rows <= 0) if classes[c] in named]
    if empty and len(empty) < len(classes):
        held = [name for name in classes if name not in empty]
        hint = did_you_mean(empty[0], held) if len(empty) == 1 else ""
        yield Found(
            message=f"{len(empty):,} of {count(len(classes), 'output')} {verb(len(empty), 'is', 'are')} never "
            f"trained, as no row is of {verb(len(empty), 'its', 'their')} class: {listing(empty, most=5)}.{hint}",
            about=empty[0] if len(empty) == 1 else "",
            evidence={"without": empty, "outputs": len(classes)},
            patch={"data.classes": held},
        )
