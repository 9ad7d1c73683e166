"""The line of a tip change, on simulated scans that its weights were not fitted on, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.modalities.scanlines.tip_change import find_tip_change
from evenhand.testing.scans import labelled_scans


def test_it_is_found_within_three_lines() -> None:
    errors = []
    for one in labelled_scans(rows=240, sessions=6, seed=301):
        lines = [line for line in one.scan.tip_changes if line < one.scan.scanned]
        if len(lines) == 1 and one.scan.scanned >= 20 and 3 <= lines[0] <= one.scan.scanned - 3:
            errors.append(abs(find_tip_change(one.scan.forward).line - lines[0]))
    assert len(errors) >= 20
    assert np.mean(np.array(errors) <= 3) >= 0.85  # 93 % of many (benchmarks/tip_change.py)


@given(st.integers(3, 27), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_a_clear_step_is_found_in_any_unit(line: int, unit: float, offset: float) -> None:
    rng = np.random.default_rng(line)
    heights = rng.normal(size=(30, 32))
    heights[line:] += 20
    found = find_tip_change(unit * heights + offset)
    assert found.line == line
    assert found.probabilities.sum() == pytest.approx(1)
    assert found.probabilities[0] == 0


def test_lines_that_were_not_scanned_are_counted_and_never_chosen() -> None:
    heights = np.random.default_rng(0).normal(size=(30, 32))
    heights[20:] += 30
    heights[:4] = np.nan
    heights[10, 3] = np.nan
    found = find_tip_change(heights)
    assert found.line == 20
    assert not found.probabilities[[0, 1, 2, 3, 4, 10]].any()
    assert repr(found).startswith("TipChange(line 20")


@pytest.mark.parametrize(("shape", "words"), [((5, 32), "5 lines of 32 values"), ((30, 4), "30 lines of 4 values")])
def test_too_little_is_refused(shape: tuple[int, int], words: str) -> None:
    with pytest.raises(DataError, match=words):
        find_tip_change(np.zeros(shape))
    with pytest.raises(DataError, match="of 1 dimensions"):
        find_tip_change(np.zeros(9))


def test_a_scan_of_one_value_has_finite_probabilities() -> None:
    assert np.isfinite(find_tip_change(np.zeros((20, 20))).probabilities).all()
