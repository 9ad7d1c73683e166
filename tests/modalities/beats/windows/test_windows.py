from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.modalities.beats import Beats
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.windows.window_files import read_windows
from evenhand.settings.load import load

RNG = np.random.default_rng(0)
SIGNAL = RNG.normal(size=(6, 20))
LABEL, GROUP = np.array(list("NVNSNV")), np.array(["a", "a", "a", "b", "b", "b"])


def npz(folder: Path, **arrays: np.ndarray) -> Path:
    folder.mkdir(exist_ok=True)
    np.savez(folder / "w.npz", **{"signal": SIGNAL, "label": LABEL, "group": GROUP, **arrays})
    return folder


def csv(folder: Path, *, comma: str = ",") -> Path:
    folder.mkdir(exist_ok=True)
    head = [*(f"t{at}" for at in range(20)), "label", "patient", "rhythm_before"]
    rows = [[*map(repr, map(float, SIGNAL[at])), LABEL[at], GROUP[at], str(at / 10)] for at in range(6)]
    (folder / "w.csv").write_text("\n".join(comma.join(row) for row in [head, *rows]) + "\n", encoding="utf-8")
    return folder


def rows(folder: Path, table: str | None = None, **own: object) -> tuple[object, list[dict[str, np.ndarray]]]:
    kind, section, root = Beats(), BeatsConfig(**own), open_root(folder)
    samples, findings = kind.samples(root, DataConfig(kind="beats", root=".", table=table, min_count=1), section)
    assert not findings
    read = kind.reader(root, samples.frame, kind.settings(section, None))
    return samples, [read(at) for at in range(len(samples))]


@pytest.mark.parametrize("table", [None, "w.npz"])
def test_windows_of_arrays_are_read(tmp_path: Path, table: str | None) -> None:
    samples, read = rows(npz(tmp_path / "d"), table, normalise="none", neighbours=1)
    assert samples.classes == ("N", "S", "V")
    assert list(samples.frame["group"]) == list("aaabbb")
    assert list(samples.ids[:2]) == ["w:0000000", "w:0000001"]
    np.testing.assert_allclose(read[2]["signal"], SIGNAL[2][None].astype(np.float32))
    assert [row["near"].tolist() for row in read[2:4]] == [[1, 2, -1], [-1, 3, 4]]
    assert read[0]["rhythm"].tolist() == [0.0]


@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_windows_of_a_csv_are_read(tmp_path: Path, comma: str) -> None:
    samples, read = rows(csv(tmp_path / "d", comma=comma), "w.csv", normalise="none")
    assert list(samples.frame["record"]) == list("aaabbb")
    np.testing.assert_allclose(read[5]["signal"][0], SIGNAL[5], rtol=1e-6)
    assert read[5]["rhythm"].tolist() == pytest.approx([0.5])


def test_several_leads_and_a_rhythm(tmp_path: Path) -> None:
    folder = npz(tmp_path / "d", signal=RNG.normal(size=(6, 2, 20)), rhythm=RNG.normal(size=(6, 3)))
    _, read = rows(folder)
    assert read[0]["signal"].shape == (2, 20)
    assert read[0]["rhythm"].shape == (3,)


def test_windows_of_a_record_are_scaled_alike(tmp_path: Path) -> None:
    scale = np.array([1, 1, 1, 7, 7, 7])[:, None]
    one = rows(npz(tmp_path / "one"))[1]
    two = rows(npz(tmp_path / "two", signal=SIGNAL * scale))[1]
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a["signal"], b["signal"], rtol=1e-5)


def test_they_have_facts_pictures_and_rows_to_predict(tmp_path: Path) -> None:
    kind, root = Beats(), open_root(npz(tmp_path / "d"))
    assert kind.facts_of(root, "w.npz") == {"windows": 6, "signals": 1, "samples": 20}
    found, _ = kind.unlabelled(root, DataConfig(root="."), BeatsConfig())
    assert len(found) == 6
    assert kind.picture_of(root, found.frame.iloc[0].to_dict(), 64).startswith("data:image/svg+xml;base64,")
    assert len(kind.unlabelled(kind.alone(tmp_path / "d" / "w.npz"), DataConfig(root="."), BeatsConfig())[0]) == 6
    assert kind.write_predicted(root, found.frame, [], DataConfig(root="."), BeatsConfig(), tmp_path) == []


