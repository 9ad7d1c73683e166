"""`predict --stream` on a small run: equal to `predict` on the scan so far, in Python and over pipes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import DataError, EvenhandError
from evenhand.cli.app import app
from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.modalities.scanlines.reading.line_stream import LineStream
from evenhand.pipeline.earliness.decisions import Decisions
from evenhand.pipeline.earliness.thresholds import store_thresholds
from evenhand.pipeline.streaming.deciding import DecisionRule
from evenhand.pipeline.streaming.predict_stream import predict_stream
from evenhand.pipeline.streaming.streamed_step import Decision
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.xdist_group("stream")  # one process, so that the run is made once

MODELS = (
    '[{name = "gru", encoder = "scan_conv_gru", tune = "all", options = {width = 8, channels = 2}}, '
    '{name = "frozen", encoder = "scan_conv_gru", tune = "head", options = {width = 8, channels = 2}}, '
    '{name = "two", encoder = "scan_conv_gru", tune = "all", seeds = [0, 1], options = {width = 12, channels = 2}}]'
)

CLOSE = 2e-3 if torch.cuda.is_available() else 1e-5
"""A graphics card computes in bf16, which rounds by the shape of the batch."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("stream")
    toml = generate("scanlines", home / "data", rows=48).toml
    told = {
        "output": str(home / "runs"),
        "compute.store": str(home / "store"),
        "compute.workers": 0,
        "folds.k": 2,
        "train.epochs": 1,
        "evaluate.draws": 200,
        "evaluate.floor": False,
        "scanlines.directions": "both",
        "ensemble.methods": '["equal"]',
        "model": MODELS,
    }
    return evenhand.run(str(toml), changes=[f"{key}={value}" for key, value in told.items()])


