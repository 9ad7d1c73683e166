"""Codes by tanh and the losses that shape them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evenhand.base.errors import ModelError
from evenhand.models.heads.modules import hash as hashing
from evenhand.models.heads.modules.scaled_head import ScaledHead

HeadOf = Callable[..., ScaledHead]
ALL = {"quantisation": 0.2, "balance": 0.3, "decorrelation": 0.4, "cosine": 0.5}


def codes_of(n: int = 6, bits: int = 5) -> torch.Tensor:
    return torch.rand(n, bits, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 1.8 - 0.9


LABELS = torch.tensor(
    [[1.0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 0], [1, 1, 1], [torch.nan, 1, 0]], dtype=torch.float64
)


def test_codes_lie_between_minus_one_and_one_and_are_the_embedding(head_of: HeadOf) -> None:
    built = head_of("hash", head_options={"bits": 5}).eval()
    x = torch.randn(7, 5) * 4
    codes = built.codes(x)
    assert built.has_codes
    assert codes.shape == (7, 5)
    assert bool((codes.abs() <= 1).all())
    assert torch.equal(codes, built.embedding(x))
    assert torch.equal(built[1].classify(codes), built(x))


def test_binary_codes_predict_by_their_signs_in_evaluation_only(head_of: HeadOf) -> None:
    built = head_of("hash", head_options={"bits": 5, "binary": True}, normalise="none")
    x = torch.randn(7, 5)
    signs = torch.where(built.codes(x) > 0, 1.0, -1.0)
    assert torch.allclose(built.eval()(x), built[1].classify(signs))
    assert torch.allclose(built.train()(x), built[1].classify(built.codes(x)))


def test_terms_are_those_of_the_last_training_batch_times_their_weights(head_of: HeadOf) -> None:
    built = head_of("hash", head_options={"bits": 5, **ALL}).train()
    targets = torch.randint(0, 2, (7, 4)).float()
    built(torch.randn(7, 5))
    codes = built[1]._last.detach()
    terms = {name: float(term.detach()) for name, term in built[1].terms(targets).items()}
    expected = {name: weight * float(hashing.TERMS[name](codes, targets)) for name, weight in ALL.items()}
    assert terms == pytest.approx(expected)
    built.eval()(torch.randn(7, 5))
    assert built[1].terms(targets) == {}  # evaluation leaves none


def test_a_term_of_weight_zero_is_left_out(head_of: HeadOf) -> None:
    built = head_of("hash", head_options={**dict.fromkeys(ALL, 0.0), "balance": 1.0}).train()
    built(torch.randn(7, 5))
    assert list(built[1].terms(torch.zeros(7, 4))) == ["balance"]


def test_each_term_is_zero_where_codes_are_as_it_wants_them() -> None:
    ideal = torch.tensor([[1.0, 1, 1, 1], [1, -1, 1, -1], [-1, 1, 1, -1], [-1, -1, 1, 1]])[:, [0, 1, 3]]
    same = torch.tensor([0, 1, 2, 3])
    for name in ("quantisation", "balance", "decorrelation"):
        assert float(hashing.TERMS[name](ideal, same)) == 0
    assert float(hashing.cosine(torch.eye(4), same)) == 0
    assert float(hashing.decorrelation(ideal[:, :1], same)) == 0


def test_each_term_is_its_formula() -> None:
    codes = codes_of()
    h = codes.numpy()
    products = h.T @ h / 6
    others = products[~np.eye(5, dtype=bool)]
    assert float(hashing.quantisation(codes, LABELS)) == pytest.approx(np.mean(1 - np.abs(h)))
    assert float(hashing.balance(codes, LABELS)) == pytest.approx(np.mean(h.mean(axis=0) ** 2))
    assert float(hashing.decorrelation(codes, LABELS)) == pytest.approx(np.mean(others**2))
    y, errors = LABELS.numpy(), []
    for i in range(6):
        for j in range(6):
            known = ~np.isnan(y[i]) & ~np.isnan(y[j])
            a, b = y[i][known], y[j][known]
            if i != j and a.any() and b.any():
                cosine = h[i] @ h[j] / np.linalg.norm(h[i]) / np.linalg.norm(h[j])
                errors.append((cosine - a @ b / np.linalg.norm(a) / np.linalg.norm(b)) ** 2)
    assert float(hashing.cosine(codes, LABELS)) == pytest.approx(np.mean(errors))


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.parametrize("targets", [LABELS, torch.tensor([0, 1, 0, 2, 2, 1])])
def test_gradients_are_those_of_differences(name: str, targets: torch.Tensor) -> None:
    codes = codes_of().requires_grad_()
    assert torch.autograd.gradcheck(lambda h: hashing.TERMS[name](h, targets), (codes,))


@settings(deadline=None, max_examples=30)
@given(arrays.arrays(np.float64, (5, 3), elements=st.sampled_from([0.0, 1.0, 0.5, np.nan])))
def test_similarities_lie_between_zero_and_one_and_are_symmetric(labels: np.ndarray) -> None:
    similarity, known = hashing.label_similarity(torch.from_numpy(labels))
    assert torch.isfinite(similarity).all()
    assert torch.equal(known, known.T)
    assert torch.allclose(similarity[known], similarity.T[known], atol=1e-6)
    assert bool(((similarity[known] > -1e-6) & (similarity[known] < 1 + 1e-6)).all())


def test_a_batch_of_one_row_and_steps_of_sequences_have_terms(head_of: HeadOf) -> None:
    built = head_of("hash", head_options=ALL, normalise="none").train()
    built(torch.randn(1, 5))
    assert all(torch.isfinite(term) for term in built[1].terms(torch.ones(1, 4)).values())
    built(torch.randn(6, 5))  # two rows of three steps
    assert all(torch.isfinite(term) for term in built[1].terms(torch.tensor([0, 1])).values())


def test_codes_may_be_those_of_the_product_of_the_halves(head_of: HeadOf) -> None:
    built = head_of("hash", head_options={"bits": 5, "fusion": "hadamard", "fusion_width": 6}, normalise="none")
    x = torch.randn(7, 5)
    x[:3, 3:] = 0  # a missing half
    fused = built[1].fusion.fused(x)
    assert fused.shape == (7, 6)
    assert torch.equal(built.eval().codes(x), torch.tanh(built[1].project(fused)))
    built.train()(x).sum().backward()
    assert all(p.grad is not None for p in built.parameters())


def test_features_of_one_part_have_no_product(head_of: HeadOf) -> None:
    with pytest.raises(ModelError, match="joins the parts of features"):
        head_of("hash", parts={"image": 5}, head_options={"fusion": "hadamard"})
    assert head_of("hash", parts={"image": 5}).has_codes
