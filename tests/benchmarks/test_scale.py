from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


def test_the_work_is_done_on_every_picture(
    script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scale = script("scale")
    scale.write_zip(tmp_path / "60.zip", 60)
    seconds, rows = scale.parts(tmp_path / "60.zip", tmp_path / "store", 1)
    assert rows == 60
    assert set(seconds) == {"read", "encode", "folds", "batches"}
    one = {"rows": rows, "seconds": seconds, "beyond": {"resident": 3 << 30, "own": 1 << 20}}
    scale.show({"60": [one], "120": [{**one, "rows": 120}]})
    assert "at most 2048: MISSED" in capsys.readouterr().out


def test_pictures_differ(script: Script, tmp_path: Path) -> None:
    scale = script("scale")
    scale.write_zip(tmp_path / "a.zip", 400)
    from evenhand.data.roots.root import open_root

    root = open_root(tmp_path / "a.zip")
    names = [name for name in root.names() if name.endswith(".jpg")]
    assert len({root.content(name) for name in names}) == len(names) == 400


def test_the_highest_memory_is_at_least_the_first(script: Script) -> None:
    scale = script("scale")
    with scale.highest_memory() as highest:
        first = dict(highest)
    assert all(highest[name] >= first[name] > 0 for name in first)
