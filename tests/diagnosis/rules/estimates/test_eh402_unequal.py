from evenhand.diagnosis import Evidence, examine


def examined(comparison):
    return examine(Evidence(comparisons=(comparison,)), ["EH402"])


def test_what_differs_is_written_out(made):
    words = ("train.epochs 20 against 40", "12 rows have another label")
    (one,) = examined(made.compared(made.model("old", 900), made.model("new", 950), conditions=words)).findings
    assert one.severity == "warning"
    assert one.message == f"old and new differ in more than the model: {words[0]} and {words[1]}."
    assert one.evidence["differences"] == list(words)


def test_equal_conditions_pass(made):
    assert examined(made.compared(made.model("old", 900), made.model("new", 950))).passed == ("EH402",)
