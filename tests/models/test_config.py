import contextlib
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import check
from evenhand.models.config import ModelConfig


def config(**values: object) -> ModelConfig:
    return check(ModelConfig, {"name": "a", "encoder": "small", **values}, "x.toml")


@pytest.mark.parametrize("name", ["lite0", "модель 1", "模型", "a.b", "ünïcode", "-x"])
def test_names_that_can_be_folders_are_taken(name: str, tmp_path: Path) -> None:
    folder = tmp_path / config(name=name).name
    folder.mkdir()
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a/b", "may not hold"),
        ("a\\b", "may not hold"),
        ("a:b", "may not hold"),
        ("a\nb", "may not hold"),
        ("", "not empty"),
        ("..", "neither begins nor ends with a dot"),
        (".hidden", "neither begins"),
        ("end.", "neither begins"),
        (" a", "neither begins"),
        ("CON", "kept for a device"),
        ("nul.txt", "kept for a device"),
        ("ж" * 51, "at most 100 bytes"),
    ],
)
def test_names_that_cannot_are_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        config(name=name)


def test_equal_looking_names_become_equal() -> None:
    assert config(name="e\u0301").name == config(name="\u00e9").name


@settings(deadline=None)
@given(st.text(string.printable + "жé漢", max_size=20))
def test_any_name_is_taken_or_refused_in_words(name: str) -> None:
    with contextlib.suppress(ConfigError):
        taken = config(name=name).name
        assert "/" not in taken
        assert taken not in {"", ".", ".."}


@pytest.mark.parametrize("tune", ["head", "all", "from:blocks.4"])
def test_tune_says_what_is_trained(tune: str) -> None:
    assert config(tune=tune).tune == tune


@pytest.mark.parametrize("tune", ["heads", "from:", "from blocks.4", ""])
def test_other_words_for_tune_are_refused_with_what_is_allowed(tune: str) -> None:
    with pytest.raises(ConfigError, match='allowed are "head", "all" and "from:BLOCK"'):
        config(tune=tune)


@pytest.mark.parametrize("encoder", ["timm:resnet18.a1_in1k", "file:a b/c.pth", "package:x", "small"])
def test_encoders_are_a_source_and_a_name_or_a_name(encoder: str) -> None:
    assert config(encoder=encoder).encoder == encoder


@pytest.mark.parametrize("encoder", ["", "timm:", "two words"])
def test_other_encoders_are_refused(encoder: str) -> None:
    with pytest.raises(ConfigError, match="timm:NAME, file:PATH, package:NAME"):
        config(encoder=encoder)


def test_every_fault_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as found:
        config(name="a/b", tune="x", dropout=1.0, views=0, form="thin", seeds=[])
    assert len(found.value.faults) == 6


def test_it_survives_being_written_as_plain_values() -> None:
    model = config(pool=["own", "blocks.2:max"], seeds=[1, 2], train={"epochs": 3})
    assert ModelConfig.model_validate(model.plain()) == model
