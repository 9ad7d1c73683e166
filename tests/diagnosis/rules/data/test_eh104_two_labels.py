from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import Evidence, examine

RECIPE = {"side": 96, "rows": 80}


def with_copy(case, one, other, change=lambda picture: picture):
    pictures = case.pictures.copy()
    pictures[other] = np.clip(change(pictures[one].astype(float)), 0, 255)
    return replace(case, pictures=pictures)


def of_class(case, label, position=0):
    return int(np.flatnonzero(case.samples.labels == label)[position])


def test_one_picture_under_two_labels_is_an_error(make):
    case = make(**RECIPE)
    one, other = of_class(case, 0), of_class(case, 1)
    (found,) = examine(with_copy(case, one, other), ["EH104"]).findings
    assert found.severity == "error"
    assert found.message.startswith("1 set of identical pictures has different labels (2 of 80 rows; first: ")
    assert "is class 0" in found.message
    assert "is class 1" in found.message
    assert set(found.ids) == {case.samples.ids[one], case.samples.ids[other]}


def test_nearly_the_same_picture_is_a_warning(make):
    case = make(**RECIPE)
    brighter = with_copy(case, of_class(case, 0), of_class(case, 1), lambda picture: picture * 1.05 + 4)
    (found,) = examine(brighter, ["EH104"]).findings
    assert found.severity == "warning"
    assert "nearly identical" in found.message


def test_where_rows_may_have_several_labels_it_is_a_warning(make):
    case = make(**RECIPE)
    case = with_copy(case, of_class(case, 0), of_class(case, 1))
    several = replace(case.samples, labels=np.eye(4)[case.samples.labels])
    (found,) = examine(replace(case, samples=several), ["EH104"]).findings
    assert found.severity == "warning"


def test_bytes_are_enough(make):
    samples = make(**RECIPE).samples
    frame = samples.frame.assign(content=["same" if label in (0, 1) else None for label in samples.labels])
    (found,) = examine(Evidence(samples=replace(samples, frame=frame)), ["EH104"]).findings
    assert found.evidence["sets"] == 1


@pytest.mark.parametrize("ground", ["own", "black"])
def test_look_alike_classes_are_not_one_picture(make, ground):
    assert examine(make(alike=True, ground=ground, **RECIPE), ["EH104"]).passed == ("EH104",)


def test_copies_of_one_class_and_without_a_label_pass(make):
    case = make(**RECIPE)
    same = with_copy(case, of_class(case, 0), of_class(case, 0, 1))
    labels = same.samples.labels.copy()
    unlabelled = of_class(case, 1)
    labels[unlabelled] = -1
    case = with_copy(replace(same, samples=replace(same.samples, labels=labels)), of_class(case, 2), unlabelled)
    assert examine(case, ["EH104"]).passed == ("EH104",)


def drawings(case, **contents):
    samples = replace(case.samples, kind="drawings")
    return replace(
        case, samples=replace(samples, frame=samples.frame.assign(content=samples.ids)), pictures=None, **contents
    )


def test_drawings_of_the_same_lines_under_two_labels_are_an_error(make):
    case = make(**RECIPE)
    pair = np.array([of_class(case, 0), of_class(case, 1)])
    (found,) = examine(drawings(case, same_contents=(pair,)), ["EH104"]).findings
    assert found.severity == "error"
    assert found.message.startswith("1 set of identical drawings has different labels (2 of 80 rows; first: ")


def test_drawings_that_were_moved_are_a_warning_of_their_own(make):
    case = make(**RECIPE)
    pair = np.array([of_class(case, 0), of_class(case, 1)])
    (found,) = examine(drawings(case, moved_contents=(pair,)), ["EH104"]).findings
    assert found.severity == "warning"
    assert found.message.startswith(
        "1 set of drawings that are equal after moving, scaling, turning or mirroring has diff"
    )
    both = drawings(case, same_contents=(pair,), moved_contents=(pair,))
    assert [each.severity for each in examine(both, ["EH104"]).findings] == ["error"]
