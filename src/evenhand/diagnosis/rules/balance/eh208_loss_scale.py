"""EH208: class weights that change the scale of the loss, and with it the steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule


@rule("EH208", slug="loss-scale", severity="warning", needs=("ledgers",), after=("EH201", "EH202"))
def check(evidence: Evidence, *, factor: float = 2.0) -> Iterator[Found]:
    """Find class weights that make the mean loss of the sampled rows much larger or smaller.

    What it checks: the mean weight of the rows in a batch. Weights alone have a mean of 1 over the rows of the
    data; combined with a sampler the mean over sampled rows differs. It fires above `factor` or below
    1 / `factor`. With adamw and no clipping, whose steps do not grow with the loss, it is a note.

    Why it matters: with sgd a loss three times as large takes steps three times as long, so a tuned learning rate
    no longer fits. Clipping removes more of the gradient, and losses of different runs cannot be compared.

    What to do: correct by the sampler or by weights, not by both; or divide the learning rate by the reported
    factor.

    Limits: single rows of rare classes take large steps even where the mean is 1; that is the purpose of weights.

    Example: `lite0: class weights multiply the loss of the rows drawn by 14.2 on average, and sgd's steps with it.`
    """
    for ledger in evidence.ledgers or ():
        times = ledger.plan.prior.mean_weight
        if 1 / factor <= times <= factor:
            continue
        train = _train(evidence, ledger.models)
        adapts = train.get("optimizer", "adamw") == "adamw" and train.get("clip") is None
        rate = train.get("learning_rate")
        effect = "; adamw's steps do not grow with it" if adapts else ", and the steps with it"
        where = f"model.{ledger.models[0]}.train" if len(ledger.models) == 1 else "train"
        yield Found(
            message=f"{ledger.title}: class weights multiply the loss of the rows drawn by {times:.3g} on average"
            f"{effect}.",
            about=ledger.models[0] if len(ledger.models) == 1 else "",
            evidence={"factor": times, "optimizer": train.get("optimizer", "adamw")},
            patch=None if adapts or rate is None else {f"{where}.learning_rate": float(f"{rate / times:.2g}")},
            severity="note" if adapts else None,
        )


def _train(evidence: Evidence, models: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the settings of the first of the models, or [train]."""
    entries = {entry["name"]: entry for entry in evidence.setting("model", [])}
    own: Mapping[str, Any] = entries.get(models[0], {}).get("train") if models else None  # type: ignore[assignment]
    return own or dict(evidence.setting("train", {}))
