import pytest

from evenhand.base.errors import EvenhandError
from evenhand.base.values import Finding
from evenhand.diagnosis import RULES, Evidence, Found, Rule, examine
from evenhand.diagnosis.examine import chosen, ordered


@pytest.fixture
def rules(monkeypatch):
    """Replace the registry by rules made for the test."""

    def use(*made):
        things = {rule.code: rule for rule in made}
        monkeypatch.setattr(RULES, "names", lambda: sorted(things))
        monkeypatch.setattr(RULES, "get", things.__getitem__)

    return use


def yields(code, *found, severity="warning", needs=(), after=()):
    def check(case):
        yield from found

    return Rule(code, code.lower(), severity, check, needs, after)


def fails(code):
    def check(case):
        raise ValueError("no such thing")
        yield

    return Rule(code, code.lower(), "error", check)


def test_found_passed_not_applicable_and_broken_are_four_answers(rules):
    rules(
        yields("EH901", Found("one thing", ids=["a"])),
        yields("EH902"),
        yields("EH903", needs=("folds", "features")),
        fails("EH904"),
    )
    examination = examine(Evidence())
    assert [f.code for f in examination.findings] == ["EH901"]
    assert examination.passed == ("EH902",)
    assert examination.not_applicable == {"EH903": "folds, features of an encoder"}
    assert examination.broken == {"EH904": "ValueError: no such thing"}
    assert examination.counts == {"error": 0, "warning": 1, "note": 0}


def test_a_cause_comes_before_its_worse_symptom(rules):
    rules(
        yields("EH901", Found("symptom"), severity="error", after=("EH903",)),
        yields("EH902", Found("something else"), severity="error"),
        yields("EH903", Found("cause"), severity="note"),
    )
    examination = examine(Evidence())
    assert [f.code for f in examination.findings] == ["EH902", "EH903", "EH901"]
    assert examination.causes == {"EH901": ("EH903",)}


def test_a_cause_that_did_not_fire_is_not_named(rules):
    rules(yields("EH901", Found("symptom"), after=("EH902",)), yields("EH902"))
    assert examine(Evidence()).causes == {}


def test_rules_that_name_each_other_are_all_reported(rules):
    rules(yields("EH901", Found("a"), after=("EH902",)), yields("EH902", Found("b"), after=("EH901",)))
    assert [f.code for f in examine(Evidence()).findings] == ["EH901", "EH902"]


def test_severity_of_a_finding_and_of_the_user(rules):
    rules(yields("EH901", Found("worse", severity="error"), Found("usual")))
    assert [f.severity for f in examine(Evidence()).findings] == ["error", "warning"]
    assert [f.severity for f in examine(Evidence(), severities={"EH901": "note"}).findings] == ["note", "note"]


def test_rules_are_chosen_by_code_or_its_beginning():
    assert [rule.code for rule in chosen(["EH101", "EH103"])] == ["EH101", "EH103"]
    assert {rule.code for rule in chosen("EH10")} >= {"EH101", "EH108"}
    assert len(chosen(None)) == len(RULES.names())


def test_wrong_names_are_refused_with_the_nearest():
    with pytest.raises(EvenhandError, match='There is no rule named "EH199"'):
        examine(Evidence(), ["EH199"])
    with pytest.raises(EvenhandError, match='Did you mean "warning"'):
        examine(Evidence(), severities={"EH101": "warnings"})


def test_order_is_by_severity_then_code():
    findings = [Finding("EH9", "note", ""), Finding("EH2", "error", ""), Finding("EH1", "error", "")]
    assert [f.code for f in ordered(findings, {})] == ["EH1", "EH2", "EH9"]


def test_an_overshoot_stands_before_every_other_error():
    found = [Finding("EH106", "error", "x"), Finding("EH201", "error", "x"), Finding("EH301", "error", "x")]
    assert [f.code for f in ordered(found, {"EH301": ("EH201",)})] == ["EH201", "EH106", "EH301"]
    softened = [Finding("EH106", "error", "x"), Finding("EH201", "note", "x")]
    assert [f.code for f in ordered(softened, {})] == ["EH106", "EH201"]


def test_an_examination_is_plain_values_and_escaped_html(rules):
    rules(yields("EH901", Found("<b>", evidence={"n": 3}, patch={"folds.k": 3})), yields("EH902"))
    examination = examine(Evidence())
    document = examination.document()
    assert document["findings"][0]["patch"] == {"folds.k": 3}
    assert document["passed"] == ["EH902"]
    assert "&lt;b&gt;" in examination._repr_html_()
    assert repr(examination) == "Examination(0 errors, 1 warning, 0 notes; 1 passed, 0 not applicable)"
    assert examination.of("EH901")[0].message == "<b>"
    assert examination.worst == "warning"
