"""Label smoothing in the ledger, against biases that minimise the criterion itself."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from evenhand.balance import effective_prior
from evenhand.balance.config import BalanceConfig
from evenhand.balance.correction.unsmoothing import LEFT, Unsmoothing, corrected, remaining
from evenhand.balance.plan import BalancePlan, accepted, plan_of
from evenhand.balance.prior.overshoot import patch_of
from evenhand.balance.prior.soften import softened
from evenhand.balance.prior.torch_adapter import effective_prior_of
from evenhand.balance.registries import LOSSES
from evenhand.base.errors import EvenhandError
from evenhand.base.settings.named_choice import section_of

COUNTS = np.array([900, 20, 80])
LABELS = np.repeat(np.arange(3), COUNTS)
NAMES = ("N", "S", "V")


def plan(smoothing: float = 0.1, labels: np.ndarray = LABELS, **settings: Any) -> BalancePlan:
    names = [str(c) for c in range(labels.max() + 1)] if labels is not LABELS else NAMES
    return plan_of(BalanceConfig(**settings), labels, names, smoothing=smoothing)


def best_bias(targets: np.ndarray, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the probabilities of the bias at which -sum_i r_i sum_c w_c t_ic log p_c is smallest."""
    k = targets.shape[1]
    total = rows @ (targets * weights)

    def loss(z: np.ndarray) -> tuple[float, np.ndarray]:
        z = np.append(z, 0.0)
        return -float(total @ log_softmax(z)), (total.sum() * softmax(z) - total)[:-1]

    return np.asarray(softmax(np.append(minimize(loss, np.zeros(k - 1), jac=True, tol=1e-12).x, 0.0)))


def targets_of(labels: np.ndarray, k: int, smoothing: float, mix: float, rng: np.random.Generator) -> np.ndarray:
    """Return (n, k) targets: smoothed, then blended in pairs of all rows with all rows where `mix` is below 1."""
    hard = np.eye(k)[labels] * (1 - smoothing) + smoothing / k
    return mix * hard + (1 - mix) * hard[rng.permutation(len(hard))]


@pytest.mark.parametrize(
    ("sampler", "weights", "smoothing", "mix"),
    list(product(("none", "sqrt", "balanced"), ("none", "inverse"), (0.0, 0.1, 0.3), (1.0, 0.6))),
)
def test_sampler_weights_smoothing_and_mixup_end_where_the_criterion_is_smallest(
    sampler: str, weights: str, smoothing: float, mix: float
) -> None:
    rng = np.random.default_rng(5)
    counts = rng.integers(40, 900, 5)
    labels = np.repeat(np.arange(5), counts)
    told = plan(smoothing, labels, sampler=sampler, weights=weights, on_overshoot="allow")
    chances = told.per_class[labels]
    drawn = labels[np.searchsorted(np.cumsum(chances) / chances.sum(), (np.arange(20_000) + 0.5) / 20_000)]
    targets = targets_of(drawn, 5, smoothing, mix, rng)
    found = best_bias(targets, told.weights(), np.ones(len(drawn)))
    assert told.prior.shares == pytest.approx(found, abs=2e-3)
    right = softmax(corrected(np.log(told.prior.shares)[None], told.correction, told.unsmoothing_at()), axis=1)
    assert right[0] == pytest.approx(counts / counts.sum(), abs=1e-9)


def test_the_worked_example() -> None:
    prior = effective_prior(dict(zip(NAMES, COUNTS, strict=True)), weights="inverse", label_smoothing=0.1)
    assert prior.shares == pytest.approx([0.1942, 0.5322, 0.2735], abs=1e-3)
    assert prior.exponent == pytest.approx(1.25, abs=0.005)
    assert prior.parts == pytest.approx({"sampler": 0, "weights": 1, "loss": 0, "smoothing": 0.25}, abs=0.005)
    assert prior.shares == pytest.approx(
        best_bias(targets_of(LABELS, 3, 0.1, 1.0, np.random.default_rng(0)), prior.weights, np.ones(1000)), abs=1e-6
    )
    assert prior.overshoots()
    assert "Exponent 1.25 (weights 1.00 + smoothing 0.25)" in str(prior)


