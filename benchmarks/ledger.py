"""The ledger against what happens: small trainings, and the priors that their models turn out to believe in.

    python benchmarks/ledger.py                  # a few minutes on one thread
    python benchmarks/ledger.py --trainings 12   # a quick look
    python benchmarks/ledger.py --trainings 0 --losses 0  # smoothed and mixed targets alone

Classes are normal clouds that overlap more or less, with skews up to 1:500. Samplers, losses, the loop and the
correction are evenhand's own. Three questions are asked:

1. Do models believe in the prior that the ledger tells? Validation rows are weighted so that their classes have
   some prior; where it is the one the model believes in, the mean predicted probability of each class is its share.
   In trainings with label smoothing, mixup and weights, rows count as the loss weighs them.
2. Is that belief put right by the correction, and with it the calibration?
3. For losses whose effect depends on the model (focal, margins): does the gradient share per class, taken at the
   logits of a plain model, tell in which order the recalls of the classes will change?
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import timing
import torch
from gradient import gradient_share
from torch import nn

from evenhand.balance.config import BalanceConfig
from evenhand.balance.correction.prior_shift import adjustment, prior_shift
from evenhand.balance.correction.unsmoothing import corrected
from evenhand.balance.plan import plan_of
from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.named_choice import section_of
from evenhand.base.values import Floats, Ints, Predictions
from evenhand.evaluation.figures.calibration import reliability
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitSpec, FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import Score
from evenhand.training.plain_module import PlainModule
from evenhand.training.tasks.build_spec import fold_spec
from evenhand.training.tasks.predictions_file import logits_of

WIDTH, TRAIN, HELD = 4, 6000, 30_000


def _shifted(probabilities: Floats, shifts: Floats) -> Floats:
    """Return (n, k) probabilities with their logits shifted."""
    raised = probabilities * np.exp(shifts - shifts.max())
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class Setting:
    """One set of data: (n, 1, d) features, (n,) labels, the first `TRAIN` to learn from, and how it was drawn."""

    x: Floats
    y: Ints
    k: int
    skew: float
    apart: float
    seed: int
    fit_rows: Ints = field(default_factory=lambda: np.arange(TRAIN))

    @property
    def held(self) -> Ints:
        """The rows that are judged."""
        return np.arange(TRAIN, len(self.y))


def setting(seed: int) -> Setting:
    """Return clouds of 3 to 5 classes, skewed by up to 500 and 1 to 3.5 standard deviations apart."""
    rng = np.random.default_rng([7, seed])
    k, skew, apart = (
        int(rng.integers(3, 6)),
        float(np.exp(rng.uniform(np.log(3), np.log(500)))),
        rng.uniform(1, 3.5),
    )
    shares = np.geomspace(1, 1 / skew, k)
    shares /= shares.sum()
    middles = rng.normal(size=(k, WIDTH))
    middles *= apart / np.linalg.norm(middles, axis=1, keepdims=True)
    y = np.concatenate([dealt(shares, rows, rng) for rows in (TRAIN, HELD)])
    x = (middles[y] + rng.normal(size=(len(y), WIDTH))).astype(np.float32)
    return Setting(x[:, None], y, k, skew, float(apart), seed)


def dealt(shares: Floats, rows: int, rng: np.random.Generator) -> Ints:
    """Return labels in a random order, as near to the shares as whole rows are; no class is left without."""
    counts = np.maximum(np.round(shares * rows).astype(int), 1)
    return rng.permutation(np.repeat(np.arange(len(shares)), counts))[:rows]


def job_of(
    data: Setting,
    balance: BalanceConfig,
    *,
    epochs: int,
    hidden: int = 0,
    smoothing: float = 0.0,
    mixup: float = 0.0,
) -> FitSpec:
    """Return the spec of fitting a softmax, or a network with one hidden layer, under some balance."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(data.seed)
        layers = [nn.Linear(WIDTH, hidden), nn.ReLU(), nn.Linear(hidden, data.k)] if hidden else []
        network = PlainModule(nn.Sequential(*layers) if hidden else nn.Linear(WIDTH, data.k))
    train = TrainConfig(
        epochs=epochs, batch_size=256, learning_rate=0.02, early_stop=0, weight_decay=0.0, precision="float32",
        label_smoothing=smoothing, mixup=mixup,
    )  # fmt: skip
    epoch = count()
    return fold_spec(
        network,
        (FitStage("all", train.epochs, train.learning_rate, ViewInputs(data.x)),),
        data.y,
        data.k,
        fit_rows=data.fit_rows,
        validation_rows=data.held,
        scorer=lambda p: Score(float(next(epoch))),  # the last epoch is kept, whatever it is worth
        train=train,
        balance=balance,
        key=(data.seed, "ledger"),
    )


