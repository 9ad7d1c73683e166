import numpy as np
import pandas as pd
import pytest

from evenhand.base.values import Samples
from evenhand.diagnosis import Evidence, examine


def case_of(paths, labels, split=None):
    classes, label = np.unique(labels, return_inverse=True)
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(len(paths))], "path": paths})
    if split is not None:
        frame["split"] = split
    return Evidence(Samples(frame, tuple(classes), label))


@pytest.mark.parametrize(
    ("paths", "labels", "named"),
    [
        (["train/ok/1.jpg", "train/nok/2.jpg", "test_images/3.jpg", "x/4.jpg"],
         ["train", "train", "test_images", "x"], ["test_images", "train"]),
        (["ok/1.jpg", "nok/2.jpg", "test/3.jpg"], ["ok", "nok", "test"], ["test"]),
        (["ok/1.jpg", "nok/2.jpg", "val/ok/3.jpg"], ["ok", "nok", "val"], ["val"]),
        (["1.jpg", "2.jpg"], ["train", "test"], ["test", "train"]),
        (["seg_train/seg_train/a/1.jpg", "seg_test/seg_test/a/2.jpg", "seg_pred/seg_pred/3.jpg"],
         ["seg_train", "seg_test", "seg_pred"], ["seg_test", "seg_train"]),
        (["asl_train/A/1.jpg", "asl_test/2.jpg"], ["asl_train", "asl_test"], ["asl_test", "asl_train"]),
    ],
)  # fmt: skip
def test_splits_among_classes_are_found(paths, labels, named):
    (found,) = examine(case_of(paths, labels), ["EH117"]).findings
    assert list(found.evidence["classes"]) == named
    assert ("data.drop" in (found.patch or {})) == (len(set(labels)) - len(named) > 1)


@pytest.mark.parametrize(
    ("paths", "labels", "named"),
    [
        (["images/train/ok/1.jpg", "images/val/nok/2.jpg", "docs/x/3.jpg"], ["images", "images", "docs"],
         ["images"]),
        (["a/train/1.jpg", "a/test_images/2.jpg", "b/train/3.jpg", "b/test_images/4.jpg"], ["a", "a", "b", "b"],
         ["a", "b"]),
        (["a/train/1.jpg", "a/test/2.jpg", "c/3.jpg"], ["a", "a", "c"], ["a"]),
    ],
)  # fmt: skip
def test_classes_that_hold_splits_are_found(paths, labels, named):
    (found,) = examine(case_of(paths, labels), ["EH117"]).findings
    assert found.evidence["classes"] == named
    assert "point data.root at the folder that holds these" in found.message
    assert found.patch is None


def test_a_class_that_is_alone_in_its_split_is_found():
    case = case_of(["train/ok/1.jpg", "train/nok/2.jpg", "test/unknown/3.jpg"], ["ok", "nok", "unknown"],
                   ["train", "train", "test"])  # fmt: skip
    (found,) = examine(case, ["EH117"]).findings
    assert found.about == "unknown"
    assert found.patch == {"data.drop": ["unknown"]}


@pytest.mark.parametrize(
    ("paths", "labels", "split"),
    [
        (["train/1.jpg", "car/2.jpg", "plane/3.jpg"], ["train", "car", "plane"], None),
        (["valid/1.jpg", "invalid/2.jpg"], ["valid", "invalid"], None),
        (["train_red/1.jpg", "train_blue/2.jpg"], ["train_red", "train_blue"], None),
        (["blood_test/1.jpg", "blood_bank/2.jpg"], ["blood_test", "blood_bank"], None),
        (["car/train/1.jpg", "car/bus/2.jpg", "dog/3.jpg"], ["car", "car", "dog"], None),
        (["car/test/1.jpg", "car/val/2.jpg", "dog/3.jpg"], ["car", "car", "dog"], None),
        (["a/train/1.jpg", "a/test/2.jpg", "b/train/3.jpg"], ["a", "a", "b"], ["train", "test", "train"]),
        (["train/a/1.jpg", "train/b/2.jpg", "test/a/3.jpg"], ["a", "b", "a"], ["train", "train", "test"]),
        (["train/a/1.jpg", "train/b/2.jpg", "test/a/3.jpg", "test/c/4.jpg"], ["a", "b", "a", "c"],
         ["train", "train", "test", "test"]),
    ],
)  # fmt: skip
def test_ordinary_classes_are_not_accused(paths, labels, split):
    assert examine(case_of(paths, labels, split), ["EH117"]).passed == ("EH117",)


def test_rows_without_a_split_are_no_split_of_their_own():
    case = case_of(["train/ok/1.jpg", "train/nok/2.jpg", "test/unknown/3.jpg", "unknown/4.jpg"],
                   ["ok", "nok", "unknown", "unknown"], ["train", "train", "test", None])  # fmt: skip
    (found,) = examine(case, ["EH117"]).findings
    assert found.about == "unknown"
