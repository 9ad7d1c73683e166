"""An epoch of each encoder of heartbeats by our loop, against the shortest loop that does the same work.

    python benchmarks/beats_epoch.py [--rows 6000] [--epochs 4] [--rounds 3] [--encoders resnet1d neighbours]

Both read the same arrays, take the same steps on networks with equal weights and judge the same held-out rows.
Processor time is compared, epoch by epoch in turn, on one thread: on a machine that others use, time by the clock
says more about them. The first epoch of each fit is left out, where both warm up.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch
from torch import nn

from evenhand.evaluation.config import ScoreConfig
from evenhand.modalities.beats.augment import apply_profile
from evenhand.modalities.beats.features.rr_features import near
from evenhand.modalities.beats.inputs import BeatInputs
from evenhand.models.config import SizedModel
from evenhand.models.network import Network, build_network
from evenhand.training.config import TrainConfig
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.tasks.build_spec import fold_spec

K, BATCH, RATE = 4, 256, 1e-3
Arrays = dict[str, np.ndarray]


def rows_of(n: int) -> tuple[Arrays, np.ndarray]:
    """Return n beats of the shapes that MIT-BIH gives, and classes of its skew."""
    rng = np.random.default_rng(0)
    arrays = {
        "signal": rng.normal(size=(n, 1, 144)).astype(np.float32),
        "rhythm": rng.normal(size=(n, 31)).astype(np.float32),
        "near": near(n, 4),
    }
    return arrays, rng.choice(K, n, p=[0.9, 0.02, 0.07, 0.01])


def network_of(encoder: str, arrays: Arrays) -> Network:
    shapes = {name: list(of.shape[1:]) for name, of in arrays.items()}
    model = SizedModel(name=encoder, encoder=encoder, tune="all", pretrained=False, head="mlp", row=shapes)
    return build_network(model, K, 0)


def ours(encoder: str, arrays: Arrays, y: np.ndarray, epochs: int) -> list[float]:
    """Return seconds of processor time of each epoch of our loop, the first left out."""
    network, cut = network_of(encoder, arrays), len(y) * 4 // 5
    train = TrainConfig(
        epochs=epochs, batch_size=BATCH, learning_rate=RATE, schedule="constant", warmup_epochs=0, early_stop=0
    )
    inputs = BeatInputs(arrays, tuple(network.encoder.example), apply_profile)
    rows, names = np.arange(len(y)), [str(c) for c in range(K)]
    spec = fold_spec(
        network,
        (FitStage("all", epochs, RATE, inputs),),
        y,
        K,
        fit_rows=rows[:cut],
        validation_rows=rows[cut:],
        scorer=scorer_of(y[cut:], names, ScoreConfig().weights),
        train=train,
    )
    marks = [time.process_time()]
    fit(spec, watch=lambda done, total: marks.append(time.process_time()))
    return list(np.diff(marks))[1:]


def bare(encoder: str, arrays: Arrays, y: np.ndarray, epochs: int) -> list[float]:
    """Return seconds of processor time of each epoch of a loop without anything around it, the first left out."""
    module, cut = network_of(encoder, arrays).tuned, len(y) * 4 // 5
    parts = {name: torch.from_numpy(array) for name, array in arrays.items()}
    around = encoder == "neighbours"
    targets, generator = torch.from_numpy(y), torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(module.parameters(), lr=RATE, fused=True)

    def batch(at: torch.Tensor) -> dict[str, torch.Tensor]:
        if not around:
            return {name: parts[name][at] for name in ("signal", "rhythm")}
        places = parts["near"][at].long()
        known = places >= 0
        windows = parts["signal"][torch.where(known, places, at[:, None])]
        return {"around": windows, "known": known, "rhythm": parts["rhythm"][at]}

    seconds = []
    for _ in range(epochs):
        begun = time.process_time()
        module.train()
        for at in torch.randperm(cut, generator=generator).split(BATCH):
            loss = nn.functional.cross_entropy(module(batch(at)), targets[at])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        module.eval()
        with torch.no_grad():
            logits = torch.cat([module(batch(at)) for at in torch.arange(cut, len(y)).split(BATCH)])
            logits.argmax(1)
        seconds.append(time.process_time() - begun)
    return seconds[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--encoders", nargs="+", default=["resnet1d", "transformer1d", "neighbours"])
    asked = parser.parse_args()
    arrays, y = rows_of(asked.rows)
    print(f"{'encoder':14} {'bare loop':>12} {'ours':>12} {'ours / bare':>12}   (ms an epoch, median; one thread)")
    with deterministic(1):
        for encoder in asked.encoders:
            times: dict[str, list[float]] = {"bare": [], "ours": []}
            for _ in range(asked.rounds):
                times["bare"] += bare(encoder, arrays, y, asked.epochs)
                times["ours"] += ours(encoder, arrays, y, asked.epochs)
            a, b = (1000 * statistics.median(times[name]) for name in ("bare", "ours"))
            print(f"{encoder:14} {a:12.0f} {b:12.0f} {b / a:12.3f}")


if __name__ == "__main__":
    main()
