import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evenhand.balance import effective_prior
from evenhand.balance.prior.soften import softened

COUNTS = st.lists(st.integers(1, 100_000), min_size=2, max_size=8)


@given(COUNTS, st.floats(0, 2), st.floats(0, 2), st.floats(0, 2), st.one_of(st.none(), st.floats(2, 50)))
def test_an_overshoot_is_softened_to_exactly_one(
    counts: list[int], sampler: float, weights: float, tau: float, cap: float | None
) -> None:
    prior = effective_prior(
        counts,
        sampler={"name": "power", "power": sampler, "max_ratio": cap},
        weights={"name": "inverse", "power": weights},
        loss={"name": "logit_adjusted", "tau": tau},
    )
    assume(prior.overshoots())
    after = softened(prior).prior
    assert after.exponent == pytest.approx(1.0, abs=1e-9)
    assert after.weights @ after.natural == pytest.approx(1)
    assert not after.overshoots()


def test_weights_give_way_before_the_sampler() -> None:
    prior = effective_prior([900, 80, 20], sampler={"name": "power", "power": 0.7}, weights="inverse")
    done = softened(prior)
    assert done.powers == pytest.approx({"weights": 0.3})
    assert done.prior.sampling == pytest.approx(prior.sampling)
    assert done.description == "softened to the exponent 1.00: weights raised to the power 0.30"


def test_where_weights_are_not_enough_the_rest_gives_way() -> None:
    prior = effective_prior([900, 80, 20], sampler={"name": "power", "power": 1.5}, weights="inverse")
    done = softened(prior)
    assert done.powers == pytest.approx({"weights": 0.0, "sampler": 2 / 3})
    assert done.prior.shares == pytest.approx(np.full(3, 1 / 3))
    assert "weights removed and sampler raised to the power 0.67" in done.description


def test_weights_that_favour_common_classes_are_left_alone() -> None:
    prior = effective_prior(
        [900, 80, 20], sampler={"name": "power", "power": 2}, weights={"name": "downweight", "class": 2}
    )
    assert prior.parts["weights"] < 0
    assert set(softened(prior).powers) == {"sampler"}


def test_a_stated_mix_that_overshoots_is_softened_too() -> None:
    prior = effective_prior([900, 80, 20], sampler={"name": "target_mix", "shares": [0.1, 0.3, 0.6]})
    assert prior.overshoots()
    assert softened(prior).prior.exponent == pytest.approx(1.0)


def test_a_class_that_is_never_drawn_stays_so() -> None:
    prior = effective_prior([900, 0, 20], sampler="balanced", weights="inverse")
    assert softened(prior).prior.shares == pytest.approx([0.5, 0, 0.5])
