"""Names in TOML and on a command line stay values, whatever is in them."""

import shlex
import subprocess

import pytest
import tomlkit

from evenhand.base.settings.section import set_dotted
from evenhand.base.text.toml_text import set_option, toml_comment, toml_value
from evenhand.testing.hostile_names import hostile_names

ODD = [
    "it's",
    "x'; touch PWNED; '",
    "$(id)",
    "`id`",
    "a\\",
    'say "no"',
    "🧪",
    "a\u202eb",
    "\x1b[31m",
    "a\nb",
    "\x9b2J",
    "-n",
]
NAMES = [name for name in [*ODD, *hostile_names()] if name.encode("utf-8", "replace").decode() == name]


@pytest.mark.parametrize("name", NAMES)
def test_a_value_comes_back_from_toml_on_one_line(name: str) -> None:
    text = f"key = {toml_value([name])}\nother = {toml_value({'k': name})}\n"
    assert tomlkit.parse(text).unwrap() == {"key": [name], "other": {"k": name}}
    assert text.count("\n") == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_comment_ends_with_its_line(name: str) -> None:
    assert tomlkit.parse(f"a = 1  # {toml_comment([name, 'x'])}\nb = 2\n").unwrap() == {"a": 1, "b": 2}


@pytest.mark.parametrize("name", NAMES)
def test_an_option_is_two_words_of_the_shell_and_sets_the_value(name: str) -> None:
    words = shlex.split(set_option("data.drop", [name]))
    assert (len(words), words[0]) == (2, "--set")
    values: dict[str, object] = {}
    set_dotted(values, words[1])
    assert values == {"data": {"drop": [name]}}


def test_a_real_shell_runs_nothing(tmp_path) -> None:
    command = f"printf %s {set_option('data.drop', ODD)}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("--set")
    assert list(tmp_path.iterdir()) == []
