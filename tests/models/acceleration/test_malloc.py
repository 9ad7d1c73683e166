import pytest
import torch

from evenhand.models.acceleration import malloc
from evenhand.models.acceleration.malloc import kept_memory


def test_it_changes_no_result_and_gives_errors_through() -> None:
    with kept_memory():
        assert float(torch.ones(1 << 20).sum()) == 1 << 20
    with pytest.raises(KeyError), kept_memory():
        raise KeyError


def test_without_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(malloc.sys, "platform", "darwin")
    assert malloc._glibc() is None
    with kept_memory():
        pass
