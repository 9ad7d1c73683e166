import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.text.cells import spelling
from evenhand.data.roots.file_names import is_clutter, printable, relative_name, some, suffix


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/b.jpg", "a/b.jpg"),
        ("./a//b.jpg", "a/b.jpg"),
        (r"a\b.jpg", "a/b.jpg"),
        ("a/../b.jpg", "b.jpg"),
        ("зима/снег 1.jpg", "зима/снег 1.jpg"),
    ],
)
def test_paths_become_names(text: str, name: str) -> None:
    assert relative_name(text) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/etc/passwd", "is absolute"),
        (r"C:\a.jpg", "is absolute"),
        (r"\\server\a.jpg", "is absolute"),
        ("../a.jpg", "leads out of the root"),
        ("a/../../b.jpg", "leads out of the root"),
        ("a\0b.jpg", "holds a NUL character"),
        (".", "is empty"),
        ("", "is empty"),
    ],
)
def test_paths_that_leave_the_root_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        relative_name(text)


@given(st.text())
def test_no_name_ever_leaves_the_root(text: str) -> None:
    try:
        name = relative_name(text)
    except ValueError:
        return
    assert not name.startswith("/")
    assert not {"", ".", ".."} & set(name.split("/"))
    assert relative_name(name) == name


def test_both_spellings_of_an_accent_are_one() -> None:
    assert spelling("cafe\u0301") == spelling("café") == "café"


@pytest.mark.parametrize("part", [".git", ".DS_Store", "__MACOSX", "THUMBS.db", "desktop.ini", "._a.jpg"])
def test_clutter(part: str) -> None:
    assert is_clutter(part)


def test_ordinary_names_are_no_clutter() -> None:
    assert not any(map(is_clutter, ["cat.jpg", "a.b", "_x", "Thumbs"]))


def test_suffixes() -> None:
    endings = {"a.JPG": ".jpg", "a.tar.gz": ".gz", "a": "", ".jpg": "", "a.b/c": "", "a.": "."}
    assert {name: suffix(name) for name in endings} == endings


def test_lists_are_cut() -> None:
    assert some(["a"]) == '"a"'
    assert some([str(n) for n in range(1500)]) == '"0", "1", "2" and 1,497 more'


def test_terminals_are_safe_from_names() -> None:
    assert printable("a\x1b[31m\nb\u202e") == "a\\x1b[31m\\nb\\u202e"
    assert printable("\udcff").encode("utf-8") == b"\\udcff"
