from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine


def with_facts(case, **columns):
    return replace(case, facts=case.facts.assign(**columns))


def test_grey_among_colour_is_a_note_that_names_the_rarer(make):
    mode = ["RGB"] * 117 + ["L"] * 3
    (found,) = examine(with_facts(make(), mode=mode), ["EH111"]).findings
    assert found.severity == "note"
    assert found.message.startswith("Files are of 2 types: 117 colour and 3 grey")
    assert found.ids == ("r0117", "r0118", "r0119")


def test_deep_grey_among_grey_is_a_warning(make):
    (found,) = examine(with_facts(make(), mode=["L"] * 60 + ["I;16"] * 60), ["EH111"]).findings
    assert found.severity == "warning"
    assert found.evidence["sorts"] == {"grey": 60, "16-bit grey": 60}


def test_sizes_that_differ_widely(make):
    width = np.where(np.arange(120) < 12, 60, 4000)
    (found,) = examine(with_facts(make(), width=width, height=width), ["EH111"]).findings
    assert "the shorter side is 60 px at the 5th and 4000 px at the 95th percentile" in found.message


def test_a_format_that_goes_with_the_test(make):
    case = make(rows=240, series=60)
    test = case.samples.frame["split"] == "test"
    (found,) = examine(with_facts(case, format=np.where(test, "PNG", "JPEG")), ["EH111"]).findings
    assert found.severity == "warning"
    assert found.about == "test"
    assert "makes up 100% of test" in found.message or "makes up 0% of test" in found.message


@pytest.mark.parametrize(
    ("fact", "severity", "words"),
    [
        ("unit", "warning", "the unit of their values: m in 110 and A in 10"),
        ("channel", "warning", "the channel: m in 110 and A in 10"),
        ("directions", "note", "the directions: m in 110 and A in 10"),
        ("first", "note", "the first line: m in 110 and A in 10"),
    ],
)
def test_scans_that_state_different_things(make, fact, severity, words):
    (found,) = examine(with_facts(make(), **{fact: ["m"] * 110 + ["A"] * 10}), ["EH111"]).findings
    assert (found.severity, found.about) == (severity, fact)
    assert words in found.message
    assert len(found.ids) == 10


def test_a_unit_that_some_files_do_not_state(make):
    (found,) = examine(with_facts(make(), unit=["m"] * 100 + [""] * 20), ["EH111"]).findings
    assert "m in 100 and not stated in 20" in found.message


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"unit": "m", "channel": "Z", "directions": "forward+backward", "first": "top", "stored": "sxm float32"},
        {"mode": "L"},
        {"mode": ["RGB", "RGBA", "P"] * 40},  # transparency and palettes are colour
        {"format": ["PNG", "JPEG"] * 60},
        {"width": [640, 480] * 60, "height": [480, 640] * 60},
    ],
    ids=[
        "plain",
        "scans alike",
        "all grey",
        "colour in three modes",
        "formats at random",
        "portrait and landscape",
    ],
)
def test_files_of_one_sort_pass(make, columns):
    assert examine(with_facts(make(rows=120), **columns), ["EH111"]).passed == ("EH111",)
