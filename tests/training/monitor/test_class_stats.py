"""What was said of rows, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score

from evenhand.training.monitor.class_stats import ClassStats

numbers = st.integers(0, 10_000)


def rows(seed: int, n: int, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(3 * rng.normal(size=(n, k))).float(), torch.from_numpy(rng.integers(0, k, n))


def told(logits, targets, gradient=None, *, multi_label=False, parts=1, **how):
    tally = ClassStats(logits.shape[1], multi_label, **how)
    cuts = np.array_split(np.arange(len(logits)), parts)
    for cut in cuts:
        tally.add(logits[cut], targets[cut], None if gradient is None else gradient[cut])
    return tally.read()


def nans(values):
    return [np.nan if value is None else value for value in values] if isinstance(values, list) else values


@given(numbers, st.integers(1, 60), st.integers(2, 6), st.integers(1, 5))
def test_figures_agree_with_scikit_learn(seed: int, n: int, k: int, parts: int) -> None:
    logits, y = rows(seed, n, k)
    out = told(logits, y, parts=parts)
    called, how = logits.argmax(1), {"labels": np.arange(k), "average": None, "zero_division": np.nan}
    assert nans(out["recall"]) == pytest.approx(recall_score(y, called, **how), nan_ok=True)
    assert nans(out["precision"]) == pytest.approx(precision_score(y, called, **how), nan_ok=True)
    assert out["share"] == pytest.approx(np.bincount(y, minlength=k) / n)
    p = logits.double().softmax(1).numpy()
    assert out["probability"] == pytest.approx(p.mean(0), abs=1e-6)
    assert out["entropy"] == pytest.approx(-(p * np.log(p)).sum(1).mean(), abs=1e-5)
    gain = np.log(p[np.arange(n), y]) - np.log(p.mean(0))[y]
    assert out["information"] == pytest.approx(gain.mean(), abs=1e-5)
    assert out["information_error"] == pytest.approx(gain.std() / np.sqrt(n), abs=1e-3)


@given(numbers, st.integers(2, 40), st.integers(2, 5))
def test_summing_up_early_changes_nothing(seed: int, n: int, k: int) -> None:
    logits, y = rows(seed, n, k)
    late, early = told(logits, y, logits), told(logits, y, logits, parts=2, most=k)
    for key, value in late.items():
        assert nans(early[key]) == pytest.approx(nans(value), nan_ok=True, abs=1e-3)


@given(numbers, st.integers(1, 40), st.integers(2, 5))
def test_shares_of_one_class_are_that_class(seed: int, n: int, k: int) -> None:
    logits, y = rows(seed, n, k)
    hard, soft = told(logits, y, logits), told(logits, torch.eye(k)[y], logits)
    for key, value in hard.items():
        assert nans(soft[key]) == pytest.approx(nans(value), nan_ok=True, abs=5e-3)


def test_rows_that_are_told_the_same_tell_nothing_of_the_truth() -> None:
    out = told(torch.tensor([[2.0, 0.0]]).expand(50, 2), torch.arange(50) % 2)
    assert (out["information"], out["information_error"]) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert out["predicted"] == [1.0, 0.0]
    assert out["precision"][1] is None


def test_sure_and_right_rows_tell_the_entropy_of_the_classes() -> None:
    y = torch.tensor([0, 0, 0, 1])
    out = told(torch.eye(2)[y] * 40, y)
    assert out["information"] == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))


def test_the_pull_of_a_class_is_the_share_of_its_rows_in_the_gradient() -> None:
    gradient = torch.tensor([[0.5, -0.5], [0.1, -0.1], [-0.3, 0.3]])
    out = told(torch.zeros(3, 2), torch.tensor([1, 1, 0]), gradient)
    assert out["gradient_share"] == pytest.approx([0.6 / 1.8, 1.2 / 1.8])


def test_of_several_labels_each_is_a_yes_or_no() -> None:
    y = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    out = told(torch.tensor([[1.0, 1.0], [-1.0, 2.0]]), y, torch.tensor([[0.2, 0.1], [0.2, 0.5]]), multi_label=True)
    assert out["recall"] == [0.5, 1.0]
    assert out["precision"] == [1.0, 0.5]
    assert out["predicted"] == [0.5, 1.0]
    assert out["gradient_share"] == pytest.approx([0.4, 0.6])
    assert out["information"] is None


def test_of_many_logits_some_are_enough_for_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, y = rows(0, 3000, 3)
    whole = told(logits, y, logits)
    monkeypatch.setattr("evenhand.training.monitor.class_stats.MOST_LOGITS", 3000)
    some = told(logits, y, logits)
    for key in ("share", "predicted", "recall", "precision", "gradient_share"):
        assert some[key] == whole[key]
    for key in ("probability", "own_probability", "entropy", "information"):
        assert some[key] == pytest.approx(whole[key], rel=0.1, abs=0.15)


def test_no_row_is_told_as_nothing() -> None:
    assert ClassStats(3, False).read() is None


def test_what_is_no_number_is_told_without_a_fault() -> None:
    out = told(torch.tensor([[float("nan"), 0.0], [1.0, 0.0]]), torch.tensor([0, 0]))
    assert out["rows"] == 2
    assert out["entropy"] is None
