import pytest

from evenhand.base.errors import EvenhandError
from evenhand.diagnosis import RULES, Evidence, Found, Rule, rule


def check(case, *, least=3):
    yield Found("seen", about="it", ids=[1, 2], evidence={"least": least})


def test_a_rule_gives_its_findings_code_and_severity():
    (found,) = Rule("EH999", "some", "note", check).findings(Evidence())
    assert (found.code, found.severity, found.about, found.ids) == ("EH999", "note", "it", ("1", "2"))


def test_thresholds_are_the_keyword_defaults():
    assert Rule("EH999", "some", "note", check).thresholds == {"least": 3}


def test_what_is_missing_is_said_in_words():
    missing = Rule("EH999", "some", "note", check, needs=("samples", "groups")).missing(Evidence())
    assert missing == ["samples", "a group column (data.group)"]


@pytest.mark.parametrize("code", ["E1", "EH1", "EH10a", "eh101"])
def test_a_wrong_code_is_refused(code):
    with pytest.raises(EvenhandError, match="EH and three digits"):
        Rule(code, "some", "note", check)


def test_an_unknown_need_is_refused():
    with pytest.raises(EvenhandError, match="EH999 needs 'sample'; known are: samples"):
        Rule("EH999", "some", "note", check, needs=("sample",))


def test_a_second_rule_of_one_code_is_refused():
    assert "EH101" in RULES
    with pytest.raises(EvenhandError, match='A second rule named "EH101"'):
        rule("EH101", slug="mine", severity="note")(check)
