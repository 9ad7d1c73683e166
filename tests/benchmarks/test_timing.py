from collections.abc import Callable
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


def test_rounds_are_taken_in_turns_and_the_first_does_not_count(script: Script) -> None:
    seen: list[tuple[str, int]] = []

    def work(name: str) -> Callable[[int], int]:
        return lambda number: seen.append((name, number)) or number

    found = script("timing").in_turns({"a": work("a"), "b": work("b")}, 2)
    assert seen == [("a", -1), ("b", -1), ("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert found == {"a": [0, 1], "b": [0, 1]}


def test_ratios_are_formed_within_rounds(script: Script) -> None:
    timing = script("timing")
    assert timing.ratio([2.0, 30.0, 4.0], [1.0, 10.0, 4.0]) == (2.0, 1.0, 3.0)
    clock, cpu = timing.ratios([timing.Spent(2.0, 1.0)], [timing.Spent(1.0, 1.0)])
    assert (clock.median, cpu.median) == (2.0, 1.0)


def test_work_is_measured_by_clock_and_processor(script: Script) -> None:
    spent = script("timing").spent(lambda: sum(range(200_000)))
    assert spent.wall > 0
    assert 0 <= spent.cpu < spent.wall + 0.1


@pytest.mark.parametrize(
    ("found", "at_least", "word"), [(1.0, False, "met"), (1.2, False, "MISSED"), (9, True, "met")]
)
def test_a_missed_target_is_said(script: Script, found: float, at_least: bool, word: str) -> None:
    assert script("timing").verdict(found, 1.1 if not at_least else 8.0, at_least=at_least).endswith(word)


def test_a_table_is_markdown(script: Script) -> None:
    assert script("timing").table(["a"], [[1], [2]]).splitlines() == ["| a |", "|---|", "| 1 |", "| 2 |"]


def test_a_missing_environment_of_peers_is_none(
    script: Script, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    peers = script("peers")
    monkeypatch.delenv(peers.VARIABLE, raising=False)
    assert peers.found(None) is None
    assert peers.found(str(tmp_path)) is None
