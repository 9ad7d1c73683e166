import pytest

from evenhand.modalities.beats.reading.leads import choose, lacking


def test_a_lead_is_found_by_name_wherever_it_lies() -> None:
    assert choose(["V5", "mlii "], [["MLII"]]).signals == (1,)


def test_no_lead_is_taken_that_was_not_named() -> None:
    assert choose(["V5", "V2"], [["MLII"]]) == "MLII"
    assert choose([], [["*"]]) == "*"


def test_what_stands_for_a_lead_is_told() -> None:
    found = choose(["V5", "V2"], [["MLII", "V1", "V2"]])
    assert (found.names, found.instead) == (("V2",), {"MLII": "V2"})


def test_a_lead_fills_one_channel_only() -> None:
    assert choose(["V5", "V2"], [["V5"], ["V5"]]) == "V5"
    assert choose(["V5", "V2"], [["V5"], ["V5", "*"]]).signals == (0, 1)


@pytest.mark.parametrize("wanted", [["MLII", "*"], ["*"]])
def test_a_star_is_any_lead_in_the_records_order(wanted: list[str]) -> None:
    assert choose(["V5", "V2"], [wanted]).signals == (0,)


def test_two_signals_of_one_name_fill_two_channels() -> None:
    assert choose(["ECG", "ECG"], [["ECG"], ["ECG"]]).signals == (0, 1)


@pytest.mark.parametrize(
    ("there", "wanted", "words"),
    [
        (["V5"], [["MLII"]], 'has no lead MLII, and beats.leads names no alternative (such as "MLII|V5")'),
        (["V2"], [["MLII", "V5"]], "has no lead MLII or V5"),
        (["MLII"], [["V5", "MLII"], ["MLII"]], "its lead MLII is taken by another channel of beats.leads"),
        (
            ["mlii"],
            [["MLII"], ["V5", "MLII"]],
            "its lead MLII is taken by another channel of beats.leads, and it has no alternative",
        ),
        (["MLII"], [["MLII"], ["*"]], "has fewer signals (1) than beats.leads requires (2)"),
    ],
)
def test_why_a_channel_is_not_filled_is_told(there: list[str], wanted: list[list[str]], words: str) -> None:
    lead = choose(there, wanted)
    assert isinstance(lead, str)
    assert lacking(lead, there, wanted) == words
