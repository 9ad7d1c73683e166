from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from evenhand.review.log.live_review import LiveReview
from evenhand.review.rows.from_config import from_config

Script = Callable[[str], ModuleType]


def test_the_data_are_what_the_page_can_read(script: Script, tmp_path: Path) -> None:
    pace = script("review_pace")
    assert len(from_config(pace.write_photos(tmp_path, 60))) == 60
    pace.write_log(tmp_path / "log" / "decisions.jsonl", 50)
    live = LiveReview(tmp_path / "log" / "decisions.jsonl")
    assert live.log.damaged() == ()
    assert {one.kind for one in live.state.decided.values()} == {"keep", "relabel"}
    assert len(live.state.decided) == 50


def test_percentiles(script: Script) -> None:
    pace = script("review_pace")
    assert pace.percentile(range(1, 101), 0.95) == 95
    assert pace.percentile([7.0], 0.95) == 7.0


def test_a_server_that_ends_is_said(script: Script, tmp_path: Path) -> None:
    pace = script("review_pace")
    with pytest.raises(SystemExit, match="ended"), pace.served(tmp_path / "none.toml", tmp_path):
        pass
