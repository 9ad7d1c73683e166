"""The process that draws: what kills it costs a chart, never the report."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator

import pytest

from evenhand.reporting import chart_process
from evenhand.reporting.audit_section import forest
from evenhand.reporting.chart_process import ChartError, Drawing
from evenhand.reporting.chart_specs import bars
from evenhand.reporting.svg_charts import drawn

DEADLY = ["\0", "\x01", "\x07", "\x08", "\x0b", "\x1b", "\x1f", "\ufffe", "\uffff", "\u2028", "\u2029", "\udc80"]


@pytest.fixture(scope="module")
def drawer() -> Iterator[Drawing]:
    made = Drawing()
    yield made
    made.close()


def spec(*names: str) -> dict[str, object]:
    return bars([{"class": n, "rows": 1} for n in names], name="class", value="rows", title="rows", order=names)


def test_a_chart_that_kills_the_library_is_an_error_and_the_next_is_drawn(drawer: Drawing) -> None:
    with pytest.raises(ChartError, match="ended"):
        drawer.svg(spec("a\0"))
    with pytest.raises(ChartError, match=r"TypeError: [^()]*\(reading 'filled'\)$"):
        drawer.svg({"mark": "no such mark", "data": {"values": []}})
    assert drawer.svg(spec("rose")).startswith("<svg")


def test_a_library_that_falls_silent_is_not_waited_for(drawer: Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer.svg(spec("rose"))
    assert drawer._process is not None
    drawer._process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(chart_process, "PATIENCE_SECONDS", 0.2)
    since = time.monotonic()
    with pytest.raises(ChartError, match="took more than"):
        drawer.svg(spec("rose"))
    assert time.monotonic() - since < 30


def test_names_that_the_library_cannot_bear_are_written_out() -> None:
    svg = drawn(spec(*(f"class{char}" for char in DEADLY)), "Rows per class\0")
    assert svg.startswith("<svg")
    for char in DEADLY:
        assert f"class{char.encode('unicode_escape').decode()}</text>" in svg


def test_a_chart_that_cannot_be_drawn_is_a_sentence() -> None:
    message = drawn({"mark": "no such mark", "data": {"values": []}}, "Rows of <b>\x1b")
    assert message.startswith('<p class="undrawn">This chart could not be drawn (')
    assert "Rows of &lt;b&gt;\\x1b." in message


def test_groups_with_a_long_beginning_in_common_stay_apart() -> None:
    figures = {"n": 5, "accuracy": 0.5, "low": 0.2, "high": 0.8, "expected": 0.6, "verdict": "below"}
    svg = drawn(forest([{"name": "series " * 10 + end, **figures} for end in ("a", "b")]), "Groups")
    assert "a (n 5)</text>" in svg
    assert "b (n 5)</text>" in svg


def test_every_bar_has_its_name() -> None:
    names = [f"class {letter}" for letter in "abcdefgh"]
    shown = re.findall(r'opacity="1"[^>]*>(class \w)<', drawn(spec(*names), "Rows per class"))
    assert shown == names