def scan(seed: int, lines: int = 20, width: int = 40) -> np.ndarray:
    """(2, l, w) heights in metres, forward and backward."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(2, lines, width)).cumsum(axis=2) + rng.normal(size=(2, lines, 1))) * 1e-10


def texts(heights: np.ndarray) -> list[str]:
    return [json.dumps({"forward": one[0].tolist(), "backward": one[1].tolist()}) for one in heights.swapaxes(0, 1)]


def whole(run: Run, heights: np.ndarray, folder: Path, model: str, counts: tuple[int, ...]) -> np.ndarray:
    """(len(counts), k) what `predict` says of files that hold the first lines."""
    folder.mkdir()
    for count in counts:
        part = np.full_like(heights, np.nan)  # as planned, broken off
        part[:, :count] = heights[:, :count]
        np.save(folder / f"{count:03}.npy", part)
    found = evenhand.predict(run.path, folder, model=model, store=folder / "store")
    return np.asarray(found.predictions.probabilities)


@pytest.mark.parametrize(
    ("model", "lines"), [("gru", 20), ("frozen", 20), ("two", 20), ("ensemble:equal", 20), ("gru", 60)]
)
def test_a_prediction_is_that_of_a_file_with_the_lines_so_far(
    run: Run, tmp_path: Path, model: str, lines: int
) -> None:
    heights = scan(1, lines)
    counts = (1, 2, 7, lines - 1, lines)  # of 60 lines, two are averaged: some are half of a pair
    planned = lines if lines > 32 else None
    steps = list(predict_stream(run.path, [*texts(heights), ""], model=model, planned=planned))
    assert [step.line for step in steps] == [*range(1, lines + 2)]
    assert steps[-1].end
    found = np.array([list(steps[count - 1].probabilities.values()) for count in counts])
    assert np.allclose(found, whole(run, heights, tmp_path / "files", model, counts), atol=CLOSE)
    assert len({step.confidence for step in steps[:-1]}) > lines // 2, "every line counts"


def test_a_bad_line_is_a_fault_in_its_place_and_the_next_prediction_is_that_without_it(
    run: Run, tmp_path: Path
) -> None:
    heights = scan(2, 12)
    lines = texts(heights)
    lines[5] = lines[5][:-10]
    steps = list(predict_stream(run.path, lines, model="gru"))
    assert steps[5].fault.startswith("line 6 is not JSON, or was cut off (it ends with")
    assert not steps[5].probabilities
    heights[:, 5] = np.nan
    found = np.array([list(steps[at].probabilities.values()) for at in (4, 6, 11)])
    assert np.allclose(found, whole(run, heights, tmp_path / "files", "gru", (5, 7, 12)), atol=CLOSE)
    with pytest.raises(DataError, match="^Line 6 is not JSON"):
        list(predict_stream(run.path, lines, model="gru", strict=True))


def test_scans_follow_one_another_without_a_trace(run: Run) -> None:
    one, other = texts(scan(3, 6)), texts(scan(4, 6))
    both = list(predict_stream(run.path, ["", *one, "", "", *other, '{"end": "stream"}', "1,2"], model="gru"))
    alone = list(predict_stream(run.path, other, model="gru"))
    assert [step.row for step in both] == [1] * 7 + [2] * 7
    assert [step.end for step in both] == [False] * 6 + [True] + [False] * 6 + [True]
    for a, b in zip(both[7:13], alone[:6], strict=True):
        assert a.probabilities == b.probabilities
    assert both[8].row_line == 2


def test_a_scan_is_decided_at_the_steps_and_the_confidence_that_earliness_found(run: Run) -> None:
    with pytest.raises(
        EvenhandError, match=r"no decision threshold is known .* Run: evenhand earliness .*ion 0\.5"
    ):
        predict_stream(run.path, [], model="gru", precision=0.5)
    lines = texts(scan(5, 30))
    free = list(predict_stream(run.path, lines, model="gru"))[:-1]
    at = max((5, 10, 20), key=lambda step: free[step - 1].confidence)
    some = Decisions(0.5, None, 0, 0, np.zeros(0, dtype=np.int64), (), free[at - 1].confidence)
    store_thresholds(run.record, "gru", some, [5, 10, 20])
    store_thresholds(run.record, "gru", replace(some, target=0.9, threshold=float("inf")), [5, 10, 20])
    steps = list(predict_stream(run.path, lines, model="gru", precision=0.5))
    decided = [step.decision for step in steps if step.decision is not None]
    assert [step.row_line for step in steps if step.decision is not None] == [*range(at, 31), 30]
    assert {(one.step, one.predicted) for one in decided} == {(at, free[at - 1].predicted[0])}
    with pytest.raises(EvenhandError, match=r"no confidence of model gru reached a precision of 0\.9"):
        predict_stream(run.path, [], model="gru", precision=0.9)
    with pytest.raises(EvenhandError, match=r"\(known: 0\.5, 0\.9\)"):
        predict_stream(run.path, [], model="gru", precision=0.8)


def test_a_scan_that_ends_early_is_whole_at_every_later_step() -> None:
    rule = DecisionRule(0.6, frozenset({10, 20}))
    assert rule.decided("a", 0.7, 9) is None
    assert rule.decided("a", 0.7, 10) == Decision("a", 10)
    assert rule.decided("a", 0.5, 10) is None
    assert rule.decided("a", 0.7, 12, last=True) == Decision("a", 12)
    assert rule.decided("a", 0.7, 21, last=True) is None


def test_a_model_that_needs_whole_scans_is_refused_with_those_of_the_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evenhand.training.tasks.prediction.step_network.stepwise", lambda _: None)
    with pytest.raises(EvenhandError, match=r"needs whole rows, or memory .* --model: gru \(scan_conv_gru\), fro"):
        predict_stream(run.path, [], model="gru")


def test_memory_does_not_grow_with_lines() -> None:
    held = []
    stream = LineStream(ScanLinesConfig(width=8, max_lines=8, longer="first").plain())
    for number in range(400):
        stream.read("1,2,4,8,16,32,64,128")
        if number in (40, 399):
            held.append(sum(sys.getsizeof(value) for value in vars(stream).values()))
    assert held[0] == held[1]


@pytest.mark.slow
def test_a_process_answers_each_line_before_the_next_is_written(run: Run) -> None:
    command = [sys.executable, "-m", "evenhand", "predict", str(run.path), "--stream", "--model", "gru"]
    heights = scan(6, 5)
    expected = list(predict_stream(run.path, texts(heights), model="gru"))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        for line, step in zip(texts(heights), expected, strict=False):
            process.stdin.write(f"{line}\n".encode())
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())  # hangs if the answer waits for more
            assert answer["probabilities"] == pytest.approx(dict(step.probabilities), abs=1e-6)
        process.stdin.write(b"spoilt\n")
        process.stdin.close()
        rest = [json.loads(line) for line in process.stdout.read().splitlines()]
        assert "fault" in rest[0]
        assert rest[1]["end"]
        assert process.wait() == 1
        assert b"1 line could not be used" in process.stderr.read()


def test_the_shell_follows_a_file_and_refuses_what_does_not_fit(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(texts(scan(7, 4))) + "\n", encoding="utf-8")
    ask = ["predict", str(run.path), str(path), "--model", "gru"]
    done = CliRunner().invoke(app, [*ask, "--stream", "--until-idle", "0.2"])
    assert done.exit_code == 0, done.output
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["row_line"] for one in answers] == [1, 2, 3, 4, 4]
    assert all(a["line"] <= b["line"] for a, b in pairwise(answers))
    for more, words in (
        (["--strict"], "it belongs to --stream"),
        (["--stream", "--until-idle", "-1"], "--until-idle is a time above 0"),
        (["--stream", "--table", "x.csv"], "--table: no effect here, as --stream reads"),
    ):
        done = CliRunner().invoke(app, [*ask, *more])
        assert done.exit_code == 2
        assert words in " ".join(done.stderr.split())
