import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evenhand.evaluation.comparison.verdicts import Question, holm, verdicts
from evenhand.evaluation.resampling.intervals import Support
from evenhand.evaluation.resampling.paired_interval import Spread


def question(estimate, error, *, groups=50.0, higher=True, name="new"):
    on = Support(1000, 1000.0, int(groups), groups, True)
    return Question(name, "old", "macro_f1", higher, Spread(estimate, error, groups - 1, on))


@pytest.mark.parametrize(
    ("estimate", "error", "word"),
    [
        (0.03, 0.01, "better"),
        (-0.03, 0.01, "worse"),
        (0.001, 0.0015, "no difference found"),
        (0.01, 0.01, "too few to tell"),
    ],
)
def test_the_word_follows_the_interval(estimate, error, word):
    (found,) = verdicts([question(estimate, error)])
    assert found.word == word
    assert found.found == (word in ("better", "worse"))
    assert word in found.summary
    assert found.document()["verdict"] == word


def test_less_is_better_for_a_loss():
    assert verdicts([question(-0.03, 0.01, higher=False)])[0].word == "better"


def test_too_few_groups_give_no_verdict_however_large_the_difference():
    (found,) = verdicts([question(0.5, 0.01, groups=3.0)])
    assert (found.word, found.enough) == ("too few to tell", False)
    assert "about 3.0 groups decide and at least 5 are needed" in found.summary


def test_no_difference_is_detectable_beyond_what_is_possible():
    (found,) = verdicts([question(0.1, 0.6)])
    assert found.detectable == np.inf
    assert "this much data would show no difference, not even 1." in found.summary
    assert found.document()["smallest_detectable"] is None


def test_a_difference_that_is_found_and_does_not_matter_says_so():
    assert "less than the smallest relevant difference" in verdicts([question(0.003, 0.001)])[0].summary


def test_among_many_the_same_difference_is_not_enough():
    alone = verdicts([question(0.025, 0.01)])
    family = verdicts([question(0.025, 0.01), *(question(0.0, 0.01, name=f"n{i}") for i in range(9))])
    assert alone[0].word == "better"
    assert family[0].word == "too few to tell"
    assert family[0].difference.level == pytest.approx(0.995)
    assert family[0].detectable > alone[0].detectable


def test_holm_agrees_with_statsmodels_on_a_known_case():
    levels, corrected = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert corrected.round(3).tolist() == [0.03, 0.06, 0.06, 0.02]
    assert levels.round(4).tolist() == [0.0167, 0.025, 0.025, 0.0125]


@given(arrays(float, st.integers(1, 12), elements=st.floats(0, 1)))
def test_level_and_corrected_p_say_the_same(p):
    levels, corrected = holm(p)
    assert ((p <= levels) == (corrected <= 0.05 + 1e-12)).all() or np.isclose(p, levels).any()
    assert (corrected >= p - 1e-12).all()


@given(st.lists(st.tuples(st.floats(-0.1, 0.1), st.floats(1e-4, 0.1)), min_size=1, max_size=8))
def test_better_and_worse_exactly_if_the_interval_excludes_nothing(pairs):
    for found in verdicts([question(*pair, name=str(i)) for i, pair in enumerate(pairs)]):
        assert found.found == (found.difference.low > 0 or found.difference.high < 0)
