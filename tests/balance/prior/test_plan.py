import numpy as np
import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import BalancePlan, accepted, plan_of
from evenhand.base.errors import EvenhandError

NAMES = ("N", "S", "V", "O")
LABELS = np.repeat(np.arange(4), [900, 20, 70, 10])


def plan(**settings: object) -> BalancePlan:
    return plan_of(BalanceConfig(**settings), LABELS, NAMES)


def test_nothing_done_needs_no_correction_and_no_chances() -> None:
    made = plan()
    assert made.correction is None
    assert made.row_sampling_weights(LABELS) is None
    assert made.refusal is None
    assert made.weights(0).tolist() == [1.0] * 4


def test_a_changed_prior_is_corrected_to_that_of_the_data() -> None:
    made = plan(sampler="balanced")
    assert made.output_prior.shares == pytest.approx(made.prior.natural)
    assert made.output_prior.exponent == pytest.approx(0.0, abs=1e-9)
    assert made.row_sampling_weights(LABELS)[LABELS == 3] == pytest.approx(np.full(10, 25.0))


@pytest.mark.parametrize(
    ("settings", "output_prior"),
    [
        ({"correct_to": "trained"}, [0.25] * 4),
        ({"correct_to": "uniform"}, [0.25] * 4),
        ({"correct_to": {"N": 5, "S": 2, "V": 2, "O": 1}}, [0.5, 0.2, 0.2, 0.1]),
        ({"correct_to": "natural", "adjust": 1.0}, [0.25] * 4),
    ],
)
def test_probabilities_stand_for_the_prior_that_is_wanted(
    settings: dict[str, object], output_prior: list[float]
) -> None:
    assert plan(sampler="balanced", **settings).output_prior.shares == pytest.approx(output_prior)


def test_a_plain_training_can_be_corrected_too() -> None:
    assert plan(correct_to="uniform").output_prior.shares == pytest.approx([0.25] * 4)


