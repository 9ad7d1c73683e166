"""Batches of rows of similar length: every row once, in an order that is random and repeatable."""

from types import SimpleNamespace

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from evenhand.training.inputs.batch_order import batched
from evenhand.training.inputs.inference import predict_logits
from evenhand.training.inputs.inputs import SampleInputs
from evenhand.training.inputs.length_order import batched_by_length, lengths_of
from evenhand.training.optim.precision import Precision


def padding(rows: np.ndarray, sizes: list[int], lengths: np.ndarray) -> float:
    parts = np.split(lengths[rows], np.cumsum(sizes)[:-1])
    return 1 - sum(part.sum() for part in parts) / sum(len(part) * part.max() for part in parts)


@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 1000))
def test_every_row_comes_once_in_batches_of_the_usual_sizes(n: int, size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, lengths = rng.permutation(n) + 5, rng.integers(1, 100, n + 5)
    found, sizes = batched_by_length(rows, size, lengths, rng)
    assert sorted(found) == sorted(rows)
    assert sorted(sizes) == sorted(batched(rows, size)[1])


def test_little_is_padding_and_no_two_epochs_are_alike() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(8, 128, 2000)
    epochs = []
    for epoch in range(3):
        order = np.random.default_rng(epoch)
        epochs.append(batched_by_length(order.permutation(2000), 32, lengths, order))
    again = np.random.default_rng(2)
    assert np.array_equal(batched_by_length(again.permutation(2000), 32, lengths, again)[0], epochs[2][0])
    for rows, sizes in epochs:
        assert padding(rows, sizes, lengths) < 0.12 < 0.4 < padding(*batched(rng.permutation(2000), 32), lengths)
        firsts = lengths[rows][np.cumsum([0, *sizes[:-1]])]
        assert abs(np.corrcoef(np.arange(len(firsts)), firsts)[0, 1]) < 0.4, "short rows do not come first"
    mates = [{frozenset(part.tolist()) for part in np.split(rows, np.cumsum(sizes)[:-1])} for rows, sizes in epochs]
    assert not mates[0] & mates[1]


def test_rows_of_nearly_one_length_are_batched_as_ever() -> None:
    assert lengths_of(SimpleNamespace()) is None
    assert lengths_of(SimpleNamespace(lengths=np.array([64] * 30 + [32]))) is None
    ragged = np.array([64, 8, 20])
    assert lengths_of(SimpleNamespace(lengths=ragged)) is ragged
    inner = SimpleNamespace(lengths=ragged, pictures=False, draws=False, views=1, at_once=None)
    assert SampleInputs(inner, np.array([2, 0])).lengths.tolist() == [20, 64]


class Ragged:
    """Rows whose number is all there is to them; remembers what was looked at together."""

    lengths = np.array([64, 8, 60, 9, 20, 8])
    pictures, draws, views, at_once = False, False, 1, None

    def __init__(self) -> None:
        self.seen: list[list[int]] = []

    def look(self, rows: torch.Tensor, view: int = 0) -> torch.Tensor:
        self.seen.append(rows.tolist())
        return rows[:, None].float()


def test_predictions_are_in_the_order_asked_for() -> None:
    inputs, rows = Ragged(), np.array([5, 0, 3, 2, 1])
    module = torch.nn.Identity()
    found = predict_logits(module, inputs, rows, 1, batch_size=2, precision=Precision(torch.device("cpu")))
    assert found[:, 0].tolist() == rows.tolist()
    assert inputs.seen == [[5, 1], [3, 2], [0]]
