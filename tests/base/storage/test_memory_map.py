import numpy as np

from evenhand.base.storage.memory_map import is_mapped, release_pages


def test_a_map_keeps_its_numbers_when_its_pages_go(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(10_000.0))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    view = np.asarray(mapped)[10:20]
    assert is_mapped(mapped)
    assert is_mapped(view)
    release_pages(view)
    assert view.tolist() == list(range(10, 20))


def test_other_arrays_are_left_alone():
    plain = np.arange(3)
    assert not is_mapped(plain)
    release_pages(plain)
    release_pages(None)
    assert plain.tolist() == [0, 1, 2]
