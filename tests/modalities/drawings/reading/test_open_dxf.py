"""Versions, encodings and damaged files of DXF."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import ezdxf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.modalities.drawings.config import DrawingsConfig
from evenhand.modalities.drawings.reading.code_pages import Encoding, declared_encoding, fitting_encoding
from evenhand.modalities.drawings.reading.encode import encode
from evenhand.modalities.drawings.reading.open_dxf import open_dxf
from evenhand.modalities.drawings.vocabulary import COUNTERS
from evenhand.testing.drawings import dxf_bytes

WORDS = {
    "gbk": ["法兰盘", "紧固件", "罐体", "图层 标注", "轴承座"],
    "cp1251": ["Фланец", "Болт М8", "размеры основные"],
    "cp1252": ["Größe", "Ø25", "45° ±0.1", "façade côté", "Stückliste, Fräsen"],
}


@pytest.mark.parametrize("version", ["R12", "R2000", "R2004", "R2007", "R2010", "R2013", "R2018"])
def test_every_version_opens_whole(version: str) -> None:
    document = ezdxf.new(version)
    document.modelspace().add_line((0, 0), (1, 1))
    opened = open_dxf(dxf_bytes(document))
    assert opened.version == document.dxfversion
    assert (opened.recovered, opened.encoding_disagrees) == (0, False)
    assert len(opened.document.modelspace()) == 1


@given(st.sampled_from(sorted(WORDS)), st.data())
def test_a_western_header_is_believed_only_where_the_bytes_are_western(encoding: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(WORDS[encoding]), min_size=1, max_size=8))
    raw = "\n".join(["0", "TEXT", "1", *words]).encode(encoding)
    assert fitting_encoding(raw, "cp1252").name == encoding
    assert fitting_encoding(raw, encoding).name == encoding
    utf8 = "\n".join(["0", "TEXT", "1", *words]).encode()
    assert fitting_encoding(utf8, "cp1252") == fitting_encoding(utf8, "utf-8") == Encoding("utf-8")


@pytest.mark.parametrize(
    ("words", "encoding", "wrong"),
    [(WORDS["gbk"], "gbk", "cp1251"), (["Фланец", "втулка", "размер"], "cp1251", "gbk")],
)
def test_a_header_of_the_wrong_country_is_not_believed(words: list[str], encoding: str, wrong: str) -> None:
    raw = "\n".join(words).encode(encoding)
    assert raw.decode(wrong), "which is why strictness alone does not help"
    assert fitting_encoding(raw, wrong) == Encoding(encoding)


def test_words_that_are_plausible_in_two_encodings_are_a_finding() -> None:
    assert fitting_encoding("轴".encode("gbk"), "gbk") == Encoding("gbk", ("cp1251",))
    assert fitting_encoding("Ж8".encode("cp1251"), "cp1251") == Encoding("cp1251"), "a letter alone says nothing"
    document = ezdxf.new("R2000")
    document.encoding = "gbk"
    document.modelspace().add_text("轴")
    raw = dxf_bytes(document)
    opened = open_dxf(raw)
    assert (opened.encoding, opened.encoding_disagrees) == ("gbk", False)
    assert opened.notes == "read as gbk, but cp1251 would make words too"
    counters = dict(zip(COUNTERS, encode(raw, DrawingsConfig().plain())["counters"], strict=True))
    assert (counters["ambiguous"], counters["encoding"]) == (1, 0)
    longer = raw.replace("轴".encode("gbk"), "轴承座 技术要求:未注倒角".encode("gbk"))
    assert open_dxf(longer).notes == ""


@given(st.binary(max_size=200))
def test_any_bytes_have_an_encoding(raw: bytes) -> None:
    for declared in ("utf-8", "gbk", "cp1252"):
        assert isinstance(raw.decode(fitting_encoding(raw, declared).name), str)


def test_from_r2007_on_text_is_utf_8_whatever_the_header_says() -> None:
    header = b"  9\n$ACADVER\n  1\n%s\n  9\n$DWGCODEPAGE\n  3\nANSI_936\n"
    assert declared_encoding(header % b"AC1021") == ("AC1021", "utf-8")
    assert declared_encoding(header % b"AC1015") == ("AC1015", "gbk")
    assert declared_encoding(b"") == ("AC1009", "cp1252")


def test_a_cut_file_is_repaired_and_says_what() -> None:
    document = ezdxf.new("R2000")
    document.modelspace().add_line((0, 0), (1, 1))
    opened = open_dxf(dxf_bytes(document)[:-60])
    assert opened.recovered > 0
    assert opened.repairs
    with pytest.raises(DataError, match="DWG"):
        open_dxf(b"AC1027" + bytes(50))


def lines(version: str, form: str, count: int = 40) -> bytes:
    document = ezdxf.new(version)
    for at in range(count):
        document.modelspace().add_line((at, 0), (at, 1))
    stream = io.BytesIO()
    document.write(stream, fmt="bin")
    return stream.getvalue() if form == "binary" else dxf_bytes(document)


@pytest.mark.parametrize("version", ["R12", "R2010"])
def test_a_binary_file_cut_among_its_entities_is_read_to_there(version: str) -> None:
    raw = lines(version, "binary")
    end = raw.rindex(b"LINE\x00")  # of the last line
    for cut in (end - 3, end + 9, end + 30):
        opened = open_dxf(raw[:cut])
        assert 38 <= len(opened.document.modelspace()) <= 39
        assert (opened.recovered, opened.repairs) == (1, ("end of a binary file",))
    assert open_dxf(raw).recovered == 0


@given(st.integers(22, 4000))
def test_a_binary_file_cut_anywhere_is_opened_or_said_to_be_cut(cut: int) -> None:
    try:
        open_dxf(lines("R12", "binary", 3)[:cut])
    except DataError as error:
        assert "damaged or cut short" in str(error)  # noqa: PT017  # either is right


@pytest.mark.parametrize("form", ["text", "binary"])
@pytest.mark.parametrize("version", ["R12", "R2000", "R2010"])
def test_characters_beyond_the_code_page_are_read_as_written(version: str, form: str) -> None:
    document = ezdxf.new(version)
    document.modelspace().add_text(r"\U+6CD5\U+5170 法兰 \U+D83D\U+DE00 \U+000A \M+5C6F7")
    stream = io.BytesIO()
    document.write(stream, fmt="bin")
    raw = stream.getvalue() if form == "binary" else dxf_bytes(document)
    (text,) = open_dxf(raw).document.modelspace()
    assert text.dxf.text == "法兰 法兰 \U0001f600 \n 器"


@pytest.mark.data
@pytest.mark.slow
def test_five_files_of_librecad_need_repair(shared_data: Callable[[str], Path]) -> None:
    with zipfile.ZipFile(shared_data("librecad") / "library.zip") as archive:
        found = [
            name for name in archive.namelist() if name.endswith(".dxf") and open_dxf(archive.read(name)).recovered
        ]
    assert len(found) == 5
    assert sum("/misc/" in name for name in found) == 4
