"""MiniRocket of scans: lines one behind the other, padded with zeros; said in words where aeon is missing."""

import sys
from types import ModuleType

import numpy as np
import pytest

from evenhand.base.errors import MissingExtraError
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged
from evenhand.modalities import KINDS
from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.modalities.scanlines.features import minirocket as subject
from evenhand.modalities.scanlines.features.minirocket import minirocket, series

SCANS = [np.arange(lines * 6, dtype=np.float16).reshape(lines, 1, 6) + 1 for lines in (3, 5, 2)]
ENTRY = StoreEntry("x", 3, {"lines": Ragged.of(SCANS)}, {})


def test_lines_stand_one_behind_the_other_with_zeros_at_the_end() -> None:
    found = series(ENTRY, np.array([2, 0]), 15)
    assert (found.shape, found.dtype) == ((2, 1, 15), np.float32)
    assert found[0, 0].tolist() == [*range(1, 13), 0, 0, 0]
    assert found[1, 0].tolist() == [*range(1, 16)], "cut"


class Quantiles:
    """Stands for aeon's transform: remembers what it was fitted on."""

    def __init__(self, **options: object) -> None:
        self.options = options

    def fit(self, x: np.ndarray) -> None:
        self.mean = float(x.mean())
        self.shape = x.shape

    def transform(self, x: np.ndarray) -> np.ndarray:
        assert x.shape[1:] == self.shape[1:]
        return x[:, 0].mean(axis=1, keepdims=True) > self.mean


def test_thresholds_are_those_of_the_rows_that_are_not_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("aeon.transformations.collection.convolution_based")
    module.MiniRocket = Quantiles  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(subject, "require_aeon", lambda: None)
    kind = KINDS.get("scanlines").configured(ScanLinesConfig(minirocket=True))
    (one,) = kind.references(ENTRY, np.array([0, 2]))
    assert one.name == "MiniRocket"
    found = one.of(ENTRY, np.array([0, 1, 2]))
    assert (found.shape, found.dtype) == ((3, 1), np.float64)
    assert KINDS.get("scanlines").references(ENTRY, np.array([0])) == ()


def test_without_the_package_it_is_refused_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "find_spec", lambda _: None)
    with pytest.raises(
        MissingExtraError, match=r"scanlines.minirocket = true needs the package .aeon., .*\[minirocket\]"
    ):
        KINDS.get("scanlines").samples(None, None, ScanLinesConfig(minirocket=True))  # type: ignore[arg-type]


def test_the_option_does_not_change_what_is_stored() -> None:
    kind = KINDS.get("scanlines")
    assert kind.settings(ScanLinesConfig(minirocket=True), None) == kind.settings(ScanLinesConfig(), None)


def test_with_aeon_features_are_shares_and_repeatable() -> None:
    pytest.importorskip("aeon")
    rng = np.random.default_rng(0)
    entry = StoreEntry("x", 4, {"lines": rng.normal(size=(4, 5, 1, 8)).astype(np.float16)}, {})
    first, again = (minirocket(entry, np.arange(3))(entry, np.arange(4)) for _ in range(2))
    assert first.shape == (4, subject.KERNELS)
    assert np.array_equal(first, again)
    assert ((first >= 0) & (first <= 1)).all()
