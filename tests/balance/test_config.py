import subprocess
import sys

import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import check


def test_defaults_leave_the_data_as_it_is() -> None:
    plain = BalanceConfig().plain()
    assert (plain["sampler"], plain["weights"], plain["loss"]) == ("none", "none", "cross_entropy")
    assert (plain["warmup_epochs"], plain["weights_from"], plain["adjust"]) == (0.0, 0, 0.0)
    assert (plain["on_overshoot"], plain["correct_to"]) == ("refuse", "natural")


def test_names_and_tables_are_taken_as_written() -> None:
    config = check(BalanceConfig, {"sampler": "balanced", "weights": {"name": "inverse", "power": 0.5}}, "x.toml")
    assert config.plain()["weights"] == {"name": "inverse", "power": 0.5}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sampler": "balancd"}, r'balance.*sampler.*Did you mean "balanced"'),
        ({"weights": {"name": "inverse", "power": -1}}, r"weights.*power.*greater than or equal to 0"),
        ({"weights": {"power": 1}}, r'weights.*needs a "name"'),
        (
            {"weights": {"name": "downweight", "class": "N", "factor": float("inf")}},
            r"balance.weights.*factor: found inf; allowed is a finite number",
        ),
        ({"warmup_epochs": float("inf")}, r"balance.warmup_epochs: found inf; allowed is a finite number"),
        ({"loss": 3}, r"loss.*give a name, or a table with a name and options"),
        ({"samplr": "none"}, r'samplr: is not a key.*Did you mean "sampler"'),
    ],
)
def test_faults_say_where_and_what_is_allowed(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check(BalanceConfig, values, "x.toml", prefix=("balance",))


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ConfigError, match="2 faults"):
        check(BalanceConfig, {"sampler": "no", "weights": "no"}, "x.toml")


def test_the_configuration_is_checked_without_torch() -> None:
    code = (
        "import sys; from evenhand.balance.config import BalanceConfig; "
        "from evenhand.training.config import TrainConfig; "
        "BalanceConfig(sampler='balanced', weights='inverse'); TrainConfig(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
