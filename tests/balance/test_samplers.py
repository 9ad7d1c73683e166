"""Every sampler and way to weigh classes, by its formula and by what all have in common."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.balance import class_weights, effective_prior, sampling_weights
from evenhand.balance.registries import LOSSES, SAMPLERS, WEIGHTS
from evenhand.base.errors import ConfigError

COUNTS = st.lists(st.integers(1, 10_000), min_size=2, max_size=10)
SAMPLER = {name: {"name": name} for name in SAMPLERS.names()} | {
    "target_mix": {"name": "target_mix", "shares": {"0": 0.6}}
}
WEIGHT = {name: {"name": name} for name in WEIGHTS.names()} | {"downweight": {"name": "downweight", "class": 0}}


@pytest.mark.parametrize("name", SAMPLER)
@given(counts=COUNTS)
def test_chances_of_rows_are_one_on_average(name: str, counts: list[int]) -> None:
    chances = sampling_weights(SAMPLER[name], counts)
    assert chances @ counts == pytest.approx(sum(counts))
    assert (chances > 0).all()


@pytest.mark.parametrize("name", WEIGHT)
@given(counts=COUNTS)
def test_weights_of_rows_are_one_on_average(name: str, counts: list[int]) -> None:
    weights = class_weights(WEIGHT[name], counts)
    assert weights @ counts == pytest.approx(sum(counts))
    assert (weights > 0).all()


@given(COUNTS, st.floats(0, 2), st.one_of(st.none(), st.floats(1, 50)))
def test_a_power_is_capped(counts: list[int], power: float, cap: float | None) -> None:
    chances = sampling_weights({"name": "power", "power": power, "max_ratio": cap}, counts)
    free = sampling_weights({"name": "power", "power": power}, counts)
    assert chances.max() / chances.min() <= (cap or np.inf) * (1 + 1e-9)
    assert free[0] / free[1] == pytest.approx((counts[1] / counts[0]) ** power)


@given(COUNTS)
def test_the_square_root_is_the_power_one_half(counts: list[int]) -> None:
    half = sampling_weights({"name": "power", "power": 0.5}, counts)
    assert sampling_weights("sqrt", counts) == pytest.approx(half)


@given(COUNTS, st.floats(0, 0.99999))
def test_the_effective_number_is_cuis(counts: list[int], beta: float) -> None:
    n = np.array(counts, dtype=float)
    expected = (1 - beta) / (1 - beta**n)
    for got in (
        sampling_weights({"name": "effective_number", "beta": beta}, counts),
        class_weights({"name": "effective_number", "beta": beta}, counts),
    ):
        assert got / got[0] == pytest.approx(expected / expected[0], rel=1e-6)


def test_an_effective_number_lies_between_nothing_and_inverse_counts() -> None:
    counts = [9000, 200, 700, 100]
    exponents = [
        effective_prior(counts, weights={"name": "effective_number", "beta": beta}).exponent
        for beta in (0.0, 0.9, 0.99, 0.999, 0.9999, 0.999999)
    ]
    assert exponents == sorted(exponents)
    assert exponents[0] == 0.0
    assert exponents[-1] == pytest.approx(1.0, abs=0.01)


@given(st.lists(st.floats(0.05, 1), min_size=3, max_size=3), st.lists(st.integers(5, 500), min_size=3, max_size=3))
def test_a_stated_mix_is_what_batches_hold(shares: list[float], counts: list[int]) -> None:
    told = {f"c{i}": share for i, share in enumerate(shares)}
    prior = effective_prior(counts, sampler={"name": "target_mix", "shares": told}, names=list(told))
    if sum(shares) > 0:
        assert prior.batch_shares == pytest.approx(np.array(shares) / sum(shares))


def test_classes_that_are_not_named_share_what_is_left() -> None:
    prior = effective_prior({"N": 900, "V": 60, "S": 40}, sampler={"name": "target_mix", "shares": {"N": 0.5}})
    assert prior.batch_shares == pytest.approx([0.5, 0.3, 0.2])


def test_a_mix_is_capped_by_the_chance_of_a_row() -> None:
    mix = {"name": "target_mix", "shares": [0.5, 0.5], "max_ratio": 4}
    prior = effective_prior([900, 100], sampler=mix)
    assert prior.recurrences[1] / prior.recurrences[0] == pytest.approx(4)


def test_a_mix_leaves_out_classes_without_rows() -> None:
    prior = effective_prior({"a": 5, "b": 0, "c": 5}, sampler={"name": "target_mix", "shares": [0.25, 0.5, 0.25]})
    assert prior.batch_shares == pytest.approx([0.5, 0, 0.5])


def test_a_subset_may_be_larger_than_the_rarest_class() -> None:
    prior = effective_prior([900, 80, 20], sampler={"name": "balanced_subset", "per_class": 50})
    assert prior.epoch_rows == 120
    assert prior.batch_shares == pytest.approx(np.array([50, 50, 20]) / 120)
    assert prior.recurrences.max() == pytest.approx(1.0)


def test_classes_are_weighed_down_by_name_or_position() -> None:
    one = effective_prior({"N": 90, "S": 10}, weights={"name": "downweight", "class": "N", "factor": 0.25})
    assert one.weights[0] / one.weights[1] == pytest.approx(0.25)
    other = class_weights({"name": "downweight", "class": [0], "factor": 0.25}, [90, 10])
    assert other == pytest.approx(one.weights)
    both = class_weights({"name": "downweight", "class": ["N", "S"], "factor": 0.25}, [90, 10], ["N", "S"])
    assert both == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("sampler", "words"),
    [
        ({"name": "target_mix"}, "shares: is missing"),
        ({"name": "target_mix", "shares": []}, "at least one is above 0"),
        ({"name": "target_mix", "shares": {"a": -1.0}}, "numbers from 0 up"),
        ({"name": "power", "powr": 1}, 'known here: power, max_ratio. Did you mean "power"'),
        ({"name": "effective_number", "beta": 1}, "less than 1"),
    ],
)
def test_wrong_options_are_told(sampler: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        sampling_weights(sampler, [9, 1])


def test_a_key_is_told_by_its_name_in_the_configuration() -> None:
    with pytest.raises(ConfigError, match="known here: class, factor"):
        class_weights({"name": "downweight", "clas": "N"}, [9, 1])


def test_every_name_and_option_is_in_the_docs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "balance.md").read_text(encoding="utf-8")
    for registry in (SAMPLERS, WEIGHTS, LOSSES):
        for name, section in registry:
            assert f"`{name}`" in text, f"docs/reference/balance.md does not tell of {registry.what} {name}"
            for field, info in section.model_fields.items():
                assert re.search(rf"`{info.alias or field}\b", text), (
                    f"docs/reference/balance.md does not tell of {name}.{field}"
                )
