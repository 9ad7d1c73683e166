"""Fits by Lightning, skorch and fastai, on request: run by `epoch.py` with the peers' interpreter.

Each tool is used as its manual shows for tensors that lie in memory, with bars, logs and checkpoints off, and the
optimizer that the bare loop has. Pictures come to it as floats, ready to use.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from epoch_work import Fit, Marks, Work, serve
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def sets(work: Work) -> tuple[TensorDataset, TensorDataset]:
    """Return the rows to learn from and those to judge on."""
    pairs = ((work.x, work.y), (work.judged_x, work.judged_y))
    fit, judged = (TensorDataset(work.floats(x), torch.from_numpy(y)) for x, y in pairs)
    return fit, judged


def adamw(work: Work) -> Callable[..., torch.optim.Optimizer]:
    return partial(torch.optim.AdamW, lr=work.rate, weight_decay=work.decay, fused=True)


def lightning(work: Work, seed: int, marks: Marks) -> float:
    import lightning as pl

    class Model(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.module, self.loss = work.module(seed), nn.CrossEntropyLoss()
            self.right: list[torch.Tensor] = []

        def training_step(self, batch: Any, _: int) -> torch.Tensor:
            x, y = batch
            return self.loss(self.module(x), y)

        def validation_step(self, batch: Any, _: int) -> None:
            x, y = batch
            logits = self.module(x)
            self.loss(logits, y)
            self.right.append((logits.argmax(1) == y).float())

        def on_train_epoch_start(self) -> None:
            self.right.clear()

        def on_train_epoch_end(self) -> None:  # after the validation
            marks.note()

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return adamw(work)(self.parameters())

    torch.manual_seed(seed)
    fit, judged = sets(work)
    trainer = pl.Trainer(
        max_epochs=work.epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    model = Model()
    size = work.batch_size
    trainer.fit(model, DataLoader(fit, size, shuffle=True), DataLoader(judged, size))
    return float(torch.cat(model.right).mean())


def skorch(work: Work, seed: int, marks: Marks) -> float:
    from skorch import NeuralNetClassifier
    from skorch.callbacks import Callback
    from skorch.helper import predefined_split

    class Clock(Callback):
        def on_epoch_end(self, net: Any, **_: Any) -> None:
            marks.note()

    torch.manual_seed(seed)
    fit, judged = sets(work)
    net = NeuralNetClassifier(
        work.module(seed),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=work.decay,
        optimizer__fused=True,
        lr=work.rate,
        max_epochs=work.epochs,
        batch_size=work.batch_size,
        iterator_train__shuffle=True,
        train_split=predefined_split(judged),
        classes=list(range(work.k)),
        callbacks=[Clock()],
        verbose=0,
    )
    net.fit(fit, None)
    return float(net.history[-1, "valid_acc"])


def fastai(work: Work, seed: int, marks: Marks) -> float:
    import fastai.callback.progress  # noqa: F401  (gives learners no_bar)
    from fastai.callback.core import Callback
    from fastai.data.core import DataLoaders
    from fastai.data.load import DataLoader as Loader
    from fastai.learner import Learner
    from fastai.metrics import accuracy
    from fastai.optimizer import OptimWrapper

    class Clock(Callback):
        def after_epoch(self) -> None:
            marks.note()

    torch.manual_seed(seed)
    fit, judged = sets(work)
    size = work.batch_size
    loaders = DataLoaders(
        Loader(fit, bs=size, shuffle=True, num_workers=0), Loader(judged, bs=size, num_workers=0), device="cpu"
    )
    descent = partial(OptimWrapper, opt=partial(torch.optim.AdamW, weight_decay=work.decay, fused=True))
    learner = Learner(
        loaders,
        work.module(seed),
        loss_func=nn.CrossEntropyLoss(),
        opt_func=descent,
        metrics=accuracy,
        cbs=[Clock()],
    )
    with learner.no_bar(), learner.no_logging():
        learner.fit(work.epochs, work.rate)
    return float(learner.recorder.values[-1][-1])


TOOLS: dict[str, Fit] = {"Lightning": lightning, "skorch": skorch, "fastai": fastai}

if __name__ == "__main__":
    serve(TOOLS)
