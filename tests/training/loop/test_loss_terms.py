"""Terms of heads in the loop."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from evenhand.training.config import TrainConfig
from evenhand.training.loop import loss_terms
from evenhand.training.loop.loop import fit
from evenhand.training.loop.loss_terms import LossTerms, compared_gradients, cosine_and_pull, module_with_terms


class WithTerms(nn.Sequential):
    """The head of the tiny network, with terms on its last outputs."""

    weights: dict[str, float]

    def forward(self, x: Tensor) -> Tensor:
        self.last = super().forward(x)
        return self.last

    def terms(self, targets: Tensor) -> dict[str, Tensor]:
        of = {"size": self.last.square().mean(), "against": -nn.functional.cross_entropy(self.last, targets)}
        return {name: weight * of[name] for name, weight in self.weights.items()}


def spec_with(tiny: SimpleNamespace, weights: dict[str, float] | None, **train: Any) -> Any:
    settings = {"epochs": 3, "batch_size": 8, "learning_rate": 0.03, "warmup_epochs": 0, "early_stop": 0, **train}
    network = tiny.Network()
    if weights is not None:
        head = WithTerms(*network.head)
        head.weights = weights
        network.head = head
        network.retune("all")
    return tiny.spec(TrainConfig.model_validate(settings), network=network)


def test_a_network_without_terms_costs_nothing_and_keeps_its_bits(tiny: SimpleNamespace) -> None:
    plain, empty = spec_with(tiny, None), spec_with(tiny, {})
    assert module_with_terms(plain.network.tuned) is None
    lines = [fit(spec).lines for spec in (plain, empty)]
    assert tiny.same_bits(tiny.weights_of(plain.network), tiny.weights_of(empty.network))
    assert all("terms" not in line for of in lines for line in of)
    assert [line["train_loss"] for line in lines[0]] == [line["train_loss"] for line in lines[1]]


def test_terms_move_the_weights_and_are_logged_beside_the_main_loss(tiny: SimpleNamespace) -> None:
    plain, with_terms = spec_with(tiny, None), spec_with(tiny, {"size": 0.5})
    fit(plain)
    lines = fit(with_terms).lines
    assert not tiny.same_bits(tiny.weights_of(plain.network), tiny.weights_of(with_terms.network))
    for line in lines:
        term = line["terms"]["size"]
        assert term["share"] == pytest.approx(term["loss"] / (term["loss"] + line["train_loss"]))
        assert -1 <= term["cosine"] <= 1


@pytest.mark.parametrize("train", [{}, {"sam": 0.05}, {"mixup": 0.4, "label_smoothing": 0.1}])
def test_evidence_does_not_change_the_fit(
    train: dict[str, Any], tiny: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured, blind = (spec_with(tiny, {"size": 0.5}, **train) for _ in range(2))
    if "mixup" in train:  # `against` reads classes; mixed rows have shares
        measured.network.head.weights = blind.network.head.weights = {"size": 0.5}
    lines = fit(measured).lines
    monkeypatch.setattr(loss_terms, "compared_gradients", lambda *_: {"size": None})
    others = fit(blind).lines
    assert tiny.same_bits(tiny.weights_of(measured.network), tiny.weights_of(blind.network))
    assert [line["gradient_share"] for line in lines] == [line["gradient_share"] for line in others]
    assert all(line["terms"]["size"]["cosine"] is None for line in others)


def test_losses_that_oppose_each_other_have_a_cosine_of_minus_one(tiny: SimpleNamespace) -> None:
    lines = fit(spec_with(tiny, {"against": 0.1}, epochs=2)).lines
    assert [line["terms"]["against"]["cosine"] for line in lines] == pytest.approx([-1.0, -1.0], abs=1e-6)


def test_cosines_are_of_shared_parameters_alone() -> None:
    shared, own = nn.Parameter(torch.tensor([1.0, 2.0])), nn.Parameter(torch.tensor([5.0]))
    module = nn.Module()
    module.shared, module.own = shared, own
    main = shared[0] * 3 + own.sum()
    terms = {"same": shared[0] * 2, "square": shared[1] * 1.0, "apart": own.new_ones(()), "both": -main}
    gradients = compared_gradients(main, terms, module)
    assert gradients["apart"] is None
    found = {name: cosine_and_pull(*pair) for name, pair in gradients.items() if pair is not None}
    assert found["same"] == pytest.approx((1.0, 2 / 3))
    assert found["square"][0] == pytest.approx(0.0)
    assert found["both"] == pytest.approx((-1.0, 1.0))
    assert shared.grad is None


def test_means_are_over_rows(tiny: SimpleNamespace) -> None:
    class Source:
        def __init__(self) -> None:
            self.values = iter([1.0, 4.0])

        def terms(self, targets: Tensor) -> dict[str, Tensor]:
            return {"t": torch.tensor(next(self.values))}

        def parameters(self) -> list[Tensor]:
            return []

    terms = LossTerms(Source())
    assert terms.read() is None
    for loss, rows in ((2.0, 1), (5.0, 3)):
        assert float(terms.added_to(torch.tensor(loss), torch.zeros(rows))) in {3.0, 9.0}
        terms.step(rows)
    main, lines = terms.read()
    assert main == pytest.approx((2 + 15) / 4)
    assert lines == {
        "t": {"loss": pytest.approx(13 / 4), "share": pytest.approx(13 / 30), "cosine": None, "pull": None}
    }
