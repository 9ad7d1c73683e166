import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from evenhand.settings.load import load

Script = Callable[[str], ModuleType]

LABELS = pd.DataFrame(
    {
        "path": ["a", "b", "c", "d"],
        "fine": ["gala", "fuji", "kiwi", "gala"],
        "coarse": ["apple", "apple", "kiwi", "apple"],
        "split": ["test", "test", "test", "train"],
    }
)


def test_coarse_is_the_class_of_what_was_called(script: Script) -> None:
    given = pd.DataFrame(
        {"gala": [0.9, 0.8, 0.6], "fuji": [0.1, 0.2, 0.3], "kiwi": [0.0, 0.0, 0.1]}, index=["a", "b", "c"]
    )
    assert script("accuracy_time").judged(given, LABELS) == (pytest.approx(1 / 3), pytest.approx(2 / 3), 3)


def test_a_missing_row_of_the_test_is_refused(script: Script) -> None:
    given = pd.DataFrame({"gala": [1.0]}, index=["a"])
    with pytest.raises(ValueError, match="2 of 3 rows"):
        script("accuracy_time").judged(given, LABELS)


@pytest.mark.parametrize("minutes", [3, 10, 30])
def test_the_settings_of_every_budget_are_sound(script: Script, tmp_path: Path, minutes: int) -> None:
    text = script("accuracy_time").config_of(minutes, tmp_path, tmp_path)
    settings = load(tomllib.loads(text))
    assert settings.model[0].name == "lite0"
    assert settings.folds.k >= 2


def test_results_are_shown_and_drawn(script: Script, tmp_path: Path) -> None:
    timing = script("accuracy_time")
    results = [timing.Result("ours", 3, 100.0, 0.7, 0.8, 10), timing.Result("fastai", 3, 900.0, 0.6, 0.7, 10)]
    assert "over the budget" in timing.show(results)
    timing.draw(results, tmp_path / "chart.svg")
    assert "fastai" in (tmp_path / "chart.svg").read_text()
