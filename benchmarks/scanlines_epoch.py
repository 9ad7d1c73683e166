"""An epoch of encoders of scan lines by our loop, against the shortest loop that does the same work.

    python benchmarks/scanlines_epoch.py [--rows 240] [--epochs 3] [--rounds 5] [--encoders scan_conv_gru]

Both read the same arrays as the store holds them (16 bits), take the same steps on networks with equal weights and
evaluate the same held-out rows. They take turns, in processor time on one thread: on a machine that others use,
time by the clock says more about them. The first epoch of each fit is left out, where both warm up; the median of
the others is the time of a round, and ratios are formed within a round.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import timing
import torch
from torch import Tensor, nn

from evenhand.evaluation.config import ScoreConfig
from evenhand.modalities.scanlines import torch_half  # noqa: F401  (registers the encoders)
from evenhand.modalities.scanlines.inputs import ScanInputs
from evenhand.models.config import SizedModel
from evenhand.models.network import Network, build_network
from evenhand.training.config import TrainConfig
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.tasks.build_spec import fold_spec

K, BATCH, RATE = 4, 32, 1e-3
LINES, WIDTH = 32, 128
Arrays = dict[str, np.ndarray]


def rows_of(n: int) -> tuple[Arrays, np.ndarray]:
    """Return n whole scans of one direction, and classes of an ordinary skew."""
    rng = np.random.default_rng(0)
    arrays = {
        "lines": rng.normal(size=(n, LINES, 1, WIDTH)).astype(np.float16),
        "mask": np.ones((n, LINES, 1, WIDTH), dtype=bool),
        "steps": rng.normal(size=(n, LINES, 1, 2)).astype(np.float16),
    }
    return arrays, rng.choice(K, n, p=[0.5, 0.3, 0.15, 0.05])


def network_of(encoder: str, arrays: Arrays) -> Network:
    shapes = {name: list(of.shape[1:]) for name, of in arrays.items()}
    return build_network(SizedModel(name=encoder, encoder=encoder, tune="all", row=shapes), K, 0)


def ours(encoder: str, arrays: Arrays, y: np.ndarray, epochs: int) -> list[float]:
    """Return seconds of processor time of each epoch of our loop, the first left out."""
    network, cut = network_of(encoder, arrays), len(y) * 4 // 5
    train = TrainConfig(
        epochs=epochs, batch_size=BATCH, learning_rate=RATE, schedule="constant", warmup_epochs=0, early_stop=0
    )
    rows, names = np.arange(len(y)), [str(c) for c in range(K)]
    spec = fold_spec(
        network,
        (FitStage("all", epochs, RATE, ScanInputs(arrays, tuple(network.encoder.example))),),
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
    network, cut = network_of(encoder, arrays), len(y) * 4 // 5
    module, reads = network.tuned, tuple(network.encoder.example)
    lines, steps = (torch.from_numpy(arrays[name]) for name in ("lines", "steps"))
    mask, targets = torch.from_numpy(arrays["mask"]).flatten(2).any(2), torch.from_numpy(y)
    optimizer, generator = torch.optim.AdamW(module.parameters(), lr=RATE, fused=True), torch.Generator()
    generator.manual_seed(0)

    def batch(at: Tensor) -> dict[str, Tensor]:
        whole = {"lines": lines[at].float(), "mask": mask[at]}
        return {**whole, "steps": steps[at].float()} if "steps" in reads else whole

    seconds = []
    for _ in range(epochs):
        begun = time.process_time()
        module.train()
        for at in torch.randperm(cut, generator=generator).split(BATCH):
            logits = module(batch(at))
            y_at = targets[at] if logits.ndim == 2 else targets[at].repeat_interleave(logits.shape[1])
            nn.functional.cross_entropy(logits.flatten(0, -2), y_at).backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        module.eval()
        with torch.no_grad():
            torch.cat([module(batch(at)) for at in torch.arange(cut, len(y)).split(BATCH)]).argmax(1)
        seconds.append(time.process_time() - begun)
    return seconds[1:]


Loop = Callable[[str, Arrays, np.ndarray, int], list[float]]


def median_epoch(loop: Loop, encoder: str, arrays: Arrays, y: np.ndarray, epochs: int, _round: int) -> float:
    """Return seconds of processor time of the median epoch of a fit."""
    return statistics.median(loop(encoder, arrays, y, epochs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in {"rows": 240, "epochs": 3, "rounds": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--encoders", nargs="+", default=["scan_conv_gru", "scan_cnn2d"])
    asked = parser.parse_args()
    print(f"{timing.machine()}, torch {torch.__version__}, one thread\n")
    arrays, y = rows_of(asked.rows)
    rows = []
    with deterministic(1):
        for encoder in asked.encoders:
            loops = {"bare": bare, "ours": ours}
            works = {
                name: partial(median_epoch, loop, encoder, arrays, y, asked.epochs) for name, loop in loops.items()
            }
            found = timing.in_turns(works, asked.rounds, warm=False)
            ratio = timing.ratio(found["ours"], found["bare"])
            milliseconds = [f"{1000 * statistics.median(found[name]):.0f}" for name in loops]
            rows.append([encoder, *milliseconds, ratio, timing.verdict(ratio.median, 1.05)])
    print(timing.table(["encoder", "bare loop, ms an epoch", "ours", "ours / bare loop", "target"], rows))


if __name__ == "__main__":
    main()