def fitted(spec: FitSpec) -> tuple[Floats, Floats]:
    """Return (m, k) logits of the judged rows as trained, and as corrected."""
    done = fit(spec)
    trained = logits_of(spec, spec.stages[0].inputs, spec.validation_rows)
    return trained, corrected(trained, done.correction, done.unsmoothing)


def softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def gap(p: Floats, y: Ints, prior: Floats, rows: Floats | None = None) -> float:
    """Return the mean over classes of |mean predicted probability - share|.

    Rows are weighted to have those shares, or the shares `rows`.
    """
    weight = ((prior if rows is None else rows) / np.bincount(y, minlength=len(prior)))[y]
    return float(np.abs(weight @ p / weight.sum() - prior).mean())


def calibration_error(p: Floats, y: Ints) -> float:
    """Return the mean over bins of |confidence - accuracy|, as evenhand reports it."""
    ids = np.array([str(row) for row in range(len(y))], dtype=object)
    bins = reliability(Predictions(ids, tuple(str(c) for c in range(p.shape[1])), p, truth=y))
    return sum(one.n * abs(one.confidence - one.accuracy) for one in bins) / sum(one.n for one in bins)


def draw_balance(data: Setting, rng: np.random.Generator) -> BalanceConfig:
    """Return a random sampler, random weights and cross-entropy, in any combination: overshoots among them."""
    cap = None if rng.random() < 0.5 else float(rng.uniform(2, 50))
    mix = rng.dirichlet(np.full(data.k, 2.0))
    samplers: list[Any] = [
        "none", "balanced", "sqrt", {"name": "power", "power": float(rng.uniform(0.2, 1.2)), "max_ratio": cap},
        {"name": "effective_number", "beta": float(rng.choice([0.9, 0.99, 0.999]))},
        {"name": "target_mix", "shares": [float(share) for share in mix], "max_ratio": cap},
    ]  # fmt: skip
    weights: list[Any] = [
        "none", "inverse", {"name": "inverse", "power": float(rng.uniform(0.2, 1.2)), "max_ratio": cap},
        {"name": "effective_number", "beta": float(rng.choice([0.9, 0.99, 0.999]))},
        {"name": "downweight", "class": 0, "factor": float(rng.uniform(0.1, 0.6))},
    ]  # fmt: skip
    loss: Any = (
        {"name": "logit_adjusted", "tau": float(rng.uniform(0.3, 1))} if rng.random() < 0.2 else "cross_entropy"
    )
    return BalanceConfig(
        sampler=samplers[rng.integers(len(samplers))],
        weights=weights[rng.integers(len(weights))],
        loss=loss,
        on_overshoot="allow",
    )


def beliefs(seed: int, epochs: int) -> dict[str, Any]:
    """Return how near one training comes to each prior, before and after the correction."""
    data = setting(seed)
    balance = draw_balance(data, np.random.default_rng([8, seed]))
    hidden = 0 if seed % 3 else 16
    spec = job_of(data, balance, epochs=epochs, hidden=hidden)
    prior = plan_of(balance, data.y[data.fit_rows], [str(c) for c in range(data.k)]).prior
    raw, right = (softmax(logits) for logits in fitted(spec))
    plain = softmax(fitted(job_of(data, BalanceConfig(), epochs=epochs, hidden=hidden))[1])
    y = data.y[data.held]
    return {
        "seed": seed,
        "exponent": prior.exponent,
        "changed": float(np.abs(prior.shares - prior.natural).sum() / 2),
        "off_uniform": float(np.abs(prior.shares - 1 / data.k).sum() / 2),
        "effective": gap(raw, y, prior.shares),
        "natural": gap(raw, y, prior.natural),
        "uniform": gap(raw, y, np.full(data.k, 1 / data.k)),
        "corrected": gap(right, y, prior.natural),
        "plain": gap(plain, y, prior.natural),
        "error": calibration_error(raw, y),
        "error corrected": calibration_error(right, y),
        "error plain": calibration_error(plain, y),
    }


