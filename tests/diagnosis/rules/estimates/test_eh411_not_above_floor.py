from evenhand.diagnosis import Evidence, examine


def examined(comparison):
    return examine(Evidence(floor_comparison=comparison), ["EH411"])


def test_a_model_that_does_not_even_look_better_is_named(made):
    floor, net = made.model("floor: counts", 955, noise=1), made.model("net", 950, noise=2)
    (one,) = examined(made.compared(floor, net)).findings
    assert (one.severity, one.about) == ("warning", "net")
    assert one.message.startswith(
        "net is not shown to be better than the floor (counts) in accuracy: too few to tell, -0.00"
    )
    assert one.evidence["verdict"]["b"] == "floor: counts"


def test_the_same_answers_are_named(made):
    (one,) = examined(made.compared(made.model("floor: counts", 900), made.model("net", 900))).findings
    assert "too few to tell, +0.0000" in one.message


def test_one_that_looks_better_on_few_rows_passes(made):
    floor, net = made.model("floor: counts", 950, noise=1), made.model("net", 955, noise=2)
    assert examined(made.compared(floor, net)).passed == ("EH411",)


def test_a_worse_one_is_named(made):
    (one,) = examined(made.compared(made.model("floor: counts", 990), made.model("net", 900))).findings
    assert "in accuracy: worse by" in one.message


def test_a_better_one_passes(made):
    assert examined(made.compared(made.model("floor: counts", 900), made.model("net", 990))).passed == ("EH411",)


def test_without_a_floor_it_is_not_applicable():
    assert "EH411" in examine(Evidence(), ["EH411"]).not_applicable
