import os
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import Section, check, option, put, read_file, read_toml, set_dotted


class Inner(Section):
    epochs: int = option(20, ge=1, unit="epochs", description="Passes over the rows.")
    schedule: Literal["cosine", "step"] = option("cosine", description="How the rate falls.")


class Model(Section):
    name: str = option(description="The name of the model.")
    head: Literal["linear", "mlp"] = option("linear", description="The head.")


class Whole(Section):
    output: str = option("runs", description="Where to.")
    train: Inner = option(Inner(), description="Training.")
    model: list[Model] = option([], description="Models.")


TEXT = """\
outptu = "here"

[train]
epochs = 0
schedule = "cosin"

[[model]]
name = "a"

[[model]]
head = "liner"
"""


def test_every_fault_is_told_at_once_with_its_line_and_the_nearest_name() -> None:
    values, lines = read_toml(TEXT, "evenhand.toml")
    with pytest.raises(ConfigError) as caught:
        check(Whole, values, "evenhand.toml", lines)
    assert str(caught.value) == (
        "evenhand.toml: 5 faults.\n"
        '  line 1: outptu: is not a key; known here: output, train, model. Did you mean "output"?\n'
        "  line 4: train.epochs: found 0; allowed is greater than or equal to 1.\n"
        "  line 5: train.schedule: found 'cosin'; allowed is 'cosine' or 'step'. Did you mean \"cosine\"?\n"
        "  line 10: model[1].name: is missing; The name of the model.\n"
        "  line 11: model[1].head: found 'liner'; allowed is 'linear' or 'mlp'. Did you mean \"linear\"?"
    )


def test_a_good_configuration_is_frozen_and_keeps_its_values() -> None:
    values, lines = read_toml('[train]\nepochs = 3\n[[model]]\nname = "я"', "x")
    whole = check(Whole, values, "x", lines)
    assert whole.train.epochs == 3
    assert whole.model[0].name == "я"
    assert whole.plain()["train"] == {"epochs": 3, "schedule": "cosine"}
    with pytest.raises(ValueError, match="frozen"):
        whole.output = "there"  # type: ignore[misc]


class Numbers(Section):
    rate: float = option(0.1, ge=0, description="A rate.")
    rounds: int = option(1, description="A count.")
    edges: list[float] = option([], description="Edges.")


@pytest.mark.parametrize("values", [{"rate": float("inf")}, {"rounds": float("inf")}, {"edges": [float("nan")]}])
def test_numbers_are_finite(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="found (inf|nan); allowed is a (finite|whole) number"):
        check(Numbers, values, "x.toml")


def test_text_that_is_not_toml_names_the_line() -> None:
    with pytest.raises(ConfigError, match="line 2: TOML: .*not valid TOML"):
        read_toml("[train]\nepochs = = 3\n", "x.toml")


def test_defaults_that_are_lists_are_not_shared() -> None:
    one, two = Whole(), Whole()
    assert one.model is not two.model


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("train.epochs=5", {"train": {"epochs": 5}}),
        ("train.schedule=step", {"train": {"schedule": "step"}}),
        ('output="a b"', {"output": "a b"}),
        ("folds.test={ fraction = 0.2 }", {"folds": {"test": {"fraction": 0.2}}}),
    ],
)
def test_set_takes_toml_values_and_bare_words(assignment: str, expected: dict[str, object]) -> None:
    values: dict[str, object] = {}
    set_dotted(values, assignment)
    assert values == expected


def test_set_enters_models_by_position_and_by_name() -> None:
    values = {"model": [{"name": "a"}, {"name": "b"}]}
    set_dotted(values, "model.b.head=mlp")
    set_dotted(values, "model.0.head=linear")
    assert values == {"model": [{"name": "a", "head": "linear"}, {"name": "b", "head": "mlp"}]}
    with pytest.raises(ConfigError, match="known are: a, b"):
        set_dotted(values, "model.c.head=mlp")


def test_set_without_value_is_told() -> None:
    with pytest.raises(ConfigError, match="is not KEY=VALUE"):
        set_dotted({}, "train.epochs")


def test_put_below_a_plain_value_is_told() -> None:
    with pytest.raises(ConfigError, match="below a plain value"):
        put({"output": "x"}, ["output", "y"], 1)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_file(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="is a folder"):
        read_file(tmp_path)


@pytest.mark.parametrize("word", ["bool", "str", "none", "list[x"])
def test_a_key_may_be_called_as_a_type_is(word: str) -> None:
    with pytest.raises(ConfigError, match="is not a key"):
        check(Whole, {word: 0}, "mine.toml")


@given(
    st.recursive(
        st.integers() | st.text(max_size=5), lambda x: st.dictionaries(st.text(max_size=5), x), max_leaves=8
    )
)
def test_any_values_end_in_a_config_or_a_config_error(values: object) -> None:
    if not isinstance(values, dict):
        return
    try:
        assert isinstance(check(Whole, values, "any"), Whole)
    except ConfigError as error:
        told = str(error)
        assert told.startswith("any: ")


def test_many_faults_are_counted_and_the_first_are_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        check(Inner, {f"key{at}": at for at in range(1000)}, "x.toml")
    text = str(caught.value)
    assert len(caught.value.faults) >= 1000
    assert len(text.splitlines()) == 22
    assert text.splitlines()[-1].endswith("more.")


def test_a_configuration_has_a_largest_size_and_is_a_file(tmp_path) -> None:
    (tmp_path / "large.toml").write_text("# " + "x" * 1_000_000)
    os.mkfifo(tmp_path / "pipe.toml")
    for name, words in (("large.toml", "at most 1,000,000 are read"), ("pipe.toml", "it is a named pipe")):
        with pytest.raises(ConfigError, match=words):
            read_file(tmp_path / name)


def test_endless_nesting_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="TOML"):
        read_toml("x = " + "[" * 20_000 + "]" * 20_000, "x.toml")
