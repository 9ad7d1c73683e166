"""A fault of several keys is reported at the line of the key that it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.base.errors import ConfigError
from evenhand.settings.load import load

DATA = """note = "a run"
[data]
root = "photos"
table = "labels.csv"
task = "multi"
exclusive = {exclusive}
classes = {classes}
"""
ABLATION = """
[ablation]
leave_one_out = {leave}

[[ablation.change]]
name = "a"
set = { "train.epochs" = 1 }

[[ablation.change]]
name = "{name}"
needs = ["{needs}"]
set = { "train.epochs" = 2 }
"""
MODEL = """
[[model]]
name = "m"
head = "linear"
encoder = "timm:resnet18"
head_options = { bits = 3 }
"""


def faults(tmp_path: Path, text: str, **values: str) -> list[str]:
    values = {"exclusive": "[]", "classes": "[]", "leave": "false", "name": "b", "needs": "a"} | values
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    (tmp_path / "c.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "c.toml")
    return [str(fault) for fault in caught.value.faults]


def test_faults_of_several_keys_are_told_apart(tmp_path: Path) -> None:
    found = faults(tmp_path, DATA, exclusive='[["x", "y"], ["z", "x"], ["u"]]', classes='["x", "y", "x"]')
    assert [fault.split(":")[0] for fault in found] == ["line 6", "line 6", "line 7"]
    assert found[0].startswith("line 6: data.exclusive: found [['x', 'y'], ['z', 'x'], ['u']]; ")
    assert found[2] == "line 7: data.classes: found ['x', 'y', 'x']; classes names x more than once."


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"needs": "c"}, 'line 18: ablation.change[1].needs: found [\'c\']; "b" needs "c"'),
        ({"name": "A"}, "line 17: ablation.change[1].name: found 'A'; give every change a name of its own"),
    ],
)
def test_a_fault_among_changes_is_at_its_change(tmp_path: Path, changes: dict[str, str], where: str) -> None:
    (found,) = faults(tmp_path, DATA + ABLATION, **changes)
    assert found.startswith(where)


def test_a_key_that_is_not_written_has_the_line_of_its_section(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, '[data]\nroot = "photos"\nlabel_columns = ["a", "b"]\n')
    assert found.startswith("line 3: data.label_columns: found ['a', 'b']; label_columns are for rows of several")
    (found,) = faults(tmp_path, DATA + MODEL.replace("head_options", "seeds = [0, 1] #").replace("linear", "knn"))
    assert found.startswith("line 11: model[0].head: found 'knn'; head = \"knn\" is solved")


def test_options_of_a_head_without_any_are_left_out(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, DATA + MODEL)
    assert found.startswith("line 13: model[0].head_options: ")
    assert found.endswith("bits: is not a key; none are known here: leave it out.")
