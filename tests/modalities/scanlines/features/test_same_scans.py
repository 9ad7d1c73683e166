"""Copies and families of scans: what is the same in other files, and what only looks alike."""

import numpy as np
import pytest

from evenhand.modalities.scanlines.features.same_scans import copied_scans, derived_scans

from .entries import entry


def scan(seed: int, lines: int = 40, width: int = 32) -> np.ndarray:
    """Return rows of atoms in the phase and period of a surface, with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:lines, :width]
    return np.cos(x * rng.uniform(0.5, 1) + y * rng.uniform(-0.3, 0.3)) + rng.normal(0, 0.3, (lines, width))


def sets(found: list) -> list[list[int]]:
    return [each.tolist() for each in found]


def test_copies_in_other_brightness_contrast_and_depth() -> None:
    one = scan(0)
    levels = np.round((one - one.min()) / np.ptp(one) * 255)
    held = entry([scan(1), one, scan(2), -3 + 5 * one, levels, scan(3)])
    assert sets(copied_scans(held, np.arange(6))) == [[1, 3, 4]]
    assert sets(copied_scans(held, np.array([4, 0, 1]))) == [[0, 2]]


@pytest.mark.parametrize("turned", [np.fliplr, np.flipud, lambda one: one[::-1, ::-1]])
def test_mirrored_scans_are_families_and_not_copies(turned: object) -> None:
    held = entry([scan(0), scan(1), turned(scan(0))])  # type: ignore[operator]
    assert sets(derived_scans(held, np.arange(3))) == [[0, 2]]
    assert sets(copied_scans(held, np.arange(3))) == []


def test_the_beginning_of_a_scan_is_of_its_family_and_not_a_copy() -> None:
    held = entry([scan(0)[:15], scan(1), scan(0), np.flipud(scan(1)[:20])])
    assert sets(derived_scans(held, np.arange(4))) == [[0, 2]]
    assert sets(copied_scans(held, np.arange(4))) == []


def test_many_noisy_scans_of_one_surface_are_none() -> None:
    clean = scan(0)
    rng = np.random.default_rng(9)
    held = entry([clean + rng.normal(0, 0.3, clean.shape) for _ in range(300)])
    assert sets(derived_scans(held, np.arange(300))) == []


def test_scans_without_contrast_or_with_few_lines_are_not_compared() -> None:
    held = entry([np.zeros((20, 32)), np.ones((20, 32)), scan(0)[:5], scan(0)[:5]])
    assert sets(derived_scans(held, np.arange(4))) == []
    assert sets(copied_scans(held, np.array([0]))) == []


def test_dead_lines_do_not_make_scans_alike() -> None:
    one, other = scan(0, lines=200), scan(0, lines=200)
    other[9] = scan(7)[0]
    one[10:], other[10:] = 1.0, 1.0
    assert sets(copied_scans(entry([one, other]), np.arange(2))) == []