@pytest.mark.parametrize("epoch", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("correct_to", ["natural", "uniform"])
def test_each_epoch_is_corrected_from_the_prior_it_is_trained_under(epoch: int, correct_to: str) -> None:
    made = plan(weights="inverse", weights_from=1, warmup_epochs=2, correct_to=correct_to)
    trained, shift = made.prior_at(epoch), made.correction_at(epoch)
    judged = trained if shift is None else trained.shifted(shift)
    assert judged.shares == pytest.approx(made.output_prior.shares)


def test_a_softened_plan_is_corrected_from_its_softened_weights() -> None:
    made = plan(weights={"name": "inverse", "power": 1.5}, warmup_epochs=2, on_overshoot="soften")
    shift = made.correction_at(1)
    assert shift is not None
    assert np.ptp(shift) == pytest.approx(np.log(90) / 2)
    assert made.correction_at(2) is made.correction


def test_weights_that_rise_move_no_correction_where_several_classes_may_hold() -> None:
    labels = np.eye(4)[LABELS]
    made = plan_of(BalanceConfig(sampler="balanced", weights="inverse", warmup_epochs=3), labels, NAMES)
    assert made.correction_at(0) is made.correction


def test_a_stated_prior_must_name_every_class() -> None:
    with pytest.raises(EvenhandError, match="no share for S, O. A stated prior needs one for every class"):
        plan(correct_to={"N": 0.9, "V": 0.1})
    with pytest.raises(EvenhandError, match='balance.correct_to: There is no class named "X"'):
        plan(correct_to={"X": 1.0})


@pytest.mark.parametrize("gate", ["refuse", "soften", "allow"])
def test_figures_beyond_reckoning_are_refused_whatever_is_allowed(gate: str) -> None:
    weights = {"name": "downweight", "class": "N", "factor": 1e308}
    with pytest.raises(EvenhandError, match="too large or too small to compute with.*nearer to 1"):
        plan(weights=weights, on_overshoot=gate)


def test_an_overshoot_is_refused_in_words_with_what_mends_it() -> None:
    with pytest.raises(EvenhandError) as caught:
        accepted(plan(sampler="balanced", weights="inverse"))
    assert str(caught.value) == (
        "sampler balanced (1.00) and weights inverse (1.00) together have the exponent 2.00, which inverts the "
        "skew: the model is made to expect O, 1.00% of the rows, in 60.5% of them. "
        'Set balance.weights = "none", or on_overshoot = "soften" or "allow".'
    )


@pytest.mark.parametrize(
    ("settings", "mend"),
    [
        ({"weights": {"name": "inverse", "power": 1.5}}, r'balance.weights = \{name = "inverse", power = 1.0\}'),
        (
            {"loss": {"name": "logit_adjusted", "tau": 2.0}},
            r'balance.loss = \{name = "logit_adjusted", tau = 1.0\}',
        ),
        ({"sampler": "balanced", "loss": "logit_adjusted"}, 'balance.loss = "cross_entropy"'),
        ({"sampler": {"name": "target_mix", "shares": [0.1, 0.2, 0.1, 0.6]}}, 'balance.sampler = "none"'),
        ({"sampler": "balanced", "correct_to": "trained", "adjust": 0.5}, "balance.adjust = 0"),
    ],
)
def test_each_overshoot_is_mended_where_it_comes_from(settings: dict[str, object], mend: str) -> None:
    with pytest.raises(EvenhandError, match=mend):
        accepted(plan(**settings))
    assert accepted(plan(**settings, on_overshoot="allow")).softening is None


def test_the_proposed_patch_is_accepted() -> None:
    from evenhand.balance.prior.overshoot import patch_of

    asked = {"sampler": "sqrt", "weights": "inverse", "loss": "logit_adjusted"}
    for _ in range(3):
        made = plan(**asked)
        if made.refusal is None:
            break
        asked |= patch_of(made.asked, made.config)
    assert made.refusal is None


def test_softened_chances_and_weights_give_the_prior_told() -> None:
    made = plan(sampler={"name": "power", "power": 0.6}, weights="inverse", on_overshoot="soften")
    assert made.prior.exponent == pytest.approx(1.0)
    drawn = np.bincount(LABELS, made.row_sampling_weights(LABELS))
    assert drawn * made.weights() / (drawn @ made.weights()) == pytest.approx(made.prior.shares)
    assert made.asked.exponent == pytest.approx(1.6)


def test_softened_logit_shifts_reach_the_loss() -> None:
    made = plan(sampler="balanced", loss="logit_adjusted", on_overshoot="soften")
    assert made.classes().shifts == pytest.approx(np.zeros(4))
    assert made.prior.exponent == pytest.approx(1.0)


def test_post_hoc_adjustment_is_softened() -> None:
    made = plan(sampler="balanced", correct_to="trained", adjust=1.0, on_overshoot="soften")
    assert made.output_prior.exponent == pytest.approx(1.0)


def test_weights_rise_from_natural_ones_to_full_strength() -> None:
    made = plan(weights="inverse", warmup_epochs=4, weights_from=2)
    assert made.weights(0).tolist() == made.weights(2).tolist() == [1.0] * 4
    assert made.weights(4)[3] / made.weights(4)[0] == pytest.approx(90**0.5)
    assert made.weights(6) == pytest.approx(made.weights())
    assert [round(made.prior_at(e).exponent, 6) for e in (0, 4, 6)] == [0.0, 0.5, 1.0]
    assert made.classes(0).weights.tolist() == [1.0] * 4


def test_a_sampler_is_at_full_strength_from_the_first_epoch() -> None:
    assert plan(sampler="balanced", warmup_epochs=5).prior_at(0).exponent == pytest.approx(1.0)


def test_losses_that_depend_on_the_model_are_flagged() -> None:
    assert plan(loss="focal").prior.measured
    assert plan(loss="ldam").prior.measured
    assert not plan(loss="logit_adjusted").prior.measured


def test_alpha_of_focal_loss_is_counted() -> None:
    made = plan(loss={"name": "focal", "alpha": {"O": 90.0}})
    assert made.prior.weights[3] / made.prior.weights[0] == pytest.approx(90.0)
    assert made.prior.weights @ made.prior.natural == pytest.approx(1.0)


SEVERAL = np.zeros((100, 2))
SEVERAL[:, 0] = 1.0
SEVERAL[:10, 1] = 1.0


def multi_label(**settings: object) -> BalancePlan:
    return plan_of(BalanceConfig(**settings), SEVERAL, ("common", "rare"))


def test_where_several_hold_a_sampler_changes_how_often_each_does() -> None:
    made = multi_label(sampler="balanced")
    chances = made.row_sampling_weights(SEVERAL)
    rate = chances @ SEVERAL / chances.sum()
    assert rate[1] > 0.1
    odds = np.log(rate[1] / (1 - rate[1])) + made.correction[1]
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(0.1)


def test_where_several_hold_weights_change_no_prior() -> None:
    made = multi_label(weights="inverse")
    assert made.correction is None
    assert made.prior.exponent == 0.0
    assert made.weights()[1] / made.weights()[0] == pytest.approx(10.0)


def test_shares_of_several_labels_are_said_to_be_of_all_labels() -> None:
    words = "shares are of all labels, not of rows"
    assert words in str(multi_label().prior)
    assert words not in str(plan().prior)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"loss": "ldam"}, '"ldam" is for classes that exclude each other'),
        ({"adjust": 1.0}, "balance.adjust"),
        ({"correct_to": "uniform"}, "correct_to"),
    ],
)
def test_what_does_not_go_with_several_labels_is_told(settings: dict[str, object], words: str) -> None:
    with pytest.raises(EvenhandError, match=words):
        multi_label(**settings)


def test_a_loss_for_several_labels_is_refused_for_single_ones() -> None:
    with pytest.raises(EvenhandError, match='"asymmetric" is for rows that may hold several classes'):
        plan(loss="asymmetric")


def test_a_fold_without_a_class_is_planned() -> None:
    made = plan_of(
        BalanceConfig(sampler="balanced", weights={"name": "downweight", "class": "O"}), LABELS[:990], NAMES
    )
    assert made.prior.shares[3] == 0
    assert made.weights()[3] == 1.0


def test_it_is_plain_for_json() -> None:
    document = plan(sampler="balanced", weights="inverse", on_overshoot="soften").document()
    assert document["requested_exponent"] == pytest.approx(2.0)
    assert document["softened"].startswith("softened to the exponent 1.00: weights removed")
    assert document["output_prior"]["O"] == pytest.approx(0.01)
