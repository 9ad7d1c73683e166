from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from evenhand.balance import class_weights, row_weights, sampling_weights
from evenhand.balance.registries import LOSSES, SAMPLERS, WEIGHTS
from evenhand.base.errors import ConfigError, EvenhandError
from evenhand.base.settings.named_choice import section_of

COUNTS = st.lists(st.integers(1, 10_000), min_size=2, max_size=12)


@given(COUNTS)
def test_inverse_weights_at_power_one_are_scikit_learns_balanced_ones(counts: list[int]) -> None:
    labels = np.repeat(np.arange(len(counts)), np.minimum(counts, 300))
    theirs = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    ours = class_weights("inverse", np.bincount(labels))
    assert ours == pytest.approx(theirs)


@given(COUNTS, st.floats(0, 2), st.one_of(st.none(), st.floats(1, 50)))
def test_weights_are_one_on_average_over_rows(counts: list[int], power: float, cap: float | None) -> None:
    table = {"name": "inverse", "power": power} | ({} if cap is None else {"max_ratio": cap})
    weights = class_weights(table, counts)
    assert weights @ counts == pytest.approx(sum(counts))
    if cap is not None:
        assert weights.max() / weights.min() <= cap * (1 + 1e-9)


@given(COUNTS)
def test_power_zero_is_no_weight(counts: list[int]) -> None:
    assert class_weights({"name": "inverse", "power": 0}, counts) == pytest.approx(np.ones(len(counts)))
    assert class_weights("none", counts).tolist() == [1.0] * len(counts)


@given(COUNTS)
def test_balanced_draws_every_class_as_often(counts: list[int]) -> None:
    shares = sampling_weights("balanced", counts) * counts / sum(counts)
    assert shares == pytest.approx(np.full(len(counts), 1 / len(counts)))


def test_a_class_without_rows_is_never_drawn_and_weighs_one() -> None:
    assert sampling_weights("balanced", [4, 0, 1]).tolist() == [0.625, 0.0, 2.5]
    assert class_weights("inverse", [4, 0, 1]).tolist() == [0.625, 1.0, 2.5]
    assert class_weights("inverse", [0, 0]).tolist() == [1.0, 1.0]


def test_rows_get_the_weight_of_their_class_or_the_mean_over_their_classes() -> None:
    per_class = np.array([0.5, 1.0, 3.0])
    assert row_weights(per_class, np.array([2, 0])).tolist() == [3.0, 0.5]
    multi_label = np.array([[1, 0, 1], [0, 0, 0], [0.25, 0.75, 0]])
    assert row_weights(per_class, multi_label).tolist() == [1.75, 0.5, 0.875]


@pytest.mark.parametrize("counts", [[-1, 2], [np.nan, 1], [[1, 2]]])
def test_counts_that_are_none_are_refused(counts: object) -> None:
    with pytest.raises(EvenhandError, match="Rows per class must be"):
        class_weights("inverse", counts)


def test_unknown_names_and_options_are_told_with_the_nearest() -> None:
    with pytest.raises(EvenhandError, match=r'no way to weigh classes named "invers".*Did you mean "inverse"'):
        class_weights("invers", [1, 2])
    with pytest.raises(ConfigError, match=r'powr: is not a key.*Did you mean "power"'):
        class_weights({"name": "inverse", "powr": 1}, [1, 2])
    with pytest.raises(EvenhandError, match='needs a "name"'):
        sampling_weights({"power": 1}, [1, 2])


def test_somebody_elses_sampler_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from evenhand.base.settings.section import Section, option

    class Root(Section):
        power: float = option(0.5, description="Exponent.")

        def sampling_weights(self, counts: np.ndarray) -> np.ndarray:
            return counts**-self.power

    entry = SimpleNamespace(name="theirs", load=lambda: Root)
    monkeypatch.setattr(SAMPLERS, "_external_entries", lambda: [entry])
    monkeypatch.setattr(SAMPLERS, "_registered", dict(SAMPLERS._registered))
    assert sampling_weights("theirs", [4, 1]) == pytest.approx(np.array([0.5, 1.0]) * 5 / 3)


def test_what_is_there() -> None:
    assert {"none", "balanced"} <= set(SAMPLERS.names())
    assert {"none", "inverse"} <= set(WEIGHTS.names())
    assert "cross_entropy" in LOSSES.names()
    assert section_of(WEIGHTS, {"name": "inverse", "power": 0.5}).power == 0.5
