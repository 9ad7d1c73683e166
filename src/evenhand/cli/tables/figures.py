"""A figure as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.base.values import TOO_FEW


def figure_words(figure: Mapping[Any, Any]) -> str:
    """Return an estimate with its interval as text."""
    if figure.get("estimate") is None or figure["estimate"] != figure["estimate"]:
        return "cannot be estimated"
    if figure.get("low") is None or figure["low"] != figure["low"]:
        return f"{figure['estimate']:.3f}"
    if figure.get("enough") is False:
        return f"{figure['estimate']:.3f} {TOO_FEW}"
    return f"{figure['estimate']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
