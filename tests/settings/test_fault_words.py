"""Wrong values of every key of every section are reported in words of TOML, not in those of pydantic."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import check, section_in
from evenhand.modalities import KINDS
from evenhand.settings.load import Settings

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


def test_an_empty_change_of_an_ablation_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match=r"change\[0\]\.set: found an empty table; at least 1 entry is needed\."):
        check(Settings.model_fields["ablation"].annotation.__args__[0], {"change": [{"name": "x", "set": {}}]}, "x")
