"""The record that a source is, and one of several models by name."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError, RecordError
from evenhand.base.storage.record import Record
from evenhand.base.values import Folds, Predictions, Samples
from evenhand.evaluation.reading.from_record import held_out_of, of_record, record_at
from evenhand.evaluation.reading.read import of_model, read_predictions


def model(name: str) -> Predictions:
    """Return predictions of one row under a name."""
    return Predictions(np.array(["r"], dtype=object), ("a", "b"), np.array([[0.5, 0.5]]), model=name)


def test_a_record_is_found_by_itself_and_by_its_folder(tmp_path: Path) -> None:
    record = Record.create(tmp_path, asked="", resolved={}, data={"rows": 1, "classes": ["a", "b"]})
    assert record_at(record) is Record.open(record) is record
    assert record_at(str(record.path)) == Record.open(record.path)
    assert record_at(tmp_path / "predictions.csv") is record_at(model("m")) is None
    with pytest.raises(RecordError, match="is not a record"):
        record_at(tmp_path)


def test_a_model_is_taken_by_name_or_because_it_is_the_only_one() -> None:
    one, two = model("one"), model("two")
    assert of_model([one], None, "audit") is of_model([two, one], "one", "audit") is one
    with pytest.raises(DataError, match=r'several models: "one", "two"\. Name the one to audit: --model NAME'):
        of_model([one, two], None, "audit")
    with pytest.raises(DataError, match=r'runs/a: There is no model named "twoo".*two'):
        of_model([one, two], "twoo", "compare", "runs/a: ")


def test_predictions_of_a_record_know_the_named_sets_and_levels_of_its_classes(tmp_path: Path) -> None:
    levels = {"coarse": ("x", "y")}
    samples = Samples(
        pd.DataFrame({"id": ["1"], "path": ["1"], "label": ["a"]}), ("a", "b"), np.array([0]), levels=levels
    )
    resolved = {"classes": {"rare": ["b"]}, "score": {"macro_f1_rare": 1.0}}
    data = {"rows": 1, "classes": ["a", "b"], "kind": "photos", "levels": levels}
    record = Record.create(tmp_path, asked="", resolved=resolved, data=data, samples=samples)
    record.write_predictions(
        pd.DataFrame({"model": ["m"], "set": ["oof"], "id": ["1"], "p:a": [0.75], "p:b": [0.25]})
    )
    (found,) = of_record(record)
    assert held_out_of(record, "m").model == "m"
    with pytest.raises(RecordError, match=r"predictions\.parquet: has no predictions out of fold of q"):
        held_out_of(record, "q")
    record.write_predictions(
        pd.DataFrame({"model": ["m"], "set": ["oof"], "id": ["1"], "fold": [np.inf], "p:a": [0.75], "p:b": [0.25]})
    )
    with pytest.raises(RecordError, match=r"does not hold predictions \(a fold is not a number of one"):
        of_record(record)
    record.write_predictions(
        pd.DataFrame({"model": ["m"], "set": ["oof"], "id": ["1"], "p:a": [0.75], "p:b": [0.25]})
    )
    (found,) = of_record(record)
    assert (found.named.sets, found.named.levels) == ({"rare": ("b",)}, {"coarse": ("x", "y")})


def test_predictions_of_a_record_are_resampled_over_the_families_of_its_folds(tmp_path: Path) -> None:
    ids = np.array(["1", "2", "3"], dtype=object)
    samples = Samples(pd.DataFrame({"id": ids, "path": ids}), ("a", "b"), np.array([0, 1, 0]))
    data = {"rows": 3, "classes": ["a", "b"], "kind": "photos"}
    record = Record.create(tmp_path, asked="", resolved={}, data=data, samples=samples)
    record.write_predictions(pd.DataFrame({"model": "m", "set": "oof", "id": ids, "p:a": 0.75, "p:b": 0.25}))
    families = np.array(["1", None, "1"], dtype=object)
    record.write_folds(Folds(ids, np.array([0, 1, 0], dtype=np.int16), 2, {}, families))
    (found,) = of_record(record)
    assert found.families
    assert found.groups.tolist() == ["1", "id:2", "1"]
    assert found.named_groups is None


def test_a_table_of_a_record_that_does_not_match_its_checksum_is_refused_by_its_own_path_too(
    tmp_path: Path,
) -> None:
    record = Record.create(tmp_path, asked="", resolved={}, data={"rows": 1, "classes": ["a", "b"]})
    p = model("m")
    record.write_table("predictions.parquet", p.frame())
    path = record.path / "predictions.parquet"
    assert np.array_equal(read_predictions(path)[0].probabilities, p.probabilities)
    changed = p.frame().assign(**{"p:a": 0.75, "p:b": 0.25})
    changed.to_parquet(path, index=False)
    with pytest.raises(RecordError, match=r"predictions\.parquet: does not match its checksum"):
        read_predictions(path)
    changed.to_parquet(tmp_path / "predictions.parquet", index=False)  # outside of a record, it is what it is
    assert read_predictions(tmp_path / "predictions.parquet")[0].probabilities[0, 0] == 0.75
