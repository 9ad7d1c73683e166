"""Small trainings on generated features, watched as in a run: healthy ones of many kinds, and faulty ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from evenhand.balance.config import BalanceConfig
from evenhand.diagnosis.live_checks import watcher
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop.fit_spec import FitResult, FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.monitor import Monitor
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.plain_module import PlainModule
from evenhand.training.tasks.build_spec import fold_spec


@dataclass(frozen=True)
class Recipe:
    """One training: rows per class, how far apart classes are (in standard deviations), how it is fitted."""

    rows: Sequence[int]
    apart: float = 2.0
    d: int = 8
    hidden: int = 24
    norm: bool = True
    train: Mapping[str, Any] = field(default_factory=dict)
    balance: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0


def data(recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, d) float32 features, a cloud for each class, and (n,) labels, shuffled."""
    rng = np.random.default_rng(recipe.seed)
    k = len(recipe.rows)
    centres = rng.normal(size=(k, recipe.d))
    centres *= recipe.apart / np.sqrt(2 * recipe.d)
    y = rng.permutation(np.repeat(np.arange(k), recipe.rows))
    return (centres[y] + rng.normal(size=(len(y), recipe.d))).astype(np.float32), y


def network(recipe: Recipe) -> nn.Module:
    k = len(recipe.rows)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        if not recipe.hidden:
            return nn.Linear(recipe.d, k)
        norm = [nn.BatchNorm1d(recipe.hidden)] if recipe.norm else []
        first = nn.Linear(recipe.d, recipe.hidden)
        return nn.Sequential(first, *norm, nn.ReLU(), nn.Dropout(0.2), nn.Linear(recipe.hidden, k))


def trained(recipe: Recipe, module: nn.Module | None = None, features: np.ndarray | None = None) -> FitResult:
    """Fit a recipe under the doctor's eyes."""
    x, y = data(recipe)
    x = x if features is None else features
    train = TrainConfig.model_validate({"epochs": 8, "batch_size": 32, "early_stop": 0, **recipe.train})
    balance, names = BalanceConfig.model_validate(dict(recipe.balance)), [f"c{c}" for c in range(len(recipe.rows))]
    stages = [(s.epochs, s.learning_rate_factor, s.balance) for s in train.stage] or [(train.epochs, 1.0, {})]
    judged = np.flatnonzero(np.arange(len(y)) % 4 == 0)
    fitted = np.setdiff1d(np.arange(len(y)), judged)
    spec = fold_spec(
        PlainModule(module if module is not None else network(recipe)),
        tuple(
            FitStage("all", epochs, train.learning_rate * by, ViewInputs(x[:, None])) for epochs, by, _ in stages
        ),
        y,
        len(names),
        fit_rows=fitted,
        validation_rows=judged,
        scorer=scorer_of(y[judged], names, {"macro_f1": 1.0}),
        train=train,
        balance=balance,
        stage_balance=[balance.overridden(own) for *_, own in stages],
        names=names,
        key=(recipe.seed, "small", 0),
    )
    look = watcher("small", 0, recipe.seed, names, y[fitted], balance.plain(), train.plain())
    return fit(spec, monitor=Monitor(look, train.on_collapse))


SHAPES = {
    "even": (200, 200, 200),
    "two": (150, 150),
    "skewed": (900, 20, 70, 10),
    "1:500": (2500, 5),
    "1:500, three": (2500, 400, 5),
    "tiny": (12, 10, 8),
    "tiny and skewed": (40, 4, 6),
    "many": (40,) * 12,
    "mild": (400, 150, 80),
}
BALANCES: dict[str, dict[str, Any]] = {
    "plain": {},
    "balanced": {"sampler": "balanced"},
    "inverse": {"weights": "inverse"},
    "power": {"sampler": {"name": "power", "power": 0.7, "max_ratio": 6}},
    "sqrt and focal": {"sampler": "sqrt", "loss": "focal"},
    "shared": {"sampler": "sqrt", "weights": {"name": "inverse", "power": 0.5}},
}


def healthy(draw: int = 7) -> list[tuple[str, Recipe]]:
    """Return healthy trainings: every shape with every way of balancing, easy to hard, slow to quick."""
    rng, out = np.random.default_rng(draw), []
    for shape, rows in SHAPES.items():
        for balance, settings in BALANCES.items():
            apart = float(rng.choice([0.6, 1.5, 3.0, 6.0]))
            rate = float(rng.choice([5e-4, 3e-3, 2e-2]))
            hidden, norm = int(rng.choice([0, 24, 64])), bool(rng.integers(2))
            train = {"learning_rate": rate, "batch_size": int(rng.choice([16, 64]))}
            seed = int(rng.integers(10_000))
            recipe = Recipe(rows, apart, hidden=hidden, norm=norm, train=train, balance=settings, seed=seed)
            out.append((f"{shape}, {balance}, {apart} apart, rate {rate}, hidden {hidden}, norm {norm}", recipe))
    return out
