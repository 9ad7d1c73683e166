"""The ledger from a configuration: shown before anything is trained, and what refuses a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import evenhand
from evenhand.balance.prior.effective_prior import effective_prior
from evenhand.base.errors import ConfigError, EvenhandError
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.xdist_group("ledger")  # one process, so that its fixtures are made once

BOTH = {"sampler": "balanced", "weights": "inverse"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate("photos", tmp_path_factory.mktemp("ledger") / "data", rows=90).toml.parent


def config(folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "output": str(folder.parent / "runs"),
        "data": {"root": str(folder), "table": "labels.csv", "label": "class", "group": "series"},
        "folds": {"k": 2, "test": {"fraction": 0.25}},
        "photos": {"size": 32},
        "model": [{"name": "m", "encoder": "small", "tune": "all"}],
        "train": {"epochs": 1, "batch_size": 32},
        "compute": {"store": str(folder.parent / "store"), "workers": 0},
        "evaluate": {"draws": 200},
        **more,
    }


class Heard(Silent):
    """A watcher that remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, text: str) -> None:
        self.lines.append(text)


def test_it_counts_the_rows_that_are_trained_on(data: Path) -> None:
    (one,) = evenhand.balance_ledger(config(data, balance={"sampler": "balanced"})).ledgers
    assert 0 < one.plan.prior.counts.sum() < 90
    assert len(one.folds) == 2
    assert one.models == ("m",)
    again = effective_prior(one.plan.prior.counts, sampler="balanced")
    assert one.plan.prior.shares == pytest.approx(again.shares)


def test_models_and_stages_that_differ_have_ledgers_of_their_own(data: Path) -> None:
    stages = [{"epochs": 1}, {"epochs": 1, "balance": {"sampler": "balanced_subset", "weights": "none"}}]
    models = [
        {"name": "a", "encoder": "small"},
        {"name": "b", "encoder": "small"},
        {"name": "c", "encoder": "small", "balance": {"sampler": "balanced"}},
        {"name": "d", "encoder": "small", "train": {"stage": stages}},
    ]
    found = evenhand.balance_ledger(
        config(data, model=models, balance={"weights": "inverse", "on_overshoot": "allow"})
    )
    assert [(one.models, one.stage, one.key) for one in found.ledgers] == [
        (("a", "b"), None, "balance"),
        (("c",), None, "model.c.balance"),
        (("d",), 0, "balance"),
        (("d",), 1, "model.d.train.stage.1.balance"),
    ]
    (finding,) = (f for f in found.findings if f.code == "EH201")
    assert (finding.about, finding.patch) == ("c", {"model.c.balance.weights": "none"})


def test_an_overshoot_is_shown_and_refused_before_anything_is_written(data: Path) -> None:
    asked = config(data, balance=BOTH, output=str(data.parent / "refused"))
    books = evenhand.balance_ledger(asked)
    assert books.refusal is not None
    assert books.findings[0].code == "EH201"
    with pytest.raises(ConfigError, match=r"balance: m; sampler balanced \(1.00\) and weights inverse \(1.00\)"):
        evenhand.run(asked)
    assert not (data.parent / "refused").exists()


def test_a_run_says_it_before_the_first_batch_and_keeps_it(data: Path) -> None:
    heard = Heard()
    asked = config(data, balance={**BOTH, "on_overshoot": "allow"}, output=str(data.parent / "allowed"))
    done = evenhand.run(asked, watcher=heard)
    assert heard.lines[0].startswith("Balance of m: sampler balanced, weights inverse")
    (kept,) = done.record.json("balance.json")
    assert kept["exponent"] == pytest.approx(2.0)
    assert (done.findings[0].code, done.findings[0].severity) == ("EH201", "error")


def test_what_is_softened_is_a_note(data: Path) -> None:
    books = evenhand.balance_ledger(config(data, balance={**BOTH, "on_overshoot": "soften"}))
    assert books.refusal is None
    assert books.ledgers[0].plan.prior.exponent == pytest.approx(1.0)
    assert [f.severity for f in books.findings if f.code == "EH201"] == ["note"]


def test_a_plain_configuration_has_a_ledger_too(data: Path) -> None:
    assert "Exponent 0.00: class shares are unchanged." in str(evenhand.balance_ledger(config(data)))


def test_a_look_at_the_data_has_the_ledger_and_its_findings(data: Path) -> None:
    found = evenhand.check(config(data, balance=BOTH))
    assert found.findings[0].code == "EH201"
    assert found.document()["ledgers"][0]["exponent"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("balance", "words"),
    [
        ({"sampler": {"name": "target_mix", "shares": {"nothing": 1.0}}}, 'no class named "nothing"'),
        ({"correct_to": {"nothing": 1.0}}, 'balance.correct_to: There is no class named "nothing"'),
        ({"loss": "asymmetric"}, "for rows that may hold several classes"),
    ],
)
def test_what_does_not_fit_the_data_is_told(data: Path, balance: dict[str, Any], words: str) -> None:
    with pytest.raises(EvenhandError, match=words):
        evenhand.balance_ledger(config(data, balance=balance))
    with pytest.raises(EvenhandError, match=words):
        evenhand.run(config(data, balance=balance, output=str(data.parent / "wrong")))
    assert not (data.parent / "wrong").exists()


def test_it_is_plain_for_json_and_reads_as_text(data: Path) -> None:
    books = evenhand.balance_ledger(config(data))
    assert books.document()["ledgers"][0]["key"] == "balance"
    assert str(books).startswith("Balance of m: sampler none, weights none, loss cross_entropy")
    assert repr(books).startswith("BalanceCheck(1 ledgers")
