from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine


def with_sizes(case, sizes):
    return replace(case, facts=case.facts.assign(pixel_m=sizes))


def test_pixels_of_two_sizes_are_a_warning(make):
    sizes = np.where(np.arange(120) % 4 == 0, 2e-10, 2e-11)
    (found,) = examine(with_sizes(make(), sizes), ["EH112"]).findings
    assert found.severity == "warning"
    assert found.message.startswith("Pixels are 0.02 nm at the 5th and 0.2 nm at the 95th percentile of 120 files")
    assert found.evidence["n"] == 120


def test_a_size_that_no_file_states_is_said_and_not_invented(make):
    (found,) = examine(with_sizes(make(), np.nan), ["EH112"]).findings
    assert found.severity == "note"
    assert found.message.startswith("None of 120 files states the size of a pixel (first: ")
    assert "1 nm" not in found.message


@pytest.mark.parametrize(
    ("silent", "words"), [(30, "30 of 120 files do not state"), (1, "1 of 120 files does not")]
)
def test_files_that_state_none_beside_others_are_named(make, silent, words):
    sizes = np.where(np.arange(120) < silent, np.nan, 2e-10)
    (found,) = examine(with_sizes(make(), sizes), ["EH112"]).findings
    assert words in found.message
    assert len(found.ids) == silent


@pytest.mark.parametrize("wild", [0, 3])
def test_alike_sizes_pass_with_a_few_overviews_among_them(make, wild):
    sizes = np.linspace(1e-10, 1.5e-10, 120)
    sizes[:wild] = 1e-8
    assert examine(with_sizes(make(), sizes), ["EH112"]).passed == ("EH112",)


def test_it_is_not_applicable_where_files_state_no_such_thing(make):
    assert "EH112" in examine(make(), ["EH112"]).not_applicable
