import numpy as np
import pandas as pd

from evenhand.base.values import Folds, Samples
from evenhand.diagnosis.evidence.data_parts import LOCKED, REST, compared, given_splits, sides


def samples(split, group=None):
    frame = pd.DataFrame({"id": [str(i) for i in range(len(split))], "split": split})
    return Samples(frame if group is None else frame.assign(group=group), ("a",), np.zeros(len(split), dtype=int))


def test_the_largest_split_is_held_against_the_others():
    made = samples(["val"] * 30 + ["train"] * 60 + ["test"] * 40 + ["odd"] * 5 + [None] * 3)
    found = compared(made, None)
    assert (found.whole, found.others) == ("train", ("test", "val"))
    assert given_splits(made)[-1] == ""


def test_a_locked_test_is_held_against_the_rest():
    made = samples(["x"] * 100)
    fold = np.array([-1] * 60 + [0, 1] * 20, dtype=np.int16)
    found = compared(made, Folds(made.ids, fold, 2))
    assert (found.whole, found.others) == (REST, (LOCKED,))
    assert set(sides(made, Folds(made.ids, fold, 2))) == {"test", "fold 0", "fold 1"}


def test_a_part_of_few_groups_is_not_compared():
    assert compared(samples(["a"] * 50 + ["b"] * 50, group=["g"] * 50 + [str(i) for i in range(50)]), None) is None


def test_nothing_divides_the_data():
    made = samples(["a"] * 50)
    assert compared(made, None) is None
    assert sides(Samples(made.frame[["id"]], ("a",), made.labels), None) is None
