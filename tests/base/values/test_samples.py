from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Samples


def test_the_task_follows_from_the_labels_and_soft_ones_stay_soft() -> None:
    frame = pd.DataFrame({"id": ["x", "y"]})
    soft = Samples(frame, ("a", "b"), np.array([[0.5, np.nan], [1.0, 0.0]]))
    assert soft.task == "soft"
    assert soft.take(np.array([1])).task == "soft"
    assert soft.known_cells.tolist() == [[True, False], [True, True]]
    assert replace(soft, labels=np.array([0, 1])).task == "single"
    assert Samples(frame, ("a", "b"), np.eye(2)).task == "multi"
    assert Samples(frame, ("a", "b"), np.eye(2), task="soft").task == "soft"
    with pytest.raises(DataError, match=r"must be in 0\.\.1"):
        Samples(frame, ("a", "b"), np.eye(2) * 2)
