from dataclasses import replace

from evenhand.diagnosis import Evidence, examine


def examined(nested):
    return examine(Evidence(nested=nested), ["EH404"])


def test_a_model_without_whole_folds_is_an_error(made):
    (one,) = examined(made.ladder(gaps=[made.gap])).findings
    assert (one.severity, one.about, one.ids) == ("error", "b4", ("r1", "r2"))
    assert one.message == (
        '"b4" lacks 394 rows and has none of fold 3 and 4; the rows are left out for all, 1,000 are evaluated.'
    )


def test_a_few_missing_rows_are_a_warning(made):
    (one,) = examined(made.ladder(gaps=[replace(made.gap, lacking=1, folds=())])).findings
    assert one.severity == "warning"
    assert '"b4" lacks 1 row;' in one.message


def test_complete_models_pass(made):
    assert examined(made.ladder()).passed == ("EH404",)