def test_a_configuration_finds_them(tmp_path: Path) -> None:
    npz(tmp_path / "d")
    settings = load({"data": {"kind": "beats", "root": str(tmp_path / "d"), "table": "w.npz", "min_count": 1}})
    samples, _ = settings.kind.samples(open_root(tmp_path / "d"), settings.data, settings.kind_config)
    assert len(samples) == 6


def packed(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"PK\x03\x04junk", "is not a .npz of plain arrays"),
        (packed(x=np.zeros(3)), 'has no array "signal"; found: x'),
        (packed(signal=np.zeros(3)), r'"signal" of the shape \(3,\)'),
        (packed(signal=np.array([["a", "b"]])), "a value in \"signal\" that is not a number"),
        (packed(signal=np.zeros((3, 9)), label=np.zeros(4)), 'an array "label" that does not fit'),
        (packed(signal=np.full((3, 9), np.nan)), "values that are not finite"),
        (packed(signal=np.zeros((300, 900))), "claims 2,160,"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(raw: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_windows(raw, "w.npz", 10_000)


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    out = io.BytesIO()
    np.savez(out, signal=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match="is not a .npz of plain arrays"):
        read_windows(out.getvalue(), "w.npz", 10_000)


def test_damaged_arrays_are_told_in_words() -> None:
    good, rng = packed(signal=SIGNAL, label=LABEL), np.random.default_rng(1)
    for _ in range(200):
        raw = bytearray(good)
        for at in rng.integers(len(raw), size=4):
            raw[at] = int(rng.integers(256))
        with suppress(DataError):
            read_windows(bytes(raw), "w.npz", 10_000)
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_only_an_empty_cell_of_a_csv_is_missing_and_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    head = [*(f"t{at}" for at in range(20)), "label", "patient"]
    names = ["NA", "null", "01", "É", "NA", "null"]
    lines = [",".join(head), *(",".join([*map(str, SIGNAL[at]), names[at], "nan"]) for at in range(6))]
    found = read_windows(("\n".join(lines) + "\n").encode(encoding), "w.csv", 10_000)
    assert list(found.columns["label"]) == names
    assert list(found.columns["patient"]) == ["nan"] * 6
    np.testing.assert_allclose(found.signal[:, 0], SIGNAL.astype(np.float32), rtol=1e-6)


def window_csv(head: str, *rows: str) -> bytes:
    signal = [",".join(map(str, row)) for row in SIGNAL[: len(rows)]]
    heads = ",".join(f"t{at}" for at in range(SIGNAL.shape[1]))
    return "\n".join([f"{heads},{head}", *(f"{s},{row}" for s, row in zip(signal, rows, strict=True))]).encode()


def test_a_separator_at_the_end_of_lines_moves_no_column() -> None:
    for head in ("group,label", "group,label,"):
        found = read_windows(window_csv(head, "p1,N,", "p2,V,", "p3,N,"), "w.csv", 10_000)
        assert list(found.columns["label"]) == ["N", "V", "N"]
        assert list(found.columns["group"]) == ["p1", "p2", "p3"]
        np.testing.assert_allclose(found.signal[:, 0], SIGNAL[:3].astype(np.float32), rtol=1e-6)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (window_csv("group,label", "p1,N", "p2,N,V"), "line 3 has 23 cells; the header has 22"),
        (window_csv("group,label", "p1,N", "p2"), "line 3 has 21 cells; the header has 22"),
        (window_csv("label, label", "N,V"), 'has 2 columns "label"'),
        (window_csv("t0,label", "1,V"), 'has 2 columns "t0"'),
        (window_csv("rhythm,label", "x,V"), r'"rhythm" that is not a number \(line 2\)'),
        (window_csv("rhythm,label", ",V"), "not finite"),
        (window_csv("label", *"NNNNNN") * 1000, "beats.max_samples|cells"),
        (b"a,b\n1,2\n", "has no windows"),
        (b't0,"t1\n', "is not CSV"),
    ],
)
def test_a_csv_that_does_not_fit_its_header_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_windows(raw, "w.csv", 10_000)
