"""EH314: bits of codes that say nothing, or what other bits say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evenhand.base.values import Ints
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.head_settings import head_options
from evenhand.diagnosis.evidence.held_out_codes import HeldOutCodes, codes_by_model
from evenhand.diagnosis.rule import Found, rule
from evenhand.diagnosis.statistics.code_bits import CONSTANT, CORRELATED, SATURATED, are_centroids, bits_of


@rule("EH314", slug="codes-degenerate", severity="warning", needs=("codes",), after=("EH304", "EH311", "EH313"))
def check(
    evidence: Evidence,
    *,
    rows: int = 50,
    constant: float = CONSTANT,
    saturated: float = SATURATED,
    correlated: float = CORRELATED,
    most: float = 0.25,
    redundant: float = 0.5,
    half: float = 0.5,
) -> Iterator[Found]:
    """Find codes of which many bits are constant, saturated, or copies of other bits.

    What it checks: the codes of the held-out rows of each fit with `rows` of them or more, bit by bit. A bit is
    constant if it has one value in a share of `constant` of the rows (of product quantisers, one centroid);
    saturated if its output is within `saturated` of -1 or 1 in that share, where tanh has no gradient left; and a
    copy if its correlation with an earlier bit is at least `correlated`, up to the sign. It fires where more than
    `most` of the bits are constant, or saturated, or more than a share of `redundant` are copies, in more than
    `half` of a model's fits.

    Why it matters: such bits take room in every row of a database and tell no two rows apart. A saturated bit
    cannot be trained any further.

    What to do: of constant bits, raise the weight of `balance`; of copies that of `decorrelation`, or shorten the
    code; of saturated bits, lower the learning rate (the patch).

    Limits: not applicable to heads without codes. Few classes need few bits: a code that is trained by two classes
    alone has one bit of content, and is reported as copies whatever its length.

    Example: `hash, in 5 of 5 fits (first: fold 0, seed 0): 40 of 64 bits are constant over the 580 held-out rows
    (bits 0, 3, 4, 7, 9 and 35 more).`
    """
    limits = {"constant": most, "saturated": most, "copies": redundant}
    for model, codes in codes_by_model(evidence.codes or ()).items():
        whole = [one for one in codes if len(one.values) >= rows]
        reports = [(one, bits_of(one.values, constant, saturated, correlated)) for one in whole]
        for word, limit in limits.items():
            found = [(one, bits.named(word)) for one, bits in reports if len(bits.named(word)) > limit * bits.count]
            if not found or len(found) <= half * len(whole):
                continue
            first, at = found[0]
            yield Found(
                message=f"{_fits([one for one, _ in found], whole)}: {_words(word, at, first)}.",
                about=f"{model} {word}",
                evidence={
                    "bits": at.tolist(),
                    "of": int(first.values.shape[1]),
                    "in_fits": [len(bits) for _, bits in found],
                },
                patch=_patch(evidence, model, word),
            )


def _words(word: str, at: Ints, first: HeldOutCodes, *, most: int = 5) -> str:
    n, bits = first.values.shape
    listed = ", ".join(str(bit) for bit in at[:most]) + (f" and {len(at) - most} more" if len(at) > most else "")
    unit = "parts" if are_centroids(first.values) else "bits"
    what = {"constant": "constant", "saturated": "saturated", "copies": f"copies of earlier {unit}"}[word]
    are = "is" if len(at) == 1 else "are"
    return f"{len(at)} of {bits} {unit} {are} {what} over the {n:,} held-out rows ({unit} {listed})"


def _fits(found: list[HeldOutCodes], every: list[HeldOutCodes]) -> str:
    first = found[0]
    if len(every) == 1:
        return f"{first.model}, {first.place}"
    return f"{first.model}, in {len(found)} of {len(every)} fits (first: {first.place})"


def _patch(evidence: Evidence, model: str, word: str) -> Mapping[str, Any] | None:
    """Return the change that is proposed: a larger weight, or a lower learning rate."""
    if word == "saturated":
        trains = [e.get("train") or {} for e in evidence.setting("model", []) if e.get("name") == model]
        rate = trains[0].get("learning_rate") if trains else None
        return None if rate is None else {f"model.{model}.train.learning_rate": float(f"{rate / 10:.3g}")}
    name = {"constant": "balance", "copies": "decorrelation"}[word]
    weight = head_options(evidence, model).get(name)
    return None if weight is None else {f"model.{model}.head_options.{name}": float(f"{max(10 * weight, 1.0):.3g}")}
