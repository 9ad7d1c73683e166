"""A guard in a fit: what it is told, what it does, and that a break changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from evenhand.balance.config import BalanceConfig
from evenhand.base.errors import TaskError
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop import loop, recovery
from evenhand.training.loop.checkpoint import Checkpointer
from evenhand.training.loop.fit_spec import FitSpec, FitStage
from evenhand.training.loop.fit_state import FitState, trained_tensors
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.monitor import Act, Monitor
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.optim.weight_averaging import cloned
from evenhand.training.tasks.build_spec import fold_spec

BLAMED = {"balance": "EH301", "optimisation": "EH302"}


class Killed(Exception):  # noqa: N818
    pass


def monitor(
    at: int,
    blames: str = "optimisation",
    act: Act = "warn",
    code: str = "",
    heard: Any = None,
    since: int | None = None,
) -> Monitor:
    """Return a guard that cries once, after epoch `at`."""

    def look(lines: Any) -> list[dict[str, Any]]:
        evidence = {"blames": blames} if since is None else {"blames": blames, "since": since}
        alarm = {"code": code or BLAMED[blames], "message": "It is wrong.", "evidence": evidence}
        return [alarm] if len(lines) - 1 == at else []

    return Monitor(look, act, (heard if heard is not None else []).append)


def skewed(tiny: SimpleNamespace, epochs: int = 6) -> FitSpec:
    """Return a spec on data of 24 : 10 : 6 rows, corrected twice."""
    x, _ = tiny.easy()
    y = np.repeat([0, 1, 2], [24, 10, 6])
    x[np.arange(40), 0, y] += 2.0
    train = TrainConfig(epochs=epochs, batch_size=8, learning_rate=0.03, early_stop=0)
    judged = np.arange(0, 40, 4)
    return fold_spec(
        tiny.Network(),
        (FitStage("all", epochs, train.learning_rate, ViewInputs(x)),),
        y,
        3,
        fit_rows=np.setdiff1d(np.arange(40), judged),
        validation_rows=judged,
        scorer=scorer_of(y[judged], ["a", "b", "c"], {"macro_f1": 1.0}),
        train=train,
        balance=BalanceConfig(sampler="balanced", weights="inverse", on_overshoot="allow"),
    )


def test_warning_tells_and_changes_no_bit(tiny: SimpleNamespace) -> None:
    heard: list[dict[str, Any]] = []
    one, other = skewed(tiny), skewed(tiny)
    fit(one)
    fitted = fit(other, monitor=monitor(2, heard=heard))
    assert tiny.same_bits(tiny.weights_of(one.network), tiny.weights_of(other.network))
    assert [(alarm["code"], alarm["epoch"], alarm["action"]) for alarm in heard] == [
        ("EH302", 2, "Training continues.")
    ]
    assert fitted.alarms == tuple(heard)


def test_what_stands_is_told_once(tiny: SimpleNamespace) -> None:
    always = Monitor(lambda lines: [{"code": "EH303", "message": "", "evidence": {}}])
    assert len(fit(skewed(tiny), monitor=always).alarms) == 1


def test_stopping_keeps_the_best_so_far(tiny: SimpleNamespace) -> None:
    assert len(fit(skewed(tiny), monitor=monitor(2, act="stop")).lines) == 3


def test_fixing_lowers_the_rate_where_the_ledger_has_no_blame(tiny: SimpleNamespace) -> None:
    plain = fit(skewed(tiny)).lines
    fixed = fit(skewed(tiny), monitor=monitor(2, act="fix")).lines
    rates = [mine["learning_rate"] / its["learning_rate"] for mine, its in zip(fixed, plain, strict=True)]
    assert rates == pytest.approx([1, 1, 1, 0.5, 0.5, 0.5])
    assert [line.get("recovery") is not None for line in fixed] == [False, False, True, False, False, False]


def test_fixing_softens_what_the_ledger_blames(tiny: SimpleNamespace) -> None:
    spec = skewed(tiny)
    fitted = fit(spec, monitor=monitor(2, "balance", "fix"))
    assert fitted.epoch > 2  # weights that were judged before stood for another prior
    assert fitted.spec is not spec
    before, after = (line["weights"] for line in (fitted.lines[2], fitted.lines[3]))
    assert max(before) > 1.9
    assert after == pytest.approx([1.0, 1.0, 1.0])


def ends(monkeypatch: pytest.MonkeyPatch) -> dict[int, dict[str, torch.Tensor]]:
    """Return what fills with the weights at the end of each epoch, before anything is done about them."""
    seen: dict[int, dict[str, torch.Tensor]] = {}

    def apply_monitor(run: FitState, monitor: Monitor) -> None:
        seen[run.epoch] = cloned(run.trained)
        recovery.apply_monitor(run, monitor)

    monkeypatch.setattr(loop, "apply_monitor", apply_monitor)
    return seen


@pytest.mark.parametrize(
    ("at", "since", "back"),
    [
        (2, 1, 0),
        (2, 2, 1),
        (4, 2, 1),
        (2, 0, -1),
        (1, 0, -1),
        (5, 2, -1),  # epoch 1 is held no more
        (5, None, 2),  # before what rules look back
        (1, None, -1),
    ],
)
def test_fixing_goes_back_to_the_weights_of_before_it_began(
    tiny: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, at: int, since: int | None, back: int
) -> None:
    spec, seen, after = skewed(tiny), ends(monkeypatch), {}
    seen[-1] = cloned(trained_tensors(spec))

    def watch(done: int, total: int) -> None:
        after[done - 1] = cloned(trained_tensors(spec))

    fitted = fit(spec, watch=watch, monitor=monitor(at, act="fix", since=since))
    assert tiny.same_bits(after[at], seen[back])
    assert not tiny.same_bits(after[at], seen[at])
    told = "it began with" if back < 0 else f"after epoch {back + 1}"
    assert f"resumes from the weights {told}" in fitted.alarms[0]["action"]
    assert fitted.lines[at]["recovery"] in fitted.alarms[0]["action"].lower()


def test_a_stage_that_is_ill_from_the_first_goes_back_to_its_beginning(
    tiny: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, began, after = skewed(tiny, epochs=3), {}, {}
    spec = replace(spec, stages=spec.stages * 2)
    enter = FitState.enter_stage

    def entered(run: FitState, stage: int) -> None:
        enter(run, stage)
        began[stage] = cloned(run.trained)

    monkeypatch.setattr(FitState, "enter_stage", entered)
    watch = lambda done, total: after.update({done - 1: cloned(trained_tensors(spec))})  # noqa: E731
    fit(spec, watch=watch, monitor=monitor(4, act="fix", since=3))
    assert tiny.same_bits(after[4], began[1])


def test_few_weights_are_held_and_none_where_nothing_is_mended(tiny: SimpleNamespace) -> None:
    kept, idle = monitor(99, act="fix"), monitor(99)
    fit(skewed(tiny), monitor=kept)
    fit(skewed(tiny), monitor=idle)
    assert sorted(kept.held) == [-1, 3, 4, 5]
    assert idle.held == {}


def test_without_an_overshoot_there_is_nothing_to_soften(tiny: SimpleNamespace) -> None:
    spec = tiny.spec(TrainConfig(epochs=3, batch_size=8))
    (alarm,) = fit(spec, monitor=monitor(1, "balance", "fix")).alarms
    assert alarm["action"] == "Training continues."


@pytest.mark.parametrize("blames", ["balance", "optimisation"])
@pytest.mark.parametrize(("killed", "since"), [(1, None), (1, 1), (2, 1), (3, 1), (5, None)])
def test_a_mended_fit_that_is_killed_ends_with_the_same_bits(
    tiny: SimpleNamespace, tmp_path: Path, blames: str, killed: int, since: int | None
) -> None:
    def kill(done: int, total: int) -> None:
        if done == killed:
            raise Killed

    whole, broken = skewed(tiny), skewed(tiny)
    expected = fit(whole, monitor=monitor(2, blames, "fix", since=since))
    with pytest.raises(Killed):
        fit(
            skewed(tiny), Checkpointer(tmp_path, every_s=0, share=1e9), kill, monitor(2, blames, "fix", since=since)
        )
    found = fit(
        broken, Checkpointer(tmp_path, every_s=0, share=1e9), monitor=monitor(2, blames, "fix", since=since)
    )
    assert tiny.same_bits(tiny.weights_of(whole.network), tiny.weights_of(broken.network))
    timeless = [[{**line, "seconds": 0, "peak_memory": 0} for line in fitted.lines] for fitted in (expected, found)]
    assert timeless[0] == timeless[1]
    assert expected.alarms == found.alarms


def test_with_no_epoch_that_can_be_used_it_ends_in_words(tiny: SimpleNamespace) -> None:
    x, _ = tiny.easy()
    x[5] = np.inf
    broken = tiny.spec(TrainConfig(epochs=3, batch_size=8), inputs=ViewInputs(x))
    with pytest.raises(TaskError, match="No epoch gave usable weights"):
        fit(broken, monitor=monitor(0, code="EH311"))
