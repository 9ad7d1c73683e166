import pytest

from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import check
from evenhand.blending.config import EnsembleConfig


def test_both_ways_by_default():
    assert EnsembleConfig().methods == ["equal", "nnls"]
    assert check(EnsembleConfig, {"methods": []}, "run.toml").methods == []


@pytest.mark.parametrize(
    ("methods", "words"), [(["equl"], 'Did you mean "equal"'), (["nnls", "nnls"], '"nnls" is named twice')]
)
def test_wrong_ways_are_told_in_words(methods, words):
    with pytest.raises(ConfigError, match=words):
        check(EnsembleConfig, {"methods": methods}, "run.toml")
