"""Fits by our loop and by a bare one, on request: run by `epoch.py` with this project's interpreter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from epoch_work import Fit, Marks, Work, normalised, serve
from torch import Tensor, nn

from evenhand.modalities.images.image_inputs import ImageInputs
from evenhand.models.normalize import normalised as prepared
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import Inputs, ViewInputs
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.tasks.build_spec import fold_spec

# Ours


class PlainModule(nn.Module):
    """A network without a frozen part, as the loop wants it."""

    tune = "all"

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.tuned = module

    def retune(self, tune: str) -> None:
        self.tune = tune

    def parameter_groups(self, learning_rate: float, layer_decay: float) -> list[dict[str, Any]]:
        return [{"params": list(self.tuned.parameters()), "lr": learning_rate, "name": "all"}]


def ours(work: Work, seed: int, marks: Marks) -> float:
    """Fit by our loop, from the same arrays that a task would map from the store."""
    x = np.concatenate([work.x, work.judged_x])
    y = np.concatenate([work.y, work.judged_y])
    rows = np.arange(len(x))
    train = TrainConfig(
        epochs=work.epochs,
        batch_size=work.batch_size,
        learning_rate=work.rate,
        weight_decay=work.decay,
        schedule="constant",
        warmup_epochs=0,
        early_stop=0,
    )
    spec = fold_spec(
        PlainModule(work.module(seed)),
        (FitStage("all", work.epochs, work.rate, inputs_of(work, x)),),
        y,
        work.k,
        fit_rows=rows[: len(work.x)],
        validation_rows=rows[len(work.x) :],
        scorer=scorer_of(work.judged_y, [str(c) for c in range(work.k)], {"accuracy": 1.0}),
        train=train,
        key=(seed,),
    )
    with deterministic(torch.get_num_threads()):
        lines = fit(spec, watch=lambda done, total: marks.note()).lines
    return float(lines[-1]["score"])


def inputs_of(work: Work, x: np.ndarray) -> Inputs:
    """Return rows as the loop reads them."""
    if not work.pictures:
        return ViewInputs(x[:, None])
    return ImageInputs(x, lambda batch: prepared(batch, (0.5,) * 3, (0.5,) * 3), _unchanged)


def _unchanged(batch: Tensor, profile: str, draws: Any) -> Tensor:
    return batch


# The bare loop


def bare(work: Work, seed: int, marks: Marks, *, ready: bool = False) -> float:
    """Fit by the shortest loop that does the work: no schedule, no choice of weights, nothing kept.

    Parameters
    ----------
    ready
        Whether pictures were made floats before the clock started.
    """
    x, judged_x = torch.from_numpy(work.x), torch.from_numpy(work.judged_x)
    prepare: Callable[[Tensor], Tensor] = normalised if work.pictures and not ready else lambda batch: batch
    if ready and work.pictures:
        x, judged_x = normalised(x), normalised(judged_x)
    y, judged_y = torch.from_numpy(work.y), torch.from_numpy(work.judged_y)
    module, generator = work.module(seed), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(module.parameters(), lr=work.rate, weight_decay=work.decay, fused=True)
    accuracy = 0.0
    for _ in range(work.epochs):
        module.train()
        for at in torch.randperm(len(x), generator=generator).split(work.batch_size):
            loss = nn.functional.cross_entropy(module(prepare(x[at])), y[at])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        module.eval()
        with torch.no_grad():
            parts = torch.arange(len(judged_x)).split(work.batch_size)
            logits = torch.cat([module(prepare(judged_x[at])) for at in parts])
            nn.functional.cross_entropy(logits, judged_y)
            accuracy = float((logits.argmax(1) == judged_y).float().mean())
        marks.note()
    return accuracy


TOOLS: dict[str, Fit] = {"ours": ours, "bare loop": bare, "bare loop, floats ready": partial(bare, ready=True)}

if __name__ == "__main__":
    serve(TOOLS)
