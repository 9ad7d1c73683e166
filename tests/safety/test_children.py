"""The harness finds what it is for: a command that hangs, eats memory, ends by a signal or prints a traceback."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import evenhand.cli.app

from . import children
from .children import Ended, run
from .damages import DAMAGES, damage
from .matrix import Case, fault_of, says_why


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Callable[[], object]], Ended]:
    """Return a function that runs another as the command line in a child."""

    def call(work: Callable[[], object]) -> Ended:
        monkeypatch.setattr(evenhand.cli.app, "app", lambda arguments: work())
        (tmp_path / "work").mkdir(exist_ok=True)
        return run([], tmp_path / "work", dict(os.environ))

    return call


def test_a_command_that_hangs_is_ended(ended, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "DEADLINE_SECONDS", 0.2)
    assert fault_of(ended(lambda: time.sleep(60))) == "hang"


def test_a_command_that_eats_memory_is_ended(ended, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MEMORY_BYTES", 1)

    def eat() -> None:
        time.sleep(60)

    done = ended(eat)
    assert done.code == -9
    assert not done.hung
    assert done.seconds < 30
    assert fault_of(done) == "ended with -9"


@pytest.mark.parametrize(
    ("work", "fault"),
    [
        (lambda: 1 / 0, "traceback"),
        (lambda: os.kill(os.getpid(), 9), "ended with -9"),
        (lambda: os._exit(7), "ended with 7"),
        (lambda: os._exit(2), "no word"),
        (lambda: print("Something went wrong inside evenhand (x)."), "traceback"),
        (lambda: print("sound"), "ended with 99"),
    ],
)
def test_the_other_faults(ended, work: Callable[[], object], fault: str) -> None:
    assert fault_of(ended(work)) == fault


@pytest.mark.parametrize("name", sorted(DAMAGES))
def test_a_damage_is_the_same_every_time_and_spares_other_names_of_the_file(tmp_path: Path, name: str) -> None:
    sound = bytes(range(200))
    found = []
    for at in range(2):
        path, other = tmp_path / f"{at}", tmp_path / f"other{at}"
        path.write_bytes(sound)
        other.write_bytes(sound)
        damage(path, name, 0, "seed")
        found.append(path.read_bytes() if path.is_file() and name != "large" else path.exists())
        assert other.read_bytes() == sound
    assert found[0] == found[1]


def test_a_case_is_named_so_that_it_can_be_repeated() -> None:
    case = Case("report", "runs/a/predictions.parquet", "flip", 17)
    assert Case.parse(str(case)) == case


@pytest.mark.parametrize(
    "words", ["runs/b: is not finished. Run its configuration again to resume it.", '"state": "unfinished"']
)
def test_a_run_that_is_called_unfinished_says_that_its_scores_are_lost_and_nothing_else(words: str) -> None:
    assert says_why(words, "runs/b/scores.json", lost=True)
    assert not says_why(words, "runs/b/scores.json", lost=False)  # a damaged one is named as damaged
    assert not says_why(words, "runs/b/folds.csv", lost=True)
