from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import ConfigError, FoldsError
from evenhand.base.settings.section import check as checked_section
from evenhand.base.storage.folds_csv import write_folds
from evenhand.base.values import NO_LABEL, TEST, Folds, Samples
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.make_folds import make_folds
from evenhand.settings.load import load


def samples(first: int, last: int, *, seed: int = 0, **columns: object) -> Samples:
    """Return rows first..last-1 of an endless table: three skewed classes in groups of about four rows."""
    rng = np.random.default_rng(seed)
    labels, group = rng.choice(3, 1000, p=[0.6, 0.3, 0.1]), rng.integers(250, size=1000)
    rows = np.arange(first, last)
    frame = pd.DataFrame(
        {"id": [f"r{i}" for i in rows], "path": "x", "group": [f"g{group[i]}" for i in rows], **columns}
    )
    return Samples(frame, ("a", "b", "c"), labels[rows])


def kept(path: Path, before: Folds) -> FoldsConfig:
    write_folds(before, path)
    return FoldsConfig(k=before.k, keep=str(path))


@pytest.mark.parametrize("test", [None, {"fraction": 0.2}])
def test_rows_keep_their_fold_when_others_go_and_come(tmp_path: Path, test: object) -> None:
    config = FoldsConfig.model_validate({"k": 4, "test": test})
    before = make_folds(samples(0, 400), config)
    again = FoldsConfig.model_validate({**kept(tmp_path / "f.csv", before).model_dump(), "test": test})
    of = samples(50, 700)
    after = make_folds(of, again)

    was = dict(zip(before.ids, before.fold, strict=True))
    assert [(name, was[name]) for name in after.ids if name in was] == [
        (name, fold) for name, fold in zip(after.ids, after.fold, strict=True) if name in was
    ]
    assert pd.Series(after.fold).groupby(of.groups).nunique().max() == 1
    assert (after.how["rows_kept"], after.how["rows_new"], after.how["rows_gone"]) == (350, 300, 50)
    # as even as folds that are made anew, but for what cannot be moved
    sizes = np.array(after.how["rows"])
    assert sizes.max() - sizes.min() <= 12
    assert after.how["worst_share_deviation"] < 0.1
    assert make_folds(of, again).fold.tolist() == after.fold.tolist()


def test_the_same_rows_give_the_same_folds_and_corrected_labels_change_none(tmp_path: Path) -> None:
    of = samples(0, 200)
    before = make_folds(of, FoldsConfig(k=3))
    config = kept(tmp_path / "f.csv", before)
    relabelled = Samples(of.frame, of.classes, np.roll(of.labels, 1))
    assert make_folds(relabelled, config).fold.tolist() == before.fold.tolist()
    assert make_folds(relabelled, FoldsConfig(k=3)).fold.tolist() != before.fold.tolist()


def test_a_new_row_joins_its_copy_its_family_and_the_locked_test(tmp_path: Path) -> None:
    names = ["pear.jpg", "fig.jpg", "nut.jpg", "date.jpg"]
    frame = pd.DataFrame({"id": names, "path": names, "content": list("abcd")})
    before = Folds(frame["id"].to_numpy(), np.array([0, 1, 2, TEST], dtype=np.int16), 3)
    config = kept(tmp_path / "f.csv", before)
    more = pd.DataFrame(
        {"id": ["nut_rot90.jpg", "other.jpg"], "path": ["nut_rot90.jpg", "other.jpg"], "content": list("ed")}
    )
    after = make_folds(Samples(pd.concat([frame, more], ignore_index=True), ("a",), np.zeros(6, int)), config)
    assert after.fold.tolist() == [0, 1, 2, TEST, 2, TEST]
    assert after.how["groups_in_several_folds"] == 0


def test_new_rows_that_a_column_locks_are_locked_and_rows_without_labels_spread(tmp_path: Path) -> None:
    of = samples(0, 60, split=["test"] * 10 + ["train"] * 50)
    before = make_folds(of, FoldsConfig(k=2))
    frame = pd.concat([of.frame.assign(split="train"), pd.DataFrame({
        "id": ["n1", "n2", "n3"], "path": "x", "group": ["h1", "h2", "h3"], "split": ["test", "train", "train"],
    })], ignore_index=True)  # fmt: skip
    grown = Samples(frame, of.classes, np.append(of.labels, [0, NO_LABEL, NO_LABEL]))
    test = {"column": "split", "value": "test"}
    config = FoldsConfig.model_validate({**kept(tmp_path / "f.csv", before).model_dump(), "test": test})
    after = make_folds(grown, config)
    assert after.fold[-3] == TEST
    assert sorted(after.fold[-2:]) == [0, 1]
    with pytest.raises(FoldsError, match=r"folds\.test locks 10 rows that folds\.keep has in a fold"):
        make_folds(of, config)


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    of = samples(0, 60)
    config = kept(tmp_path / "f.csv", make_folds(of, FoldsConfig(k=3)))
    with pytest.raises(FoldsError, match=r"none of its 60 ids is among the 40 samples"):
        make_folds(samples(100, 140), config)
    with pytest.raises(FoldsError, match=r"it has 3 folds, and folds\.k is 5\. Set folds\.k = 3\."):
        make_folds(of, config.model_copy(update={"k": 5}))
    fraction = FoldsConfig.model_validate({**config.model_dump(), "test": {"fraction": 0.2}})
    with pytest.raises(FoldsError, match="it has no locked rows"):
        make_folds(of, fraction)
    fold = make_folds(of, config).fold
    with pytest.raises(FoldsError, match="fold 1 has no row with a label any more"):
        make_folds(of.take(fold != 1), config)
    (tmp_path / "f.csv").write_text("id,fold\nr1,0\nr1,1\nr2,x\n", encoding="utf-8")
    with pytest.raises(FoldsError, match="2 faults") as caught:
        make_folds(of, config)
    assert 'the id "r1" is on line 2 already' in str(caught.value)
    with pytest.raises(ConfigError, match="remove one of the two"):
        checked_section(FoldsConfig, {"file": "a.csv", "keep": "b.csv"}, "split")


def test_the_path_is_relative_to_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "photos.toml"
    path.write_text('data.root = "photos"\nfolds.keep = "runs/a/folds.csv"\n', encoding="utf-8")
    assert load(path).folds.keep == str((tmp_path / "runs" / "a" / "folds.csv").resolve())
