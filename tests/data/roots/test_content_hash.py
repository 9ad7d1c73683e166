from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.data.roots.content_hash import content_ids, hash_files
from evenhand.data.roots.root import open_root


def test_hashes_in_the_order_asked(tmp_path: Path) -> None:
    for n in range(200):
        (tmp_path / f"{n}.jpg").write_bytes(bytes([n % 7]))
    root = open_root(tmp_path)
    names = [f"{n}.jpg" for n in range(199, -1, -1)]
    assert hash_files(root, names) == [root.content(name) for name in names]


def test_a_file_that_cannot_be_read_is_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    found = hash_files(open_root(tmp_path), ["a.jpg", "gone.jpg"])
    assert isinstance(found[0], str)
    assert isinstance(found[1], DataError)
    assert hash_files(open_root(tmp_path), []) == []


@given(st.lists(st.sampled_from(["aa", "bb", "cc"]), max_size=12), st.randoms())
def test_ids_are_unique_and_do_not_depend_on_order(hashes: list[str], random: object) -> None:
    names = [f"{n}.jpg" for n in range(len(hashes))]
    ids = dict(zip(names, content_ids(hashes, names), strict=True))
    assert len(set(ids.values())) == len(hashes)
    order = list(range(len(hashes)))
    random.shuffle(order)  # type: ignore[attr-defined]
    again = content_ids([hashes[n] for n in order], [names[n] for n in order])
    assert again == [ids[names[n]] for n in order]
