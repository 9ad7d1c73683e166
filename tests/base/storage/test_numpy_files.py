"""Arrays from files, read by several threads at once."""

import ast
import io
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand.base.storage.numpy_files import array_header, load_array, load_arrays

SOURCE = Path(evenhand.__file__).parent


def npy() -> io.BytesIO:
    file = io.BytesIO()
    np.save(file, np.arange(6).reshape(2, 3))
    file.seek(0)
    return file


def npz() -> io.BytesIO:
    file = io.BytesIO()
    np.savez(file, a=np.arange(3), b=np.ones((2, 2)))
    file.seek(0)
    return file


def test_what_is_read() -> None:
    assert load_array(npy()).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert {name: values.shape for name, values in load_arrays(npz()).items()} == {"a": (3,), "b": (2, 2)}
    assert array_header(npy()) == ((2, 3), False, np.dtype(np.int64))


def test_headers_are_evaluated_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate, inside, most = ast.literal_eval, threading.Semaphore(1), []

    def watched(text: str) -> object:
        most.append(inside.acquire(blocking=False))
        time.sleep(0.001)
        inside.release()
        return evaluate(text)

    monkeypatch.setattr(ast, "literal_eval", watched)
    reads = [lambda: load_array(npy()), lambda: load_arrays(npz()), lambda: array_header(npy())]
    with ThreadPoolExecutor(6) as pool:
        for read in [pool.submit(read) for read in reads * 8]:
            read.result()
    assert len(most) >= 24
    assert all(most)


@pytest.mark.parametrize("room", ["data", "modalities"])
def test_rooms_whose_threads_read_files_read_arrays_here(room: str) -> None:
    own = re.compile(r"np\.load\(|lib\.format\.read")
    assert [str(path) for path in (SOURCE / room).rglob("*.py") if own.search(path.read_text("utf-8"))] == []
