import numpy as np
import pytest
import torch

from evenhand.modalities.drawings.encoders.segments import (
    SegmentPool,
    segment_max,
    segment_mean,
    segment_softmax,
    segment_sum,
)

N = 6


@pytest.fixture
def some():
    rng = np.random.default_rng(0)
    segment = torch.from_numpy(rng.choice([0, 1, 3, 5], 40))  # 2 and 4 are empty
    return torch.from_numpy(rng.normal(size=(40, 3))), segment


@pytest.mark.parametrize(
    ("of_segments", "of_one"),
    [(segment_sum, torch.sum), (segment_mean, torch.mean), (segment_max, torch.amax)],
)
def test_segments_are_what_each_gives_alone(some, of_segments, of_one):
    values, segment = some
    found = of_segments(values, segment, N)
    for s in range(N):
        own = values[segment == s]
        expected = of_one(own, dim=0) if len(own) else torch.zeros(3, dtype=values.dtype)
        torch.testing.assert_close(found[s], expected)


def test_weights_sum_to_one_even_for_scores_far_apart(some):
    values, segment = some
    weights = segment_softmax(values * 1000, segment, N)
    sums = segment_sum(weights, segment, N)
    there = torch.bincount(segment, minlength=N) > 0
    torch.testing.assert_close(sums[there], torch.ones_like(sums[there]))
    torch.testing.assert_close(weights[segment == 3], (values[segment == 3] * 1000).softmax(dim=0))


def test_gradients_are_right(some):
    values, segment = some
    for op in (segment_mean, segment_max, segment_softmax):
        assert torch.autograd.gradcheck(lambda v, op=op: op(v, segment, N), values.clone().requires_grad_())


@pytest.mark.parametrize("names", [["mean"], ["max", "sum"], ["attention"], ["mean", "max", "sum", "attention"]])
def test_pools_do_not_mix_drawings(names):
    torch.manual_seed(0)
    pool = SegmentPool(names, 4)
    nodes, graph = torch.randn(7, 4), torch.tensor([0, 0, 0, 1, 2, 2, 2])
    together = pool(nodes, graph, 3)
    assert together.shape == (3, pool.width)
    for g in range(3):
        own = nodes[graph == g]
        torch.testing.assert_close(pool(own, torch.zeros(len(own), dtype=torch.int64), 1)[0], together[g])
