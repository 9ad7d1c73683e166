"""Options of the heads of a run, with the defaults that its configuration leaves out."""

from __future__ import annotations

import contextlib
from typing import Any

from evenhand.base.errors import EvenhandError
from evenhand.base.settings.section import check
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.models.heads.registry import HEADS


def head_options(evidence: Evidence, model: str) -> dict[str, Any]:
    """Return the options of a model's head; empty where the configuration or the head is not known here."""
    for entry in evidence.setting("model", []):
        if entry.get("name") == model:
            with contextlib.suppress(EvenhandError):  # a head of a package that is not installed
                section = HEADS.get(entry.get("head", "linear"))
                return check(section, entry.get("head_options", {}), "head_options").model_dump()
    return {}
