from typing import Any

import pytest

from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import check
from evenhand.data.config import DataConfig, FoldsConfig


@pytest.mark.parametrize(
    "test",
    [
        {"column": "split", "value": "test"},
        {"fraction": 0.2},
        {"groups": ["a", "b"]},
        {"column": "fold", "value": 1},
    ],
)
def test_ways_to_lock_a_test(test: dict[str, Any]) -> None:
    locked = check(FoldsConfig, {"test": test}, "x.toml").test
    assert locked is not None
    assert locked.plain() == {key: str(v) if key == "value" else v for key, v in test.items()}


@pytest.mark.parametrize(
    "test",
    [
        {},
        {"column": "split"},
        {"value": "test"},
        {"fraction": 0.2, "groups": ["a"]},
        {"column": "a", "value": "b", "fraction": 0.1},
    ],
)
def test_a_test_is_named_in_one_way(test: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"test: found .*; name the test in one way"):
        check(FoldsConfig, {"test": test}, "x.toml")


@pytest.mark.parametrize("test", [{"fraction": 0}, {"fraction": 1}, {"fraction": -1}, {"groups": []}])
def test_nonsense_is_refused(test: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"test\.(fraction|groups)"):
        check(FoldsConfig, {"test": test}, "x.toml")


def test_the_root_must_be_given() -> None:
    with pytest.raises(ConfigError, match=r"root: is missing; A folder, or a zip as it was downloaded"):
        check(DataConfig, {}, "x.toml")


def test_code_pages_are_checked() -> None:
    assert check(DataConfig, {"root": "a", "zip_encoding": "cp866"}, "x.toml").zip_encoding == "cp866"
    with pytest.raises(ConfigError, match=r"zip_encoding: found 'cp8666'; allowed are the names of encodings"):
        check(DataConfig, {"root": "a", "zip_encoding": "cp8666"}, "x.toml")


def test_every_key_says_what_it_does() -> None:
    for section in (DataConfig, FoldsConfig):
        assert all(field.description for field in section.model_fields.values())
