from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evenhand.base.values import Samples
from evenhand.data.config import DataConfig
from evenhand.data.tables.labels.exclusive_blocks import blocks_of, check_softmax
from evenhand.diagnosis import Evidence, examine


def case(labels, names, **data):
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(len(labels))]})
    return Evidence(samples=Samples(frame, names, np.asarray(labels)), config={"data": data})


@pytest.fixture
def attributes():
    rng = np.random.default_rng(0)
    colour = np.eye(3)[rng.choice(3, 600, p=(0.5, 0.3, 0.2))]
    person = np.eye(3)[rng.integers(0, 3, 600)][:, :2]
    return np.hstack([colour, person, rng.random((600, 1)) < 0.4]), ("black", "white", "red", "men", "women", "new")


def test_labels_that_exclude_one_another_are_named_with_a_patch(attributes):
    (found,) = examine(case(*attributes), ["EH115"]).findings
    rows = int(attributes[0][:, 3:5].sum())
    assert found.message == (
        "2 blocks of labels exclude one another: black, white and red (exactly one holds in each of 600 rows); "
        f"men and women (one holds in {rows} of 600 rows)."
    )
    assert found.patch == {"data.exclusive": "auto"}
    assert found.severity == "note"
    assert found.evidence["blocks"]["men | women"] == f"2 labels, {rows} rows, not complete"


def test_the_patch_names_blocks_of_which_none_holds_in_every_row(attributes):
    """With "auto" and blocks = "softmax" it led to an error, as a softmax takes no found block with gaps."""
    labels, names = attributes
    labels = labels.copy()
    labels[:8, :3] = 0
    (found,) = examine(case(labels, names), ["EH115"]).findings
    assert found.patch == {"data.exclusive": [["black", "white", "red"], ["men", "women"]]}
    own = DataConfig.model_validate({"root": ".", "task": "multi", "exclusive": found.patch["data.exclusive"]})
    samples = case(labels, names).rows
    check_softmax(replace(samples, exclusive=blocks_of(samples, own)), own, ["m"])


def test_it_passes_once_the_setting_is_made_and_where_labels_are_independent(attributes):
    assert examine(case(*attributes, exclusive="auto"), ["EH115"]).passed == ("EH115",)
    free = np.random.default_rng(1).random((600, 4)) < 0.3
    assert examine(case(free.astype(float), tuple("abcd")), ["EH115"]).passed == ("EH115",)


def test_it_is_not_applicable_to_one_label_a_row_or_to_degrees():
    assert "EH115" in examine(case(np.arange(60) % 3, tuple("abc")), ["EH115"]).not_applicable
    soft = np.random.default_rng(2).dirichlet(np.ones(3), 60)
    assert "EH115" in examine(case(soft, tuple("abc")), ["EH115"]).not_applicable
