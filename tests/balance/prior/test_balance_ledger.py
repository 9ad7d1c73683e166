import numpy as np

from evenhand.balance.config import BalanceConfig
from evenhand.balance.prior.balance_ledger import BalanceLedger, ledger_of

LABELS = np.repeat(np.arange(3), [900, 80, 20])
NAMES = ("N", "V", "S")


def made(*, folds: list[np.ndarray] | None = None, **settings: object) -> BalanceLedger:
    config = BalanceConfig(**settings)
    return ledger_of(config, LABELS, NAMES, np.ones(1000, dtype=bool), folds or (), models=("a", "b"))


def test_it_reads_from_settings_to_what_is_judged() -> None:
    lines = made(sampler="balanced").lines()
    assert lines[0] == "Balance of a, b: sampler balanced, weights none, loss cross_entropy"
    assert " ".join(lines[1].split()) == "class rows natural in batches weight effective prior times an epoch"
    assert lines[-1] == "Probabilities are corrected to the natural prior before evaluation."


def test_it_says_where_probabilities_are_left_or_moved() -> None:
    assert made().lines()[-1] == "Probabilities are evaluated uncorrected."
    assert 'correct_to = "trained"' in made(sampler="sqrt", correct_to="trained").lines()[-1]
    assert "equal classes" in made(correct_to="uniform").lines()[-1]
    assert "stated in correct_to" in made(correct_to={"N": 0.5, "V": 0.3, "S": 0.2}).lines()[-1]
    assert "N 33.3%" in made(adjust=1.0).lines()[-1]


def test_it_says_what_was_softened_and_what_rises() -> None:
    text = str(made(sampler="balanced", weights="inverse", on_overshoot="soften"))
    assert "The settings ask for 2.00; this was softened to the exponent 1.00: weights removed." in text
    text = str(made(weights="inverse", warmup_epochs=3))
    assert "at full strength in epoch 4; the first epoch has the exponent 0.00." in text


def test_it_says_how_the_folds_differ() -> None:
    uneven = [np.arange(1000) % 3 != f for f in range(3)]
    uneven[0][-15:] = False
    how = {"name": "power", "power": 1.0, "max_ratio": 5}
    text = str(made(folds=uneven, sampler=how))
    assert "In the folds the exponent is" in text


def test_a_fold_that_overshoots_refuses_the_whole() -> None:
    """A mix that is right for all rows turns around the skew of a fold in which another class is the rare one."""
    mix = {"name": "target_mix", "shares": [0.5, 0.3, 0.2]}
    assert made(sampler=mix).refusal is None
    other = np.ones(1000, dtype=bool)
    other[:890] = False
    assert made(sampler=mix, folds=[other]).folds[0].asked.exponent > 1.05
    assert made(sampler=mix, folds=[other]).refusal is not None


def test_it_is_plain_for_json() -> None:
    document = made(sampler="balanced", folds=[np.ones(1000, dtype=bool)]).document()
    assert document["models"] == ["a", "b"]
    assert document["exponent_in_folds"] == [document["exponent"]]
    assert document["refused"] is None
