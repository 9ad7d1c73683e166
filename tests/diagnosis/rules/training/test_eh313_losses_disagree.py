"""EH313: terms that pull against the main loss; terms that shape codes and leave it alone are not accused."""

import pytest
import torch

from evenhand.diagnosis import Evidence, examine
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.models.heads.modules.hash import HashModule

MILD = {"quantisation": 0.1, "balance": 0.1, "decorrelation": 0.1, "cosine": 0.1}
MODEL = {"name": "net", "head": "hash", "head_options": {"cosine": 4.0}}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def fitted(fits, *, cosine=-0.4, pull=12.0, loss=1.5, main=0.6, epochs=8, steps=50, fold=0):
    """Return a fit of two even classes (guessing costs 0.693) whose term has these figures in every epoch."""
    term = {"loss": loss, "share": loss / (loss + main), "cosine": cosine, "pull": pull}
    seen = [fits.told((0.5, 0.5), (0.5, 0.5))] * epochs
    lines = fits.lines(*seen, loss=main, steps=steps, terms={"cosine": term})
    return TrainingHistory("net", fold, 0, ("a", "b"), lines)


def examined(*histories):
    return examine(Evidence(histories=histories, config={"model": [MODEL]}), ["EH313"])


def test_a_term_that_drowns_the_main_loss_is_found(fits):
    (found,) = examined(fitted(fits)).findings
    assert found.message == (
        "net, fold 0, seed 0: cosine pulls against the main loss and drowns it: their gradients have a cosine of "
        "-0.40, and the main loss has 29% of the two in value and 8% in gradient (medians of epochs 2 to 4)."
    )
    assert found.patch == {"model.net.head_options.cosine": 0.4}


def test_a_term_that_is_hardly_seen_and_steers_is_found(fits):
    (found,) = examined(fitted(fits, pull=1.0, loss=0.02)).findings
    assert "cosine pulls against the main loss unseen" in found.message
    assert "and cosine has 3% of the two in value and 50% in gradient" in found.message
    assert found.patch == {"model.net.head_options.cosine": 0.0}


@pytest.mark.parametrize("cosine", [0.18, 0.0, -0.4])
def test_a_term_that_leaves_nothing_of_the_main_loss_is_found_whatever_their_angle(fits, cosine):
    (found,) = examined(fitted(fits, cosine=cosine, pull=4e8, loss=6e8)).findings
    assert found.message == (
        "net, fold 0, seed 0: cosine leaves nothing of the main loss, which has 1e-09 of the two in value and "
        "2.5e-09 in gradient (medians of epochs 2 to 4): the layers that both share are trained by cosine alone."
    )
    assert found.patch == {"model.net.head_options.cosine": 1e-08}


@pytest.mark.parametrize(
    "figures",
    [
        {"cosine": 0.4, "pull": 4e8, "loss": 6e8},  # the same way as the main loss, which is learned with it
        {"cosine": 0.0, "pull": 4e8, "loss": 6e8, "main": 0.1},  # learned by the layers that they do not share
        {"cosine": 0.0, "pull": 50.0, "loss": 6e8},  # of no effect on the shared layers, such as a constant
        {"cosine": 0.3},  # both pull the same way
        {"cosine": -0.05},  # at right angles
        {"pull": 3.0},  # a balance of two losses of like weight
        {"pull": 0.2, "loss": 0.02},  # a light regulariser
        {"main": 0.1},  # small because it is learned
        {"epochs": 3},  # too few to say
        {"steps": 1},  # hardly begun
        {"cosine": None, "pull": None},  # no parameter in common
    ],
)
def test_others_pass(fits, figures):
    assert examined(fitted(fits, **figures)).passed == ("EH313",)


def test_it_takes_more_than_half_of_the_fits(fits):
    faulty, healthy = fitted(fits), fitted(fits, cosine=0.2, fold=1)
    assert examined(faulty, healthy).passed == ("EH313",)
    (found,) = examined(faulty, fitted(fits, fold=2), healthy).findings
    assert found.message.startswith("net, in 2 of 3 fits (first: fold 0, seed 0): ")


def test_fits_without_terms_are_not_applicable(fits):
    lines = fits.lines(*[fits.told((0.5, 0.5), (0.5, 0.5))] * 8)
    found = examined(TrainingHistory("net", 0, 0, ("a", "b"), lines))
    assert found.not_applicable["EH313"].endswith("a head whose loss has further terms (epochs.jsonl)")


def trained(small, rows, weights, rate=3e-3, seed=0):
    """Return a fit of a hash head on clouds of so many rows."""
    recipe = small.Recipe(rows, 3.0, train={"epochs": 10, "learning_rate": rate}, seed=seed)
    head = HashModule(8, 24, 16, len(rows), 0.1, weights, torch.Generator().manual_seed(seed))
    lines = small.trained(recipe, head).lines
    return TrainingHistory("net", 0, seed, tuple(f"c{at}" for at in range(len(rows))), lines)


def test_a_network_whose_codes_are_forced_to_their_ends_is_found(small):
    found = examined(trained(small, (200, 200, 200), {"quantisation": 100.0}, rate=2e-2)).findings
    assert [one.evidence["term"] for one in found] == ["quantisation"]


@pytest.mark.parametrize("rows", [(200, 200, 200), (150, 150), (900, 20, 70, 10), (40,) * 12])
@pytest.mark.parametrize("rate", [3e-3, 2e-2])
def test_networks_with_light_terms_pass(small, rows, rate):
    assert examined(trained(small, rows, MILD, rate)).passed == ("EH313",)
