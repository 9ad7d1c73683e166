"""Alarms beside small trainings: how many healthy ones are accused, and how many faulty ones are caught.

    python benchmarks/alarms.py                       # 500 healthy and 400 faulty trainings, minutes on one thread
    python benchmarks/alarms.py --trainings 40        # a quick look
    python benchmarks/alarms.py --seed 1 --lines out.jsonl  # other draws; keep what each epoch showed

Classes are normal clouds, 2 to 20 of them, with skews up to 1:100, from hardly to well apart; softmax regressions
and networks with a hidden layer are fitted for a few epochs. Healthy ones have every sampler, weights, loss,
smoothing up to 0.3 and mixup, with `on_overshoot = "soften"`; half of them are smoothed. A fifth are long trainings
under class weights with skews of 1:20 at least. Faulty ones invert the skew, have a learning rate far
too high, inputs that are not finite, or a network that sees nothing. The rules that look while a run trains (EH301,
EH302, EH303, EH311) look after every epoch, EH304 at the end.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import timing
import torch
from torch import Tensor, nn

from evenhand.balance.config import BalanceConfig
from evenhand.base.values import Floats, Ints
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.history_priors import balance_plans_of
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.diagnosis.examine import examine
from evenhand.diagnosis.live_checks import watcher
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.monitor import Monitor
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.plain_module import PlainModule
from evenhand.training.tasks.build_spec import fold_spec

WIDTH = 8
AT_END = ("EH304",)
FAULTS = ("overshoot", "huge learning rate", "not finite", "blind")


@dataclass(frozen=True)
class Recipe:
    """One training: rows of each class, how far apart classes are (standard deviations), and how it is fitted."""

    rows: tuple[int, ...]
    apart: float
    hidden: int
    norm: bool
    train: dict[str, Any]
    balance: dict[str, Any]
    seed: int
    fault: str = ""
    kind: str = ""


class Blind(nn.Module):
    """A network that sees nothing: what it says is its bias."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.layer = nn.Linear(WIDTH, k)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(torch.zeros_like(x))


def healthy(seed: int, number: int) -> Recipe:
    """Return a training in which nothing is wrong; every second one is smoothed."""
    rng = np.random.default_rng([31, seed, number])
    k = int(rng.choice([2, 3, 4, 6, 10, 20]))
    skew = float(np.exp(rng.uniform(0, np.log(100))))
    shares = np.geomspace(1, 1 / skew, k)
    rows = np.maximum(np.round(rng.integers(150, 900) * shares / shares.sum()), 4).astype(int)
    power = {"name": "inverse", "power": float(rng.uniform(0.3, 1.0))}
    ways: list[dict[str, Any]] = [
        {}, {"sampler": "balanced"}, {"sampler": "sqrt"}, {"weights": "inverse"}, {"weights": power},
        {"weights": {"name": "effective_number", "beta": 0.99}}, {"sampler": "sqrt", "weights": power},
        {"loss": "logit_adjusted"}, {"loss": "focal"}, {"weights": "inverse", "warmup_epochs": 2},
    ]  # fmt: skip
    train = {
        "epochs": int(rng.integers(3, 10)),
        "batch_size": int(rng.choice([16, 64])),
        "learning_rate": float(rng.choice([5e-4, 3e-3, 2e-2])),
        "label_smoothing": float(rng.choice([0.05, 0.1, 0.2, 0.3])) if number % 2 else 0.0,
        "mixup": float(rng.choice([0.2, 0.4, 1.0])) if rng.random() < 0.3 else 0.0,
    }
    balance = {**ways[rng.integers(len(ways))], "on_overshoot": "soften"}
    apart, hidden = float(rng.choice([0.6, 1.5, 3.0, 6.0])), int(rng.choice([0, 24, 64]))
    return Recipe(tuple(rows.tolist()), apart, hidden, bool(rng.integers(2)), train, balance, number)


