"""Keys of [train] as older versions named them: their records and configurations stay readable."""

from __future__ import annotations

from typing import Any

from evenhand.base.settings.named_choice import as_table

_OPTIONS = {
    "floor": ("cosine", "floor"),
    "step_epochs": ("step", "epochs"),
    "step_factor": ("step", "factor"),
    "plateau_epochs": ("plateau", "patience"),
    "plateau_factor": ("plateau", "factor"),
}
"""Key -> the learning-rate schedule and the option of it that it is now."""


def translated(values: Any) -> Any:
    """Return the values of a section [train] under the keys of this version.

    >>> translated({"schedule": "step", "step_epochs": 3, "floor": 0.1})
    {'schedule': {'name': 'step', 'epochs': 3}}
    """
    if not isinstance(values, dict) or not isinstance(values.get("schedule", ""), (str, dict)):
        return values
    out = {key: value for key, value in values.items() if key not in _OPTIONS}
    if "judge_generalization_every" in out:
        out["generalization_every"] = out.pop("judge_generalization_every")
    schedule = as_table(values.get("schedule", "cosine"))
    for key, (name, option) in _OPTIONS.items():
        # Records hold the options of every schedule; those of others than the one in use change nothing.
        if key in values and schedule.get("name") == name:
            out["schedule"] = schedule = schedule | {option: values[key]}
    return out
