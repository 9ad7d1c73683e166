from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine
from evenhand.diagnosis.statistics.shortcut import common_labels

BIG = {"rows": 240, "series": 60}


def test_a_class_with_files_of_its_own_size(make):
    case = make(**BIG)
    width = np.where(case.samples.labels == 2, 500, np.random.default_rng(0).choice([400, 640], 240))
    facts = case.facts.assign(width=width, bytes=case.facts["bytes"] * width)
    (found,) = examine(replace(case, facts=facts), ["EH113"]).findings
    assert (found.severity, found.about) == ("warning", "the dimensions of the file")
    assert found.message.startswith(
        "1 class of 4 can be predicted from the dimensions of the file (class 2: 100% found"
    )
    assert found.evidence["classes"]["class 2"]["false_alarms"] == 0


def test_a_class_in_another_format(make):
    case = make(**BIG)
    facts = case.facts.assign(format=np.where(case.samples.labels == 0, "PNG", "JPEG"))
    (found,) = examine(replace(case, facts=facts), ["EH113"]).findings
    assert found.about == "the format of the file"
    assert list(found.evidence["classes"]) == ["class 0"]


def test_a_class_in_a_white_frame(make):
    case = make(**BIG)
    pictures = case.pictures.copy()
    rows = case.samples.labels == 1
    for edge in (np.s_[rows, :2], np.s_[rows, -2:], np.s_[rows, :, :2], np.s_[rows, :, -2:]):
        pictures[edge] = 255
    entry = replace(case.entry, arrays={"image": pictures})
    found = examine(replace(case, pictures=pictures, entry=entry), ["EH113"]).findings
    assert "the frame around the picture" in [f.about for f in found]


def test_a_class_saved_at_low_quality(make):
    case = make(**BIG)
    facts = case.facts.assign(
        bytes=np.where(case.samples.labels == 3, case.facts["bytes"] / 6, case.facts["bytes"])
    )
    (found,) = examine(replace(case, facts=facts), ["EH113"]).findings
    assert found.about == "the compression of the file"
    assert list(found.evidence["classes"]) == ["class 3"]


def test_a_size_that_goes_with_the_series_and_not_with_the_class_is_no_shortcut(make):
    """Every class lies in one series here: dimensions name the series, and nobody can tell more."""
    case = make(rows=240, series=60)
    one = replace(case.samples, frame=case.samples.frame.assign(group=[f"g{c}" for c in case.samples.labels]))
    facts = case.facts.assign(width=300 + 10 * case.samples.labels)
    assert examine(replace(case, samples=one, facts=facts), ["EH113"]).passed == ("EH113",)


HEALTHY = {
    "plain": BIG,
    "tiny": {"rows": 24, "series": 24, "classes": 3},
    "skew 1:500": {"rows": 800, "series": 100, "skew": 500.0},
    "black ground": {"rows": 240, "series": 60, "ground": "black"},
    "look-alike classes": {"rows": 240, "series": 60, "alike": True},
    "many classes": {"rows": 400, "series": 100, "classes": 40},
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_sets_pass(make, name):
    case = make(seed=1, **HEALTHY[name])
    turned = np.random.default_rng(1).random(len(case.rows)) < 0.5
    facts = case.facts.assign(width=np.where(turned, 480, 640), height=np.where(turned, 640, 480))
    assert examine(replace(case, facts=facts), ["EH113"]).passed == ("EH113",)


def test_of_several_labels_each_is_tested_for_itself(make):
    case = make(**BIG)
    labels = np.eye(4)[case.samples.labels]
    labels[:, 3] = np.arange(240) % 2  # nothing tells it
    labels[::7, 2] = np.nan
    several = replace(case.samples, labels=labels, task="multi")
    width = np.where(case.samples.labels == 2, 500, np.random.default_rng(0).choice([400, 640], 240))
    facts = case.facts.assign(width=width, bytes=case.facts["bytes"] * width)
    (found,) = examine(replace(case, samples=several, facts=facts), ["EH113"]).findings
    assert found.message.startswith(
        "1 class of 4 tested can be predicted from the dimensions of the file (class 2: 100% found"
    )
    assert found.evidence["classes"]["class 2"]["n"] == int(np.nansum(labels[:, 2]))
    plain = replace(case, samples=several, facts=case.facts)
    assert examine(plain, ["EH113"]).passed == ("EH113",)


def test_labels_that_nearly_all_rows_or_few_have_are_not_tested():
    labels = np.zeros((100, 4))
    labels[:95, 0], labels[:9, 1], labels[:30, 2], labels[:40, 3] = 1, 1, 1, 1
    labels[40:, 3] = np.nan  # never known not to hold
    assert common_labels(labels, 24).tolist() == [2]
    assert common_labels(labels, 0).tolist() == []


def test_classes_that_lie_each_at_a_place_of_their_own_without_being_sure_of_any(make):
    """A trap that no single class shows: all classes together are predicted far above chance."""
    case = make(**BIG, classes=4)
    label = case.samples.labels
    width = 400 + 20 * label + np.random.default_rng(0).integers(-16, 17, len(label))
    (found,) = examine(replace(case, facts=case.facts.assign(width=width)), ["EH113"]).of("EH113")
    assert found.about == "the dimensions of the file"
    assert found.evidence["low"] > found.evidence["chance"] + 0.3 * (1 - found.evidence["chance"])
    assert found.evidence["floor"] == "size and colour"
    assert "where chance reaches 0.2" in found.message


def test_words_in_names_that_tell_where_rows_come_from_are_a_note(make):
    case = make(**BIG)
    names = [f"{'DSC' if label == 0 else 'scan'}_{i}.jpg" for i, label in enumerate(case.samples.labels)]
    named = replace(case.samples, frame=case.samples.frame.assign(path=names))
    (found,) = examine(replace(case, samples=named), ["EH113"]).findings
    assert (found.severity, found.about) == ("note", "words in the names of the files")
    assert "class 0: 100% found" in found.message


def test_names_that_repeat_the_class_are_its_source_and_no_leak(make):
    case = make(**BIG)
    names = [f"class/class_{'abcd'[label]}{i}.jpg" for i, label in enumerate(case.samples.labels)]
    called = tuple(f"class {c}" for c in "abcd")
    named = replace(case.samples, frame=case.samples.frame.assign(path=names), classes=called)
    assert examine(replace(case, samples=named), ["EH113"]).passed == ("EH113",)


def test_copies_do_not_help_a_probe(make):
    """The name of a class's only file, and of its copies, is known from a copy; folds keep copies together."""
    case = make(rows=80, series=80, classes=40)
    half = np.arange(80) % 40
    content = [f"c{c}" for c in half]
    frame = case.samples.frame.assign(content=content, group=[f"g{i}" for i in range(80)])
    samples = replace(case.samples, frame=frame, labels=half)
    facts = case.facts.assign(width=300 + 7 * half)
    assert examine(replace(case, samples=samples, facts=facts), ["EH113"]).passed == ("EH113",)


def test_it_is_not_applicable_where_nothing_comes_with_the_rows(make):
    case = make(rows=40)
    bare = replace(case.samples, frame=case.samples.frame.drop(columns="path"))
    nothing = examine(replace(case, samples=bare, facts=None), ["EH113"]).not_applicable
    assert "facts of files, or words in their names" in nothing["EH113"]
