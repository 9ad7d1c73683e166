"""Lines of text are encoded as the scan so far would be; what cannot be used is said, and keeps its place."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from evenhand.base.errors import EvenhandError
from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.modalities.scanlines.reading.encode import encode
from evenhand.modalities.scanlines.reading.line_stream import LineStream
from evenhand.modalities.scanlines.reading.scan import Scan

PARTS = ("lines", "mask", "steps")


def settings(**own: object) -> dict:
    return ScanLinesConfig.model_validate({"width": 16, "max_lines": 12, **own}).plain()


def text_of(line: np.ndarray) -> str:
    """A line of one direction as CSV, of two as JSON."""
    if len(line) == 1:
        return ",".join(map(repr, line[0].tolist()))
    return json.dumps({"forward": line[0].tolist(), "backward": line[1].tolist()})


def streamed(stream: LineStream, heights: np.ndarray, bad: set[int]) -> dict | None:
    """The arrays of (c, l, w) heights after the last line, from the steps of a stream."""
    kept, last = [], None
    for number in range(heights.shape[1]):
        item = stream.read("spoilt" if number in bad else text_of(heights[:, number]))
        assert bool(item.fault) == (number in bad)
        if item.step is None:
            continue
        last = item.step
        assert last.number == len(kept) + 1
        if last.kept:
            kept.append(last.arrays)
    rest = [] if last is None or last.kept else [last.arrays]
    return {name: np.concatenate([one[name] for one in kept + rest]) for name in PARTS} if kept + rest else None


@trials(max_examples=60, deadline=None)
@given(data=st.data())
def test_steps_are_those_of_the_scan_so_far(data: st.DataObject) -> None:
    config = settings(
        flatten=data.draw(st.sampled_from(["none", "offset", "slope", "median_difference"])),
        directions=data.draw(st.sampled_from(["forward", "both"])),
        clip=data.draw(st.sampled_from([0.0, 3.0])),
        longer=data.draw(st.sampled_from(["average", "first"])),
    )
    width, planned = data.draw(st.sampled_from([8, 16, 40])), data.draw(st.sampled_from([12, 24, 30]))
    lines = data.draw(st.integers(1, planned))
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    c = 2 if config["directions"] == "both" else 1
    heights = (
        rng.standard_t(3, size=(c, planned, width)).cumsum(axis=2) * 1e-10 + rng.normal(size=(c, planned, 1)) * 1e-9
    )
    bad = set(data.draw(st.lists(st.integers(0, planned - 1), max_size=5)))
    heights[:, sorted(bad)] = np.nan
    heights[:, lines:] = np.nan
    found = streamed(LineStream(config, planned), heights[:, :lines], bad)
    if not np.isfinite(heights).any():
        assert found is None
        return
    whole = encode(Scan(heights, ("forward", "backward")[:c]), config)
    assert found is not None
    count = len(whole["lines"])
    assert not found["mask"][count:].any(), "lines behind the last that was scanned"
    for name in PARTS:
        assert np.allclose(found[name][:count].astype(float), whole[name].astype(float), atol=2e-3), name


def test_a_new_scan_begins_anew_with_another_width() -> None:
    stream = LineStream(settings())
    first = stream.read("1,2,4,8").step
    for mark in ("", '{"end": true}'):
        assert stream.read(mark).ends == "row"
        again = stream.read("[1, 2, 4, 8]").step
        assert first is not None
        assert again is not None
        assert np.array_equal(again.arrays["lines"], first.arrays["lines"])
        assert stream.read(mark).ends == "row"
        assert stream.read("1 2 3").step is not None
    assert stream.read('{"end": "stream"}').ends == "stream"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2,3", r"has 3 values \(forward\), where the lines before have 4"),
        ("1,2,nan,4", 'has "nan" as value 3, which is not a finite number'),
        ("[1, 2, null, 4]", "has null as value 3"),
        ("[1, 2, true, 4]", "has true as value 3"),
        ("[1, 2, 1e999, 4]", "as value 3, which is not a finite number"),
        ("[1, 2, [3], 4]", r"has \[3\] as value 3"),
        ("1,2,3,4x", 'has "4x" as value 4'),
        ("1,2,3,1_0", "as value 4, which is not a finite number"),
        ("1;2;3;4", 'has "1;2;3;4" as value 1'),
        ("[1, 2, 3", "is not JSON, or was cut off"),
        ("[" * 100_000, "nested too deeply|is not JSON"),
        ('{"a": 1}', 'has neither "forward" nor "end"'),
        ('{"backward": [1, 2, 3, 4]}', 'has no "forward"'),
        ('{"forward": 3}', "holds no list of numbers"),
        ("[]", "holds no list of numbers"),
        ("[" + "9" * 5000 + ", 1, 2, 3]", "value 1|not JSON"),
    ],
)
def test_a_bad_line_is_a_sentence_and_counts_as_not_scanned(text: str, words: str) -> None:
    stream = LineStream(settings())
    stream.read("1,2,4,8")
    item = stream.read(text)
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(item.fault)
    assert item.fault.endswith("; the line counts as not scanned")
    assert item.step is not None
    assert not item.step.arrays["mask"].any()
    after = stream.read("8,4,2,1").step
    assert after is not None
    assert (after.number, after.arrays["mask"].all()) == (3, True)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    LineStream(settings()).read(text)


def test_more_lines_than_planned_are_said() -> None:
    stream = LineStream(settings())
    items = [stream.read("1,2,4,8") for _ in range(13)]
    assert not any(item.fault for item in items[:12])
    assert "is line 13 of a scan of at most 12, and is not used. State how many lines" in items[12].fault
    first = LineStream(settings(longer="first"))
    assert [first.read("1,2,4,8").step is None for _ in range(14)] == [False] * 12 + [True] * 2


def test_lines_that_need_the_whole_scan_are_refused() -> None:
    with pytest.raises(EvenhandError, match="no line can be normalised before its scan is whole"):
        LineStream(settings(normalise="scan"))
    with pytest.raises(EvenhandError, match='"none": no line can be encoded before its scan is whole'):
        LineStream(settings(normalise="none"))
    with pytest.raises(EvenhandError, match="--lines is 0"):
        LineStream(settings(), 0)
