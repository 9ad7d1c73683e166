"""Wrong values of every key of every section are reported in words of TOML, not in those of pydantic."""

from __future__ import annotations

import datetime
import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from evenhand.base.errors import ConfigError
from evenhand.base.settings.config_faults import section_in
from evenhand.base.settings.section import check
from evenhand.modalities import KINDS
from evenhand.settings.load import Settings, load

PHRASES = re.compile(
    r"valid (list|dict|string|integer|number|boolean|tuple|set)|dictionar|instance of|should (have|be|match)|"
    r"unable to|after validation|integer|string|boolean|Value error|datetime|argument",
    re.IGNORECASE,
)
WRONG: tuple[Any, ...] = (3, -1, 1.5, "", "x", True, [], ["x"], [3], {}, {"a": 1}, float("inf"), 10**30,
                          datetime.date(2020, 1, 1), "x" * 5000)  # fmt: skip


def _sections(cls: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield cls
    for info in cls.model_fields.values():
        inner = section_in(info.annotation)
        if inner is not None and inner is not cls:
            yield from _sections(inner)


SECTIONS = dict.fromkeys([*_sections(Settings), *(one for _, kind in KINDS for one in _sections(kind.config))])


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_faults_are_in_words_of_toml(section: type[BaseModel]) -> None:
    for key in section.model_fields:
        for value in WRONG:
            try:
                check(section, {key: value}, "x.toml")
            except ConfigError as error:
                mine = [fault for fault in error.faults if "is missing" not in fault.found]
                said = [fault.allowed for fault in mine if PHRASES.search(fault.allowed)]
                assert not said, (key, value, said)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_a_value_has_the_type_of_its_key(section: type[BaseModel]) -> None:
    for key, info in section.model_fields.items():
        kinds = {info.annotation, *typing.get_args(info.annotation)}
        wrong = [True] if kinds & {int, float} and bool not in kinds else []
        wrong += ["1"] if kinds & {int, float} and str not in kinds else []
        for value in wrong:
            with pytest.raises(ConfigError) as caught:
                check(section, {info.alias or key: value}, "x.toml")
            assert any(fault.key.partition("[")[0] == key for fault in caught.value.faults), (key, value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('compute.per_device="2"', "found '2'; allowed is a whole number, without quotation marks."),
        ("train.precision=bfloat16", 'Did you mean "bf16"?'),
        ("train.precision=16", 'Did you mean "fp16"?'),
        ("train.precision=fp32", 'Did you mean "float32"?'),
        ("compute.head_device=gpu", 'Did you mean "device"?'),
        ("train.lr=0.1", 'Did you mean "learning_rate"?'),
        ("train.frozen_precision=bf16", "it belongs to [[model]]; known here: epochs,"),
        ("model.a.train.frozen_precision=bf16", "it belongs to [[model]]; known here: epochs,"),
        ("epochs=5", "it belongs to [train] or [[train.stage]]; known here: name,"),
        ("model.².head=mlp", "is not there; known are: a or a position below 1."),
    ],
)
def test_what_was_meant_is_proposed(change: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load({"data": {"root": "x"}, "model": [{"name": "a", "encoder": "lite0"}]}, changes=[change])
    assert [words in str(fault) for fault in caught.value.faults] == [True], str(caught.value)


def test_numbers_may_be_written_without_a_decimal_point() -> None:
    changes = ["train.weight_decay=0", "train.learning_rate=1", "compute.compile=true", "compute.workers=none"]
    assert load({"data": {"root": "x"}}, changes=changes).train.weight_decay == 0.0


def test_an_empty_change_of_an_ablation_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match=r"change\[0\]\.set: found an empty table; at least 1 entry is needed\."):
        check(Settings.model_fields["ablation"].annotation.__args__[0], {"change": [{"name": "x", "set": {}}]}, "x")
