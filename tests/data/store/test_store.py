"""The store: what goes in comes out, once."""

import json
import threading
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evenhand.base.errors import DataError, StoreError
from evenhand.data.store.ragged import Ragged
from evenhand.data.store.store import Store

Rows = list[Mapping[str, np.ndarray] | None]

TYPES = st.sampled_from([np.dtype(name) for name in ("u1", "i2", "f4", "f8", "?", "c8", ">i4", "M8[s]", "U3")])


def put(folder: Path, rows: Rows, **options: Any) -> Any:
    """Store rows (None: cannot be decoded) and return the entry."""

    def make(position: int) -> Mapping[str, np.ndarray]:
        row = rows[position]
        if row is None:
            raise DataError(f"row {position} is broken")
        return row

    return Store(folder).rows(
        options.pop("key", {"kind": "test"}), [str(i) for i in range(len(rows))], make, **options
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


KEYS = iter(range(10**9))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), dtype=TYPES, workers=st.integers(1, 3))
def test_rows_of_one_shape_come_back_as_one_array(
    folder: Path, data: st.DataObject, dtype: Any, workers: int
) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    rows = data.draw(st.lists(st.none() | hnp.arrays(dtype, shape), min_size=1, max_size=12))
    named: Rows = [None if row is None else {"x": row} for row in rows]
    entry = put(folder, named, workers=workers, key={"example": next(KEYS)})
    assert set(entry.failures) == {i for i, row in enumerate(rows) if row is None}
    if all(row is None for row in rows):
        assert not entry.arrays
        return
    assert entry["x"].shape == (len(rows), *shape)
    assert entry["x"].dtype == dtype
    expected = [np.zeros(shape, dtype) if row is None else row for row in rows]
    np.testing.assert_array_equal(np.asarray(entry["x"]), np.stack(expected))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), dtype=TYPES, workers=st.integers(1, 3))
def test_rows_of_any_shape_come_back_one_by_one(
    folder: Path, data: st.DataObject, dtype: Any, workers: int
) -> None:
    shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=4)
    arrays = shapes.flatmap(lambda shape: hnp.arrays(dtype, shape))
    rows = data.draw(st.lists(st.none() | arrays, min_size=1, max_size=12))
    named: Rows = [None if row is None else {"a": row, "b": np.float32(row.size)} for row in rows]
    entry = put(folder, named, workers=workers, key={"example": next(KEYS)})
    first = next((row for row in rows if row is not None), None)
    if first is None:
        return
    assert isinstance(entry["a"], Ragged) == (len({row.shape for row in rows if row is not None}) > 1)
    assert isinstance(entry["b"], np.memmap), "an array of one shape stays one, whatever others do"
    for position, row in enumerate(rows):
        expected = np.zeros_like(first) if row is None else row
        np.testing.assert_array_equal(np.asarray(entry["a"][position]), expected)
        assert entry["b"][position] == (0 if row is None else row.size)


def test_many_rows_that_differ_late_are_all_there(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, 255, (9 if i == 700 else 8, 500, 3), dtype=np.uint8) for i in range(900)]
    entry = put(tmp_path, [{"x": row} for row in rows], workers=3)
    assert isinstance(entry["x"], Ragged)
    assert all(np.array_equal(back, row) for back, row in zip(entry["x"], rows, strict=True))


def test_an_entry_is_made_once_and_named_by_settings_and_contents(tmp_path: Path) -> None:
    calls: list[int] = []

    def make(position: int) -> dict[str, np.ndarray]:
        calls.append(position)
        return {"x": np.array([position])}

    store = Store(tmp_path)
    for key, contents in [
        ({"s": 1, "t": 2}, "ab"),
        ({"t": 2, "s": 1}, "ab"),
        ({"s": 2, "t": 2}, "ab"),
        ({"s": 1, "t": 2}, "ba"),
    ]:
        store.rows(key, list(contents), make)
    assert len(calls) == 3 * 2
    assert len(store.usage()) == 3


def test_what_is_read_cannot_be_written(tmp_path: Path) -> None:
    entry = put(tmp_path, [{"x": np.zeros(3)}])
    with pytest.raises(ValueError, match="read-only"):
        entry["x"][0] = 1


def test_failures_keep_their_reasons_and_the_first_row_may_fail(tmp_path: Path) -> None:
    rows: Rows = [None, None, {"x": np.ones(2)}, None]
    for _ in range(2):  # built, then opened
        entry = put(tmp_path, rows)
        assert entry.failures == {i: f"row {i} is broken" for i in (0, 1, 3)}
        np.testing.assert_array_equal(entry["x"], [[0, 0], [0, 0], [1, 1], [0, 0]])
    assert repr(entry) == "Entry(4 rows, x (4, 2) float64, 3 failed)"


