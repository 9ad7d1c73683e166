from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.values import TEST, Samples
from evenhand.data.store.entry import StoreEntry
from evenhand.diagnosis import examine
from evenhand.modalities import KINDS

N = 60
TITLES = {"name": "titles", "encoder": "pair", "options": {"image": "none"}}
LOOKS = {"name": "looks", "encoder": "pair", "options": {"text": "none"}}
BOTH = {"name": "both", "encoder": "pair", "options": {}}


@pytest.fixture
def pairs(make, fold_of):
    """Return 60 pairs of 3 classes in 3 folds; `lacking` says which rows have no text (`half` 0: no picture)."""

    def case(lacking, *models, half=1, fold=None, kind="pairs"):
        present = np.ones((N, 2), dtype=np.uint8)
        present[:, half] = ~lacking
        frame = make(rows=N).rows.frame.drop(columns="split")
        label = np.arange(N) // 20
        entry = StoreEntry("generated", N, {"present": present}, {})
        rows = Samples(frame, ("hat", "bag", "shoe"), label)
        made = replace(make(rows=N), samples=rows, pictures=None, facts=None, kind=KINDS.get(kind), entry=entry)
        made = replace(made, config={"model": list(models)})
        return replace(made, folds=fold_of(made, np.arange(N) % 3 if fold is None else fold, 3))

    return case


def test_a_model_of_texts_where_no_row_has_one_is_an_error(pairs):
    (found,) = examine(pairs(np.ones(N, dtype=bool), TITLES, LOOKS, BOTH), ["EH122"]).findings
    assert found.severity == "error"
    assert found.message == (
        'Model "titles" reads nothing but the text, and no row of 60 has one: all rows look the same to it.'
    )


def test_a_class_without_what_a_model_reads_is_named_with_its_rows(pairs):
    case = pairs(np.arange(N) // 20 == 1, LOOKS, half=0)
    (found,) = examine(case, ["EH122"]).findings
    assert found.severity == "warning"
    assert (
        found.message == 'Model "looks" reads nothing but the picture, and no row of class bag (20 rows) has one.'
    )
    assert set(found.ids) == set(case.rows.ids[20:40])


def test_a_class_whose_locked_rows_alone_have_it_is_found_and_so_is_a_fold(pairs):
    fold = np.where(np.arange(N) % 4 == 3, TEST, np.arange(N) % 3)
    of_class = (np.arange(N) // 20 == 1) & (fold != TEST)
    (found,) = examine(pairs(of_class | (fold == 2), TITLES, fold=fold), ["EH122"]).findings
    assert found.message == (
        'Model "titles" reads nothing but the text, and no row of class bag (15 rows) and fold 2 (15 rows) has one.'
    )


def test_a_locked_test_without_it_is_found(pairs):
    fold = np.where(np.arange(N) % 4 == 3, TEST, np.arange(N) % 3)
    (found,) = examine(pairs(fold == TEST, TITLES, fold=fold), ["EH122"]).findings
    assert found.evidence["rows"] == {"the locked test": 15}


@pytest.mark.parametrize("rows", [20, 2, 1])
def test_a_part_that_some_rows_of_each_class_and_fold_have_passes(pairs, rows):
    lacking = np.arange(N) % 20 >= rows
    assert examine(pairs(lacking, TITLES), ["EH122"]).passed == ("EH122",)


def test_a_class_of_fewer_rows_than_the_least_passes(pairs):
    fold = np.where((np.arange(N) // 20 == 1) & (np.arange(N) % 20 > 3), TEST, np.arange(N) % 3)
    lacking = (np.arange(N) // 20 == 1) & (fold != TEST)
    assert examine(pairs(lacking, TITLES, fold=fold), ["EH122"]).passed == ("EH122",)


@pytest.mark.parametrize(
    ("kind", "model"), [("pairs", BOTH), ("pairs", {"name": "a", "encoder": "pair_small"}), ("photos", TITLES)]
)
def test_it_is_not_applicable_to_models_that_read_every_part(pairs, kind, model):
    assert "EH122" in examine(pairs(np.ones(N, dtype=bool), model, kind=kind), ["EH122"]).not_applicable
