from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import to_json
from evenhand.base.values import Finding
from evenhand.review.rows.reported import CHECKED, checked_findings


def test_the_findings_of_a_check_are_read_and_anything_else_is_a_sentence(tmp_path: Path) -> None:
    assert checked_findings(tmp_path) == ()
    found = (Finding("EH102", "warning", "Two pictures are blank."), Finding("EH103", "note", "Copies."))
    (tmp_path / CHECKED).write_text("".join(to_json(one.document()) + "\n" for one in found), encoding="utf-8")
    assert checked_findings(tmp_path) == found
    (tmp_path / CHECKED).write_text("[]\n", encoding="utf-8")
    with pytest.raises(
        DataError, match="does not hold findings; delete it, or write it anew with `evenhand check`"
    ):
        checked_findings(tmp_path)
