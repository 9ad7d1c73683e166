"""The sections of ensembles and audits: what is said, and that nothing of it is computed here."""

from __future__ import annotations

from evenhand.base.storage.record import Record
from evenhand.reporting.audit_section import audit_section, forest
from evenhand.reporting.record_contents import read_evidence
from evenhand.reporting.selection_section import NAIVE, VERDICT_WORDS, blends, selection_chart, selection_section
from evenhand.reporting.write_html import rendered

from .conftest import HOSTILE, audit_document, nested_document
from .test_write_html import Tags


def text_of(record: Record) -> str:
    return " ".join(Tags(rendered(record)).text.split())


def test_the_selection_report_is_naive_and_nested(record: Record) -> None:
    text = text_of(record)
    assert "The best of 4 is ensemble:стопка" in text
    assert "no (EH405)" in text
    assert "+0.0400" in text
    assert "model0 lacks 3 rows" in text


def test_every_verdict_is_put_in_words(record: Record) -> None:
    text = text_of(record)
    for words in VERDICT_WORDS.values():
        assert words in text
    assert "Too few to tell" in text


def test_weights_gates_and_sets_are_there(record: Record) -> None:
    text = text_of(record)
    assert "no weights; fitted on model0, model1" in text
    assert "Weights of ridge by class" in text
    assert "every group" in text
    assert f"{HOSTILE[0]} or" in text
    made = {blend["name"]: blend for blend in blends(read_evidence(record))}
    assert made["ridge"]["chart"] is not None
    assert made["equal"]["chart"] is None


def test_the_audit_speaks_of_groups_and_of_what_it_does_not_cover(record: Record) -> None:
    text = text_of(record)
    assert "1 significantly below the accuracy expected for their classes" in text
    assert "модель had seen them" in text
    assert "No figure of these rows covers data from elsewhere" in text


def test_an_audit_of_its_own_goes_before_that_of_the_run(record: Record) -> None:
    document = {**audit_document([]), "metric": "recall[яблоко]", "groups": [], "calibration": []}
    record.write_json("audit.json", document)
    section = audit_section(read_evidence(record))
    assert section is not None
    assert (section["metric"], section["parts"], section["curves"]) == ("recall[яблоко]", [], None)
    assert "There are no groups" in text_of(record)


def test_parts_by_columns_are_shown_for_each_column_and_not_called_groups(record: Record) -> None:
    document = audit_document([])
    shops, verdicts = list(document["groups"]), document["groups_by_verdict"]  # type: ignore[call-overload]
    small = {**shops[0], "name": "small", "n": 3, "verdict": "too few to tell"}
    slices = [
        {"column": name, "parts": [*shops[:3], small], "parts_total": 9, "parts_by_verdict": verdicts}
        for name in ("shop", "hour <b>")
    ]
    record.write_json("audit.json", {**document, "slices": slices})
    section = audit_section(read_evidence(record))
    assert section is not None
    assert [(one["title"], one["total"]) for one in section["parts"]] == [
        ("Parts by shop", 9),
        ("Parts by hour <b>", 9),
    ]
    assert all("small (n 3)" not in one["forest"] for one in section["parts"])
    text = text_of(record)
    assert "Parts by shop, the worst first" in text
    assert "Parts by hour <b>, the worst first" in text
    assert "9 values: 1 significantly below" in text
    assert "Groups, the worst first" not in text


def test_a_run_of_before_has_neither(record: Record) -> None:
    (record.path / "nested_evaluation.json").unlink()
    record.write_json("evaluation.json", {"classes": [], "headline": None, "entries": []})
    evidence = read_evidence(record)
    assert selection_section(evidence) is None
    assert audit_section(evidence) is None
    assert "Nothing was audited" in text_of(record)


def test_the_chart_shows_naive_figures_of_blends_only() -> None:
    values = selection_chart(nested_document(["a", "b"])["rows"], title="f1")["data"]["values"]  # type: ignore[arg-type]
    assert {row["name"] for row in values if row["is"] == NAIVE} == {"ensemble:equal", "ensemble:стопка"}


def test_the_forest_shows_the_worst_groups_only() -> None:
    groups = [
        {"name": f"g{i}", "n": 9, "accuracy": 0.5, "low": 0.2, "high": 0.8, "expected": 0.6, "verdict": "below"}
        for i in range(60)
    ]
    assert len(forest(groups)["data"]["values"]) == 25
