"""The bits of codes that the tasks of a run wrote, as the report gets them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.storage.record import Record
from evenhand.pipeline.retrieval.write_code_bits import FILE, write_code_bits


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record.create(
        tmp_path,
        asked="",
        resolved={"model": [{"name": "hashed"}, {"name": "quantised"}, {"name": "plain"}]},
        data={"kind": "pairs", "rows": 40, "classes": ["a", "b"], "levels": {}, "fingerprint": "x"},
    )


def write(record: Record, model: str, fold: int, values: np.ndarray) -> None:
    table = pd.DataFrame(values, columns=[f"code:{bit}" for bit in range(values.shape[1])])
    sets = np.where(np.arange(len(values)) < 40, "validation", "test")
    folder = record.task_folder(model, fold, 0)
    folder.mkdir(parents=True)
    table.assign(id=[f"r{i}" for i in range(len(values))], set=sets).to_parquet(folder / "codes.parquet")


def test_bits_of_the_first_fit_and_counts_of_all_are_written(record: Record) -> None:
    codes = np.random.default_rng(0).uniform(-0.9, 0.9, (50, 4)).astype(np.float32)
    codes[:40, 1], codes[:, 2] = 0.5, -codes[:, 0]
    for fold, values in enumerate((codes, np.sign(codes))):
        write(record, "hashed", fold, values)
    write(record, "quantised", 0, np.tile([[0, 1], [0, 2]], (20, 1)).astype(np.uint8))
    write_code_bits(record)
    hashed, quantised = record.json(FILE)
    assert [fit["constant"] for fit in hashed["fits"]] == [1, 1]
    assert [fit["saturated"] for fit in hashed["fits"]] == [0, 4]
    assert [fit["copies"] for fit in hashed["fits"]] == [1, 1]
    assert {fit["n"] for fit in hashed["fits"]} == {40}, "locked rows are no held-out rows"
    assert hashed["measures"]["share of ones"][1] == 1
    assert hashed["measures"]["largest correlation"][0] == pytest.approx(1)
    assert quantised["measures"] == {"most common centroid": [1, 0.5], "effective centroids": [1, 2]}
    assert quantised["fits"] == [{"fold": 0, "seed": 0, "n": 40, "constant": 1, "mean_correlation": None}]


def test_nothing_is_written_without_codes(record: Record) -> None:
    write_code_bits(record)
    assert not record.has(FILE)
