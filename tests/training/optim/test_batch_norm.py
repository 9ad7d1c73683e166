import pytest
import torch
from torch import nn

from evenhand.training.optim.batch_norm import frozen_statistics, refresh, single_row, training_mode


def test_refreshed_statistics_are_the_even_mean_over_batches() -> None:
    norm = nn.BatchNorm1d(1).train()
    norm.running_mean.fill_(99.0)
    batches = [torch.tensor([[0.0], [2.0]]), torch.tensor([[4.0], [8.0]]), torch.tensor([[3.0], [3.0]])]
    refresh(norm, batches, norm)
    assert norm.running_mean.item() == pytest.approx((1 + 6 + 3) / 3)
    assert norm.running_var.item() == pytest.approx((2 + 8 + 0) / 3)
    assert norm.momentum == 0.1


def test_refresh_leaves_layers_that_do_not_learn() -> None:
    norm = nn.BatchNorm1d(1).eval()
    norm.running_mean.fill_(5.0)
    refresh(norm, [torch.zeros(4, 1)], norm)
    assert norm.running_mean.item() == 5.0


def test_frozen_normalisation_keeps_its_statistics() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2), nn.BatchNorm1d(2))
    net[1].requires_grad_(False)
    training_mode(net)
    assert [part.training for part in net] == [True, False, True, True]


def test_a_part_can_keep_its_statistics_while_it_is_trained() -> None:
    body = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    net = nn.Sequential(body, nn.BatchNorm1d(2, affine=False))
    training_mode(net, fixed=body)
    assert not body[1].training
    assert net[1].training


def test_frozen_statistics_normalise_by_the_batch_and_stay() -> None:
    norm = nn.BatchNorm1d(1).train()
    x = torch.tensor([[10.0], [12.0]])
    with frozen_statistics(norm):
        out = norm(x)
    assert norm.running_mean.item() == 0.0
    assert out.flatten().tolist() == pytest.approx([-1, 1], abs=1e-4)
    norm(x)
    assert norm.running_mean.item() == pytest.approx(1.1)


def test_a_single_row_is_normalised_by_running_statistics_and_leaves_them() -> None:
    net = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2)).train()
    net[0].running_mean.fill_(1.0)
    with single_row(net):
        out = net(torch.tensor([[3.0, 5.0]]))
    assert out.flatten().tolist() == pytest.approx([2, 4], abs=1e-4)
    assert net[0].running_mean.tolist() == [1.0, 1.0]
    assert all(part.training for part in net)
    with pytest.raises(ValueError, match="more than 1 value"):
        net(torch.zeros(1, 2))


def test_a_single_map_is_normalised_by_itself() -> None:
    norm = nn.BatchNorm2d(1).train()
    with single_row(norm):
        out = norm(torch.tensor([[[[1.0, 3.0]]]]))
    assert out.flatten().tolist() == pytest.approx([-1, 1], abs=1e-4)
    assert norm.running_mean.item() == pytest.approx(0.2)