def soft_beliefs(seed: int, epochs: int) -> dict[str, Any]:
    """Return how near a training on smoothed or mixed targets comes to its prior, as trained and corrected."""
    data, rng = setting(2000 + seed), np.random.default_rng([10, seed])
    smoothing, mixup = float(rng.choice([0.05, 0.1, 0.2, 0.3])), float(rng.choice([0.0, 0.2, 0.4]))
    power = float(rng.uniform(0.3, 1.0))
    samplers: list[Any] = ["none", "none", "sqrt", "balanced"]
    weights: list[Any] = [{"name": "inverse", "power": power}, "inverse", "none"]
    balance = BalanceConfig(
        sampler=samplers[rng.integers(4)], weights=weights[rng.choice(3, p=[0.4, 0.4, 0.2])], on_overshoot="allow"
    )
    how = {"epochs": epochs, "hidden": 0 if seed % 3 else 16, "smoothing": smoothing, "mixup": mixup}
    names = [str(c) for c in range(data.k)]
    prior = plan_of(balance, data.y[data.fit_rows], names, smoothing=smoothing).prior
    raw, right = (softmax(logits) for logits in fitted(job_of(data, balance, **how)))
    y, hard = data.y[data.held], prior.hard
    return {
        "seed": seed,
        "smoothing": smoothing,
        "mixup": mixup,
        "exponent": prior.exponent,
        "effective": gap(raw, y, prior.shares, prior.weighted_rows),
        "without smoothing": gap(raw, y, hard.shares, hard.weighted_rows),
        "corrected": gap(right, y, prior.natural),
        "shifted": gap(_shifted(raw, prior_shift(hard.shares, prior.natural)), y, prior.natural),
        "error": calibration_error(right, y),
    }


def draw_loss(number: int, rng: np.random.Generator) -> tuple[str, BalanceConfig]:
    """Return one of the losses that depend on the model, in turns, and what to call it."""
    beta = float(rng.choice([0.9, 0.99, 0.999]))
    margin = {"name": "ldam", "max_margin": float(rng.uniform(0.5, 4))}
    deferred = {"weights": {"name": "effective_number", "beta": beta}, "weights_from": 4}
    balanced = {"name": "class_balanced_focal", "gamma": float(rng.uniform(0.5, 3)), "beta": beta}
    ways: list[tuple[str, dict[str, Any]]] = [
        ("focal", {"loss": {"name": "focal", "gamma": float(rng.uniform(1, 5))}}),
        ("class-balanced focal", {"loss": balanced}),
        ("LDAM", {"loss": margin}),
        ("LDAM, deferred weights", {"loss": margin, **deferred}),
    ]
    name, settings = ways[number % len(ways)]
    return name, BalanceConfig(**settings, on_overshoot="allow", correct_to="trained")