def test_no_rows_and_no_row_that_decodes_are_entries_too(tmp_path: Path) -> None:
    assert len(put(tmp_path, [])) == 0
    entry = put(tmp_path, [None, None])
    assert (len(entry), dict(entry.arrays), len(entry.failures)) == (2, {}, 2)
    with pytest.raises(StoreError, match="no array named"):
        entry["image"]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"x": np.zeros(2, np.float32)}, "one dtype"),
        ({"x": np.zeros((2, 2))}, "number of dimensions"),
        ({"y": np.zeros(2)}, "same names"),
        ({"x": np.zeros(2), "y": np.zeros(2)}, "same names"),
    ],
)
def test_an_encoder_that_changes_its_mind_is_told(tmp_path: Path, second: Any, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        put(tmp_path, [{"x": np.zeros(2)}, second])
    with pytest.raises(StoreError, match=message):
        put(tmp_path, [{"x": np.zeros(2)}, {"x": np.zeros(3)}, second])
    assert nothing_left(tmp_path)


def test_objects_and_odd_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Python objects"):
        put(tmp_path, [{"x": np.array([None])}])
    with pytest.raises(StoreError, match="is not a valid name of an array"):
        put(tmp_path, [{"../x": np.zeros(1)}])


def test_an_unexpected_error_passes_and_leaves_nothing(tmp_path: Path) -> None:
    def make(position: int) -> dict[str, np.ndarray]:
        if position == 40:
            raise FileNotFoundError("a.jpg")
        return {"x": np.zeros(100_000)}

    with pytest.raises(FileNotFoundError, match="a.jpg"):
        Store(tmp_path).rows({}, ["a"] * 50, make, workers=2)
    assert nothing_left(tmp_path)


def test_progress_is_told_up_to_the_last_row(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    put(tmp_path, [{"x": np.zeros(50_000)}] * 30, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (30, 30)


def test_a_short_file_is_noticed_and_the_entry_made_again(tmp_path: Path) -> None:
    put(tmp_path, [{"x": np.arange(10)}])
    (file,) = tmp_path.glob("entries/*/x.npy")
    file.write_bytes(file.read_bytes()[:-8])
    np.testing.assert_array_equal(put(tmp_path, [{"x": np.arange(10)}])["x"], [np.arange(10)])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": {}}', '{"files": 3}'])
def test_a_broken_description_is_noticed_and_the_entry_made_again(tmp_path: Path, text: str) -> None:
    put(tmp_path, [{"x": np.arange(10)}])
    (file,) = tmp_path.glob("entries/*/entry.json")
    file.write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is damaged
        assert len(put(tmp_path, [{"x": np.arange(10)}])) == 1
    assert json.loads(file.read_text())["rows"] == 1


def test_big_arrays_are_filled_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fills: list[int] = []

    def fill(out: np.ndarray) -> None:
        assert not out.any()
        fills.append(1)
        out[...] = np.arange(out.size).reshape(out.shape)

    for _ in range(2):
        array = store.array({"stage": "b4"}, (5, 2, 7), np.float16, fill)
        assert array.dtype == np.float16
        np.testing.assert_array_equal(array, np.arange(70).reshape(5, 2, 7))
    assert fills == [1]
    store.array({"stage": "b4"}, (5, 14), np.float16, fill)
    assert fills == [1, 1]


def test_an_array_without_numbers(tmp_path: Path) -> None:
    assert Store(tmp_path).array({}, (0, 3), np.float32, lambda out: None).shape == (0, 3)


def test_a_fill_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fill(out: np.ndarray) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        Store(tmp_path).array({}, (3,), np.float32, fill)
    assert nothing_left(tmp_path)


def test_threads_that_need_the_same_entry_make_it_once(tmp_path: Path) -> None:
    calls: list[int] = []

    def make(position: int) -> dict[str, np.ndarray]:
        time.sleep(0.01)
        calls.append(position)
        return {"x": np.array([position])}

    def work() -> None:
        assert len(Store(tmp_path).rows({}, list("abcde"), make)) == 5

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(calls) == [0, 1, 2, 3, 4]


def test_opening_takes_milliseconds_however_many_rows(tmp_path: Path) -> None:
    contents = [f"{i:032x}" for i in range(20_000)]
    store = Store(tmp_path)
    store.rows({}, contents, lambda i: {"x": np.zeros(4, np.uint8)})
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        store.rows({}, contents, lambda i: {})
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05


def nothing_left(folder: Path) -> bool:
    return not list((folder / "entries").iterdir()) and not list((folder / "building").iterdir())


def test_rows_of_one_file_are_made_by_one_thread_in_order(tmp_path: Path) -> None:
    files = [f"f{row // 300}" for row in range(1500)]
    by: dict[str, list[tuple[int, int]]] = {}

    def make(row: int) -> dict[str, np.ndarray]:
        by.setdefault(files[row], []).append((threading.get_ident(), row))
        return {"x": np.array([row])}

    entry = Store(tmp_path).rows({}, [str(row) for row in range(1500)], make, files=files, workers=4)
    assert entry["x"][:, 0].tolist() == list(range(1500))
    for calls in list(by.values())[1:]:  # the first row of all is made before the threads begin
        assert len({thread for thread, _ in calls}) == 1
        assert [row for _, row in calls] == sorted(row for _, row in calls)
