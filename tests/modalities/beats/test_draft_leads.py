import tomllib

import pytest

from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.draft_config import lead_lines
from evenhand.modalities.beats.reading.leads import choose


def drafted(records: list[list[str]]) -> BeatsConfig:
    return BeatsConfig(**tomllib.loads(lead_lines(records)))


@pytest.mark.parametrize(
    ("records", "leads"),
    [
        ([["MLII", "V5"], ["MLII", "V1"], ["V1", "V2"]], ["MLII|V1"]),
        ([["ii"], ["II "], ["V1"]], ["ii|V1"]),
        ([["I"], ["II"]], ["I|II"]),
        ([["MLII", "V1"]] * 9 + [["V5"]], ["MLII"]),
        ([["a"], ["b"], ["c"]], ["a|b|c"]),
        ([["a", "x"], ["b", "x"], ["c", "y"], ["d", "y"], ["e", "z"]], ["x|y|e"]),
        ([[f"lead {number}"] for number in range(9)], ["lead 0|lead 1|lead 2|lead 3|*"]),
        ([["a|b"], ["*"]], ["*"]),
        ([["a\nb"], ["\x1b[2J"]], ["*"]),
        ([], ["MLII"]),
    ],
)
def test_what_is_asked_for_fits_the_records(records: list[list[str]], leads: list[str]) -> None:
    own = drafted(records)
    assert own.leads == leads
    if leads != ["MLII"]:
        assert all(not isinstance(choose(record, own.alternatives), str) for record in records)


def test_how_many_records_have_the_lead_is_said() -> None:
    text = lead_lines([["II"]] * 5 + [["II", "V1"], ["V1"]])
    assert text.endswith("# 6 of 7 records have it; there are also V1")
