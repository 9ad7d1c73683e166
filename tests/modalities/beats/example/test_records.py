from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import EvenhandError
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.modalities.beats import Beats
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.settings.load import load
from evenhand.testing.beats import write_beats


def counts(toml: Path) -> tuple[dict[str, int], dict[str, int]]:
    settings = load(toml)
    samples, _ = Beats().samples(open_root(toml.parent), settings.data, settings.kind_config)
    return dict(
        zip(samples.classes, samples.counts().astype(int).tolist(), strict=True)
    ), samples.groups_per_class()


def test_classes_have_their_shares_and_lie_in_two_records_at_least(tmp_path: Path) -> None:
    rows, groups = counts(write_beats(tmp_path, rows=1000, records=5))
    assert rows == {"N": 900, "O": 10, "S": 20, "V": 70}
    assert min(groups.values()) >= 2


def test_shares_can_be_chosen(tmp_path: Path) -> None:
    rows, _ = counts(write_beats(tmp_path, rows=300, records=4, shares={"N": 0.5, "V": 0.5}))
    assert rows == {"N": 150, "V": 150}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_beats(tmp_path / name, rows=60, records=2)
    write_beats(tmp_path / "other", rows=60, records=2, seed=1)
    read = [{p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "two", "other")]
    assert read[0] == read[1]
    assert read[0]["p001.dat"] != read[2]["p001.dat"]


def early(folder: Path) -> float:
    """Return how much sooner an S comes than an N, as a share of the record's usual interval."""
    frame = Beats().samples(open_root(folder), DataConfig(kind="beats", root="."), BeatsConfig())[0].frame
    interval = frame.groupby("record")["seconds"].diff() / frame.groupby("record")["seconds"].transform(
        lambda s: np.median(np.diff(s))
    )
    return float(interval[frame["symbol"] == "N"].median() - interval[frame["symbol"] == "A"].median())


def test_early_beats_come_early_less_so_where_it_is_hard(tmp_path: Path) -> None:
    shares = {"N": 0.8, "S": 0.2}
    write_beats(tmp_path / "easy", rows=400, records=4, shares=shares, difficulty=0)
    write_beats(tmp_path / "hard", rows=400, records=4, shares=shares, difficulty=1)
    assert early(tmp_path / "easy") > 0.3
    assert early(tmp_path / "hard") < 0.6 * early(tmp_path / "easy")


def test_what_cannot_be_generated_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvenhandError, match="have the classes N, S, V, O"):
        write_beats(tmp_path, shares={"X": 1.0})
