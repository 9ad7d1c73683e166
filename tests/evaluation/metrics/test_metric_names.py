import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.metric_names import Asked, MetricNameError, metric_faults, parse

SETS, LEVELS = ("rare", "f1"), ("coarse",)


@pytest.mark.parametrize(
    ("name", "suffix", "kind", "one"),
    [
        ("macro_f1", "", "", None),
        ("macro_f1_rare", "rare", "set", None),
        ("macro_f1_f1", "f1", "set", None),
        ("top_5", "", "", None),
        ("top_5_coarse", "coarse", "level", None),
        ("recall[S]", "", "", "S"),
        ("recall[a [b]", "", "", "a [b"),
        ("recall_coarse[Fruit]", "coarse", "level", "Fruit"),
        ("roc_auc[хлеб]", "", "", "хлеб"),
    ],
)
def test_names_say_metric_suffix_and_class(name, suffix, kind, one):
    asked = parse(name, SETS, LEVELS)
    assert (asked.suffix, asked.kind, asked.one) == (suffix, kind, one)


def test_a_number_is_part_of_the_name():
    assert "among the 3 most" in parse("top_3").metric.description


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("macro_f2", 'Did you mean "macro_f1"'),
        ("macro_f1_rair", 'Did you mean "macro_f1_rare"'),
        ("macro_f1_coarse_rare", "is not a metric here"),
        ("top_0", "is not a metric here"),
        ("top_k", 'Did you mean "top_5"'),
        ("recall", r"name it: recall\[CLASS\] \(for the mean over classes: macro_recall\)"),
        ("recall_rare", 'Did you mean "macro_recall_rare"'),
        ("roc_auc_rare[S]", "omit _rare"),
        ("recall[]", "in brackets"),
        ("", "in brackets"),
    ],
)
def test_what_is_not_a_metric_is_told_in_words(name, words):
    with pytest.raises(MetricNameError, match=words):
        parse(name, SETS, LEVELS)


@given(st.text(max_size=30))
def test_any_text_is_a_metric_or_an_error_in_words(name):
    try:
        asked = parse(name, SETS, LEVELS)
    except MetricNameError as error:
        asked = error
    assert name in (asked.name if isinstance(asked, Asked) else str(asked))


def test_every_registered_metric_can_be_asked_for():
    for name in METRICS.names():
        asked = parse(re.sub("_k$", "_2", name) + ("[x]" if name in {"precision", "recall", "f1"} else ""))
        assert asked.metric.description.endswith(".")


def test_faults_name_the_key_and_the_nearest_name():
    (fault,) = metric_faults(["macro_f1", "acuracy"], "score")
    assert str(fault).startswith("score.acuracy: is not a metric here")
    assert fault.nearest == "accuracy"
