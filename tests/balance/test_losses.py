import numpy as np
import pytest
import torch
from torch.nn import functional

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.errors import EvenhandError
from evenhand.base.settings.named_choice import section_of


def loss(weights: list[float], *, multi_label: bool = False) -> object:
    return section_of(LOSSES, "cross_entropy").build(
        ClassNames(np.ones(len(weights)), np.array(weights), multi_label)
    )


def logits(rows: int = 5, k: int = 3) -> torch.Tensor:
    return torch.randn(rows, k, generator=torch.Generator().manual_seed(0))


def test_classes_and_their_one_hot_rows_cost_the_same() -> None:
    classes = torch.tensor([0, 1, 2, 1, 0])
    rows = functional.one_hot(classes, 3).float()
    one, two = (loss([0.5, 1.0, 3.0])(logits(), targets, "none") for targets in (classes, rows))
    assert one.shape == (5,)
    assert torch.allclose(one, two)


def test_cross_entropy_by_hand() -> None:
    got = loss([1.0, 2.0])(torch.tensor([[0.0, 0.0]]), torch.tensor([[0.25, 0.75]]), "none")
    assert got.item() == pytest.approx((0.25 + 2 * 0.75) * np.log(2))


def test_several_labels_cost_one_term_per_class() -> None:
    z, t = torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 0.0]])
    expected = (np.log(2) + 3 * np.log1p(np.exp(2.0))) / 2
    assert loss([1.0, 3.0], multi_label=True)(z, t, "none").item() == pytest.approx(expected)


def test_without_weights_the_mean_is_torchs() -> None:
    classes = torch.tensor([0, 1, 2, 1, 0])
    ours = loss([1, 1, 1])(logits(), classes, "mean")
    assert ours.item() == pytest.approx(functional.cross_entropy(logits(), classes).item())
    targets = functional.one_hot(classes, 3).float()
    ours = loss([1, 1, 1], multi_label=True)(logits(), targets, "mean")
    theirs = functional.binary_cross_entropy_with_logits(logits(), targets)
    assert ours.item() == pytest.approx(theirs.item())


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("weights", [[1, 1, 1], [0.5, 1.0, 3.0]])
@pytest.mark.parametrize("shares", [False, True])
def test_the_mean_is_the_mean_over_rows(multi_label: bool, weights: list[float], shares: bool) -> None:
    """Not over the weights of the batch, as torch would have it: a rare class would then gain nothing alone."""
    classes = torch.tensor([0, 1, 2, 1, 0])
    targets = functional.one_hot(classes, 3).float() if shares or multi_label else classes
    rows, mean = (loss(weights, multi_label=multi_label)(logits(), targets, how) for how in ("none", "mean"))
    assert rows.shape == (5,)
    assert mean.item() == pytest.approx(rows.mean().item())


SINGLE = [name for name in LOSSES.names() if name != "asymmetric"]
LABELS = torch.tensor([0, 1, 2, 1, 0])
COUNTS = np.array([80.0, 15.0, 5.0])


def built(choice: object, *, multi_label: bool = False, weights: list[float] | None = None) -> object:
    return section_of(LOSSES, choice).build(ClassNames(COUNTS, np.array(weights or [1.0, 1.0, 1.0]), multi_label))


@pytest.mark.parametrize("name", SINGLE)
def test_every_loss_costs_classes_and_their_one_hot_rows_alike(name: str) -> None:
    rows = functional.one_hot(LABELS, 3).float()
    one, two = (built(name, weights=[0.5, 1, 3])(logits(), targets, "none") for targets in (LABELS, rows))
    assert one.shape == (5,)
    assert torch.allclose(one, two, atol=1e-6)
    assert built(name)(logits(), LABELS, "mean").item() == pytest.approx(
        built(name)(logits(), LABELS, "none").mean().item()
    )


@pytest.mark.parametrize("name", LOSSES.names())
@pytest.mark.parametrize("scale", [0.0, 1.0, 200.0])
def test_every_loss_has_finite_slopes_however_sure_the_model_is(name: str, scale: float) -> None:
    multi_label = name == "asymmetric"
    targets = functional.one_hot(LABELS, 3).float() if multi_label else LABELS
    z = (scale * logits()).requires_grad_(True)
    loss = built(name, multi_label=multi_label)(z, targets, "mean")
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize("name", SINGLE)
def test_every_loss_falls_as_the_truth_becomes_surer(name: str) -> None:
    z = torch.stack([torch.tensor([s, 0.0, 0.0]) for s in (-2.0, 0.0, 2.0, 4.0)])
    costs = built(name)(z, torch.zeros(4, dtype=torch.int64), "none")
    assert (costs.diff() < 0).all()


@pytest.mark.parametrize("name", SINGLE)
def test_weights_multiply_rows(name: str) -> None:
    plain, weighted = (built(name, weights=w)(logits(), LABELS, "none") for w in ([1, 1, 1], [0.5, 1, 3]))
    assert torch.allclose(weighted, plain * torch.tensor([0.5, 1.0, 3.0])[LABELS])


