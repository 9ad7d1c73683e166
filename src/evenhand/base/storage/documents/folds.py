"""folds.json: how the folds were made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from evenhand.base.storage.documents.shapes import Document


class FoldsDocument(Document):
    """The number of folds, and how rows were assigned to them."""

    k: Annotated[int, Field(ge=0, le=32_767)]
    how: dict[str, object]
