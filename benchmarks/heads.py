"""Five folds x 20 epochs of a head on stored features, beside one pass of the encoder that made them.

    python benchmarks/heads.py [--rows 1000] [--rounds 5] [--threads 1]

Both for the same rows and with the same threads: the pass is what a run does once (frozen Lite0, 224 px, folded and
in the number format that the processor is best at), the heads are five whole fits by the loop, each epoch judged.
Pictures are noise, which takes as long as photos do; weights are random.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from functools import partial

import numpy as np
import timing
import torch

from evenhand.models.config import ModelConfig
from evenhand.models.io.activations import ActivationPass, fill_activations
from evenhand.models.io.picture_rows import PictureRows
from evenhand.models.network import Network, build_network
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.tasks.build_spec import fold_spec

CLASSES, FOLDS, BATCHES = 81, 5, (64, 256)


def network_of(seed: int) -> Network:
    """Return Lite0 with random weights, frozen below the head."""
    return build_network(
        ModelConfig(name="lite0", encoder="timm:tf_efficientnet_lite0", pretrained=False), CLASSES, seed
    )


def encoder_pass(network: Network, pictures: np.ndarray, threads: int) -> np.ndarray:
    """Return (n, 1, d) features of all pictures."""
    assert network.frozen is not None
    with deterministic(threads):
        d = network.frozen(network.prepare(torch.from_numpy(pictures[:1]))).shape[1]
        out = np.empty((len(pictures), 1, d), np.float32)
        fill_activations(network, PictureRows(pictures, network, _unchanged), out, ActivationPass())
    return out


def _unchanged(batch: torch.Tensor, profile: str, draws: object) -> torch.Tensor:
    return batch


def fit_folds(
    features: np.ndarray, y: np.ndarray, threads: int, *, epochs: int, seed: int, batch_size: int = 64
) -> list[int]:
    """Fit a head on every fold; return how many epochs each had."""
    train = TrainConfig(epochs=epochs, early_stop=0, batch_size=batch_size)
    rows = np.arange(len(y))
    folds = [rows[rows % FOLDS == fold] for fold in range(FOLDS)]
    with deterministic(threads):
        return [fit_fold(features, y, judged, train, (seed, fold)) for fold, judged in enumerate(folds)]


def fit_fold(
    features: np.ndarray, y: np.ndarray, judged: np.ndarray, train: TrainConfig, key: tuple[int, ...]
) -> int:
    """Fit a head on all rows but those judged; return the epochs it had."""
    spec = fold_spec(
        network_of_head(),
        (FitStage("head", train.epochs, train.learning_rate, ViewInputs(features)),),
        y,
        CLASSES,
        fit_rows=np.setdiff1d(np.arange(len(y)), judged),
        validation_rows=judged,
        scorer=scorer_of(y[judged], [str(c) for c in range(CLASSES)], {"macro_f1": 1.0}),
        train=train,
        key=key,
    )
    return len(fit(spec).lines)


_HEAD: list[Network] = []


def network_of_head() -> Network:
    """Return a network whose head is fitted; building its encoder once is enough, a fit leaves it alone."""
    if not _HEAD:
        _HEAD.append(network_of(1))
    return _HEAD[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in {"rows": 1000, "epochs": 20, "rounds": 5, "threads": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    print(f"{timing.machine()}, torch {torch.__version__}, {asked.threads} thread(s), {asked.rows:,} rows")
    found = measure(asked.rows, asked.epochs, asked.threads, asked.rounds)
    show(found)


def measure(rows: int, epochs: int, threads: int, rounds: int) -> dict[str, list[timing.Spent]]:
    """Return what the pass and the heads took, a round each."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (rows, 224, 224, 3), dtype=np.uint8)
    y = rng.integers(0, CLASSES, rows)
    network = network_of(0)
    features = rng.normal(size=(rows, 1, 1280)).astype(np.float32)

    def heads(batch_size: int, turn: int) -> timing.Spent:
        return timing.spent(
            lambda: fit_folds(features, y, threads, epochs=epochs, seed=turn + 1, batch_size=batch_size)
        )

    works: dict[str, Callable[[int], timing.Spent]] = {
        "one pass of the encoder": lambda turn: timing.spent(lambda: encoder_pass(network, pictures, threads))
    }
    for size in BATCHES:
        works[f"{FOLDS} folds x {epochs} epochs of a head, batches of {size}"] = partial(heads, size)
    return timing.in_turns(works, rounds)


def show(found: dict[str, list[timing.Spent]]) -> None:
    """Print a table."""
    whole = found["one pass of the encoder"]
    rows = []
    for name, every in found.items():
        seconds = f"{statistics.median(one.cpu for one in every):.2f}"
        clock, cpu = timing.ratios(every, whole)
        own = every is whole
        rows.append([name, seconds, *(["", "", ""] if own else [clock, cpu, timing.verdict(cpu.median, 0.2)])])
    head = ["work", "s of processor time", "share of the pass, by the clock", "by processor time", "target"]
    print("\n" + timing.table(head, rows))


if __name__ == "__main__":
    main()
