import pytest
import torch
from torch import nn

from evenhand.base.errors import ModelError
from evenhand.models.feature_extractor import FeatureExtractor, Tap, taps_of
from evenhand.models.pooling import Pool

NAMES = ["stem", "blocks.0", "blocks.1", "blocks.2", "blocks.3", "top"]


@pytest.mark.parametrize(
    ("pool", "taps"),
    [
        ("own", [(5, "own")]),
        ("gem", [(5, "gem")]),
        ("blocks.1", [(1 + 1, "avg")]),
        ("blocks.1:max", [(2, "max")]),
        (["max", "own"], [(5, "max"), (5, "own")]),
        ("stages", [(5, "own"), (2, "avg"), (3, "avg"), (4, "avg")]),
    ],
)
def test_words_say_what_is_read_off_where(pool: str | list[str], taps: list[tuple[int, str]]) -> None:
    assert taps_of(pool, NAMES) == tuple(Tap(*tap) for tap in taps)


def test_an_unknown_word_is_answered_with_the_nearest_stage() -> None:
    with pytest.raises(ModelError, match='no block named "blocks1".*Did you mean "blocks.1"'):
        taps_of("blocks1", NAMES)


def test_features_are_joined_in_the_order_asked_for() -> None:
    stages = [nn.Conv2d(3, 4, 1), nn.Conv2d(4, 5, 1)]
    x = torch.randn(2, 3, 6, 6)
    found = FeatureExtractor(stages, [(1, Pool("max")), (0, Pool("avg"))])(x)
    first = stages[0](x)
    expected = torch.cat([stages[1](first).amax((2, 3)), first.mean((2, 3))], 1)
    assert torch.allclose(found, expected)


def test_without_anything_to_read_off_the_last_map_is_given() -> None:
    stage = nn.Conv2d(3, 4, 1)
    x = torch.randn(2, 3, 6, 6)
    assert torch.equal(FeatureExtractor([stage])(x), stage(x))
