"""Trivial features of scans, and what comes with them."""

import numpy as np
import pandas as pd
import pytest

from evenhand.modalities import KINDS
from evenhand.modalities.images.image_statistics import aspect_of
from evenhand.modalities.scanlines.features.line_statistics import line_statistics

from .entries import entry

KIND = KINDS.get("scanlines")


def rows_of_atoms(period: float, angle: float, *, lines: int = 48, noise: float = 0.1, seed: int = 0) -> np.ndarray:
    y, x = np.mgrid[:lines, :32]
    wave = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    return wave + np.random.default_rng(seed).normal(0, noise, wave.shape)


def test_the_floor_has_finite_features_of_one_length_for_any_scan() -> None:
    scans = [rows_of_atoms(6, 0.3), rows_of_atoms(6, 0.3)[:1], rows_of_atoms(6, 0.3)[:7], np.zeros((20, 32))]
    name, features = KIND.floor_features(entry(scans), np.array([3, 0, 1, 2]), pd.DataFrame(index=range(4)))
    assert name == "spectra and line statistics"
    assert features.shape[0] == 4
    assert np.isfinite(features).all()
    one = line_statistics(entry(scans), np.array([1]))
    assert features[2] == pytest.approx(one[0])


def test_traits_are_the_same_numbers_under_names_and_blank_scans_are_known() -> None:
    scans = [rows_of_atoms(6, 0.3), np.zeros((20, 32)), rows_of_atoms(6, 0.3)[:3]]
    held, rows = entry(scans), np.array([2, 0, 1])
    found = KIND.traits(held, rows)
    assert np.allclose(found.to_numpy(), line_statistics(held, rows), atol=1e-5)
    assert found.columns.is_unique
    assert {aspect_of(name) for name in found} >= {"spectrum", "likeness of lines", "roughness"}
    assert KIND.blank(held, rows)[1].tolist() == [False, False, True]


def test_scans_alike_are_nearer_than_those_of_another_period_angle_or_noise() -> None:
    scans = [
        rows_of_atoms(6, 0.3, seed=1),
        rows_of_atoms(6, 0.3, seed=2),
        rows_of_atoms(12, 0.3),
        rows_of_atoms(6, -1.2),
        rows_of_atoms(6, 0.3, noise=1),
    ]
    found = line_statistics(entry(scans), np.arange(5))
    apart = np.linalg.norm(found - found[0], axis=1)
    assert (apart[2:] > 2 * apart[1]).all()


FACTS = pd.DataFrame(
    {
        "stored": ["sxm float32", "PNG uint8"],
        "channel": ["Z", ""],
        "unit": ["m", ""],
        "directions": ["forward+backward", "forward"],
        "first": ["top", ""],
        "width": [32, 32],
        "height": [48, 20],
        "pixel_m": [1e-10, np.nan],
        "line_m": [2e-10, np.nan],
        "bytes": [7000, 500],
    }
)


def test_wrapping_is_lines_scale_header_and_length() -> None:
    held = entry([rows_of_atoms(6, 0.3)[:20], rows_of_atoms(6, 0.3), rows_of_atoms(5, 0.1)[:20]])
    found = KIND.wrapping(held, np.array([1, 2]), FACTS)
    assert found["the number of lines and of pixels"].tolist() == [[48, 32, 48], [20, 32, 20]]
    assert found["the size of a pixel"] == pytest.approx(
        np.array([[np.log(1e-10), np.log(2e-10), 1, 1], [0, 0, 0, 0]])
    )
    assert found["the format, channel and direction"].shape[0] == 2
    assert found["the size of the file"].shape == (2, 1)
    assert all(np.isfinite(values).all() for values in found.values())


def test_wrapping_without_facts_is_the_number_of_lines() -> None:
    found = KIND.wrapping(entry([rows_of_atoms(6, 0.3)]), np.array([0]), pd.DataFrame(index=[0]))
    assert {name: values.tolist() for name, values in found.items()} == {
        "the number of lines and of pixels": [[48]]
    }
