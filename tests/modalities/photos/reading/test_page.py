"""The page for users says what the code does."""

import re
from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.modalities.photos.config import PhotosConfig
from evenhand.modalities.photos.reading.read import SUFFIXES, encode
from evenhand.testing.pictures import png_header, truncated_jpeg

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "reference" / "photos.md").read_text(encoding="utf-8")


def test_every_ending_is_listed() -> None:
    table = PAGE.partition("## Formats")[2].partition("\n\n| what")[0]
    assert set(re.findall(r"\.[a-z]+(?=[ |])", table)) == set(SUFFIXES)


def test_every_key_is_mentioned() -> None:
    assert [key for key in PhotosConfig.model_fields if key not in PAGE] == []


@pytest.mark.parametrize("raw", [b"", b"<!DOCTYPE html><html>", truncated_jpeg(), png_header()])
def test_reasons_are_quoted_as_they_are_given(raw: bytes) -> None:
    with pytest.raises(DataError) as error:
        encode(raw, PhotosConfig().plain())
    assert f"| {error.value} |" in PAGE
