"""What differs between two resolved configurations, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evenhand.base.storage.files.atomic import to_json
from evenhand.base.text.toml_text import toml_value
from evenhand.pipeline.stages.source import deciding


def config_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (key, value before, value after) of each difference that results depend on; "–" where there is none.

    Models are matched by name, as in `--set model.NAME.key=…`. Of a model that one configuration lacks, its encoder
    alone is listed. Keys of [train] and [balance] that every model inherits are listed once.

    >>> def resolved(epochs):
    ...     model = {"name": "a", "encoder": "small", "train": {"epochs": epochs}}
    ...     return {"data": {}, "train": {"epochs": epochs}, "model": [model]}
    >>> config_changes(resolved(5), resolved(9))
    [('train.epochs', '5', '9')]
    """
    ours, theirs = dict(_flat(_by_name(deciding(before)))), dict(_flat(_by_name(deciding(after))))
    changed = {
        key: (ours.get(key), theirs.get(key))
        for key in dict.fromkeys([*ours, *theirs])
        if ours.get(key) != theirs.get(key)
    }
    return [
        (".".join(key), _shown(pair[0]), _shown(pair[1]))
        for key, pair in changed.items()
        if not _is_inherited(key, pair, changed) and not _is_of_a_new_model(key, ours, theirs)
    ]


def _by_name(resolved: Mapping[str, Any]) -> dict[str, Any]:
    models = {str(model["name"]): {k: v for k, v in model.items() if k != "name"} for model in resolved["model"]}
    return {**resolved, "model": models}


def _flat(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, (*above, key))
        else:
            yield (*above, key), value


def _is_inherited(key: tuple[str, ...], pair: object, changed: Mapping[tuple[str, ...], object]) -> bool:
    """Return whether a key of [model.train] or [model.balance] changed as the general one did."""
    return len(key) > 3 and key[0] == "model" and changed.get(key[2:]) == pair


def _is_of_a_new_model(key: tuple[str, ...], ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> bool:
    if key[0] != "model" or len(key) < 3 or key[2:] == ("encoder",):
        return False
    return any((*key[:2], "encoder") not in values for values in (ours, theirs))


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    # TOML has no table within a list on one line that every reader takes.
    holds_tables = isinstance(value, list) and any(isinstance(item, Mapping) for item in value)
    return to_json(value) if holds_tables else toml_value(value)
