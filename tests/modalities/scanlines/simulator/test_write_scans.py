"""Sets of scans: sessions, raters and tables, and how like the real set they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import EvenhandError
from evenhand.modalities.scanlines.simulator.raters import Looks, state_of, ticks
from evenhand.testing.scans import BOXES, labelled_scans, picture, write_scans

COLUMNS = [
    *("path", "session_date", "state", *BOXES, "n_raters", "n_tied", "split", "series", "run", "cycle"),
    *("orig_width", "orig_height", "tip_line", "width_nm"),
]


def test_the_table_has_the_columns_of_the_published_set(tmp_path: Path) -> None:
    table = pd.read_csv(write_scans(tmp_path, rows=40, sessions=5, lines=24, pixels=24, formats=(".npy",)))
    assert list(table) == COLUMNS
    assert table.groupby("session_date").size().tolist() == [8] * 5
    assert table.groupby("split").session_date.nunique().to_dict() == {"test": 1, "train": 4}
    assert all((tmp_path / path).is_file() for path in table.path)
    assert table.path.is_unique
    assert ((table[list(BOXES)] >= 0) & (table[list(BOXES)] <= 1)).all(axis=None)
    assert table.n_raters.between(1, 8).all()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_scans(tmp_path / name, rows=12, sessions=2, lines=16, pixels=20, formats=(".npz", ".npy"), seed=3)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) == 13
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_session_does_not_depend_on_the_others() -> None:
    few = list(labelled_scans(rows=4, sessions=1, lines=16, pixels=16))
    many = list(labelled_scans(rows=12, sessions=3, lines=16, pixels=16))
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.scan.forward, other.scan.forward)


def test_tip_lines_are_those_of_the_scan(tmp_path: Path) -> None:
    table = pd.read_csv(write_scans(tmp_path, rows=30, sessions=3, lines=32, pixels=16, formats=(".npy",)))
    scans = list(labelled_scans(rows=30, sessions=3, lines=32, pixels=16))
    changed = table.tip_line.notna().to_numpy()
    assert 1 <= changed.sum() <= 20
    for one, line, known in zip(scans, table.tip_line, changed, strict=True):
        assert bool([at for at in one.scan.tip_changes if at < one.scan.scanned]) == known
        assert not known or one.scan.tip_changes[0] == line


@pytest.mark.parametrize("arguments", [{"sessions": 0}, {"rows": 3, "sessions": 4}, {"lines": 8}])
def test_impossible_sets_are_refused_in_words(arguments: dict[str, int]) -> None:
    with pytest.raises(EvenhandError, match="Simulated scans need at least one session"):
        next(labelled_scans(**{"rows": 10, "sessions": 2, **arguments}))


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvenhandError, match="format of scans"):
        write_scans(tmp_path, formats=(".bmp",))


def test_ties_go_to_the_first_of_the_published_order() -> None:
    shares = dict.fromkeys(BOXES, 0.0)
    assert state_of(np.array(list(shares.values()))) == ("none", 6)
    assert state_of(np.array([{**shares, "dimers": 0.5, "tip_change": 0.5}[box] for box in BOXES])) == (
        "tip_change",
        2,
    )


def test_raters_agree_on_what_is_clear_and_not_on_what_lies_between() -> None:
    rng = np.random.default_rng(0)
    clear = ticks(Looks(0.45, 0.0, 0.0, 2.0), 200, rng).mean(axis=0)
    between = ticks(Looks(0.64, 0.0, 0.0, 2.0), 200, rng).mean(axis=0)
    assert clear[BOXES.index("dimers")] > 0.95
    assert 0.3 < between[BOXES.index("dimers")] < 0.7
    assert 0.3 < between[BOXES.index("rows")] < 0.75


def test_raters_and_shares_are_like_the_published_ones() -> None:
    found = list(labelled_scans(rows=320, sessions=20, lines=32, pixels=32))
    several = [one for one in found if one.raters > 1]
    ticked = np.array([np.rint(one.shares * one.raters) for one in several])
    n = np.array([[one.raters] for one in several])
    agreeing = (ticked * (ticked - 1) + (n - ticked) * (n - ticked - 1)) / (n * (n - 1))
    assert agreeing.mean() == pytest.approx(0.88, abs=0.05)
    assert ((ticked == 0) | (ticked == n)).all(axis=1).mean() == pytest.approx(0.56, abs=0.12)
    states = pd.Series([one.state for one in found]).value_counts(normalize=True)
    assert set(states.index) >= set(BOXES)
    assert states["bad_blurry"] < 0.45
    assert states.min() > 0.001


def statistics(pixels: np.ndarray) -> tuple[float, float, float]:
    """Return the correlation of neighbouring lines and pixels, and the share of power above 8 periods in a line."""
    z = (pixels - pixels.mean()) / max(pixels.std(), 1e-6)
    power = (np.abs(np.fft.rfft(z - z.mean(axis=1, keepdims=True), axis=1)) ** 2).sum(axis=0)
    return (
        float(np.corrcoef(z[1:].ravel(), z[:-1].ravel())[0, 1]),
        float(np.corrcoef(z[:, 1:].ravel(), z[:, :-1].ravel())[0, 1]),
        float(power[8:].sum() / max(power.sum(), 1e-9)),
    )


@pytest.mark.slow
@pytest.mark.data
def test_simulated_classes_have_the_statistics_of_real_ones(shared_data) -> None:
    from zipfile import ZipFile

    from PIL import Image

    folder = shared_data("stm")
    table = pd.read_csv(folder / "labels.csv")
    table = table[(table.orig_height == table.orig_width) & (table.n_tied == 1)]
    simulated: dict[str, list[tuple[float, ...]]] = {}
    for one in labelled_scans(rows=320, sessions=20):
        if one.scan.setting.scanned is None and not one.scan.setting.lost:
            simulated.setdefault(one.state, []).append(statistics(picture(one.scan.forward).astype(float)))
    with ZipFile(folder / "scans.zip") as archive:
        for state in ("atoms", "dimers", "rows", "bad_blurry"):
            real = []
            for path in table.path[table.state == state].head(80):
                with archive.open(path) as file, Image.open(file) as image:
                    pixels = np.asarray(image, dtype=float)
                if pixels.shape == (96, 96) and pixels.std() > 1:
                    real.append(statistics(pixels))
            lines, along, fine = np.median(simulated[state], axis=0) - np.median(real, axis=0)
            assert abs(lines) < 0.1, state
            assert abs(along) < 0.06, state
            assert abs(fine) < 0.25, state
