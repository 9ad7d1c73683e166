import numpy as np
import pytest

from evenhand.testing.damage import EVERY, mutations

FILES = {"a": b"0\nLINE\n 10\n1.0\n" * 20, "b": b"", "c": b"\x00"}


@pytest.mark.parametrize("damage", EVERY)
def test_any_file_is_damaged_alike_by_equal_seeds(damage):
    for raw in FILES.values():
        found = [damage(raw, np.random.default_rng(seed)) for seed in range(20)]
        assert found == [damage(raw, np.random.default_rng(seed)) for seed in range(20)]
        assert all(isinstance(one, bytes) for one in found)
    assert sum(damage(FILES["a"], np.random.default_rng(seed)) != FILES["a"] for seed in range(20)) > 15


def test_every_file_has_its_turn_and_every_damage_occurs():
    def shout(raw, rng):
        return raw.upper()

    found = list(mutations(FILES, 120, 3, more=[shout]))
    assert [name for _, name, _ in found] == ["a", "b", "c"] * 40
    assert {what.split()[1] for what, _, _ in found} == {*(one.__name__ for one in EVERY), "shout"}
