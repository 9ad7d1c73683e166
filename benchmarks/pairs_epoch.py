"""An epoch of heads on stored features of pairs by our loop, against the shortest loop that does the same work.

    python benchmarks/pairs.py --epoch [--rows 100000] [--epochs 2] [--rounds 5]

Features are generated: 1,280 of a picture and 384 of a text, 37 tags, held in memory as a run holds those of the
store. Of the rows four fifths are trained on and one fifth is predicted, with the loss of each. Both loops take the
same steps on networks with equal weights: as many rows a batch, AdamW (fused), a constant learning rate. They
take turns, in processor time on one thread; the first epoch of each fit is left out, where both warm up, and the
median of the others is the time of a round. Ratios are formed within a round.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import timing
import torch
from epoch_own import PlainModule
from torch import nn

from evenhand.models.config import SizedModel
from evenhand.models.heads.modules.scaled_head import build_head
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.tasks.build_spec import fold_spec

Array = np.ndarray[Any, Any]
PARTS = {"image": 1280, "text": 384}
K, BATCH, RATE, DECAY, DROPOUT = 37, 128, 1e-3, 0.05, 0.3
HEADS = ("mlp", "hadamard")


def rows_of(n: int, parts: dict[str, int]) -> tuple[Array, Array]:
    """Return (n, d) float32 features, and (n, K) tags that they show faintly, each on a tenth of the rows."""
    rng = np.random.default_rng(0)
    y = (rng.random((n, K)) < 0.1).astype(np.float32)
    x = rng.standard_normal((n, sum(parts.values())), dtype=np.float32)
    x += y @ rng.normal(scale=0.2, size=(K, x.shape[1])).astype(np.float32)
    return x, y


def module_of(head: str, parts: dict[str, int]) -> nn.Module:
    """Return a head with the normalisation of its features, in its first state."""
    model = SizedModel(name=head, encoder="pair", head=head, dropout=DROPOUT, parts=parts)
    return build_head(model, sum(parts.values()), K, 0)


def ours(head: str, parts: dict[str, int], x: Array, y: Array, epochs: int) -> list[float]:
    """Return seconds of processor time of each epoch of our loop, the first left out."""
    rows, cut = np.arange(len(y)), len(y) * 4 // 5
    names = [str(c) for c in range(K)]
    train = TrainConfig(
        epochs=epochs,
        batch_size=BATCH,
        learning_rate=RATE,
        weight_decay=DECAY,
        schedule="constant",
        warmup_epochs=0,
        early_stop=0,
    )
    spec = fold_spec(
        PlainModule(module_of(head, parts)),
        (FitStage("all", epochs, RATE, ViewInputs(x[:, None])),),
        y,
        K,
        fit_rows=rows[:cut],
        validation_rows=rows[cut:],
        scorer=scorer_of(y[cut:], names, {"average_precision": 1.0}),
        train=train,
    )
    marks = [time.process_time()]
    fit(spec, watch=lambda done, total: marks.append(time.process_time()))
    return list(np.diff(marks))[1:]


def bare(head: str, parts: dict[str, int], x: Array, y: Array, epochs: int) -> list[float]:
    """Return seconds of processor time of each epoch of a loop without anything around it, the first left out."""
    module, cut = module_of(head, parts), len(y) * 4 // 5
    features, targets = torch.from_numpy(x), torch.from_numpy(y)
    optimizer = torch.optim.AdamW(module.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
    generator, loss_fn = torch.Generator().manual_seed(0), nn.functional.binary_cross_entropy_with_logits
    seconds = []
    for _ in range(epochs):
        begun = time.process_time()
        module.train()
        for at in torch.randperm(cut, generator=generator).split(BATCH):
            loss_fn(module(features[at]), targets[at]).backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        module.eval()
        with torch.no_grad():
            logits = torch.cat([module(part) for part in features[cut:].split(BATCH)])
            loss_fn(logits, targets[cut:])
        seconds.append(time.process_time() - begun)
    return seconds[1:]


LOOPS: dict[str, Callable[..., list[float]]] = {"bare": bare, "ours": ours}


def measure(n: int, epochs: int, rounds: int, parts: dict[str, int] = PARTS) -> dict[str, timing.Ratio]:
    """Print the time of an epoch of each head, and return ours over that of the bare loop."""
    x, y = rows_of(n, parts)
    rows, out = [], {}
    with deterministic(1):
        for head in HEADS:
            works = {name: partial(_median, loop, head, parts, x, y, epochs) for name, loop in LOOPS.items()}
            found = timing.in_turns(works, rounds, warm=False)
            out[head] = timing.ratio(found["ours"], found["bare"])
            milliseconds = [f"{1000 * statistics.median(found[name]):,.0f}" for name in LOOPS]
            rows.append([head, *milliseconds, out[head], timing.verdict(out[head].median, 1.05)])
    print(timing.table(["head", "bare loop, ms an epoch", "ours", "ours / bare loop", "target"], rows))
    return out


def _median(loop: Any, head: str, parts: dict[str, int], x: Array, y: Array, epochs: int, _round: int) -> float:
    return statistics.median(loop(head, parts, x, y, epochs))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `measure`."""
    parser.add_argument("--epoch", action="store_true", help="measure an epoch beside a bare loop instead")
    for name, value in {"rows": 100_000, "epochs": 2, "rounds": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=value, help="of --epoch")