@pytest.mark.parametrize("given", ["classes", "probabilities"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.25])
def test_a_criterion_of_torch_is_read_as_torch_minimises_it(given: str, smoothing: float) -> None:
    weight = torch.tensor([0.4, 9.0, 2.0])
    criterion = torch.nn.CrossEntropyLoss(weight=weight, label_smoothing=smoothing)
    y = torch.from_numpy(LABELS)
    target = y if given == "classes" else torch.eye(3)[y]
    bias = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.LBFGS([bias], max_iter=100, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = criterion(bias.expand(len(y), 3), target)
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    read = effective_prior_of(LABELS, criterion=criterion)
    assert read.shares == pytest.approx(bias.detach().softmax(dim=0).numpy(), abs=1e-3)


@pytest.mark.parametrize("loss", ["cross_entropy", {"name": "logit_adjusted", "tau": 0.7}])
@pytest.mark.parametrize("smoothing", [0.0, 0.15])
def test_our_losses_end_at_the_prior_told(loss: Any, smoothing: float) -> None:
    told = plan(smoothing, loss=loss, weights={"name": "inverse", "power": 0.5}, on_overshoot="allow")
    price = section_of(LOSSES, loss).build(told.classes())
    shares = torch.eye(3)[torch.from_numpy(LABELS)] * (1 - smoothing) + smoothing / 3
    bias = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.LBFGS([bias], max_iter=100, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        cost = price(bias.expand(len(LABELS), 3), shares, "mean")
        cost.backward()
        return cost

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    assert told.prior.shares == pytest.approx(bias.detach().softmax(dim=0).numpy(), abs=1e-3)


@pytest.mark.parametrize("name", ["focal", "class_balanced_focal", "ldam", "symmetric_cross_entropy"])
def test_losses_that_depend_on_the_model_count_the_smoothed_targets_and_say_that_there_is_more(name: str) -> None:
    told, plain = plan(0.1, loss=name), plan(0.0, loss=name)
    assert told.prior.measured
    wanted = plain.prior.weights * (0.9 * COUNTS / 1000 + 0.1 / 3)
    assert told.prior.shares == pytest.approx(wanted / wanted.sum())


def test_an_overshoot_by_smoothing_is_refused_and_its_patch_is_accepted() -> None:
    made = plan(weights="inverse")
    with pytest.raises(EvenhandError) as caught:
        accepted(made)
    assert "weights inverse (1.00) and label smoothing 0.1 (0.25) together have the exponent 1.25" in str(
        caught.value
    )
    assert 'balance.weights = {name = "inverse", power = 0.7' in str(caught.value)
    patched = plan(**patch_of(made.asked, made.config))
    assert patched.refusal is None
    assert patched.prior.exponent == pytest.approx(1.0, abs=0.01)
    assert accepted(plan(0.0, weights="inverse"))
    assert accepted(plan(sampler="balanced"))  # classes that are drawn alike are smoothed to what they are


@pytest.mark.parametrize(
    ("counts", "settings", "refused"),
    [
        ((600, 400), {"weights": "inverse"}, False),  # believed 49.0 and 51.0 %
        ((900, 100), {"weights": "inverse"}, False),  # 40.6 and 59.4 %
        ((950, 50), {"weights": "inverse"}, True),  # 33.4 and 66.6 %
        ((990, 10), {"weights": "inverse"}, True),
        ((600, 400), {"weights": "inverse", "sampler": "balanced"}, True),  # 40 and 60 %
        ((650, 350), {"weights": "inverse", "sampler": "balanced"}, True),
        ((600, 450), {"weights": "inverse", "sampler": "balanced"}, False),  # not skewed
        ((600, 400), {"sampler": "balanced", "correct_to": "trained", "adjust": 0.2}, False),
        ((600, 400), {"sampler": "balanced", "correct_to": "trained", "adjust": 1.0}, True),
    ],
)
def test_what_is_refused_is_how_far_beliefs_are_turned(
    counts: Any, settings: dict[str, Any], refused: bool
) -> None:
    """An exponent of 1.10 was refused for 600 and 400 rows, though they were believed about equal."""
    made = plan(0.1, np.repeat(np.arange(2), counts), **settings)
    assert (made.refusal is not None) == refused


@pytest.mark.parametrize(
    "settings",
    [
        {"weights": "inverse"},
        {"loss": {"name": "logit_adjusted", "tau": 1.0}},
        {"sampler": {"name": "power", "power": 1.3}},
        {"sampler": {"name": "power", "power": 1.6}, "weights": {"name": "inverse", "power": 0.3}},
        {"sampler": "sqrt", "weights": "inverse"},
    ],
)
@pytest.mark.parametrize("smoothing", [0.05, 0.1, 0.3])
def test_softening_aims_at_one_under_smoothing(settings: dict[str, Any], smoothing: float) -> None:
    made = plan(smoothing, **settings, on_overshoot="soften")
    if made.asked.overshoots():
        assert made.prior.exponent == pytest.approx(1.0, abs=1e-6)
        assert made.softening is not None
    drawn = np.bincount(
        LABELS, np.ones(1000) if made.row_sampling_weights(LABELS) is None else made.row_sampling_weights(LABELS)
    )
    mean = (1 - smoothing) * drawn / drawn.sum() + smoothing / 3
    wanted = mean * made.weights() * np.exp(made.prior.shifts)
    assert made.prior.shares == pytest.approx(wanted / wanted.sum())


def test_smoothing_alone_turns_no_skew_around() -> None:
    for share in (0.01, 0.1, 0.5, 0.99):
        prior = effective_prior([9000, 200, 700, 1], label_smoothing=share)
        assert 0 < prior.exponent < 1
        assert softened(prior).powers == {}


@pytest.mark.parametrize(
    "settings", [{}, {"weights": "inverse"}, {"sampler": "balanced"}, {"loss": "logit_adjusted"}]
)
@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_corrected_probabilities_are_those_of_the_data_whatever_rows_tell(
    settings: dict[str, Any], smoothing: float
) -> None:
    """A model that says of each row what the criterion asks for is led back to its posterior, smoothed less."""
    rng = np.random.default_rng(1)
    truth = softmax(rng.normal(scale=2, size=(500, 3)) + np.log(COUNTS), axis=1)
    truth *= (COUNTS / 1000) / truth.mean(axis=0)
    truth /= truth.sum(axis=1, keepdims=True)
    made = plan(smoothing, **settings, on_overshoot="allow")
    drawn = truth * made.prior.sampling
    drawn /= drawn.sum(axis=1, keepdims=True)
    trained = np.log(((1 - smoothing) * drawn + smoothing / 3) * made.weights()) + made.prior.shifts
    right = softmax(corrected(trained, made.correction, made.unsmoothing_at()), axis=1)
    left = LEFT * smoothing / (1 - (1 - LEFT) * smoothing)
    kept = (1 - left) * drawn + left / 3
    under = (1 - left) * made.prior.batch_shares + left / 3
    assert right == pytest.approx(scaled(kept * COUNTS / under), abs=1e-9)
    assert right.mean(axis=0) == pytest.approx(truth.mean(axis=0), abs=0.01 if smoothing < 0.2 else 0.03)
    even = plan(smoothing, **settings, on_overshoot="allow", correct_to="uniform")
    found = softmax(corrected(trained, even.correction, even.unsmoothing_at()), axis=1)
    assert found == pytest.approx(scaled(kept / under), abs=1e-9)
    # With all of it taken off it is the row's own posterior, but where a class is down to its trace.
    whole = Unsmoothing(smoothing, made.prior.lean, left=0.0)
    clear = drawn.min(axis=1) > whole.least * smoothing / 3 / (1 - smoothing)
    shift = np.log(COUNTS / 1000) - np.log(made.prior.hard.shares)
    assert softmax(corrected(trained, shift, whole), axis=1)[clear] == pytest.approx(truth[clear], abs=1e-9)


def scaled(amounts: np.ndarray) -> np.ndarray:
    """Return (n, k) shares of each row."""
    return np.asarray(amounts / amounts.sum(axis=1, keepdims=True))


def test_what_a_network_is_unsure_of_is_not_magnified_in_rare_classes() -> None:
    """Taking off all of the smoothing made a class of 1 % one of 3.8 %."""
    rng = np.random.default_rng(4)
    counts, smoothing, n = np.array([9600, 300, 100]), 0.2, 20_000
    made = plan(smoothing, np.repeat(np.arange(3), counts))
    y = rng.choice(3, n, p=counts / counts.sum())
    x = rng.normal(size=(n, 3)) + 1.2 * np.eye(3)[y]
    posterior = softmax(1.2 * x + np.log(counts), axis=1)
    noisy = np.log((1 - smoothing) * posterior + smoothing / 3) + 0.5 * rng.normal(size=(n, 3))

    def measured(shift: Any, unsmoothing: Unsmoothing | None) -> tuple[float, float]:
        p = softmax(corrected(noisy, shift, unsmoothing), axis=1)
        return abs(p[:, 2].mean() / 0.01 - 1), float(-np.log(p[np.arange(n), y]).mean())

    error, loss = measured(made.correction, made.unsmoothing_at())
    whole = measured(None, Unsmoothing(smoothing, made.prior.lean, left=0.0, least=0.02))
    assert error < 0.6 * whole[0]
    assert loss < whole[1] - 0.02


def test_what_is_judged_as_trained_stays_smoothed() -> None:
    made = plan(weights="inverse", correct_to="trained", on_overshoot="allow")
    assert made.correction is None
    assert made.unsmoothing_at() is None
    assert made.output_prior.shares == pytest.approx(made.prior.shares)
    assert plan(sampler="balanced").output_prior.shares == pytest.approx(COUNTS / 1000)


def test_weights_that_rise_are_taken_off_as_they_were() -> None:
    made = plan(weights="inverse", warmup_epochs=2, on_overshoot="allow")
    for epoch in (0, 1, 2):
        trained = np.log(made.prior_at(epoch).shares)[None]
        right = softmax(corrected(trained, made.correction_at(epoch), made.unsmoothing_at(epoch)), axis=1)
        assert right[0] == pytest.approx(COUNTS / 1000)


def test_where_several_hold_smoothing_draws_each_rate_to_one_half() -> None:
    labels = np.zeros((100, 2))
    labels[:, 0], labels[:10, 1] = 1.0, 1.0
    made = plan_of(BalanceConfig(sampler="balanced"), labels, ("common", "rare"), smoothing=0.2)
    chances: Any = made.row_sampling_weights(labels)
    rate = 0.8 * (chances @ labels / chances.sum()) + 0.1
    logits = np.log(rate / (1 - rate))[None]
    right = 1 / (1 + np.exp(-corrected(logits, made.correction, made.unsmoothing_at())))
    assert right[0, 1] == pytest.approx(0.1)
    assert right[0, 0] == pytest.approx(1.0, abs=0.02)


def test_an_unsmoothing_is_undone_and_survives_a_file() -> None:
    one = Unsmoothing(0.1, np.log([0.4, 9.0, 2.0]), left=0.0)
    again = Unsmoothing.of(one.document())
    assert again is not None
    logits = np.random.default_rng(0).normal(scale=0.5, size=(20, 3))
    assert softmax(again.removed(one.added(logits)), axis=1) == pytest.approx(softmax(logits, axis=1), abs=1e-9)
    part = Unsmoothing.of(Unsmoothing(0.1, one.lean).document())
    assert part is not None
    kept = Unsmoothing(remaining(0.1), one.lean).added(logits)
    assert softmax(part.removed(one.added(logits)), axis=1) == pytest.approx(softmax(kept, axis=1), abs=1e-9)
    older = Unsmoothing.of({"share": 0.1, "lean": [0.0, 0.0], "several": False})
    assert older is not None
    assert (older.left, older.least) == (0.0, 0.02)  # as its shift was made for
    assert Unsmoothing.of(None) is None


def test_logits_that_are_no_numbers_stay_so_without_a_warning() -> None:
    found = Unsmoothing(0.1, np.zeros(3)).removed(np.array([[np.nan, 0, 1], [np.inf, 0, 1], [2.0, 0, 1]]))
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[2]).all()


def test_rows_as_the_loss_weighs_them() -> None:
    prior = effective_prior(COUNTS, weights="inverse", label_smoothing=0.1)
    row = 0.9 * prior.weights + 0.1 * prior.weights.mean()
    assert prior.weighted_rows == pytest.approx(COUNTS * row / (COUNTS @ row))
    assert prior.mean_weight == pytest.approx(COUNTS @ row / COUNTS.sum())
    assert effective_prior(COUNTS, weights="inverse").weighted_rows == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("given", [-0.1, 1.5, float("nan"), "much", [0.1]])
def test_a_smoothing_that_is_none_is_refused(given: Any) -> None:
    with pytest.raises(EvenhandError, match="label_smoothing must be"):
        effective_prior([9, 1], label_smoothing=given)


def test_a_class_without_rows_is_believed_in_by_its_part_of_the_spread() -> None:
    prior = effective_prior([80, 0, 20], label_smoothing=0.3)
    assert prior.shares == pytest.approx([0.66, 0.1, 0.24])
    assert prior.exponent == pytest.approx(prior.parts["smoothing"])
