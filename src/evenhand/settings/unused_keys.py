"""Keys of [train] and [balance] that were set and that no model uses, with those that take their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evenhand.models.config import ModelConfig
from evenhand.settings.load import Settings

USED_BY_SOLVED = {"train": {"batch_size", "precision"}, "balance": {"correct_to", "adjust"}}
"""Keys that a head which is solved takes from each section; it is fitted in one step, without any training."""


def unused_keys(settings: Settings, *, most: int = 3) -> list[str]:
    """Return a warning for each key of [train] and [balance] that was set and changes nothing.

    Parameters
    ----------
    most
        Number of models up to which the keys in its place are listed.
    """
    return [
        _warning(section, key, settings.model, most)
        for section in ("train", "balance")
        for key in _set_keys(settings, section)
        if settings.model and not any(_uses(model, section, key, settings) for model in settings.model)
    ]


def _set_keys(settings: Settings, section: str) -> Iterator[str]:
    """Yield the keys that the file or a change sets, in the order of the section."""
    values = getattr(settings, section)
    yield from (key for key in type(values).model_fields if key in values.model_fields_set)


def _uses(model: ModelConfig, section: str, key: str, settings: Settings) -> bool:
    if model.is_solved and key not in USED_BY_SOLVED[section]:
        return False
    own: Mapping[str, Any] = getattr(model, section)
    if section == "train" and key == "epochs" and settings.train_of(model).stage:
        return False
    # A table is laid over the one above it, key by key; a value takes its place.
    return key not in own or isinstance(own[key], Mapping)


def _warning(section: str, key: str, models: Sequence[ModelConfig], most: int) -> str:
    head = f"Warning: {section}.{key} changes nothing, as no model uses it."
    trained = [model for model in models if not model.is_solved]
    if not trained:
        return f"{head} A head that is solved is fitted in one step."
    # Only models that are trained: the key of a solved head would change nothing either.
    own = [f"model.{model.name}.{section}.{key}" for model in trained if key in getattr(model, section)]
    if (
        section == "train"
        and key == "epochs"
        and (staged := [model for model in trained if "stage" in model.train])
    ):
        own = [f"model.{model.name}.train.stage.0.epochs" for model in staged]
    if not own:
        return f"{head} Stages have their own: train.stage.0.epochs."
    more = f" and {len(own) - most} more" if len(own) > most else ""
    return f"{head} Models have their own: {', '.join(own[:most])}{more}."
