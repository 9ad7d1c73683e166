"""The section [pairs]: how pictures become arrays of one size, and which columns become the text beside them."""

from __future__ import annotations

from pydantic import field_validator

from evenhand.base.settings.section import option
from evenhand.modalities.pairs.reading.template import template_fault
from evenhand.modalities.photos.config import PhotosConfig


class PairsConfig(PhotosConfig):
    """How pictures become arrays of one size, and columns of a table become the text beside them."""

    text: str | list[str] = option(
        "text",
        description="The text of a row: a column, a list of columns (joined by a space), or a template such as "
        '"{title}. {description}"; [] is none.',
    )
    longest: int = option(
        2000, ge=1, le=100_000, unit="characters", description="Longest text; what goes beyond it is cut off."
    )

    @field_validator("text")
    @classmethod
    def _readable(cls, text: str | list[str]) -> str | list[str]:
        if isinstance(text, str):
            fault = template_fault(text)
        else:
            fault = "" if all(name.strip() for name in text) else "a column of the list has no name"
        if fault:
            raise ValueError(fault)
        return text
