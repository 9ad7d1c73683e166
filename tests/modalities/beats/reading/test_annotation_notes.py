import contextlib

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.modalities.beats.reading.annotation_notes import clock_of

NOTE, NORMAL = 22, 1


def annotation(code: int, step: int = 0, text: str = "") -> bytes:
    """Return one annotation as it is stored, without a jump."""
    raw = text.encode("latin-1")
    aux = bytes([len(raw), 63 << 2]) + raw + b"\0" * (len(raw) % 2) if raw else b""
    return bytes([step & 255, code << 2 | step >> 8]) + aux


BEATS = annotation(NORMAL, 200) + annotation(NORMAL, 300) + b"\0\0"


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("## time resolution: 250", 250),
        ("## time resolution: 128.5\0", 128.5),
        ("## time resolution: 1e3 Hz", 1000),
        ("## time resolution:  360 ", 360),
    ],
)
def test_a_clock_is_read_and_the_note_taken_out(text: str, clock: float) -> None:
    assert clock_of(annotation(NOTE, 0, text) + BEATS) == (clock, BEATS)


def test_without_a_note_there_is_no_clock_and_nothing_is_changed() -> None:
    raw = annotation(NOTE, 0, "a word of the reader") + annotation(28, 0, "(N\0") + BEATS
    assert clock_of(raw) == (None, raw)


def test_a_clock_behind_another_annotation_at_the_start_counts() -> None:
    rhythm = annotation(28, 0, "(N")
    assert clock_of(rhythm + annotation(NOTE, 0, "## time resolution: 250") + BEATS) == (250, rhythm + BEATS)


def test_a_note_later_in_the_record_is_a_note() -> None:
    raw = BEATS[:4] + annotation(NOTE, 5, "## time resolution: 250") + b"\0\0"
    assert clock_of(raw) == (None, raw)


def test_definitions_of_symbols_stay_without_zero_bytes() -> None:
    texts = ["## annotation type definitions", "42 X my own beat", "## end of definitions"]
    raw = b"".join(annotation(NOTE, 0, text + "\0") for text in texts)
    assert clock_of(raw + BEATS) == (None, b"".join(annotation(NOTE, 0, text) for text in texts) + BEATS)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["## timu resolution: 250"], 'begins with the note "## timu resolution: 250", which WFDB does not define'),
        (["## time resolution: fast"], "which WFDB does not define"),
        (["## time resolution: 0"], "not a plausible sampling rate"),
        (["## time resolution: 250", "## time resolution: 360"], "two time resolutions, 250 and 360 Hz"),
        (["## annotation type definitions", "nothing"], "which WFDB does not define"),
        (["## annotation type definitions", "42 X mine"], "unterminated definition of symbols"),
        (["## end of definitions"], "which WFDB does not define"),
    ],
)
def test_a_note_that_cannot_be_read_is_refused(texts: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        clock_of(b"".join(annotation(NOTE, 0, text) for text in texts) + BEATS)


def test_the_same_clock_twice_is_one_clock() -> None:
    assert clock_of(annotation(NOTE, 0, "## time resolution: 250") * 2 + BEATS) == (250, BEATS)


def test_any_bytes_end_in_a_result_or_in_words() -> None:
    rng = np.random.default_rng(0)
    start = annotation(NOTE, 0, "## annotation type definitions") + annotation(NOTE, 0, "42 X a") + BEATS
    for _ in range(2000):
        raw = bytearray(start)
        for at in rng.integers(len(raw), size=3):
            raw[at] = int(rng.integers(256))
        part = bytes(raw[: int(rng.integers(len(raw)))])
        with contextlib.suppress(DataError):
            _, beats = clock_of(part)
            assert part.endswith(beats)
