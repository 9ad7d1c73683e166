import pytest

from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import check
from evenhand.training.config import TrainConfig


def test_every_key_has_a_sentence_and_a_default() -> None:
    TrainConfig()
    for name, field in TrainConfig.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"epochs": 0}, "epochs: found 0.*greater than or equal to 1"),
        ({"optimizer": "adam"}, "optimizer: found 'adam'.*Did you mean \"adamw\""),
        ({"learning_rate": -1}, "learning_rate: found -1"),
        ({"epochs": 5, "swa_from": 5}, "swa_from = 5 lies after the last epoch; the first of 5 is 0"),
        ({"swa_from": 4, "stage": [{"epochs": 2}, {"epochs": 2}]}, "the first of 4 is 0"),
        ({"stage": [{"epoch": 2}]}, r'stage\[0\].epoch: is not a key.*Did you mean "epochs"'),
        ({"epoch": 2}, 'Did you mean "epochs"'),
    ],
)
def test_faults_are_told(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check(TrainConfig, values, "x.toml")
