from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import Evidence, examine


def with_copies(case, pairs):
    pictures = case.pictures.copy()
    for one, other in pairs:
        pictures[other] = pictures[one]
    return replace(case, pictures=pictures)


def test_the_same_pixels_are_found_and_counted(make):
    found = examine(with_copies(make(), [(0, 50), (0, 60), (1, 70)]), ["EH103"]).findings
    assert len(found) == 1
    assert found[0].severity == "note"
    assert found[0].message.startswith("3 rows of 120 are copies of other rows (in 2 sets, the largest of 3")
    assert set(found[0].ids) == {"r0000", "r0050", "r0060", "r0001", "r0070"}


def test_the_same_bytes_are_found_without_pictures(make):
    samples = make().samples
    content = [f"hash{i}" for i in range(len(samples))]
    content[9] = content[4]
    frame = samples.frame.assign(content=content)
    (found,) = examine(Evidence(samples=replace(samples, frame=frame)), ["EH103"]).findings
    assert found.evidence == {"spare": 1, "n": 120, "sets": 1, "largest": 2}


def test_copies_that_folds_do_not_keep_together_are_a_warning_with_a_patch(make):
    case = replace(with_copies(make(), [(0, 1)]), config={"folds": {"duplicates": "ignore"}})
    (found,) = examine(case, ["EH103"]).findings
    assert (found.severity, found.patch) == ("warning", {"folds.duplicates": "group"})


@pytest.mark.parametrize("recipe", [{}, {"ground": "black"}, {"alike": True}, {"rows": 12, "classes": 2}])
def test_different_pictures_pass(make, recipe):
    assert examine(make(**recipe), ["EH103"]).passed == ("EH103",)


def test_blank_pictures_are_not_copies_of_each_other(make):
    case = make()
    pictures = case.pictures.copy()
    pictures[:10] = 0
    assert examine(replace(case, pictures=pictures), ["EH103"]).passed == ("EH103",)


def test_without_bytes_or_pictures_it_is_not_applicable(make):
    assert "EH103" in examine(Evidence(samples=make().samples), ["EH103"]).not_applicable


def test_contents_that_the_kind_calls_equal_are_copies(make):
    samples = make().samples
    samples = replace(samples, frame=samples.frame.assign(content=samples.ids))
    case = Evidence(samples=samples, same_contents=(np.array([3, 8]), np.array([8, 9])))
    (found,) = examine(case, ["EH103"]).findings
    assert found.evidence == {"spare": 2, "n": 120, "sets": 1, "largest": 3}
