import pytest

from evenhand.diagnosis import examine

MACRO = {"score": {"macro_f1": 1.0}}


@pytest.mark.parametrize(
    "score",
    [{"macro_f1": 1.0}, {"balanced_accuracy": 1.0}, {"worst_recall": 0.5, "accuracy": 0.5}, {"macro_recall": 2.0}],
)
@pytest.mark.parametrize("settings", [{}, {"sampler": "balanced"}, {"weights": "inverse"}])
def test_a_score_of_equal_classes_under_natural_shares_gets_advice(skewed, score, settings):
    (found,) = examine(skewed(config={"score": score}, **settings), ["EH211"]).findings
    assert found.severity == "note"
    assert next(iter(score)) in found.message
    assert found.patch == {"balance.correct_to": "uniform"}


@pytest.mark.parametrize(
    ("counts", "config", "settings"),
    [
        (None, {"score": {"accuracy": 1.0}}, {}),
        (None, {"score": {"accuracy": 0.8, "macro_f1": 0.2}}, {}),
        (None, {"score": {"macro_f1": 1.0, "log_loss": 0.1}}, {}),
        (None, MACRO, {"correct_to": "uniform"}),
        (None, MACRO, {"correct_to": "trained"}),
        (None, MACRO, {"correct_to": {"N": 1, "S": 1, "V": 1, "O": 1}}),
        (None, MACRO, {"adjust": 0.5}),
        ({"a": 40, "b": 10}, MACRO, {}),
        ({"a": 40}, MACRO, {}),
    ],
)
def test_what_is_chosen_or_hardly_skewed_needs_none(skewed, counts, config, settings):
    assert examine(skewed(counts, config=config, **settings), ["EH211"]).passed == ("EH211",)
