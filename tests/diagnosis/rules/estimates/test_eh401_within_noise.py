from evenhand.diagnosis import Evidence, examine


def examined(comparison):
    return examine(Evidence(comparisons=(comparison,)), ["EH401"])


def test_a_difference_that_only_looks_like_one_is_named(made):
    old, new = made.model("old", 950, noise=1), made.model("new", 955, noise=2)
    (one,) = examined(made.compared(old, new)).findings
    assert one.severity == "note"
    assert one.message.startswith(
        "1 of 1 difference looks better by no more than noise: new against old, accuracy: "
    )
    assert one.evidence["verdicts"][0]["verdict"] in ("too few to tell", "no difference found")


def test_a_difference_that_is_found_passes(made):
    assert examined(made.compared(made.model("old", 900), made.model("new", 990))).passed == ("EH401",)


def test_the_same_answers_pass(made):
    assert examined(made.compared(made.model("old", 900), made.model("new", 900))).passed == ("EH401",)


def test_a_worse_one_passes(made):
    old, new = made.model("old", 960, noise=1), made.model("new", 950, noise=1)
    assert examined(made.compared(old, new)).passed == ("EH401",)


def test_without_a_comparison_it_is_not_applicable():
    assert "EH401" in examine(Evidence(), ["EH401"]).not_applicable
