"""From a scan to arrays: order, shapes, normalisation, averaging, partial scans, directions, counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.modalities.scanlines.reading.encode import COUNTED, encode, normalised
from evenhand.modalities.scanlines.reading.resample import averaged, line_groups, resampled
from evenhand.modalities.scanlines.reading.scan import Scan


def heights(seed: int = 0, *, directions: int = 1, lines: int = 20, width: int = 24) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(directions, lines, width))


def settings(**own: object) -> dict:
    return ScanLinesConfig.model_validate({"width": 24, "max_lines": 32, **own}).plain()


def counts(row: dict) -> dict:
    return dict(zip([counter.name for counter in COUNTED], row["counters"].tolist(), strict=True))


def test_arrays_have_the_shapes_that_the_reference_names() -> None:
    row = encode(Scan(heights()), settings())
    assert (row["lines"].shape, row["lines"].dtype) == ((20, 1, 24), np.float16)
    assert (row["mask"].shape, row["mask"].dtype) == ((20, 1, 24), bool)
    assert (row["steps"].shape, row["steps"].dtype) == ((20, 1, 2), np.float16)
    assert row["disagreement"] == -1
    assert row["mask"].all()


@pytest.mark.parametrize("flatten", ["none", "offset", "slope", "median_difference"])
def test_every_line_has_mean_0_and_deviation_1(flatten: str) -> None:
    lines = encode(Scan(heights() * 1e-11 + 3e-8), settings(flatten=flatten))["lines"].astype(float)
    assert np.allclose(lines.mean(axis=2), 0, atol=2e-3)
    assert np.allclose(lines.std(axis=2), 1, atol=2e-3)


def test_a_whole_scan_may_be_normalised_instead() -> None:
    quiet = heights()
    quiet[:, :10] *= 0.1
    lines = encode(Scan(quiet), settings(normalise="scan", flatten="offset"))["lines"].astype(float)
    assert lines.std() == pytest.approx(1, abs=1e-2)
    assert lines[:10].std() < 0.2 * lines[10:].std()


@pytest.mark.parametrize("directions", ["forward", "both"])
def test_heights_may_keep_their_unit(directions: str) -> None:
    scan = Scan(heights(directions=2) * 1e-11 + 3e-8, ("forward", "backward"))
    row = encode(scan, settings(normalise="none", flatten="none", clip=0, directions=directions))
    channels = 2 if directions == "both" else 1
    assert (row["heights"].shape, row["heights"].dtype) == ((channels, 2), np.float64)
    mean, deviation = row["heights"].T[:, None, :, None]
    back = row["lines"].astype(np.float64) * deviation + mean
    assert np.allclose(back, scan.heights[:channels].transpose(1, 0, 2), rtol=0, atol=1e-13)
    assert "heights" not in encode(scan, settings())


@pytest.mark.parametrize("level", [0.0, 1.0, 1e-9, 1e300])
def test_lines_of_one_value_are_zeros_not_rounding_errors(level: float) -> None:
    rows = np.full((1, 6, 24), level)
    rows[0, 3] += abs(heights()[0, 0]) * (level or 1)
    row = encode(Scan(rows), settings())
    assert np.array_equal(np.flatnonzero(row["lines"].any(axis=(1, 2))), [3])
    assert counts(row)["constant"] == 5
    assert row["mask"].all()


def test_values_near_the_largest_float_do_not_overflow() -> None:
    row = encode(Scan(heights() * 1e306), settings())
    assert np.isfinite(row["lines"]).all()
    assert row["lines"].any()


def test_an_unfinished_scan_is_shorter_and_a_gap_is_masked() -> None:
    rows = heights(lines=30)
    rows[0, 12:], rows[0, 4], rows[0, 11, 15:] = np.nan, np.nan, np.nan
    row = encode(Scan(rows), settings())
    assert len(row["lines"]) == 12
    assert not row["mask"][4].any()
    assert not row["lines"][4].any()
    assert row["mask"][11, 0].sum() == 15
    assert not row["lines"][11, 0, 15:].any()
    assert counts(row)["unscanned"] == 19


def test_neighbouring_lines_of_long_scans_are_averaged_by_the_planned_number() -> None:
    rows = heights(lines=128)
    whole = encode(Scan(rows), settings(flatten="offset"))
    broken = rows.copy()
    broken[0, 40:] = np.nan
    part = encode(Scan(broken), settings(flatten="offset"))
    assert (len(whole["lines"]), len(part["lines"])) == (32, 10)
    assert np.array_equal(whole["lines"][:10], part["lines"]), (
        "a line is what it was before the scan was broken off"
    )
    assert counts(part)["averaged"] == 1
    flat = rows[0, :4] - np.median(rows[0, :4], axis=1, keepdims=True)
    mean = flat.mean(axis=0)
    assert np.allclose(whole["lines"][0, 0], (mean - mean.mean()) / mean.std(), atol=5e-3)


def test_or_only_the_first_lines_are_read() -> None:
    rows = heights(lines=50)
    row = encode(Scan(rows), settings(longer="first"))
    assert len(row["lines"]) == 32
    assert counts(row)["cut"] == 18
    assert np.array_equal(row["lines"], encode(Scan(rows[:, :32]), settings())["lines"])


def test_both_directions_are_channels_and_their_disagreement_is_measured() -> None:
    one = heights()
    alike = encode(Scan(np.concatenate([one, one]), ("forward", "backward")), settings(directions="both"))
    assert alike["lines"].shape == (20, 2, 24)
    assert np.array_equal(alike["lines"][:, 0], alike["lines"][:, 1])
    assert alike["disagreement"] == pytest.approx(0)
    apart = encode(Scan(heights(directions=2, lines=400), ("forward", "backward")), settings(max_lines=400))
    assert apart["lines"].shape == (400, 1, 24)
    assert apart["disagreement"] == pytest.approx(1, abs=0.05)


def test_a_missing_direction_is_masked_and_counted() -> None:
    row = encode(Scan(heights()), settings(directions="both"))
    assert row["mask"][:, 0].all()
    assert not row["mask"][:, 1].any()
    assert not row["lines"][:, 1].any()
    assert counts(row)["one_direction"] == 1
    backward = encode(Scan(heights(), ("backward",)), settings())
    assert np.array_equal(backward["lines"][:, 0], row["lines"][:, 0]), "the only direction there is"


def test_steps_are_those_of_level_and_deviation() -> None:
    rows = np.tile(heights(width=24)[:, :1], (1, 4, 1))
    rows[0, 2:] = 3 * rows[0, 2:] + 5
    steps = encode(Scan(rows), settings(flatten="offset"))["steps"][:, 0].astype(float)
    assert np.allclose(steps[[0, 1, 3]], 0, atol=1e-3)
    median = np.median(rows[0, 0])
    assert steps[2, 0] == pytest.approx((2 * median + 5) / (3 * rows[0, 0].std()), rel=1e-2)
    assert steps[2, 1] == pytest.approx(np.log(3), rel=1e-2)


@pytest.mark.parametrize("how", ["line"])
def test_a_prefix_is_encoded_as_it_is_within_the_whole(how: str) -> None:
    rows = heights(lines=30)
    whole = encode(Scan(rows), settings(normalise=how))
    part = encode(Scan(rows[:, :13]), settings(normalise=how))
    for name in ("lines", "mask", "steps"):
        assert np.allclose(whole[name][:13], part[name], atol=2e-3)


@given(st.integers(1, 60), st.integers(1, 60))
def test_resampling_keeps_constants_and_averages_areas(before: int, after: int) -> None:
    assert np.allclose(resampled(np.full((1, 2, before), 3.5), after), 3.5)
    values = np.random.default_rng(before).normal(size=(1, 1, before))
    found = resampled(values, after)
    assert found.shape == (1, 1, after)
    if after <= before:
        assert found.mean() == pytest.approx(values.mean())
    else:
        assert values.min() - 1e-12 <= found.min() <= found.max() <= values.max() + 1e-12


def test_a_resampled_value_needs_half_of_its_pixels() -> None:
    values = np.ones((1, 1, 12))
    values[0, 0, [0, 1, 4]] = np.nan
    assert np.isnan(resampled(values, 4)[0, 0]).tolist() == [True, False, False, False]


@given(st.integers(1, 600), st.integers(4, 200))
def test_groups_of_lines_fit_and_are_no_larger_than_needed(planned: int, most: int) -> None:
    by = line_groups(planned, most)
    assert -(-planned // by) <= most
    assert by == 1 or -(-planned // (by - 1)) > most
    assert averaged(np.zeros((1, planned, 2)), by).shape == (1, -(-planned // by), 2)


def test_normalised_leaves_what_was_not_scanned_at_0() -> None:
    rows = heights()
    rows[0, 3, 4:] = np.nan
    found = normalised(rows, "line")
    assert not found[0, 3, 4:].any()
    assert found[0, 3, :4].std() == pytest.approx(1)
