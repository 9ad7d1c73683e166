import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import evenhand
from evenhand.balance import effective_prior
from evenhand.base.errors import ConfigError, EvenhandError

COUNTS = st.lists(st.integers(1, 100_000), min_size=2, max_size=12)
ECG = {"N": 9000, "S": 200, "V": 700, "O": 100}


@given(COUNTS)
def test_nothing_done_leaves_the_data_as_they_are(counts: list[int]) -> None:
    prior = effective_prior(counts)
    assert prior.shares == pytest.approx(np.array(counts) / sum(counts))
    assert prior.batch_shares == pytest.approx(prior.natural)
    assert prior.exponent == 0.0
    assert prior.recurrences == pytest.approx(np.ones(len(counts)))


@given(COUNTS)
def test_a_balanced_sampler_makes_classes_equal(counts: list[int]) -> None:
    prior = effective_prior(counts, sampler="balanced")
    assert prior.shares == pytest.approx(np.full(len(counts), 1 / len(counts)))
    assert prior.batch_shares == pytest.approx(prior.shares)
    assert prior.recurrences @ np.array(counts) == pytest.approx(sum(counts))


@given(COUNTS, st.floats(0, 1.5))
def test_sampler_weights_and_logits_of_one_power_are_one(counts: list[int], power: float) -> None:
    ways = [
        effective_prior(counts, sampler={"name": "power", "power": power}),
        effective_prior(counts, weights={"name": "inverse", "power": power}),
        effective_prior(counts, loss={"name": "logit_adjusted", "tau": power}),
    ]
    for way in ways[1:]:
        assert way.shares == pytest.approx(ways[0].shares)
        assert way.exponent == pytest.approx(ways[0].exponent, abs=1e-6)


@given(COUNTS, st.floats(0, 2), st.floats(0, 2))
def test_exponents_add_up(counts: list[int], first: float, second: float) -> None:
    assume(max(counts) > 1.01 * min(counts))
    prior = effective_prior(
        counts, sampler={"name": "power", "power": first}, weights={"name": "inverse", "power": second}
    )
    assert prior.exponent == pytest.approx(first + second, abs=1e-6)
    assert prior.parts == pytest.approx({"sampler": first, "weights": second, "loss": 0.0}, abs=1e-6)


@given(COUNTS, st.integers(2, 50), st.floats(0, 2), st.floats(1, 50))
def test_scale_does_not_matter(counts: list[int], factor: int, power: float, cap: float) -> None:
    how = {"name": "power", "power": power, "max_ratio": cap}
    one = effective_prior(counts, sampler=how, weights="inverse")
    other = effective_prior(np.array(counts) * factor, sampler=how, weights="inverse")
    assert one.shares == pytest.approx(other.shares)
    assert one.exponent == pytest.approx(other.exponent, abs=1e-6)
    assert one.recurrence == pytest.approx(other.recurrence)


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_classes_does_not_matter(counts: list[int], shuffler: object) -> None:
    order = list(range(len(counts)))
    shuffler.shuffle(order)
    one = effective_prior(counts, sampler="sqrt", weights="effective_number")
    other = effective_prior([counts[c] for c in order], sampler="sqrt", weights="effective_number")
    assert other.shares == pytest.approx(one.shares[order])
    assert other.exponent == pytest.approx(one.exponent, abs=1e-9)


@given(COUNTS)
def test_shares_sum_to_one_and_weights_are_one_on_average(counts: list[int]) -> None:
    loss = {"name": "class_balanced_focal", "beta": 0.99}
    prior = effective_prior(counts, sampler="sqrt", weights="inverse", loss=loss)
    for shares in (prior.shares, prior.natural, prior.batch_shares):
        assert shares.sum() == pytest.approx(1)
    assert prior.weights @ prior.natural == pytest.approx(1)


def test_the_definition_by_hand() -> None:
    """p_eff is proportional to n s w exp(a)."""
    prior = effective_prior([90, 9, 1], sampler=[1, 2, 4], weights=[1, 1, 3])
    expected = np.array([90 * 1 * 1, 9 * 2 * 1, 1 * 4 * 3])
    assert prior.shares == pytest.approx(expected / expected.sum())
    shifted = prior.shifted(np.log([1.0, 5.0, 1.0]))
    expected[1] *= 5
    assert shifted.shares == pytest.approx(expected / expected.sum())


def test_a_power_of_seven_tenths_capped_at_six() -> None:
    how = {"name": "power", "power": 0.7, "max_ratio": 6}
    prior = effective_prior(ECG, sampler=how)
    assert prior.batch_shares == pytest.approx([0.6008, 0.0801, 0.2790, 0.0401], abs=1e-3)
    assert prior.recurrence == pytest.approx(6 * prior.recurrences[0])


def test_both_compensating_turn_the_skew_around() -> None:
    both = effective_prior(ECG, sampler="balanced", weights="inverse")
    assert both.overshoots()
    assert both.shares.argmax() == both.rarest == 3
    assert both.shares[3] == pytest.approx(0.605, abs=1e-3)


