"""A guard in a fit: what it is told, what it does, and that a break changes nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.base.errors import TaskError
from evenhand.training.checkpoint import Keeper
from evenhand.training.config import TrainConfig
from evenhand.training.fold import fold_job
from evenhand.training.guard import Act, Guard
from evenhand.training.inputs import ViewInputs
from evenhand.training.job import Job, Stage
from evenhand.training.loop import fit
from evenhand.training.scoring import scorer_of

BLAMED = {"balance": "EH301", "optimisation": "EH302"}


class Killed(Exception):  # noqa: N818
    pass


def guard(at: int, blames: str = "optimisation", act: Act = "warn", code: str = "", heard: Any = None) -> Guard:
    """Return a guard that cries once, after epoch `at`."""

    def look(lines: Any) -> list[dict[str, Any]]:
        alarm = {"code": code or BLAMED[blames], "says": "It is wrong.", "evidence": {"blames": blames}}
        return [alarm] if len(lines) - 1 == at else []

    return Guard(look, act, (heard if heard is not None else []).append)


def skewed(tiny: SimpleNamespace, epochs: int = 6) -> Job:
    """Return a job on data of 24 : 10 : 6 rows, corrected twice."""
    x, _ = tiny.easy()
    y = np.repeat([0, 1, 2], [24, 10, 6])
    x[np.arange(40), 0, y] += 2.0
    train = TrainConfig(epochs=epochs, batch_size=8, learning_rate=0.03, early_stop=0)
    judged = np.arange(0, 40, 4)
    return fold_job(
        tiny.Network(),
        (Stage("all", epochs, train.learning_rate, ViewInputs(x)),),
        y,
        3,
        fit_rows=np.setdiff1d(np.arange(40), judged),
        judge_rows=judged,
        scorer=scorer_of(y[judged], ["a", "b", "c"], {"macro_f1": 1.0}),
        train=train,
        balance=BalanceConfig(sampler="balanced", weights="inverse", on_overshoot="allow"),
    )


def test_warning_tells_and_changes_no_bit(tiny: SimpleNamespace) -> None:
    heard: list[dict[str, Any]] = []
    one, other = skewed(tiny), skewed(tiny)
    fit(one)
    fitted = fit(other, guard=guard(2, heard=heard))
    assert tiny.same_bits(tiny.weights_of(one.network), tiny.weights_of(other.network))
    assert [(alarm["code"], alarm["epoch"], alarm["did"]) for alarm in heard] == [
        ("EH302", 2, "The training goes on.")
    ]
    assert fitted.alarms == tuple(heard)


def test_what_stands_is_told_once(tiny: SimpleNamespace) -> None:
    always = Guard(lambda lines: [{"code": "EH303", "says": "", "evidence": {}}])
    assert len(fit(skewed(tiny), guard=always).alarms) == 1


def test_stopping_keeps_the_best_so_far(tiny: SimpleNamespace) -> None:
    assert len(fit(skewed(tiny), guard=guard(2, act="stop")).lines) == 3


def test_fixing_lowers_the_rate_where_the_ledger_has_no_blame(tiny: SimpleNamespace) -> None:
    plain = fit(skewed(tiny)).lines
    fixed = fit(skewed(tiny), guard=guard(2, act="fix")).lines
    rates = [mine["learning_rate"] / its["learning_rate"] for mine, its in zip(fixed, plain, strict=True)]
    assert rates == pytest.approx([1, 1, 1, 0.5, 0.5, 0.5])
    assert [line.get("mended") is not None for line in fixed] == [False, False, True, False, False, False]


def test_fixing_softens_what_the_ledger_blames(tiny: SimpleNamespace) -> None:
    job = skewed(tiny)
    fitted = fit(job, guard=guard(2, "balance", "fix"))
    assert fitted.epoch > 2  # weights that were judged before stood for another prior
    assert fitted.job is not job
    before, after = (line["weights"] for line in (fitted.lines[2], fitted.lines[3]))
    assert max(before) > 1.9
    assert after == pytest.approx([1.0, 1.0, 1.0])


def test_without_an_overshoot_there_is_nothing_to_soften(tiny: SimpleNamespace) -> None:
    job = tiny.job(TrainConfig(epochs=3, batch_size=8))
    (alarm,) = fit(job, guard=guard(1, "balance", "fix")).alarms
    assert alarm["did"] == "The training goes on."


@pytest.mark.parametrize("blames", ["balance", "optimisation"])
@pytest.mark.parametrize("killed", [1, 3, 5])
def test_a_mended_fit_that_is_killed_ends_with_the_same_bits(
    tiny: SimpleNamespace, tmp_path: Path, blames: str, killed: int
) -> None:
    def kill(done: int, total: int) -> None:
        if done == killed:
            raise Killed

    whole, broken = skewed(tiny), skewed(tiny)
    expected = fit(whole, guard=guard(2, blames, "fix"))
    with pytest.raises(Killed):
        fit(skewed(tiny), Keeper(tmp_path, every_s=0, share=1e9), kill, guard(2, blames, "fix"))
    found = fit(broken, Keeper(tmp_path, every_s=0, share=1e9), guard=guard(2, blames, "fix"))
    assert tiny.same_bits(tiny.weights_of(whole.network), tiny.weights_of(broken.network))
    timeless = [[{**line, "seconds": 0} for line in fitted.lines] for fitted in (expected, found)]
    assert timeless[0] == timeless[1]
    assert expected.alarms == found.alarms


def test_with_no_epoch_that_can_be_used_it_ends_in_words(tiny: SimpleNamespace) -> None:
    x, _ = tiny.easy()
    x[5] = np.inf
    broken = tiny.job(TrainConfig(epochs=3, batch_size=8), inputs=ViewInputs(x))
    with pytest.raises(TaskError, match="No epoch left weights that can be used"):
        fit(broken, guard=guard(0, code="EH311"))
