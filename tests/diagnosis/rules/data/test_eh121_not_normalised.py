import io
from dataclasses import replace

import numpy as np
import pytest

import evenhand
from evenhand.diagnosis import examine
from evenhand.modalities import KINDS
from evenhand.modalities.scanlines.kind import ScanLines
from evenhand.testing.kinds import generate


def of(case, means, deviations, **config):
    """Return a case of scans whose heights have these means and deviations, row by row."""
    n = len(case.rows)
    moments = np.column_stack([np.resize(means, n), np.resize(deviations, n)])
    case = replace(case, kind=ScanLines(), config=config)
    case.__dict__["input_moments"] = {"forward heights": moments}
    return case


def test_heights_in_metres_are_found_with_the_option_that_normalises_them(make):
    case = of(make(), [0.0, 2e-11], 1.3e-10, scanlines={"normalise": "none"})
    (found,) = examine(case, ["EH121"]).findings
    assert (
        found.message == "Inputs are not normalised: forward heights have the mean 1e-11 and the deviation 1.3e-10."
    )
    assert found.patch == {"scanlines.normalise": "line"}


@pytest.mark.parametrize(
    ("means", "deviations", "words"),
    [
        (128.0, 60.0, "the mean 1.3e+02 and the deviation 60"),
        (20.0, 1.0, "the mean 20 and the deviation 1"),
        (0.0, [0.01, 0.1, 1.0, 10.0, 0.01], "deviations from 0.01 to 10, row by row"),
    ],
)
def test_offsets_and_rows_of_many_sizes_are_found(make, means, deviations, words):
    (found,) = examine(of(make(), means, deviations), ["EH121"]).findings
    assert words in found.message
    assert found.patch is None


@pytest.mark.parametrize(
    ("means", "deviations"), [(0.0, 1.0), (0.5, 0.3), ([0.0, 0.0], [1.0, 0.0]), (0.1, [0.2, 1.5]), (np.nan, np.nan)]
)
def test_inputs_near_one_pass_with_empty_rows_among_them(make, means, deviations):
    assert examine(of(make(), means, deviations), ["EH121"]).passed == ("EH121",)


def test_it_is_not_applicable_to_photos_whose_encoders_scale_them(make):
    assert "EH121" in examine(make(), ["EH121"]).not_applicable


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS.names())
def test_the_example_of_every_kind_passes_or_is_not_asked(name, tmp_path):
    made = generate(name, tmp_path, rows=32)
    found = evenhand.check(made.toml, changes=[f'compute.store="{tmp_path / "store"}"'])
    assert "EH121" not in {one.code for one in found.findings}


@pytest.mark.parametrize("unit", [1.0, 1e-10])
def test_scans_that_are_not_normalised_have_their_own_moments(unit):
    rng = np.random.default_rng(0)
    heights = (3.0 + rng.normal(size=(20, 24))) * unit
    raw = io.BytesIO()
    np.save(raw, heights)
    kind = ScanLines()
    settings = {**kind.config().plain(), "width": 24, "flatten": "none", "clip": 0, "normalise": "none"}
    row = kind.encode(raw.getvalue(), settings)
    entry = {name: part[None] for name, part in row.items()}
    (moments,) = kind.input_moments(entry, np.array([0]))["forward heights"]
    assert moments == pytest.approx([heights.mean(), heights.std()])
