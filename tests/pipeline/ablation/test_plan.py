"""What an ablation would run, and what is refused before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evenhand.base.errors import ConfigError
from evenhand.pipeline.ablation.components import components
from evenhand.pipeline.ablation.plan import plan_ablation
from evenhand.settings.load import load

BASE = """
name = "mine"
[data]
root = "."
table = "labels.csv"
[[model]]
name = "a"
encoder = "small"
[train]
epochs = 5
learning_rate = 0.01
[balance]
loss = { name = "focal", gamma = 2.0 }
"""
CHANGES = """
[ablation]
[[ablation.change]]
name = "lower rate"
set = { "train.learning_rate" = 1e-3 }
expect = "less noise"
[[ablation.change]]
name = "wider"
set = { model.a.head = "mlp", model.a.head_width = 64 }
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "five.toml"


def faults(path: Path, text: str, *changes: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        plan_ablation(path, changes)
    return str(error.value)


def test_the_rows_are_the_base_each_change_alone_and_all_together(path: Path) -> None:
    path.write_text(BASE + CHANGES, encoding="utf-8")
    plan = plan_ablation(path, ["train.epochs=3"])
    assert [row.name for row in plan.rows] == ["base", "lower rate", "wider", "all together"]
    assert [row.settings.train.learning_rate for row in plan.rows] == [0.01, 1e-3, 0.01, 1e-3]
    assert [row.settings.model[0].head for row in plan.rows] == ["linear", "linear", "mlp", "mlp"]
    assert {row.settings.train.epochs for row in plan.rows} == {3}
    assert [row.expect for row in plan.rows] == ["", "less noise", "", ""]
    assert [row.settings.name for row in plan.rows] == ["mine", *(f"mine: {row.name}" for row in plan.rows[1:])]
    assert plan.rows[2].set == {"model.a.head": "mlp", "model.a.head_width": 64}
    assert plan.base.settings.ablation is not None  # the record of the base says what is planned
    assert all(row.settings.ablation is None for row in plan.rows[1:])


def test_each_row_is_what_the_shell_would_run(path: Path) -> None:
    path.write_text(BASE + CHANGES, encoding="utf-8")
    row = plan_ablation(path).rows[1]
    by_hand = load(path, changes=["train.learning_rate=1e-3"])
    assert row.settings.resolved() | {"name": "", "ablation": None} == by_hand.resolved() | {
        "name": "",
        "ablation": None,
    }


def test_the_base_may_be_another_file(path: Path) -> None:
    (path.parent / "sub").mkdir()
    other = path.parent / "sub" / "base.toml"
    other.write_text(BASE + CHANGES.replace("lower rate", "of its own"), encoding="utf-8")
    path.write_text('[ablation]\nbase = "sub/base.toml"\n' + CHANGES.partition("[ablation]")[2], encoding="utf-8")
    plan = plan_ablation(path)
    assert plan.base.settings.data.root == str(other.parent)
    assert [row.name for row in plan.rows][1:3] == ["lower rate", "wider"]
    message = faults(path, path.read_text(encoding="utf-8") + "[train]\nepochs = 1\n")
    assert "train: stands beside [ablation]; with ablation.base, sub/base.toml has all other keys" in message


def test_one_change_is_not_run_twice_and_together_can_be_left_out(path: Path) -> None:
    path.write_text(BASE + CHANGES.partition('[[ablation.change]]\nname = "wider"')[0], encoding="utf-8")
    assert [row.name for row in plan_ablation(path).rows] == ["base", "lower rate"]
    path.write_text(BASE + CHANGES, encoding="utf-8")
    assert len(plan_ablation(path, ["ablation.together=false"]).rows) == 3


def change(name: str, inner: str) -> str:
    return f'[[ablation.change]]\nname = "{name}"\nset = {{ {inner} }}\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ablation: there is no such section; add [ablation] with an [[ablation.change]] table."),
        ("[ablation]\n", "no change is named"),
        (change("x", ""), "change[0].set: found an empty table; at least 1 entry is needed."),
        (change("x", '"train.epoch" = 2'), 'change "x": train.epoch: is not a key'),
        (change("x", '"train.epoch" = 2'), 'Did you mean "epochs"?'),
        (change("x", "train.epochs = 0"), "greater than or equal to 1"),
        (change("x", '"model.b.head" = "mlp"'), 'change "x": model.b: is not there; known are: a'),
        (change("x", "train.epochs.a = 1"), "is below a plain value"),
        (change("x", "train.epochs = 5"), "train.epochs: changes nothing that results depend on"),
        (change("x", 'note = "a"'), "note: changes nothing that results depend on"),
        (change("x", 'output = "b", train.epochs = 6'), "all records of an ablation are in one folder"),
        (change("x", '"model.a.name" = "b"'), 'has none named "a", which is compared'),
        (change("x", "train.epochs = 6") + change("y", "train = { epochs = 6 }"), 'the same configuration as "x"'),
        (
            '[ablation]\nmodel = "b"\n' + change("x", "train.epochs = 6"),
            '"b" is not a model of the base; models are a',
        ),
        (change("base", "train.epochs = 6"), 'other than "base" and "all together" (found "base" again)'),
        (change("x", "train.epochs = 6") + change("X", "train.epochs = 7"), '(found "x" again)'),
        (
            change("x", "train.epochs = 6") + change("y", "train.epochs = 7"),
            'change "y": train.epochs: is set to 7, and train.epochs by "x" to 6; all changes at once must agree',
        ),
        (
            change("x", '"balance.loss.gamma" = 1.0') + change("y", '"balance.loss" = "cross_entropy"'),
            'is set to "cross_entropy", and balance.loss.gamma by',
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(path: Path, text: str, words: str) -> None:
    message = faults(path, BASE + text)
    assert words in message
    if 'change "' in message:
        assert "line 14: " in message or "line 17: " in message


def test_faults_of_all_rows_come_at_once(path: Path) -> None:
    message = faults(path, BASE + change("x", "train.epochs = 0") + change("y", '"model.a.head" = 3'))
    assert 'change "x": ' in message
    assert 'change "y": ' in message


def test_a_table_below_a_dotted_key_is_taken_whole(path: Path) -> None:
    path.write_text(BASE + change("merge", '"data.rename" = { "a.b" = "c" }'), encoding="utf-8")
    assert plan_ablation(path).rows[1].settings.data.rename == {"a.b": "c"}


def test_a_mapping_works_like_a_file() -> None:
    values: dict[str, Any] = {
        "data": {"root": "."},
        "model": [{"name": "a", "encoder": "small"}],
        "ablation": {"change": [{"name": "x", "set": {"train": {"epochs": 3}}}]},
    }
    plan = plan_ablation(values, ["ablation.together=false"])
    assert values["ablation"] == {"change": [{"name": "x", "set": {"train": {"epochs": 3}}}]}
    assert plan.name == "ablation"
    assert plan.rows[1].settings.train.epochs == 3


COMPONENTS = """
[ablation]
leave_one_out = true
[[ablation.change]]
name = "hash"
set = { model.a.head = "hash", model.a.head_options = { quantisation = 0.0, cosine = 0.0 } }
[[ablation.change]]
name = "its losses"
needs = ["hash"]
set = { model.a.head_options.quantisation = 0.5, model.a.head_options.cosine = 0.5 }
[[ablation.change]]
name = "lower rate"
set = { train.learning_rate = 1e-3 }
"""


def test_leaving_one_out_adds_the_rows_that_it_needs(path: Path) -> None:
    path.write_text(BASE + COMPONENTS, encoding="utf-8")
    plan = plan_ablation(path)
    assert [row.name for row in plan.rows] == [
        "base",
        "hash",
        "its losses",
        "lower rate",
        "all together",
        "all without its losses",  # without the lower rate it is "its losses", without the hash "lower rate"
    ]
    together = plan.rows[4].settings.model[0]
    assert together.head_options["cosine"] == 0.5


def test_a_component_is_compared_without_those_that_need_it(path: Path) -> None:
    path.write_text(BASE + COMPONENTS, encoding="utf-8")
    pairs = {one.name: (one.alone, one.given_others) for one in components(plan_ablation(path).section)}
    assert pairs == {
        "hash": (("base", "hash"), ("lower rate", "all without its losses")),
        "its losses": (("hash", "its losses"), ("all without its losses", "all together")),
        "lower rate": (("base", "lower rate"), ("its losses", "all together")),
    }


def test_without_leaving_one_out_there_are_no_causes(path: Path) -> None:
    path.write_text(BASE + CHANGES, encoding="utf-8")
    assert components(plan_ablation(path).section) == ()


def test_other_budgets_are_refused_where_causes_are_wanted(path: Path) -> None:
    more = COMPONENTS.replace("train.learning_rate = 1e-3", "train.epochs = 9")
    found = faults(path, BASE + more)
    assert 'change "lower rate": model.a' in found
    assert "has another budget than the base: train.epochs 5 against 9" in found
    assert 'set ablation.budget = "any"' in found
    path.write_text(BASE + more.replace("leave_one_out", 'budget = "any"\nleave_one_out'), encoding="utf-8")
    assert plan_ablation(path).rows[3].settings.train.epochs == 9


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("leave_one_out = true", "leave_one_out = true\ntogether = false", "leave together = true"),
        ('needs = ["hash"]', 'needs = ["hsah"]', '"its losses" needs "hsah"'),
        ('needs = ["hash"]', 'needs = ["lower rate"]', "none of the changes before it (hash)"),
    ],
)
def test_what_cannot_be_left_out_is_refused(path: Path, old: str, new: str, message: str) -> None:
    assert message in faults(path, BASE + COMPONENTS.replace(old, new))


