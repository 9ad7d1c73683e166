"""What out-of-fold figures owe to the epoch that was selected on the held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def epoch_choice_words(resolved: Mapping[str, Any], *, most: int = 3) -> str:
    """Return what to say below out-of-fold figures if epochs were selected on held-out rows, else "".

    Parameters
    ----------
    resolved
        The configuration of a run, with the overrides of each model filled in.
    most
        Number of models up to which they are named.
    """
    names = [str(model.get("name", "")) for model in resolved.get("model", []) if _selects(model)]
    if not names:
        return ""
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    which = f"{len(names)} models" if len(names) > most else listed
    return (
        f"The epoch of {which} was selected on the held-out rows, so that out-of-fold figures are slightly "
        "optimistic; "
        'train.choose_by = "last" selects none.'
    )


def _selects(model: Mapping[str, Any]) -> bool:
    """Return whether one of several sets of weights was selected; records of other versions may lack keys."""
    train = model.get("train") or {}
    if train.get("choose_by", "last") == "last":  # as it is of every head that is solved, not trained in epochs
        return False
    epochs = sum(stage.get("epochs", 1) for stage in train.get("stage") or []) or train.get("epochs", 1)
    return bool(epochs > 1 or train.get("ema"))
