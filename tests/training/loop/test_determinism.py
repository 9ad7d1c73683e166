import os

import pytest
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


def test_default_algorithms_are_used_where_asked_for_and_given_back() -> None:
    with deterministic(1):
        with deterministic(1, algorithms=False):
            assert not torch.are_deterministic_algorithms_enabled()
        assert torch.are_deterministic_algorithms_enabled()


def test_cublas_is_told_to_be_deterministic_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "CUBLAS_WORKSPACE_CONFIG"
    monkeypatch.setenv(name, ":16:8")  # so that it is restored
    with deterministic(1):
        assert os.environ[name] == ":16:8"
    monkeypatch.delenv(name)
    with deterministic(1, algorithms=False):
        assert name not in os.environ
    with deterministic(1):
        assert os.environ[name] == ":4096:8"


def test_tf32_is_off_within_and_given_back() -> None:
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    try:
        matmul.allow_tf32 = cudnn.allow_tf32 = True
        with deterministic(1):
            assert not matmul.allow_tf32
            assert not cudnn.allow_tf32
            with deterministic(1, tf32=True):
                assert matmul.allow_tf32
                assert cudnn.allow_tf32
            assert not cudnn.allow_tf32
        assert matmul.allow_tf32
        assert cudnn.allow_tf32
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before
