"""`timm:NAME`: any network of timm, its weights from the hub or from the hub's cache on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import SOURCES
from evenhand.models.encoders.timm_networks import arguments, create, encoder_from
from evenhand.models.io.tensor_io import read_arrays

T = TypeVar("T")

FILES = ("model.safetensors", "pytorch_model.bin")
"""What the hub calls weights, the safe format first."""


@SOURCES.register("timm")
def from_timm(model: ModelConfig) -> Encoder:
    """Return the encoder `timm:NAME`, with the weights that timm publishes for it.

    Raises
    ------
    ModelError
        If timm has no such network, publishes no weights for it, or the hub cannot be reached.
    """
    import timm  # here, as in `timm_networks`

    name = model.encoder.partition(":")[2]
    backbone = create(name, model)
    if not model.pretrained:
        return encoder_from(backbone, name)
    settings = timm.get_pretrained_cfg(name)
    if settings is None or not settings.hf_hub_id or settings.custom_load:
        raise ModelError(f"timm publishes no weights for {name} that can be loaded safely. {_instead(name)}")
    arrays = read_arrays(weights_of(settings.hf_hub_id, settings.hf_hub_filename, name))
    try:  # through timm, which converts files of older layouts
        backbone = timm.create_model(
            name,
            pretrained=True,
            pretrained_cfg_overlay={"state_dict": arrays},
            **arguments(name, model),
        )
    except RuntimeError as error:
        first = str(error).partition("\n")[0]
        raise ModelError(
            f"The weights that the hub holds for {name} do not fit it ({first}). {_instead(name)}"
        ) from None
    return encoder_from(backbone, name)


def weights_of(repository: str, filename: str | None, name: str) -> Path:
    """Return the path of a network's weights on this machine, fetched from the hub if they are not there yet.

    Raises
    ------
    ModelError
        If the hub cannot be reached within seconds, or does not hold them.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    files = (filename,) if filename else FILES
    for file in files:
        try:
            return Path(hf_hub_download(repository, file, local_files_only=True))
        except LocalEntryNotFoundError:
            continue
    for file in files:
        try:
            url = hf_hub_url(repository, file)
            within(lambda url=url: get_hf_file_metadata(url, timeout=5))  # type: ignore[misc]
            return Path(hf_hub_download(repository, file, etag_timeout=5))
        except EntryNotFoundError:
            continue
        except Exception as error:  # errors differ between its web clients
            raise ModelError(
                f"The weights of {name} could not be fetched ({_short(error)}). {_instead(name)}"
            ) from None
    raise ModelError(f"The hub holds no weights for {name} under the usual names. {_instead(name)}")


def within(call: Callable[[], T], *, seconds: float = 10.0) -> T:
    """Return what a call returns, or raise TimeoutError; looking up a name can outlast every timeout of its own."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.extend((True, call()))
        except Exception as error:
            result.extend((False, error))

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    if len(result) < 2:
        raise TimeoutError(f"no answer within {seconds:g} s")
    done, value = result
    if not done:
        raise value
    return value  # type: ignore[no-any-return]


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0][:160]


def _instead(name: str) -> str:
    """Return what to do without the hub."""
    return (
        "Go online once, for it is kept then; or fetch its model.safetensors elsewhere and write "
        f'encoder = "file:PATH" with architecture = "{name.partition(".")[0]}"; or take '
        'encoder = "package:efficientnet-lite0"; or start from random weights with pretrained = false.'
    )
