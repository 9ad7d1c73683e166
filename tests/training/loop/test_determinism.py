import torch

from evenhand.training.loop.determinism import deterministic, forked_rng


def test_the_global_generator_is_given_back() -> None:
    before = torch.get_rng_state()
    with forked_rng(torch.device("cpu")):
        torch.manual_seed(123)
        torch.rand(5)
    assert torch.equal(torch.get_rng_state(), before)


def test_threads_and_algorithms_are_given_back() -> None:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with deterministic(1):
        assert torch.get_num_threads() == 1
        assert torch.are_deterministic_algorithms_enabled()
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def test_tf32_is_off_within_and_given_back() -> None:
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    try:
        matmul.allow_tf32 = cudnn.allow_tf32 = True
        with deterministic(1):
            assert not matmul.allow_tf32
            assert not cudnn.allow_tf32
        assert matmul.allow_tf32
        assert cudnn.allow_tf32
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before
