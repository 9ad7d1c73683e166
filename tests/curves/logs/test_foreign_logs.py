"""Logs of one training with prescribed figures, written by the real libraries, are read to these figures."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from evenhand.curves.logs.read_log import read_log
from evenhand.curves.readings import choices, loss_rise, suggested_stop

WRITER = Path(__file__).with_name("write_foreign_log.py")
LOGS = {
    "lightning": ["csv/metrics.csv", "events"],
    "transformers": ["trainer_state.json"],
    "keras": ["keras.csv", "history.json"],
    "tensorboard": ["events"],
}


@pytest.mark.slow
@pytest.mark.parametrize("library", LOGS)
def test_a_log_is_read_to_the_figures_that_the_library_wrote(library, figures, same, tmp_path):
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    (tmp_path / "figures.json").write_text(json.dumps(figures))
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    # a process of its own: these libraries warn, start threads and read the environment when they are imported
    command = [sys.executable, "-W", "ignore", str(WRITER), library, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for name in LOGS[library]:
        (curves,) = read_log(tmp_path / name)
        # the Trainer of Hugging Face evaluates no training rows
        assert same(curves, figures, without=("train_accuracy",) if library == "transformers" else ())
        assert curves.unit == "epoch"
        rise, apart = loss_rise(curves), choices(curves)
        assert (rise.at, apart.loss_at, apart.metric_at, suggested_stop(curves)) == (8, 7, 16, 7)
