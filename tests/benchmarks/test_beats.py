from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from evenhand.testing.beats import write_beats


def test_every_beat_is_read_anew_each_round(script: Callable[[str], ModuleType], tmp_path: Path) -> None:
    beats = script("beats")
    folder = write_beats(tmp_path / "data", rows=60, records=2).parent
    for name in ("one", "two"):
        beats.forget()
        spent, rows = beats.once(folder, tmp_path / name, 2)
        assert rows == 60
        assert set(spent) == set(beats.PARTS)
