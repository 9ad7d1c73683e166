"""What is believed in an epoch: by the stage, by the strength of its weights, and by whether it was softened."""

import json

import numpy as np
import pandas as pd
import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.balance.prior.balance_ledger import ledger_of
from evenhand.base.storage.record import Record
from evenhand.base.values import Folds, Samples
from evenhand.diagnosis import Evidence, examine
from evenhand.diagnosis.evidence.history_priors import balance_plans_of
from evenhand.diagnosis.evidence.training_history import histories_of

BOTH = {"sampler": "balanced", "weights": "inverse", "on_overshoot": "allow"}
LABELS = np.repeat([0, 1, 2], [900, 20, 80])
NATURAL, ONLY_RARE = (0.9, 0.02, 0.08), (0.0, 0.6, 0.4)
STAGED = {"stage": [{"epochs": 2}, {"epochs": 3, "balance": BOTH}]}


def exponent(balance, line, **train):
    return balance_plans_of(balance, train, LABELS, "NSV").prior(line).exponent


@pytest.mark.parametrize(
    ("stage", "softened", "expected"), [(0, False, 0.0), (1, False, 2.0), (1, True, 1.0), (0, True, 0.0)]
)
def test_each_stage_has_its_own_until_it_is_softened(stage, softened, expected):
    line = {"epoch": 3, "stage": stage, "softened": softened}
    assert exponent({}, line, **STAGED) == pytest.approx(expected)


@pytest.mark.parametrize(("epoch", "expected"), [(0, 0.0), (1, 0.5), (2, 1.0), (9, 1.0)])
def test_weights_count_as_far_as_they_are_in_force(epoch, expected):
    assert exponent({"weights": "inverse", "warmup_epochs": 2}, {"epoch": epoch}) == pytest.approx(expected)


@pytest.fixture
def recorded(tmp_path, fits):
    """Return what writes a record of one fit, and returns its courses."""

    def make(lines, *, balance, train):
        frame = pd.DataFrame({"id": [f"r{i}" for i in range(len(LABELS))]})
        samples = Samples(frame, ("N", "S", "V"), LABELS)
        resolved = {"model": [{"name": "net", "balance": balance, "train": {"learning_rate": 0.01, **train}}]}
        data = {"kind": "photos", "classes": ["N", "S", "V"]}
        record = Record.create(tmp_path, asked="", resolved=resolved, data=data)
        record.write_samples(samples)
        record.write_folds(Folds(samples.ids, np.tile([0, 1], 500).astype(np.int16), k=2))
        folder = record.task_folder("net", 0, 0)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "epochs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return histories_of(record)

    return make


def staged_lines(fits, *, softened=False):
    well = fits.told(NATURAL, (0.9, 0.02, 0.08))
    gone = fits.told(NATURAL, ONLY_RARE)
    lines = fits.lines(well, well, gone, gone, gone)
    return [{**line, "stage": int(line["epoch"] > 1), "softened": softened} for line in lines]


def test_a_finished_fit_is_looked_at_under_the_balance_of_its_stage(recorded, fits):
    (history,) = histories = recorded(staged_lines(fits), balance={}, train=STAGED)
    assert [prior.exponent for prior in history.priors] == pytest.approx([0, 0, 2, 2, 2], abs=0.01)
    (finding,) = examine(Evidence(histories=histories), ["EH301"]).findings
    assert finding.evidence["blames"] == "balance"
    assert finding.evidence["exponent"] == pytest.approx(2.0)
    assert finding.patch is None


def test_what_was_softened_is_no_longer_blamed(recorded, fits):
    histories = recorded(staged_lines(fits, softened=True), balance={}, train=STAGED)
    assert histories[0].prior.exponent == pytest.approx(1.0)
    assert examine(Evidence(histories=histories), ["EH301"]).passed == ("EH301",)


def test_a_part_that_all_stages_have_is_mended_where_it_stands(recorded, fits):
    train = {"stage": [{"epochs": 2}, {"epochs": 3, "balance": {"sampler": "balanced", "on_overshoot": "allow"}}]}
    histories = recorded(staged_lines(fits), balance={"weights": "inverse"}, train=train)
    (finding,) = examine(Evidence(histories=histories), ["EH301"]).findings
    assert finding.patch == {"model.net.balance.weights": "none"}


def test_draws_are_expected_of_the_stage_that_made_them(recorded, fits):
    """No batch held S, and none was to: the stage has a sampler of its own, which all but never draws it."""
    never = {"sampler": {"name": "target_mix", "shares": {"N": 1.0, "S": 1e-9}}}
    lines = [{**line, "stage": 0, "batch_mix": [0.9, 0.0, 0.1]} for line in staged_lines(fits)]
    train = {"stage": [{"epochs": 5, "balance": never}, {"epochs": 1}]}
    ledgers = (ledger_of(BalanceConfig(), LABELS, "NSV", np.ones(len(LABELS), dtype=bool)),)

    def look(train):
        return examine(Evidence(histories=recorded(lines, balance={}, train=train), ledgers=ledgers), ["EH207"])

    assert look(train).passed == ("EH207",)
    assert "no batch of 5 epochs held S" in look({}).findings[0].message
