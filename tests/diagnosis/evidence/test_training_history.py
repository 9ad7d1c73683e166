from pathlib import Path

from evenhand.base.storage.files.atomic import to_json, write_text
from evenhand.base.storage.record import epoch_lines


def test_lines_that_hold_a_separator_of_lines_are_read_whole(tmp_path: Path) -> None:
    lines = ({"epoch": 0, "told": "a\u2028b"}, {"epoch": 1, "told": "\x85"})
    write_text(tmp_path / "epochs.jsonl", "".join(f"{to_json(line)}\n" for line in lines) + '{"half')
    assert epoch_lines(tmp_path / "epochs.jsonl") == lines
