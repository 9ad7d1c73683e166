import json
from pathlib import Path

from evenhand.training.monitor.epoch_log import epoch_line, write_epochs
from evenhand.training.monitor.scorer import Score


def test_a_line_is_plain_and_says_null_where_nothing_can_be_estimated(tmp_path: Path) -> None:
    score = Score(float("nan"), {"макро": 0.5})
    told = {"validation": {"recall": [1.0, float("nan")]}, "features": {"spread": 0.5}}
    seen = {"train": {"rows": 3}, "batch_mix": [0.5, 0.5]}
    line = epoch_line(
        0,
        1,
        seconds=1.23456,
        learning_rate=1e-3,
        train_loss=2.0,
        loss=1.5,
        form="ema",
        score=score,
        recorded=seen,
        sets=told,
    )
    write_epochs(tmp_path / "epochs.jsonl", [line, line])
    text = (tmp_path / "epochs.jsonl").read_text(encoding="utf-8")
    assert "макро" in text
    read = [json.loads(each) for each in text.splitlines()]
    assert read[0] == read[1]
    assert read[0]["score"] is None
    assert read[0]["sets"] == {"train": {"rows": 3}, "validation": {"recall": [1.0, None]}}
    assert (read[0]["batch_mix"], read[0]["features"]) == ([0.5, 0.5], {"spread": 0.5})
    assert read[0]["validation_loss"] == 1.5
