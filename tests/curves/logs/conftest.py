"""A log of the prescribed figures in every format, as its library writes it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evenhand.curves.fit_curves import FitCurves


@pytest.fixture
def log(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Return a function that writes a file."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def events(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes scalars, (tag, step, value) each, into an event file of a folder."""
    pytest.importorskip("tensorboard")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    def write(scalars: list[tuple[str, int, float]], folder: str = "events") -> Path:
        writer = EventFileWriter(str(tmp_path / folder))
        for tag, step, value in scalars:
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.add_event(Event(step=step, summary=summary))
        writer.close()
        return next((tmp_path / folder).glob("*tfevents*"))

    return write


def same(curves: FitCurves, figures: dict[str, list[float]], *, without: tuple[str, ...] = ()) -> bool:
    """Return whether curves hold the figures, to the 32 bits in which some formats write them."""
    wanted = {name: values for name, values in figures.items() if name not in without}
    found = {f"{'val' if c.rows == 'validation' else c.rows}_{c.metric}": c for c in curves.curves}
    assert set(found) == set(wanted)
    for name, values in wanted.items():
        assert found[name].axis.tolist() == list(range(1, len(values) + 1)), name
        np.testing.assert_allclose(found[name].values, values, rtol=2e-7)
    return True


@pytest.fixture(name="same")
def _same() -> Callable[..., bool]:
    """Return `same`."""
    return same


@pytest.fixture
def csv_text(figures: dict[str, list[float]]) -> str:
    """Return the figures as a script writes them."""
    rows = ["epoch,train_loss,train_acc,val_loss,val_acc"]
    rows += [
        f"{e},{','.join(map(repr, row))}" for e, row in enumerate(zip(*figures.values(), strict=True), start=1)
    ]
    return "\n".join(rows) + "\n"


@pytest.fixture
def trainer_state(figures: dict[str, list[float]]) -> dict:
    """Return the figures as the Trainer of Hugging Face writes them, two logs of training in each epoch."""
    history: list[dict] = []
    for e, (loss, _, val_loss, accuracy) in enumerate(zip(*figures.values(), strict=True)):
        for half in (0.5, 1.0):
            history.append({"epoch": e + half, "loss": loss, "learning_rate": 1e-5, "step": int(4 * (e + half))})
        judged = {"eval_loss": val_loss, "eval_accuracy": accuracy, "eval_runtime": 0.1, "epoch": e + 1.0}
        history.append({**judged, "step": 4 * (e + 1)})
    end = {
        "train_runtime": 1.0,
        "train_loss": 0.5432,
        "epoch": float(e + 1),
        "step": 4 * (e + 1),
        "total_flos": 1.0,
    }
    document = {"best_metric": None, "global_step": 4 * (e + 1), "log_history": [*history, end]}
    return json.loads(json.dumps(document))
