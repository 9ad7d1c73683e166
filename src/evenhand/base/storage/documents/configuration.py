"""resolved.toml and environment.json: what was used, and where."""

from __future__ import annotations

from pydantic import Field

from evenhand.base.storage.documents.shapes import Document


class ModelEntry(Document):
    """A model of the configuration."""

    name: str
    train: dict[str, object] = Field({})
    balance: dict[str, object] = Field({})


class ResolvedDocument(Document):
    """The whole configuration, as far as verbs that load nothing else read it."""

    name: str = ""
    note: str = ""
    tags: list[str] = Field([])
    model: list[ModelEntry] = Field([])
    data: dict[str, object] = Field({})
    score: dict[str, float] = Field({})
    classes: dict[str, list[str]] = Field({})
    evaluate: dict[str, object] = Field({})
    compute: dict[str, object] = Field({})


class EnvironmentDocument(Document):
    """Time, machine and versions of a run."""

    started: str = ""
    host: str = ""
    python: str = ""
    command: list[str] = Field([])
    packages: dict[str, str] = Field({})
