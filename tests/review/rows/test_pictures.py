"""Pictures of rows as bytes, by id alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.storage.record import Record
from evenhand.review.rows.from_config import from_config
from evenhand.review.rows.from_record import from_record
from evenhand.review.rows.pictures import Picture, Pictures, from_uri
from evenhand.settings.load import load
from evenhand.testing.pictures import picture


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    for name, content in (("ash/1.png", picture()), ("elm/1.png", b"no picture")):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(content)
    config = {"data": {"kind": "photos", "root": str(tmp_path / "photos")}}
    return Pictures.of_settings(load(config), from_config(config))


def test_a_picture_is_bytes_with_a_type_and_made_once(pictures: Pictures, tmp_path: Path) -> None:
    row = pictures.rows.ids[0]
    made = pictures.of(row, 64)
    assert made.media_type.startswith("image/")
    assert made.content
    (tmp_path / "photos" / "ash" / "1.png").unlink()
    assert pictures.of(row, 64) is made
    with pytest.raises(EvenhandError):
        pictures.of(row, 32)


def test_what_cannot_be_shown_is_an_error_in_words(pictures: Pictures) -> None:
    with pytest.raises(EvenhandError):
        pictures.of(pictures.rows.ids[1], 64)
    with pytest.raises(DataError, match=r'no row with the id "\.\./\.\./etc/passwd"'):
        pictures.of("../../etc/passwd", 64)


def test_memory_is_limited(pictures: Pictures) -> None:
    small = Pictures(pictures.kind, pictures.root, pictures.rows, limit_bytes=1)
    assert small.of(pictures.rows.ids[0], 64) == pictures.of(pictures.rows.ids[0], 64)


def test_a_record_whose_configuration_is_not_there_is_refused(record: Record) -> None:
    with pytest.raises(DataError, match="Give the configuration instead of the record"):
        Pictures.of_record(record, from_record(record))


def test_uris_of_both_forms_are_read() -> None:
    assert from_uri("data:image/png;base64,AAE=") == Picture("image/png", b"\0\1")
    assert from_uri("data:image/svg+xml;charset=utf-8,%3Csvg%2F%3E") == Picture("image/svg+xml", b"<svg/>")
    for wrong in ("http://elsewhere/a.png", "data:image/png;base64", "data:image/png;base64,%%"):
        with pytest.raises(EvenhandError):
            from_uri(wrong)


def test_pictures_of_a_record_are_read_where_its_data_are(pictures: Pictures, tmp_path: Path) -> None:
    resolved = {"data": {"kind": "photos", "root": str(tmp_path / "photos")}, "photos": {}}
    data = {"kind": "photos", "classes": list(pictures.rows.classes)}
    run = Record.create(tmp_path, asked="", resolved=resolved, data=data, samples=pictures.rows.samples)
    row = pictures.rows.ids[0]
    assert Pictures.of_record(run, from_record(run)).of(row, 64) == pictures.of(row, 64)
