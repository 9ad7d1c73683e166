"""Scans: deterministic, with tip changes where they are said to be, complete and partial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evenhand.testing.scans import Scanner, Setting, Surface, Tip, TipFrom, flattened, picture, simulate


def scan(setting: Setting, seed: int = 0):
    return simulate(setting, np.random.default_rng(seed))


def test_the_same_seed_gives_the_same_scan_and_another_another() -> None:
    setting = Setting(unstable=5.0)
    first, again, other = scan(setting), scan(setting), scan(setting, 1)
    np.testing.assert_array_equal(first.forward, again.forward)
    np.testing.assert_array_equal(first.backward, again.backward)
    assert (first.forward != other.forward).mean() > 0.9
    assert first.forward.dtype == np.float32


def test_directions_agree_without_hysteresis_and_disagree_with(quiet: Scanner) -> None:
    same = scan(Setting(scanner=quiet))
    np.testing.assert_allclose(same.forward, same.backward, atol=1e-4)
    bent = scan(Setting(scanner=replace(quiet, hysteresis=0.02)))
    assert np.abs(bent.forward - bent.backward).mean() > 10 * np.abs(same.forward - same.backward).mean()


@pytest.mark.parametrize("line", [1, 40, 95])
def test_a_jump_is_at_its_line(quiet: Scanner, line: int) -> None:
    tips = (TipFrom(0, Tip()), TipFrom(line, Tip(), jump_nm=0.5))
    found = scan(Setting(scanner=quiet, tips=tips))
    assert found.tip_changes == (line,)
    assert int(np.diff(found.forward.mean(axis=1)).argmax()) + 1 == line


def test_a_blunt_tip_from_a_line_on_loses_the_dimers_there(quiet: Scanner) -> None:
    tips = (TipFrom(0, Tip(0.2)), TipFrom(48, Tip(1.2)))
    found = scan(Setting(scanner=quiet, surface=Surface(90.0), tips=tips)).forward
    assert found[:48].std(axis=1).mean() > 5 * found[48:].std(axis=1).mean(), "dimers lie along the lines"


def test_a_shift_moves_the_rows(quiet: Scanner) -> None:
    tips = (TipFrom(0, Tip(0.9)), TipFrom(48, Tip(0.9), shift_nm=(0.384, 0.0)))
    found = scan(Setting(scanner=quiet, tips=tips)).forward
    assert np.corrcoef(found[10], found[20])[0, 1] > 0.99
    assert np.corrcoef(found[10], found[60])[0, 1] < -0.99


def test_lines_that_were_not_scanned_are_missing_and_the_others_unchanged() -> None:
    whole, part = scan(Setting()), scan(Setting(scanned=30))
    np.testing.assert_array_equal(part.forward[:30], whole.forward[:30])
    assert np.isnan(part.forward[30:]).all()
    assert np.isnan(part.backward[30:]).all()
    assert part.scanned == 30
    assert picture(part.forward).shape == (30, 96)
    assert picture(scan(Setting(scanned=0)).forward).shape == (1, 96)


def test_an_upward_scan_begins_at_the_other_end(quiet: Scanner) -> None:
    setting = Setting(scanner=quiet, surface=Surface(30.0))
    np.testing.assert_allclose(scan(setting).forward, scan(replace(setting, upward=True)).forward[::-1], atol=1e-4)


def test_lost_lines_show_nothing() -> None:
    found = flattened(scan(Setting(lost=0.5)).forward)
    assert found[60:].std() < 0.5 * found[:40].std()


def test_flattening_removes_tilt_and_drift(quiet: Scanner) -> None:
    level = flattened(scan(Setting(scanner=quiet)).forward)
    tilted = replace(quiet, tilt=(0.05, -0.08), drift_nm_per_min=(0.0, 0.0, 1.0))
    np.testing.assert_allclose(flattened(scan(Setting(scanner=tilted)).forward), level, atol=1e-3)


def test_a_picture_has_forty_levels() -> None:
    found = picture(scan(Setting()).forward)
    assert found.dtype == np.uint8
    assert set(np.unique(found)) <= {6 * level for level in range(41)}
    assert found.max() == 240
    assert found.min() == 0
