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
