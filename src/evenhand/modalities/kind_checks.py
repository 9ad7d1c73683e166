"""Checks of a model's configuration against the kind of data, done when the configuration is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evenhand.base.errors import ConfigError, unknown
from evenhand.base.settings.section import check
from evenhand.modalities.kind import Kind
from evenhand.models.config import ModelConfig

PICTURE_KEYS = ("size", "channels_last", "form")
"""Keys of `[[model]]` that apply to pictures only."""


def with_view_profile(kind: Kind, model: ModelConfig) -> ModelConfig:
    """Return a model with the kind's default profile of random views, unless it names one."""
    if "view_profile" in model.model_fields_set or kind.view_profile == model.view_profile:
        return model
    return model.model_copy(update={"view_profile": kind.view_profile})


def kind_faults(
    kind: Kind, model: ModelConfig, *, augment: str, mixup: float, cutmix: float, frozen: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield (key below the model, what was found, what is allowed).

    Parameters
    ----------
    kind
        The kind of data.
    augment, mixup, cutmix
        Values of [train], with the model's overrides.
    frozen
        Values of `tune` in the stages of its training that keep a part of the network frozen.
    """
    if augment not in kind.profiles:
        found = unknown(f"profile of augmentations for {kind.name}", augment, kind.profiles)
        yield "train.augment", found, "name one"
    if model.views > 1 and model.view_profile not in kind.profiles:
        found = unknown(f"profile of augmentations for {kind.name}", model.view_profile, kind.profiles)
        yield "view_profile", found, "name one, or remove it"
    if model.views > 1 and not {*kind.profiles} - {"none"}:
        yield "views", f"found {model.views}, but {kind.name} has no augmentations to make views by", "set 1"
    yield from _option_faults(kind, model)
    if mixup and not kind.mixable:
        yield "train.mixup", f"found {mixup:g}, but rows of {kind.name} cannot be blended", "set 0"
    if kind.pictures:
        if cutmix and frozen:
            message = (
                f'found {cutmix:g}, which swaps patches of pictures, and tune = "{frozen[0]}" trains on activations'
            )
            yield "train.cutmix", message, "use mixup, or set 0"
        return
    if ":" in model.encoder and model.encoder.partition(":")[0] not in kind.sources:
        found = f'found "{model.encoder}", a network for pictures, but rows of {kind.name} are not pictures'
        yield "encoder", found, _own_encoders(kind)
    for key in PICTURE_KEYS:
        if getattr(model, key) != ModelConfig.model_fields[key].default:
            yield key, f"found {getattr(model, key)!r}, but rows of {kind.name} are not pictures", "remove it"
    if cutmix:
        instead = "use mixup, or set 0" if kind.mixable else "set 0"
        yield "train.cutmix", f"found {cutmix:g}, but rows of {kind.name} are not pictures", instead


def _own_encoders(kind: Kind) -> str:
    """Return what to name instead; a kind's encoders without options are not known here, as that needs torch."""
    return f"name one of the kind's own, such as {', '.join({kind.encoder: 1, **kind.encoder_options})}"


def _option_faults(kind: Kind, model: ModelConfig) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with the options of a model's encoder."""
    section = kind.encoder_options.get(model.encoder)
    if section is None:
        if model.options:
            yield "options", f"found {', '.join(model.options)}, but {model.encoder} has no options", "remove them"
        return
    try:
        check(section, model.options, source="options")
    except ConfigError as error:
        for fault in error.faults:
            hint = f'. Did you mean "{fault.nearest}"?' if fault.nearest else ""
            key = f"options.{fault.key}" if fault.key else "options"  # of several keys that do not fit together
            yield key, fault.found, f"{fault.allowed}{hint}"
