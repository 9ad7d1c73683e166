from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import Evidence, examine

ALONE = [f"part{i}.dxf" for i in range(120)]


def named(case, paths, **columns):
    """The case without pictures, with other paths."""
    samples = replace(case.samples, frame=case.samples.frame.assign(path=[*paths, *ALONE[len(paths) :]], **columns))
    return replace(case, samples=samples, pictures=None)


def labelled(case, same):
    labels = case.samples.labels.copy()
    labels[same] = labels[same[0]]
    return replace(case, samples=replace(case.samples, labels=labels))


FAMILY = ["shaft.dxf", "shaft_rot90.dxf", "shaft - Copy.dxf"]


def test_families_by_name_are_a_note(make):
    case = named(make(), FAMILY, split="train")
    (found,) = examine(case, ["EH114"]).findings
    assert found.severity == "note"
    assert found.message == (
        "3 rows of 120 are copies or versions of others by their names (in 1 family, the largest of 3: "
        '"shaft.dxf" and "shaft_rot90.dxf").'
    )
    assert found.ids == tuple(case.samples.ids[:3])
    assert found.evidence == {"rows": 3, "n": 120, "families": 1, "largest": 3, "by": "names"}


def test_a_split_column_that_divides_a_family_is_an_error(make):
    split = np.array(["train"] * 120, dtype=object)
    split[1] = "test"
    (found,) = examine(named(make(), FAMILY, split=split), ["EH114"]).findings
    assert found.severity == "error"
    assert found.message.endswith(
        "1 family lies in more than one of the values of the split column: "
        '"shaft.dxf" is in train, "shaft_rot90.dxf" in test.'
    )


def test_so_it_is_where_folds_pool_the_values_of_the_column(make, fold_of):
    split = np.array(["train"] * 120, dtype=object)
    split[1] = "test"
    case = named(make(), FAMILY, split=split)
    case = replace(case, folds=fold_of(case, [0] * 60 + [1] * 60, 2))
    (found,) = examine(case, ["EH114"]).findings
    assert (found.severity, found.evidence["separated"]) == ("error", 1)


def test_folds_that_divide_a_family_are_an_error_and_a_warning_where_they_were_told_to(make, fold_of):
    case = named(make(), FAMILY, split="train")
    case = replace(case, folds=fold_of(case, np.arange(120) % 2, 2))
    (found,) = examine(case, ["EH114"]).findings
    assert (found.severity, found.patch) == ("error", None)
    assert "in more than one of the parts of the data" in found.message
    allowed = replace(case, config={"folds": {"families": ["contents"]}})
    (found,) = examine(allowed, ["EH114"]).findings
    assert (found.severity, found.patch) == ("warning", {"folds.families": ["contents", "names"]})


def test_folds_that_keep_families_together_are_said(make, fold_of):
    case = named(make(), FAMILY, split="train")
    case = replace(case, folds=fold_of(case, [0] * 60 + [1] * 60, 2))
    (found,) = examine(case, ["EH114"]).findings
    assert found.severity == "note"
    assert found.message.endswith("Folds keep them together.")


def test_contents_that_the_kind_calls_equal_are_a_finding_of_their_own(make):
    case = replace(named(make(), FAMILY, split="train"), moved_contents=(np.array([4, 9]), np.array([5, 7, 8])))
    by_name, by_content = examine(case, ["EH114"]).findings
    assert by_name.about == "names"
    assert by_content.message.startswith(
        "5 rows of 120 are equal to others after moving, scaling, turning or mirroring (in 2 families, "
        "the largest of 3"
    )


def test_exact_copies_alone_are_another_rules(make):
    content = [f"c{i}" for i in range(120)]
    content[:3] = ["same"] * 3
    case = named(make(), FAMILY, split="train", content=content)
    assert examine(case, ["EH114"]).passed == ("EH114",)


@pytest.mark.parametrize(
    "paths",
    [
        [f"img_{i:03d}.dxf" for i in range(20)],
        [f"part-{i}.dxf" for i in range(20)],
        [f"holiday ({i}).dxf" for i in range(1, 20)],
        [f"2014Nov26-1715{i}-40_1.dxf" for i in range(20)],
        [f"{chr(97 + i)}/1.dxf" for i in range(20)],
        ["copy.dxf", "v2.dxf", "flip.dxf", "rot90.dxf"],
        ["reva.dxf", "rev.dxf", "rotor.dxf", "rotor_shaft.dxf", "kinetics.dxf", "mirrors_of_a.dxf"],
    ],
)
def test_names_that_only_count_pass(make, paths):
    assert examine(named(make(), paths), ["EH114"]).passed == ("EH114",)


def test_rows_of_one_file_are_not_a_family(make):
    assert examine(named(make(), ["100_v2.hea"] * 30), ["EH114"]).passed == ("EH114",)


def test_conflicting_labels_in_a_family_are_another_rules_warning(make):
    case = named(make(), FAMILY, content=[f"c{i}" for i in range(120)])
    labels = case.samples.labels.copy()
    labels[:3] = [0, 1, 1]
    case = replace(case, samples=replace(case.samples, labels=labels))
    (found,) = examine(case, ["EH104"]).findings
    assert found.severity == "warning"
    assert found.message.startswith(
        "1 set of files that are copies or versions by their names has different labels (3 of 120 rows; first: "
        '"shaft.dxf" is class 0, "shaft_rot90.dxf" is class 1'
    )
    assert examine(labelled(case, [0, 1, 2]), ["EH104"]).passed == ("EH104",)


def test_without_paths_it_is_not_applicable(make):
    samples = make().samples
    bare = Evidence(samples=replace(samples, frame=samples.frame.drop(columns="path")))
    assert "EH114" in examine(bare, ["EH114"]).not_applicable
