import json

import numpy as np
import pandas as pd

from evenhand.base.storage.files.atomic import to_json
from evenhand.base.values import Folds, Samples
from evenhand.review.versions.differences import version_differences


def samples(ids: str, labels: list[int], classes: tuple[str, ...], groups: str, contents: str) -> Samples:
    frame = pd.DataFrame({"id": list(ids), "path": list(ids), "group": list(groups), "content": list(contents)})
    return Samples(frame, classes, np.array(labels))


def test_rows_labels_classes_groups_files_and_folds() -> None:
    before = samples("abcd", [0, 0, 1, 1], ("ash", "birch"), "1122", "wxyz")
    after = samples("dcbe", [1, 2, 0, 0], ("ash", "birch", "cedar"), "2213", "zYxv")
    folds = (Folds(before.ids, np.array([0, 1, 0, 1]), 2), Folds(after.ids, np.array([1, 0, 0, 1]), 2))
    found = version_differences(before, after, folds)
    assert (found.before, found.after) == (4, 4)
    assert (found.only_before, found.only_after) == (("a",), ("e",))
    assert (found.relabelled, found.changes) == (("c",), {("birch", "cedar"): 1})
    assert found.changed_files == ("c",)
    assert (found.classes_gained, found.classes_lost) == (("cedar",), ())
    assert (found.groups_gained, found.groups_lost) == (("3",), ())
    assert found.moved == ("b",)
    assert json.loads(to_json(found.document()))["changes"] == [{"from": "birch", "to": "cedar", "rows": 1}]


def test_a_version_does_not_differ_from_itself_with_its_rows_and_classes_in_another_order() -> None:
    one = samples("abc", [0, 1, 1], ("ash", "birch"), "112", "xyz")
    two = samples("cab", [0, 1, 0], ("birch", "ash"), "211", "zxy")
    found = version_differences(one, two)
    assert not any(
        [found.only_before, found.only_after, found.relabelled, found.changed_files, found.groups_gained]
    )
    several = Samples(one.frame, ("ash", "birch"), np.array([[1.0, 1.0], [0.0, np.nan], [0.0, 1.0]]))
    other = Samples(one.frame, ("ash", "birch"), np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]))
    assert version_differences(several, other).changes == {("ash|birch", "ash"): 1}
