"""The score table fits the terminal, whatever the number of models."""

from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from evenhand.cli.tables.figures import figure_words
from evenhand.cli.tables.scores import score_tables

METRICS = ["macro_f1", "accuracy", "worst_recall"]


def words(models: int, width: int) -> tuple[str, int]:
    rows = [
        {"name": f"model-{m}", "metric": metric, "estimate": 0.8 + m / 100, "low": 0.7, "high": 0.9}
        for m in range(models)
        for metric in METRICS
    ]
    tables, shown = score_tables(pd.DataFrame(rows), METRICS, "Out of fold", width)
    out = StringIO()
    for table in tables:
        Console(file=out, width=width).print(table)
    return out.getvalue(), shown


def test_few_models_stand_beside_each_other() -> None:
    told, shown = words(2, 80)
    assert shown == 3
    assert "│ macro_f1" in told
    assert "0.810 [0.700, 0.900]" in told


@pytest.mark.parametrize(
    ("models", "width", "shown", "tables"),
    [(7, 80, 3, 1), (7, 60, 3, 2), (7, 40, 3, 3), (4, 79, 3, 2), (30, 120, 3, 1), (30, 60, 2, 1), (17, 60, 2, 1)],
)
def test_many_models_stand_below_each_other_with_what_fits(
    models: int, width: int, shown: int, tables: int
) -> None:
    told, found = words(models, width)
    assert found == shown
    assert told.count("Out of fold") == 1
    for m in range(models):
        lines = [line for line in told.splitlines() if f"│ model-{m} " in line]
        assert len(lines) == tables
        assert f"{0.8 + m / 100:.3f} [0.700, 0.900]" in lines[0]
    assert all(len(line) <= width for line in told.splitlines())


def test_one_model_is_shown_whole_in_the_narrowest_terminal() -> None:
    assert words(1, 30)[1] == 3


def test_a_metric_that_a_model_lacks_cannot_be_estimated() -> None:
    rows = [{"name": "a", "metric": "macro_f1", "estimate": 0.5, "low": None, "high": None}]
    (table,), _ = score_tables(pd.DataFrame(rows), METRICS[:2], "", 80)
    out = StringIO()
    Console(file=out, width=80).print(table)
    assert "cannot be estimated" in out.getvalue()


def test_a_metric_that_does_not_apply_to_a_reference_is_left_empty() -> None:
    rows = [{"name": "floor: no label", "metric": "macro_f1", "estimate": 0.0, "low": None, "high": None}]
    (table,), _ = score_tables(pd.DataFrame(rows), METRICS[:2], "", 80)
    out = StringIO()
    Console(file=out, width=80).print(table)
    assert "cannot be estimated" not in out.getvalue()


def test_a_figure_of_too_few_says_so_in_place_of_its_interval():
    figure = {"estimate": 0.5, "low": 0.1, "high": 0.9}
    assert figure_words({**figure, "enough": False}) == "0.500 too few to tell"
    assert figure_words({**figure, "enough": True}) == figure_words(figure) == "0.500 [0.100, 0.900]"
