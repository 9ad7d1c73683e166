import numpy as np
import pytest
import torch
from torch import nn

from evenhand.training.inputs.inference import predict_logits, probabilities
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
