"""*Not applicable* is not *passed*: a rule that finds nothing to check must report what is missing."""

import numpy as np
import pandas as pd
import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import plan_of
from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.base.values import Folds, Predictions, Samples
from evenhand.diagnosis import RULES, Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.diagnosis.examine import examine
from evenhand.modalities import KINDS
from evenhand.testing.kinds import generate

IDS = np.array([f"r{i}" for i in range(40)], dtype=object)
CLASSES = ("a", "b")
MATRIX = np.tile([[1.0, 0.0], [1.0, 1.0]], (20, 1))

CHECKS_WITHOUT_MORE = {
    "EH101": "files that failed to decode are the evidence",
    "EH107": "rows per class",
    "EH108": "rows stand in for groups where none are named",
    "EH115": "the labels",
    "EH117": "the names of classes",
    "EH201": "the balance of each label",
    "EH202": "the balance of each label",
    "EH203": "the sampler",
    "EH204": "the weight schedule",
    "EH205": "the cap",
    "EH207": "the sampler",
    "EH208": "the class weights",
    "EH303": "the predictions of each epoch",
    "EH311": "the loss",
    "EH405": "the origin of predictions",
}
"""Rules that need nothing beyond the bare evidence, and what they check in it."""


def bare() -> Evidence:
    """Return evidence in which every part is present and lacks whatever it may lack."""
    samples = Samples(pd.DataFrame({"id": IDS}), CLASSES, MATRIX)
    plan = plan_of(BalanceConfig(), MATRIX, CLASSES)
    line = {"epoch": 0, "stage": 0, "steps": 10, "train_loss": 1.0}
    return Evidence(
        samples=samples,
        folds=Folds(IDS, np.zeros(40, dtype=np.int16), 1),
        config={"score": {"macro_f1": 1.0}},
        failures=(),
        facts=pd.DataFrame({"rate_hz": np.full(40, 250.0)}),
        predictions=(Predictions(IDS, CLASSES, np.full((40, 2), 0.5)),),
        histories=(TrainingHistory("net", 0, 0, CLASSES, (line,) * 6, plan.prior),),
        ledgers=(BalanceLedger(("net",), None, "balance", plan),),
    )


@pytest.mark.parametrize("code", [code for code, rule in RULES if rule.check.__module__.startswith("evenhand.")])
def test_a_rule_without_its_inputs_is_not_applicable(code: str) -> None:
    found = examine(bare(), [code])
    assert not found.broken
    assert not found.findings
    assert found.passed == ((code,) if code in CHECKS_WITHOUT_MORE else ())


class Watched(pd.DataFrame):
    """A frame that records which of its columns were read."""

    read: set = set()  # noqa: RUF012

    @property
    def _constructor(self):
        return Watched

    def __getitem__(self, key):
        Watched.read |= {key} if isinstance(key, str) else set(map(str, key)) if isinstance(key, list) else set()
        return super().__getitem__(key)


@pytest.mark.parametrize("kind", KINDS.names())
@pytest.mark.parametrize("code", [code for code, rule in RULES if "image_facts" in rule.needs])
def test_a_rule_about_files_passes_only_on_facts_that_it_reads(kind: str, code: str, tmp_path) -> None:
    generated = generate(kind, tmp_path, rows=40)
    samples = generated.samples()
    facts = [generated.kind.facts_of(generated.root, path) for path in samples.frame["path"].astype(str)]
    Watched.read = set()
    found = examine(Evidence(samples=samples, facts=Watched(pd.DataFrame(facts)), failures=()), [code])
    assert not found.broken
    assert Watched.read or code in found.not_applicable