def test_nearly_even_classes_have_no_skew_to_turn_around() -> None:
    deliberate = effective_prior([100, 101], weights={"name": "downweight", "class": 1, "factor": 0.5})
    assert deliberate.exponent > 1.05
    assert not deliberate.overshoots()


@pytest.mark.parametrize("counts", [[5], [5, 0], [0, 0], []])
def test_one_class_or_none_has_no_exponent(counts: list[int]) -> None:
    prior = effective_prior(counts, sampler="balanced", weights="inverse")
    assert prior.exponent == 0.0
    assert not prior.overshoots()
    assert str(prior)


def test_a_class_without_rows_is_never_believed_in() -> None:
    prior = effective_prior({"a": 8, "b": 0, "c": 2}, sampler="balanced", loss="logit_adjusted")
    assert prior.shares[1] == prior.recurrences[1] == 0
    assert prior.exponent == pytest.approx(2)
    assert prior.names[prior.rarest] == "c"


def test_an_epoch_of_a_subset_is_short_and_nothing_recurs() -> None:
    prior = effective_prior(ECG, sampler="balanced_subset")
    assert prior.epoch_rows == 400
    assert prior.recurrence == pytest.approx(1.0)
    assert prior.recurrences[0] == pytest.approx(100 / 9000)


def test_weights_on_drawn_rows_change_the_scale_of_the_loss() -> None:
    assert effective_prior(ECG, weights="inverse").mean_weight == pytest.approx(1)
    both = effective_prior(ECG, sampler="balanced", weights="inverse")
    weights = 10_000 / 4 / np.array(list(ECG.values()))
    assert both.mean_weight == pytest.approx(weights.mean())


def test_it_reads_as_a_table_with_sentences() -> None:
    text = str(effective_prior(ECG, sampler="balanced", weights="inverse", loss="focal"))
    assert text.splitlines()[0].split("  ")[0] == "class"
    assert "Exponent 2.00 (sampler 1.00 + weights 1.00): the skew is inverted" in text
    assert "A row of O, the rarest class, is sampled 25 times per epoch of 10,000 rows." in text
    assert "See the gradient share per class." in text


def test_wide_letters_keep_the_columns() -> None:
    from rich.cells import cell_len

    lines = str(effective_prior({"六角ボルト": 30, "a": 10})).splitlines()[:3]
    assert len({cell_len(line) for line in lines}) == 1


def test_many_classes_are_shown_in_part() -> None:
    text = str(effective_prior(range(1, 101)))
    assert "… 84 more" in text
    assert text.splitlines()[1].startswith("99 ")


def test_it_is_plain_for_json() -> None:
    document = effective_prior(ECG, sampler="sqrt").document()
    assert [row["class"] for row in document["classes"]] == list(ECG)
    assert document["rarest"] == "O"
    assert document["exponent"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sampler": "balancd"}, 'Did you mean "balanced"'),
        ({"sampler": [1, 2]}, "must be 4 numbers from 0 up, one for each class"),
        ({"sampler": [0, 0, 0, 0]}, "above 0 for at least one class"),
        ({"weights": [1, 1, 1, float("nan")]}, "must be 4 numbers"),
        ({"weights": ["a", "b"]}, "Figures per class must be numbers; found .'a', 'b'."),
        ({"names": ["a"]}, "1 names were given for 4 counts"),
        ({"sampler": {"name": "target_mix", "shares": {"X": 1.0}}}, 'no class named "X"'),
        ({"sampler": {"name": "target_mix", "shares": [0.5, 0.5]}}, "2 figures were given for 4 classes"),
        ({"sampler": {"name": "target_mix", "shares": {"N": 0.6, "S": 0.4}}}, "leave nothing for V, O"),
        ({"weights": {"name": "downweight", "class": "Q"}}, 'balance.weights.class: There is no class named "Q"'),
        ({"weights": {"name": "downweight", "class": 4}}, "there is no class 4; there are 4"),
    ],
)
def test_what_does_not_fit_is_told(options: dict[str, object], words: str) -> None:
    with pytest.raises((EvenhandError, ConfigError), match=words):
        effective_prior(ECG, **options)


@pytest.mark.parametrize("counts", [[-1, 2], [np.nan, 1], [[1, 2]], ["a", "b"], {"N": "many"}])
def test_counts_that_are_none_are_refused(counts: object) -> None:
    with pytest.raises(EvenhandError, match="Rows per class must be"):
        effective_prior(counts)


def test_it_is_public_and_loads_no_torch() -> None:
    code = (
        "import sys, evenhand; evenhand.effective_prior([9, 1], sampler='balanced', weights='inverse', "
        "loss='class_balanced_focal'); evenhand.effective_prior_of([0, 0, 1]); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert evenhand.effective_prior is effective_prior


def test_names_are_printed_and_no_classes_are_said():
    assert "\x1b" not in str(effective_prior({"\x1b[31mb": 1, "a": 5}))
    assert "\\x1b[31mb" in str(effective_prior({"\x1b[31mb": 1, "a": 5}))
    assert str(effective_prior({})) == "There are no classes, and so no prior."
