"""Codes as tasks wrote them, and the options of the heads that made them."""

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record
from evenhand.base.storage.sealed_json import write_sealed
from evenhand.diagnosis import Evidence
from evenhand.diagnosis.evidence.head_settings import head_options
from evenhand.diagnosis.evidence.held_out_codes import codes_of


def test_codes_of_held_out_rows_are_read_fit_by_fit(tmp_path):
    record = Record.create(
        tmp_path, asked="", resolved={"model": [{"name": "b"}, {"name": "a"}]}, data={"kind": "x"}
    )
    for model, fold, values in (("a", 10, [0.5, -0.5]), ("a", 2, [0.1, 0.2]), ("b", 0, [3, 4])):
        folder = record.task_folder(model, fold, 1)
        folder.mkdir(parents=True)
        dtype = np.uint8 if model == "b" else np.float32
        codes = {f"code:{at}": np.array([value, 0], dtype=dtype) for at, value in enumerate(values)}
        frame = pd.DataFrame({"id": ["r", "s"], "set": ["validation", "test"], **codes})
        frame.to_parquet(folder / "codes.parquet", index=False)
    found = codes_of(record)
    assert [(one.model, one.fold, one.seed) for one in found] == [("b", 0, 1), ("a", 2, 1), ("a", 10, 1)]
    assert [one.values.tolist() for one in found[:2]] == [[[3, 4]], [[np.float32(0.1), np.float32(0.2)]]]
    assert found[0].values.dtype == np.uint8
    damaged = record.task_folder("a", 3, 1)
    damaged.mkdir(parents=True)
    (damaged / "codes.parquet").write_bytes(b"not a table")
    with pytest.raises(
        RecordError, match=r"models/a/fold3/seed1/codes.parquet: .*run the same configuration again"
    ):
        codes_of(record)
    write_sealed(damaged / "task.json", {}, [damaged / "codes.parquet"])
    (damaged / "codes.parquet").write_bytes((folder / "codes.parquet").read_bytes())
    with pytest.raises(RecordError, match="lists codes.parquet, which does not match its checksum"):
        codes_of(record)
    pd.DataFrame({"id": ["r"]}).to_parquet(damaged / "codes.parquet")
    write_sealed(damaged / "task.json", {}, [damaged / "codes.parquet"])
    with pytest.raises(RecordError, match="codes.parquet: has no column set"):
        codes_of(record)


def test_options_that_a_configuration_leaves_out_are_the_defaults_of_the_head():
    config = {"model": [{"name": "a", "head": "hash", "head_options": {"bits": 8}}, {"name": "b", "head": "gone"}]}
    evidence = Evidence(config=config)
    assert {name: head_options(evidence, "a")[name] for name in ("bits", "balance")} == {"bits": 8, "balance": 0.1}
    assert head_options(evidence, "b") == head_options(evidence, "c") == {}
