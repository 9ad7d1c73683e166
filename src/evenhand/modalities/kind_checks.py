"""What a model asks of a kind of data that the kind does not have, found when a configuration is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evenhand.base.errors import unknown
from evenhand.models.config import ModelConfig

DEFAULT_VIEW_PROFILE = ModelConfig.model_fields["view_profile"].default


def with_view_profile(kind: Any, model: ModelConfig) -> ModelConfig:
    """Return a model whose further views are made by the kind's own profile, where it does not name one."""
    own = getattr(kind, "view_profile", DEFAULT_VIEW_PROFILE)
    if "view_profile" in model.model_fields_set or own == model.view_profile:
        return model
    return model.model_copy(update={"view_profile": own})


def kind_faults(
    kind: Any, model: ModelConfig, *, augment: str, cutmix: float, frozen: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield (key below the model, what was found, what is allowed).

    A kind that does not say what it has is not held to it.

    Parameters
    ----------
    kind
        The kind of data.
    augment, cutmix
        Of [train], with the model's overrides.
    frozen
        The values of `tune` in the stages of its training that keep a part of the network as it came.
    """
    profiles = getattr(kind, "profiles", None)
    if profiles is not None and augment not in profiles:
        yield "train.augment", unknown(f"profile of augmentations for {kind.name}", augment, profiles), "name one"
    if profiles is not None and model.views > 1 and model.view_profile not in profiles:
        found = unknown(f"profile of augmentations for {kind.name}", model.view_profile, profiles)
        yield "view_profile", found, "name one, or leave it out"
    if getattr(kind, "pictures", True):
        if cutmix and frozen:
            says = (
                f'found {cutmix:g}, which swaps patches of pictures, and tune = "{frozen[0]}" trains on activations'
            )
            yield "train.cutmix", says, "use mixup, or set 0"
        return
    if cutmix:
        yield "train.cutmix", f"found {cutmix:g}, and rows of {kind.name} are no pictures", "use mixup, or set 0"
    if frozen:
        says = (
            f'found "{frozen[0]}", which keeps a part of the network as it came; activations of one are kept for '
            f"pictures only, and rows of {kind.name} are none"
        )
        yield "tune", says, 'set "all"'
