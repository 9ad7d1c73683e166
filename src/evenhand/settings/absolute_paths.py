"""Input paths made absolute: they are written relative to the configuration file."""

from __future__ import annotations

from collections.abc import Sequence

# not `Path.resolve`, which raises a RuntimeError where links go round in a circle
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.data.config import FurtherConfig
from evenhand.models.config import ModelConfig

if TYPE_CHECKING:
    from evenhand.settings.load import Settings


def with_absolute_paths(settings: Settings, base: Path) -> Settings:
    """Return the settings with input paths made absolute, relative to `base`."""
    data = settings.data.model_copy(update={"root": realpath(base / settings.data.root)})
    if data.table is not None and not Path(data.table).is_absolute() and (base / data.table).is_file():
        data = data.model_copy(update={"table": realpath(base / data.table)})
    if data.corrections is not None:
        data = data.model_copy(update={"corrections": realpath(base / data.corrections)})
    if data.generalization is not None:
        data = data.model_copy(update={"generalization": _generalization_at(data.generalization, base)})
    folds = settings.folds
    if folds.file is not None:
        folds = folds.model_copy(update={"file": realpath(base / folds.file)})
    if folds.keep is not None:
        folds = folds.model_copy(update={"keep": realpath(base / folds.keep)})
    models = [_model_at(model, base, settings.kind.sources) for model in settings.model]
    return settings.model_copy(update={"data": data, "folds": folds, "model": models})


def _model_at(model: ModelConfig, base: Path, sources: Sequence[str]) -> ModelConfig:
    """Return a model with absolute paths in its encoder, and in the encoders that its options name."""
    options = {
        key: encoder_at(value, base, sources) if isinstance(value, str) else value
        for key, value in model.options.items()
    }
    return model.model_copy(update={"encoder": encoder_at(model.encoder, base, sources), "options": options})


def encoder_at(encoder: str, base: Path, sources: Sequence[str] = ()) -> str:
    """Return the name of an encoder with absolute paths, alone or in `fused:A+B`.

    What stands behind `file:` is a path. Behind one of the `sources` stands a name of the hub, a path that can be
    none (it begins with a dot, a tilde or a root), or a folder that is there.
    """
    source, colon, name = encoder.partition(":")
    if not colon:
        return encoder
    if source == "fused":
        return "fused:" + "+".join(encoder_at(part, base, sources) for part in name.split("+"))
    path = Path(name).expanduser()
    if source == "file" or (source in sources and (_only_a_path(name) or (base / path).is_dir())):
        return f"{source}:{realpath(base / path)}"
    return encoder


def _only_a_path(name: str) -> bool:
    """Return whether a name cannot be one of the hub."""
    return name.startswith((".", "~")) or Path(name).is_absolute()


def _generalization_at(section: FurtherConfig, base: Path) -> FurtherConfig:
    """Return [data.generalization] with input paths made absolute."""
    at: dict[str, str] = {}
    if section.root is not None:
        at["root"] = realpath(base / section.root)
    if section.table is not None and (base / section.table).is_file():
        at["table"] = realpath(base / section.table)
    if section.corrections is not None:
        at["corrections"] = realpath(base / section.corrections)
    return section.model_copy(update=at)