ALTERNATIVE = (
    CHANGES.replace("[ablation]", "[ablation]\nleave_one_out = true")
    + """
[[ablation.change]]
name = "cosine"
set = { model.a.head = "cosine" }
together = false
"""
)


def test_an_alternative_is_tried_alone_and_is_not_one_of_all_together(path: Path) -> None:
    path.write_text(BASE + ALTERNATIVE, encoding="utf-8")
    plan = plan_ablation(path)
    rows = {row.name: row.settings.model[0].head for row in plan.rows}
    assert rows == {
        "base": "linear",
        "lower rate": "linear",
        "wider": "mlp",
        "cosine": "cosine",
        "all together": "mlp",
    }
    found = {one.name: one.pairs for one in components(plan.section)}
    assert found["cosine"] == (("base", "cosine"),)
    assert found["wider"] == (("base", "wider"), ("lower rate", "all together"))


def test_a_change_cannot_be_set_on_top_of_an_alternative_and_be_tried_with_all_others(path: Path) -> None:
    needing = '[[ablation.change]]\nname = "scaled"\nneeds = ["cosine"]\nset = { train.epochs = 4 }\n'
    words = faults(path, BASE + ALTERNATIVE + needing)
    assert '"scaled" needs "cosine", which is not one of all together' in words
    path.write_text(
        BASE + ALTERNATIVE + needing.replace("train.epochs = 4", "model.a.dropout = 0.5") + "together = false"
    )
    found = {one.name: one.pairs for one in components(plan_ablation(path).section)}
    assert found["scaled"] == (("cosine", "scaled"),)


def test_leave_one_out_wants_two_changes_that_can_be_tried_at_once(path: Path) -> None:
    words = faults(path, BASE + ALTERNATIVE.replace("head_width = 64 }", "head_width = 64 }\ntogether = false"))
    assert "name two changes or more that can be tried at once" in words
