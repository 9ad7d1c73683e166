"""The folder of a model of the hub, or one on this machine."""

from __future__ import annotations

from pathlib import Path

from evenhand.base.errors import ModelError
from evenhand.models.encoders.sources.timm_hub import within

FILES = ("*.json", "*.model", "*.txt", "model*.safetensors")
"""What is fetched: configurations, tokenizers, and weights that can be read without running code."""


def folder_of(encoder: str) -> Path:
    """Return the folder of `SOURCE:NAME`: a path, else the hub's copy on this machine, fetched if it is not there.

    Raises
    ------
    ModelError
        If it is neither, and the hub cannot be reached within seconds or has no such model.
    """
    name = encoder.partition(":")[2]
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if path.is_absolute():  # as a configuration's paths are, once it is read
        raise ModelError(f"{encoder}: there is no such folder.")
    try:
        from huggingface_hub import model_info, snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError:
        raise ModelError('Install what this encoder needs with: pip install "evenhand[pairs]"') from None
    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES), local_files_only=True))
    except LocalEntryNotFoundError:
        pass
    except HFValidationError:
        raise ModelError(f"{encoder}: is no folder, and no name of the hub (OWNER/NAME).") from None
    try:
        within(lambda: model_info(name, timeout=5))
        return Path(snapshot_download(name, allow_patterns=list(FILES), etag_timeout=5))
    except Exception as error:  # errors differ between its web clients
        short = f"{type(error).__name__}: {error}".partition("\n")[0][:160]
        source = encoder.partition(":")[0]
        raise ModelError(
            f"The model {encoder} could not be fetched ({short}). Go online once, for it is kept then; or fetch "
            f'its files elsewhere and write encoder = "{source}:FOLDER".'
        ) from None