def hard(seed: int, number: int) -> Recipe:
    """Return a long healthy training under class weights, of 2 to 5 classes with skews of 1:20 to 1:100."""
    rng = np.random.default_rng([34, seed, number])
    base = healthy(seed + 500, number)
    shares = np.geomspace(1, 1 / float(np.exp(rng.uniform(np.log(20), np.log(100)))), int(rng.integers(2, 6)))
    rows = np.maximum(np.round(800 * shares / shares.sum()), 6).astype(int)
    weights: list[Any] = ["inverse", {"name": "inverse", "power": 0.7}, {"name": "effective_number", "beta": 0.999}]
    train = {**base.train, "epochs": 12, "batch_size": 16, "learning_rate": float(rng.choice([3e-3, 2e-2]))}
    balance = {"weights": weights[rng.integers(3)], "on_overshoot": "soften"}
    apart = float(rng.choice([0.3, 1.0, 3.0, 6.0]))
    changes = {"train": train, "balance": balance, "seed": number + 5000, "kind": "long and skewed, "}
    return replace(base, rows=tuple(rows.tolist()), apart=apart, **changes)


def faulty(seed: int, number: int) -> Recipe:
    """Return a training in which something is wrong, the faults in turns."""
    rng = np.random.default_rng([32, seed, number])
    fault = FAULTS[number % len(FAULTS)]
    base = healthy(seed + 1000, number)
    train, balance, rows = {**base.train, "epochs": 8}, dict(base.balance), base.rows
    if fault == "overshoot":
        rows = tuple((np.array([1, 1 / rng.uniform(8, 25), 1 / rng.uniform(25, 100)]) * 900).round().astype(int))
        ways: list[dict[str, Any]] = [
            {"sampler": "balanced", "weights": "inverse"},
            {"weights": {"name": "inverse", "power": 2.0}},
            {"sampler": "balanced", "loss": "logit_adjusted"},
            {"weights": {"name": "inverse", "power": 1.3}},
        ]
        way = ways[number // len(FAULTS) % len(ways)]
        balance = {**way, "on_overshoot": "allow"}
        train |= {"learning_rate": 3e-3, "batch_size": 16}
        train["label_smoothing"] = 0.2 if way == ways[-1] else train["label_smoothing"]
    elif fault == "huge learning rate":
        train |= {"optimizer": "sgd", "learning_rate": float(rng.choice([30.0, 100.0, 1000.0])), "momentum": 0.9}
    elif fault == "blind":
        rows = (300,) * min(len(rows), 4)
        train |= {"learning_rate": 3e-3, "batch_size": 32}
    apart = 1.5 if fault == "overshoot" else base.apart
    return Recipe(tuple(map(int, rows)), apart, base.hidden, False, train, balance, number, fault)


def features(recipe: Recipe) -> tuple[Floats, Ints]:
    """Return (n, WIDTH) features, a cloud for each class, and (n,) labels in a random order."""
    rng = np.random.default_rng([33, recipe.seed, *recipe.rows])
    centres = rng.normal(size=(len(recipe.rows), WIDTH)) * recipe.apart / np.sqrt(2 * WIDTH)
    y = rng.permutation(np.repeat(np.arange(len(recipe.rows)), recipe.rows))
    x = (centres[y] + rng.normal(size=(len(y), WIDTH))).astype(np.float32)
    if recipe.fault == "not finite":
        x[rng.integers(len(y), size=3)] = np.inf
    return x, y


def network(recipe: Recipe) -> nn.Module:
    k = len(recipe.rows)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        if recipe.fault == "blind":
            return Blind(k)
        if not recipe.hidden:
            return nn.Linear(WIDTH, k)
        norm = [nn.BatchNorm1d(recipe.hidden)] if recipe.norm else []
        return nn.Sequential(nn.Linear(WIDTH, recipe.hidden), *norm, nn.ReLU(), nn.Linear(recipe.hidden, k))


def watched(recipe: Recipe) -> dict[str, Any]:
    """Return the alarms of a training, with what each epoch showed and what a watcher needs to look again."""
    x, y = features(recipe)
    train = TrainConfig.model_validate({"early_stop": 0, "precision": "float32", **recipe.train})
    balance, names = BalanceConfig.model_validate(recipe.balance), [f"c{c}" for c in range(len(recipe.rows))]
    judged = np.flatnonzero(np.arange(len(y)) % 4 == 0)
    fitted = np.setdiff1d(np.arange(len(y)), judged)
    spec = fold_spec(
        PlainModule(network(recipe)),
        (FitStage("all", train.epochs, train.learning_rate, ViewInputs(x[:, None])),),
        y,
        len(names),
        fit_rows=fitted,
        validation_rows=judged,
        scorer=scorer_of(y[judged], names, {"macro_f1": 1.0}),
        train=train,
        balance=balance,
        names=names,
        key=(recipe.seed, "alarms", 0),
    )
    asked = {"labels": y[fitted].tolist(), "balance": balance.plain(), "train": train.plain()}
    look = watcher("m", 0, 0, names, y[fitted], asked["balance"], asked["train"])
    monitor, lines = Monitor(look), []
    try:
        done = fit(spec, monitor=monitor)
        lines = list(done.lines)
    except Exception as error:  # a training without any usable epoch ends in words; its alarms were told before
        lines = [{"ended": str(error)}]
    found = [
        {"code": alarm["code"], "message": alarm["message"], "epoch": alarm["epoch"]} for alarm in monitor.alarms
    ]
    if "ended" not in lines[0]:
        plans = balance_plans_of(asked["balance"], asked["train"], y[fitted], names, None)
        history = TrainingHistory("m", 0, 0, tuple(names), tuple(lines), train=asked["train"]).with_plans(plans)
        late = examine(Evidence(histories=(history,)), AT_END).findings
        found += [{"code": one.code, "message": one.message, "epoch": len(lines) - 1} for one in late]
    return {"fault": recipe.fault, "kind": recipe.kind, "classes": names, **asked, "lines": lines, "alarms": found}


def shown(found: list[dict[str, Any]]) -> str:
    """Return how many trainings had an alarm, by kind of training."""
    rows = []
    for kind in dict.fromkeys(map(kind_of, found)):
        of = [one for one in found if kind_of(one) == kind]
        told = [one for one in of if one["alarms"]]
        codes = Counter(alarm["code"] for one in of for alarm in one["alarms"])
        rows.append([kind, len(of), len(told), ", ".join(f"{c} {n}" for c, n in sorted(codes.items()))])
    return timing.table(["trainings", "of them", "with an alarm", "alarms"], rows)


def kind_of(one: dict[str, Any]) -> str:
    smoothed = "smoothed" if one["train"]["label_smoothing"] else "not smoothed"
    return one["fault"] or f"healthy, {one['kind']}{smoothed}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trainings", type=int, default=400, help="healthy ones, and as many faulty ones")
    parser.add_argument("--faulty", type=int, help="faulty ones, where not as many")
    parser.add_argument("--hard", type=int, default=100, help="healthy ones that are long and skewed")
    parser.add_argument("--first", type=int, default=0, help="number of the first of them")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--lines", type=Path, help="file for what each epoch showed, one training a line")
    asked = parser.parse_args()
    print(f"{timing.machine()}, torch {torch.__version__}, one thread\n")
    found: list[dict[str, Any]] = []
    file = asked.lines.open("w", encoding="utf-8") if asked.lines else None
    with deterministic(1):
        bad = asked.trainings if asked.faulty is None else asked.faulty
        for draw, count in ((healthy, asked.trainings), (hard, asked.hard), (faulty, bad)):
            for number in range(asked.first, asked.first + count):
                found.append(watched(draw(asked.seed, number)))
                timing.say(f"  {number - asked.first + 1} of {count}")
                if file is not None:
                    file.write(json.dumps(found[-1], default=float) + "\n")
                    file.flush()
    print(shown(found))
    for one in found:
        for alarm in one["alarms"] if not one["fault"] else ():
            print(f"- {alarm['message']} (epoch {alarm['epoch']}; {one['train']['label_smoothing']:g} smoothed)")


if __name__ == "__main__":
    main()