def test_focal_by_hand_and_without_gamma_cross_entropy() -> None:
    p = logits().softmax(dim=1)[torch.arange(5), LABELS]
    got = built({"name": "focal", "gamma": 2.0})(logits(), LABELS, "none")
    assert torch.allclose(got, -((1 - p) ** 2) * p.log(), atol=1e-5)
    assert torch.allclose(built({"name": "focal", "gamma": 0})(logits(), LABELS, "none"), -p.log(), atol=1e-6)


def test_focal_for_several_labels_by_hand() -> None:
    z, t = torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 0.0]])
    q = 1 / (1 + np.exp(-2.0))
    classes = ClassNames(np.ones(2), np.ones(2), multi_label=True)
    got = section_of(LOSSES, {"name": "focal", "gamma": 2.0}).build(classes)(z, t, "mean").item()
    assert got == pytest.approx((0.25 * np.log(2) - q**2 * np.log(1 - q)) / 2, rel=1e-5)


def test_margins_are_wider_for_rarer_classes() -> None:
    section = section_of(LOSSES, {"name": "ldam", "max_margin": 2.0})
    margins = section.margins(COUNTS)
    assert margins[2] == 2.0
    assert margins[0] == pytest.approx(2.0 * (5 / 80) ** 0.25)
    z = logits()
    shifted = z - torch.tensor(margins, dtype=torch.float32) * functional.one_hot(LABELS, 3)
    got = section.build(ClassNames(COUNTS, np.ones(3)))(z, LABELS, "none")
    assert torch.allclose(got, functional.cross_entropy(shifted, LABELS, reduction="none"), atol=1e-6)
    assert section.margins(np.array([10.0, 0.0]))[1] == 2.0


def test_logit_adjustment_is_cross_entropy_of_shifted_logits() -> None:
    prior = torch.tensor(COUNTS / COUNTS.sum(), dtype=torch.float32)
    got = built({"name": "logit_adjusted", "tau": 0.7})(logits(), LABELS, "none")
    expected = functional.cross_entropy(logits() + 0.7 * prior.log(), LABELS, reduction="none")
    assert torch.allclose(got, expected, atol=1e-6)


def test_logit_adjustment_takes_the_shifts_of_the_ledger() -> None:
    shifts = np.array([0.0, 1.0, 2.0])
    got = section_of(LOSSES, "logit_adjusted").build(ClassNames(COUNTS, np.ones(3), shifts=shifts))(
        logits(), LABELS, "none"
    )
    expected = functional.cross_entropy(
        logits() - torch.tensor(shifts, dtype=torch.float32), LABELS, reduction="none"
    )
    assert torch.allclose(got, expected, atol=1e-6)


def test_asymmetric_by_hand() -> None:
    z, t = torch.tensor([[0.5, -3.0]]), torch.tensor([[1.0, 0.0]])
    p, q = (1 / (1 + np.exp(-v)) for v in (0.5, -3.0))
    section = section_of(LOSSES, {"name": "asymmetric", "positive": 1, "negative": 2, "clip": 0.01})
    got = section.build(ClassNames(np.ones(2), np.ones(2), multi_label=True))(z, t, "mean").item()
    shifted = q - 0.01
    assert got == pytest.approx((-(1 - p) * np.log(p) - shifted**2 * np.log(1 - shifted)) / 2, rel=1e-4)


def test_easy_absences_cost_nothing_in_asymmetric_loss() -> None:
    section = section_of(LOSSES, {"name": "asymmetric", "clip": 0.05})
    loss = section.build(ClassNames(np.ones(1), np.ones(1), multi_label=True))
    z = torch.tensor([[-4.0]], requires_grad=True)
    loss(z, torch.zeros(1, 1), "mean").backward()
    assert z.grad.abs().item() < 1e-9


def test_symmetric_cross_entropy_by_hand() -> None:
    p = logits().softmax(dim=1)[torch.arange(5), LABELS]
    got = built({"name": "symmetric_cross_entropy", "alpha": 0.5, "beta": 2.0})(logits(), LABELS, "none")
    assert torch.allclose(got, -0.5 * p.log() + 2.0 * 4.0 * (1 - p), atol=1e-5)


def test_generalised_cross_entropy_lies_between_cross_entropy_and_the_absolute_error() -> None:
    p = logits().softmax(dim=1)[torch.arange(5), LABELS]
    got = built({"name": "generalised_cross_entropy", "q": 0.7})(logits(), LABELS, "none")
    assert torch.allclose(got, (1 - p**0.7) / 0.7, atol=1e-6)
    near = built({"name": "generalised_cross_entropy", "q": 1e-4})(logits(), LABELS, "none")
    assert torch.allclose(near, -p.log(), atol=1e-2)
    assert torch.allclose(built({"name": "generalised_cross_entropy", "q": 1})(logits(), LABELS, "none"), 1 - p)


@pytest.mark.parametrize("choice", [{"name": "focal", "alpha": [0.0, 1, 1]}, {"name": "focal", "gamma": -1}])
def test_wrong_options_are_refused(choice: dict[str, object]) -> None:
    with pytest.raises(EvenhandError):
        section_of(LOSSES, choice)