def changes(seed: int, epochs: int) -> Iterator[dict[str, Any]]:
    """Yield pairs of classes: the order that the gradient share tells, and the order of the recalls' changes.

    Recalls are read twice: with the most probable class called, and with both models adjusted to equal classes,
    where no class is out of sight.
    """
    data = setting(1000 + seed)
    name, balance = draw_loss(seed, np.random.default_rng([9, seed]))
    hidden = 16 * (seed // 4 % 2)
    plain = job_of(data, BalanceConfig(), epochs=epochs, hidden=hidden)
    before = fitted(plain)[1]
    after = fitted(job_of(data, balance, epochs=epochs, hidden=hidden))[1]
    pull = np.log(told(data, plain, balance))
    level = adjustment(np.bincount(data.y[data.fit_rows], minlength=data.k).astype(float), 1.0)
    for read, shift in (("as they are", 0.0), ("at equal classes", level)):
        change, error = recall_change(before + shift, after + shift, data)
        for a in range(data.k):
            for b in range(a):
                yield {
                    "loss": name,
                    "read": read,
                    "told": float(pull[a] - pull[b]),
                    "seen": float(change[a] - change[b]),
                    "error": float(np.hypot(error[a], error[b])),
                }


def told(data: Setting, plain: FitSpec, balance: BalanceConfig) -> Floats:
    """Return (k,) by how much a loss raises each class's share of the gradient, at a plain model's logits."""
    logits = torch.from_numpy(logits_of(plain, plain.stages[0].inputs, data.fit_rows)).float()
    labels = torch.from_numpy(data.y[data.fit_rows])
    classes = plan_of(balance, labels.numpy(), [str(c) for c in range(data.k)]).classes()
    ours = gradient_share(section_of(LOSSES, balance.loss).build(classes), logits, labels)
    entropy = section_of(LOSSES, "cross_entropy").build(ClassNames(classes.counts, np.ones(data.k)))
    return ours / gradient_share(entropy, logits, labels)


def recall_change(before: Floats, after: Floats, data: Setting) -> tuple[Floats, Floats]:
    """Return (k,) changes of the recall, and their standard errors over the judged rows."""
    y = data.y[data.held]
    step = (after.argmax(axis=1) == y).astype(float) - (before.argmax(axis=1) == y)
    rows = [step[y == c] for c in range(data.k)]
    return np.array([of.mean() for of in rows]), np.array([of.std() / np.sqrt(len(of)) for of in rows])


def surely(pairs: list[dict[str, Any]], *, errors: float = 2.0, least: float = 0.01) -> list[dict[str, Any]]:
    """Return the pairs whose recalls changed differently: by a point, and by two standard errors."""
    return [pair for pair in pairs if abs(pair["seen"]) >= max(least, errors * pair["error"])]


def agreement(pairs: list[dict[str, Any]]) -> float:
    """Return the share of pairs whose order was told."""
    return float(np.mean([pair["told"] * pair["seen"] > 0 for pair in pairs])) if pairs else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in {"trainings": 64, "epochs": 15, "losses": 60, "soft": 40}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    print(f"{timing.machine()}, torch {torch.__version__}, one thread\n")
    with deterministic(1):
        soft = [_said(soft_beliefs(seed, asked.epochs), seed, asked.soft) for seed in range(asked.soft)]
        if soft:
            show_soft(soft)
        found = [_said(beliefs(seed, asked.epochs), seed, asked.trainings) for seed in range(asked.trainings)]
        if found:
            show_beliefs(found)
        every = [_said(list(changes(seed, asked.epochs)), seed, asked.losses) for seed in range(asked.losses)]
        if every:
            show_changes([pair for pairs in every for pair in pairs])


def _said(value: Any, seed: int, of: int) -> Any:
    timing.say(f"  {seed + 1} of {of}")
    return value


def show_soft(found: list[dict[str, Any]]) -> None:
    """Print how near models of smoothed and mixed targets come to their prior."""
    print("\nSmoothed and mixed targets: mean absolute difference over classes\n")
    rows = []
    for key, words in {
        "effective": "the effective prior, as trained",
        "without smoothing": "the prior without regard to smoothing, as trained",
        "corrected": "the natural prior, after the correction",
        "shifted": "the natural prior, after a shift without regard to smoothing",
    }.items():
        each = [one[key] for one in found]
        rows.append([words, _quartiles(each), f"{max(each):.4f}", sum(value <= 0.02 for value in each)])
    print(
        timing.table(
            ["compared with", f"{len(found)} trainings: median (quartiles)", "largest", "within 0.02"], rows
        )
    )
    for key in ("effective", "corrected"):
        print(f"\n{key}, {timing.verdict(float(np.median([one[key] for one in found])), 0.02)}")


def show_beliefs(found: list[dict[str, Any]]) -> None:
    """Print how near models come to each prior, and what the correction makes of it."""
    far = [one for one in found if one["changed"] > 0.1 and one["off_uniform"] > 0.1]
    rows = []
    for key, words in {
        "effective": "the effective prior, as trained",
        "natural": "the natural prior, as trained",
        "uniform": "equal classes, as trained",
        "corrected": "the natural prior, after the correction",
        "plain": "the natural prior, plain run",
    }.items():
        rows.append([words, *(_quartiles([one[key] for one in part]) for part in (found, far))])
    print("\nMean absolute difference between mean predicted probability and share: median (quartiles)\n")
    head = ["rows weighted to", f"all {len(found)} trainings", f"the {len(far)} far from natural and equal"]
    print(timing.table(head, rows))
    median = float(np.median([one["effective"] for one in found]))
    corrected = float(np.median([one["corrected"] for one in found]))
    print(f"\neffective prior, {timing.verdict(median, 0.02)}; corrected, {timing.verdict(corrected, 0.02)}\n")
    errors = {"error": "as trained", "error corrected": "after the correction", "error plain": "plain run"}
    rows = [[words, _quartiles([one[key] for one in found])] for key, words in errors.items()]
    print(timing.table(["calibration error", "median (quartiles)"], rows))


def show_changes(pairs: list[dict[str, Any]]) -> None:
    """Print how often the gradient share tells the order in which recalls change."""
    print("\nPairs of classes whose order of changes in recall the gradient share tells\n")
    rows = []
    for loss in [*dict.fromkeys(pair["loss"] for pair in pairs), "all"]:
        cells = []
        for read in ("at equal classes", "as they are"):
            own = [pair for pair in pairs if pair["read"] == read and loss in (pair["loss"], "all")]
            sure = surely(own)
            cells += [f"{agreement(sure):.0%} of {len(sure)}", f"{agreement(own):.0%} of {len(own)}"]
        rows.append([loss, *cells])
    head = ["loss", "at equal classes: sure pairs", "all pairs", "as they are: sure pairs", "all pairs"]
    print(timing.table(head, rows))
    best = agreement(surely([pair for pair in pairs if pair["read"] == "at equal classes"]))
    print(f"\nsure pairs at equal classes, {timing.verdict(best, 0.8, at_least=True)}")


def _quartiles(values: list[float]) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75]) if values else (np.nan,) * 3
    return f"{middle:.4f} ({low:.4f} to {high:.4f})"


if __name__ == "__main__":
    main()
