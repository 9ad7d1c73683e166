from io import StringIO
from typing import Any

from rich.console import Console

from evenhand.cli.tables.dominant_groups import dominant_groups_table

FIGURE = {"estimate": 0.8, "low": 0.7, "high": 0.9}
ALL = {"precision": FIGURE, "recall": FIGURE, "f1": FIGURE}
NOTHING = {"estimate": None, "low": None, "high": None}
CLASS = {"class": "S [x]", "group": "p232", "share": 0.752, "with": ALL, "without": {**ALL, "recall": NOTHING}}


def words(found: dict[str, Any], of: str = "test", best: str = "") -> str:
    out = StringIO()
    Console(file=out, width=80).print(dominant_groups_table(found, of, best))
    return out.getvalue()


def test_a_class_is_shown_with_and_without_its_heaviest_group() -> None:
    told = words({"m": {"test": [CLASS]}})
    for part in ("m: S [x], 75% in p232", "with it", "without it", "cannot be estimated"):
        assert part in told
    assert "precision            │ 0.800 [0.700, 0.900] │ 0.800 [0.700, 0.900] │" in told


def test_a_class_of_one_group_alone_has_no_figure_without_it() -> None:
    told = words({"m": {"test": [{**CLASS, "without": None}]}})
    assert told.count("cannot be estimated") == 3


def test_there_is_no_table_where_no_class_lies_mostly_in_one_group() -> None:
    assert dominant_groups_table({"m": {"test": []}}, "test") is None
    assert dominant_groups_table({}, "oof") is None


def test_of_many_the_best_model_s_are_shown() -> None:
    classes = [{**CLASS, "class": f"c{i}", "share": 0.5 + i / 100} for i in range(9)]
    told = words({"a": {"test": classes[:3]}, "b": {"test": classes}}, best="b")
    assert "a: " not in told
    assert [f"b: c{i}" in told for i in range(9)] == [False] * 3 + [True] * 6
    few = words({"a": {"test": classes[:3]}, "b": {"test": classes[:3]}}, best="b")
    assert few.count("a: ") == few.count("b: ") == 3
