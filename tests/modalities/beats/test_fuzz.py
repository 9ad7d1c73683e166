from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from evenhand.testing.beats import write_record
from evenhand.testing.damage import mutations

from .fuzz import field, use

MARKS = [(200 * at, "NNVNAN+"[at % 7]) for at in range(1, 15)]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    folder = tmp_path_factory.mktemp("record")
    write_record(folder, "r1", MARKS, leads=("V1", "MLII"))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def at_most(seconds: int, what: str) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise AssertionError(f"{what}: still at work after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def check(record: Mapping[str, bytes], count: int, seed: int) -> int:
    """Return how many of the mutations were noticed; anything but words is an error."""
    noticed = 0
    for what, name, raw in mutations(record, count, seed, more=[field]):
        files = {**record, name: raw}
        with at_most(60, what):
            try:
                said = use(files)
            except Exception as error:
                raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
        assert all(text and "Traceback" not in text for text in said), what
        noticed += bool(said)
    return noticed


def test_a_good_record_is_used_without_a_word(record: Mapping[str, bytes]) -> None:
    assert use(record) == []


def test_damaged_records_are_told_in_words(record: Mapping[str, bytes]) -> None:
    assert check(record, 30, seed=1) > 5


@pytest.mark.slow
def test_many_damaged_records_are_told_in_words(
    record: Mapping[str, bytes], size: Callable[[int, int], int]
) -> None:
    assert check(record, size(600, 2400), seed=0) > size(200, 800)


@pytest.mark.slow
@pytest.mark.data
def test_damaged_records_of_the_real_format_are_told_in_words() -> None:
    folder = Path(__file__).parents[4] / "shared" / "data" / "mitdb"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    record = {f"100.{end}": (folder / f"100.{end}").read_bytes() for end in ("hea", "dat", "atr")}
    assert check(record, 60, seed=2) > 10
