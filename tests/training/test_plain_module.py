import re
from pathlib import Path

import pytest
import torch
from torch import nn

from evenhand.base.errors import ModelError
from evenhand.training.plain_module import PlainModule

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "training.md"


def test_vectors_are_not_decayed() -> None:
    groups = PlainModule(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))).parameter_groups(0.1, 1.0)
    assert [(len(group["params"]), group.get("weight_decay")) for group in groups] == [(1, None), (3, 0.0)]


def test_parameters_that_are_frozen_are_left_out() -> None:
    module = nn.Linear(2, 3)
    module.weight.requires_grad_(False)
    assert [group["name"] for group in PlainModule(module).parameter_groups(0.1, 1.0)] == ["vectors"]


def test_a_plain_module_cannot_be_frozen_in_part() -> None:
    with pytest.raises(ModelError, match='allowed is "all"'):
        PlainModule(nn.Linear(2, 3)).retune("head")


def test_the_example_of_the_documentation_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    torch.manual_seed(0)
    exec(code, {})
    told = capsys.readouterr().out
    assert re.fullmatch(r"epoch \d+ of \d+: macro F1 (0\.[89]\d|1\.00)\n", told)
