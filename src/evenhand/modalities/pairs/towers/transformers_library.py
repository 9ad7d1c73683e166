"""The library transformers, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from evenhand.base.errors import ModelError

OF_FILES = ("architectures", "model_type", "transformers_version", "torch_dtype", "dtype", "_name_or_path")
"""What configurations say about their files, not about the network."""


def transformers() -> Any:
    """Return the module.

    Raises
    ------
    ModelError
        If it is not installed.
    """
    try:
        import transformers as library
    except ImportError:
        raise ModelError(
            'This encoder is built by the package transformers. Install it with: pip install "evenhand[pairs]"'
        ) from None
    return library


def without_attributes(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration without what it says about its files."""
    return {name: value for name, value in config.items() if name not in OF_FILES}


@contextmanager
def without_reports(library: Any) -> Iterator[None]:
    """Silence what the library says below the level of an error, and its progress bars, while weights are read."""
    logging = library.utils.logging
    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()
