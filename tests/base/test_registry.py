import importlib
import sys
from pathlib import Path

import pytest

from evenhand.base.errors import EvenhandError
from evenhand.base.registry import Registry


def test_unknown_names_are_told_with_the_nearest() -> None:
    heads: Registry[object] = Registry("head")
    heads.register("linear")(object())
    with pytest.raises(EvenhandError, match='no head named "liner"; known are: linear. Did you mean "linear"'):
        heads.get("liner")


def test_a_second_thing_of_the_same_name_is_refused() -> None:
    heads: Registry[type] = Registry("head")
    heads.register("a")(type("A", (), {"__module__": "one"}))
    with pytest.raises(EvenhandError, match='second head named "a"'):
        heads.register("a")(type("A", (), {"__module__": "two"}))


def test_other_packages_are_found_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        name = "theirs"

        def load(self) -> str:
            return "loaded"

    monkeypatch.setattr("evenhand.base.registry.entry_points", lambda group: [Entry()] if group == "g" else [])
    things: Registry[str] = Registry("thing", group="g")
    assert things.names() == ["theirs"]
    assert things.get("theirs") == "loaded"
    assert "theirs" in things


def test_modules_in_packages_below_are_read_where_they_register_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / "shelf" / "upper"
    deep.mkdir(parents=True)
    (deep.parent / "__init__.py").write_text(
        "from evenhand.base.registry import Registry\nTHINGS = Registry('thing', package='shelf', nested=True)\n"
    )
    (deep / "__init__.py").write_text("")
    (deep / "cup.py").write_text("from shelf import THINGS\nTHINGS.register('cup')('a cup')\n")
    monkeypatch.syspath_prepend(tmp_path)
    shelf = importlib.import_module("shelf")
    try:
        assert shelf.THINGS.names() == ["cup"]
        assert shelf.THINGS.get("cup") == "a cup"
        flat: Registry[str] = Registry("thing", package="shelf")
        assert flat.names() == []
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "shelf"]:
            del sys.modules[name]


def test_the_module_that_is_called_as_an_entry_is_read_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rack").mkdir()
    (tmp_path / "rack" / "__init__.py").write_text(
        "from evenhand.base.registry import Registry\nTHINGS = Registry('thing', package='rack')\n"
    )
    for name in ("hat", "coats"):
        text = f"from rack import THINGS\nTHINGS.register({name.rstrip('s')!r})('a {name}')\n"
        (tmp_path / "rack" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    rack = importlib.import_module("rack")
    try:
        assert rack.THINGS.get("hat") == "a hat"
        assert "rack.coats" not in sys.modules
        assert rack.THINGS.get("coat") == "a coats"  # of a module called otherwise
        assert rack.THINGS.names() == ["coat", "hat"]
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "rack"]:
            del sys.modules[name]
