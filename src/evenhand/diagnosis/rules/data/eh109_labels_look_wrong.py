"""EH109: suspected label errors."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule
from evenhand.evaluation.figures.confident_learning import most_accurate, surest_rows, suspected_labels


@rule("EH109", slug="labels-look-wrong", severity="note", needs=("single_labels",), after=("EH104", "EH405"))
def check(evidence: Evidence, *, level: float = 0.05, least: int = 5, most: float = 0.1) -> Iterator[Found]:
    """Find labels that contradict models trained on other rows.

    What it checks: the out-of-fold predictions of the most accurate model or blend. Confident learning (Northcutt
    2021) lists the rows that confidently belong to another class than their label says. A list alone proves
    nothing, since a weak model has many such rows; the rule fires where contradictions do not thin out as the model
    gets more confident: at least `least` in the most confident tenth of the rows, at a rate that is more than half
    of the rate in the next fifth (`level`, one-sided) and at most `most`, beyond which the model knows too little
    to accuse. Mistakes of a model thin out; wrong labels do not.

    Why it matters: models memorise wrong labels, and wrong labels lower every figure by their share; no model can
    score better than the labels allow.

    What to do: go through suspected_labels.csv of the record from the top. Correct a label only after looking at
    its row, and never in the locked test alone.

    Limits: a row that looks like another class, though its label is right, is suspected as well; where there are
    many such rows (long tails), the rule may fire on them. One label per row only. Labels that are wrong in a whole
    group or class cannot be detected from within. Needs a few hundred rows.

    Example: `21 of the 402 rows of which ensemble:equal is most confident have another label (5.2%); among the next
    804 it is 4.6%, and mistakes of a model would have thinned out. 118 labels look wrong; suspected_labels.csv
    lists them, the most suspicious first.`
    """
    p = most_accurate(evidence.predictions or ())
    found = surest_rows(p) if p is not None else None
    if p is None or found is None or found.p >= level or not least <= found.contradicted <= most * found.n:
        return
    suspects = suspected_labels(p)
    yield Found(
        message=f"{found.contradicted:,} of the {found.n:,} rows of which {p.model or 'the model'} is most "
        f"confident have another label ({found.contradicted / found.n:.1%}); among the next {found.next_n:,} it is "
        f"{found.next_contradicted / found.next_n:.1%}, and mistakes of a model would have thinned out. "
        f"{len(suspects):,} labels look wrong; suspected_labels.csv lists them, the most suspicious first.",
        about=p.model,
        evidence={**vars(found), "suspected": len(suspects)},
        ids=tuple(suspects["id"]),
    )
