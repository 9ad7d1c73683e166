import numpy as np
import pytest
import torch
from torch import nn

from evenhand.training.inputs import inference
from evenhand.training.inputs.inference import (
    AT_ONCE,
    as_memory_allows,
    evaluation_rows,
    predict_logits,
    probabilities,
)
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.optim.precision import precision

FLOATS = precision("float32", torch.device("cpu"))


def test_logits_are_averaged_over_views_and_stand_in_the_order_asked_for() -> None:
    activations = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    logits = predict_logits(
        nn.Identity(), ViewInputs(activations), np.array([2, 0]), 2, batch_size=1, precision=FLOATS
    )
    assert logits.tolist() == [[9.0, 10.0], [1.0, 2.0]]


def test_layers_are_set_to_evaluation() -> None:
    inputs = ViewInputs(np.ones((50, 1, 4), dtype=np.float32))
    logits = predict_logits(nn.Dropout(0.5), inputs, np.arange(50), 4, batch_size=8, precision=FLOATS)
    assert (logits == 1.0).all()


def test_no_rows_give_no_logits() -> None:
    inputs = ViewInputs(np.ones((2, 1, 4), dtype=np.float32))
    assert predict_logits(nn.Identity(), inputs, np.arange(0), 4, batch_size=8, precision=FLOATS).shape == (0, 4)


def test_probabilities_sum_to_one_unless_several_may_hold() -> None:
    logits = torch.tensor([[0.0, 1.0, -1.0]])
    assert probabilities(logits, multi_label=False).sum() == pytest.approx(1.0)
    assert probabilities(logits, multi_label=True)[0].tolist() == pytest.approx([0.5, 0.7310586, 0.2689414])
    assert probabilities(logits, multi_label=True).dtype == np.float64


def test_batches_of_evaluation_are_larger_on_a_card_alone() -> None:
    sizes = [evaluation_rows(8, torch.device(name)) for name in ("cpu", "mps", "cuda")]
    assert sizes == [8, 8, 8 * AT_ONCE]


class Crowded(nn.Module):
    """Has the memory for eight rows."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.rows.append(len(x))
        if len(x) > 8:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return x


def test_what_does_not_fit_is_predicted_in_batches_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "evaluation_rows", lambda size, device: 4 * size)
    inputs, module = ViewInputs(np.ones((20, 1, 4), dtype=np.float32), hold=0), Crowded()
    logits = predict_logits(module, inputs, np.arange(20), 4, batch_size=8, precision=FLOATS)
    assert (logits == 1.0).all()
    assert module.rows == [20, 8, 8, 4]


@pytest.mark.parametrize(("most", "tries"), [(8, 1), (32, 2)])
def test_a_batch_of_training_that_does_not_fit_is_an_error(most: int, tries: int) -> None:
    asked: list[int] = []

    def run(rows: int) -> None:
        asked.append(rows)
        raise torch.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(torch.OutOfMemoryError):
        as_memory_allows(run, most, 8)
    assert asked == [32, 8][-tries:]


def test_other_errors_are_not_tried_again() -> None:
    asked: list[int] = []

    def run(rows: int) -> None:
        asked.append(rows)
        raise RuntimeError("CUDA error: device-side assert triggered")

    with pytest.raises(RuntimeError, match="assert"):
        as_memory_allows(run, 32, 8)
    assert asked == [32]
