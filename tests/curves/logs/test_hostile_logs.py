"""Whatever a file holds, reading it ends in curves or in a sentence."""

import io
import json
import time
import zipfile

import numpy as np
import pytest

from evenhand.base.errors import DataError, EvenhandError
from evenhand.curves.logs.read_log import read_log
from evenhand.curves.readings import choices, loss_rise, still_improving, suggested_stop


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "x: is empty."),
        (b"\x00" * 100, "x: is a binary file, not a log."),
        (bytes(range(256)), "x: is a binary file"),
        (b"\x1f\x8b" + b"\x00" * 50, "x: is compressed with gzip. Unpack it and name the log."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "x: is a binary file"),
    ],
)
def test_files_that_are_no_text_are_named_before_they_are_read(log, raw, message):
    with pytest.raises(DataError) as told:
        read_log(log("x", raw))
    assert str(told.value).startswith(message)


def test_an_archive_is_not_unpacked(log):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", b"epoch,loss\n" + b"0" * 50_000_000)
    with pytest.raises(DataError, match="is a zip archive. Unpack it"):
        read_log(log("bomb.csv", packed.getvalue()))


def test_a_path_that_does_not_exist(tmp_path):
    with pytest.raises(DataError, match="there is no such file or folder"):
        read_log(tmp_path / "nothing")


@pytest.mark.slow
def test_a_million_lines_are_read(log, size):
    n = size(200_000, 1_000_000)
    loss = 1 / (1 + np.arange(n))
    rows = "".join(f"{s},{v:.6g},{v + 0.1:.6g}\n" for s, v in enumerate(loss))
    began = time.perf_counter()
    (curves,) = read_log(log("log.csv", "step,train_loss,val_loss\n" + rows))
    assert len(curves.loss.values) == n
    for reading in (loss_rise, choices, still_improving, suggested_stop):
        reading(curves)
    print(f"{n:,} lines in {time.perf_counter() - began:.1f} s")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "json", "events"])
def test_mutated_logs_end_in_curves_or_a_sentence(kind, log, events, csv_text, trainer_state, figures, size):
    rng = np.random.default_rng(3)
    if kind == "events":
        raw = events([(f"{n}", e, v) for n, values in figures.items() for e, v in enumerate(values)]).read_bytes()
    else:
        raw = csv_text.encode() if kind == "csv" else json.dumps(trainer_state).encode()
    ended = 0
    for _ in range(size(150, 1000)):
        data = bytearray(raw)
        for _ in range(int(rng.integers(1, 8))):
            at = int(rng.integers(len(data)))
            way = rng.integers(4)
            if way == 0:
                data[at] = int(rng.integers(256))
            elif way == 1:
                del data[at : at + int(rng.integers(1, 200))]
            elif way == 2:
                data[at:at] = bytes(data[at : at + int(rng.integers(1, 100))])
            else:
                data[at:at] = bytes(rng.integers(0, 256, int(rng.integers(1, 20)), dtype=np.uint8))
            if not data:
                break
        try:
            for curves in read_log(log("mutated", bytes(data))):
                loss_rise(curves), choices(curves), still_improving(curves), suggested_stop(curves)
        except EvenhandError as error:
            assert str(error).strip().endswith((".", ")"))  # noqa: PT017
            ended += 1
    print(f"{kind}: {ended} ended in a sentence")
