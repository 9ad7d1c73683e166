import codecs

import pytest

from evenhand.base.errors import DataError
from evenhand.modalities.beats.reading.header_text import parse_text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("r 1 250 10\n\0", "it is not text, or too long"),
        ("r 1 250 10\n" + "#" * (1 << 20), "it is not text, or too long"),
        ("# only a note\n", "does not begin with the name of a record"),
        ("../r 1 250 10\n", "does not begin with the name of a record"),
        ("r/3 1 250 10\n", "multi-segment record, which is not supported"),
        ("r\n", "a header with 'nothing' signals"),
        ("r 0 250 10\n", "a header with '0' signals; supported are 1 to 256"),
        ("r 99999 250 10\n", "a header with '99999' signals"),
        ("r 2 250 10\nr.dat 16\n", "announces 2 signals and describes 1"),
    ],
)
def test_what_is_no_header_is_told_before_it_is_parsed(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_text(text.encode())


def test_notes_and_empty_lines_are_no_signals() -> None:
    found = parse_text(b"# hello\n\nr 1 250 10\n# a note\nr.dat 16 200 11 0 0 0 0 II\n\n# the end\n")
    assert [signal.lead for signal in found.signals] == ["II"]


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, b""])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_byte_order_marks_and_line_ends_are_no_text(mark: bytes, end: bytes) -> None:
    found = parse_text(mark + end.join([b"r 1 360 1000 12:00:00", b"r.dat 16 200 11 0 0 0 0 II", b""]))
    assert (found.rate, found.length, found.files) == (360, 1000, ("r.dat",))


def test_text_of_two_bytes_a_letter_is_read_by_its_mark() -> None:
    raw = codecs.BOM_UTF16_LE + "r 1 360 1000\nr.dat 16 200/µV 11 0 0 0 0 II\n".encode("utf-16-le")
    assert [one.unit for one in parse_text(raw).signals] == ["µV"]


@pytest.mark.parametrize("date", ["2006", "01/02/2006", "13/32/06", "today", "31.12.2006 late"])
def test_a_date_is_not_read_and_cannot_be_wrong(date: str) -> None:
    found = parse_text(f"r 1 360 1000 25:61:61 {date}\nr.dat 16\n".encode())
    assert found.plain(found.length) == b"record 1 360 1000\nsignal0.dat 16\n"


@pytest.mark.parametrize(
    ("line", "rate", "length"),
    [
        ("r 1", 250, 0),
        ("r 1 360", 360, 0),
        ("r 1 360 0", 360, 0),
        ("r 1 2e2/1e3(5) 7", 200, 7),
        ("r 1 .5e3", 500, 0),
    ],
)
def test_a_rate_and_a_length_may_be_left_out(line: str, rate: float, length: int) -> None:
    found = parse_text(f"{line}\nr.dat 16\n".encode())
    assert (found.rate, found.length) == (rate, length)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r 1 fast 10\nr.dat 16\n", "with 'fast' samples per second"),
        ("r 1 250 -5\nr.dat 16\n", "with the length '-5'"),
        ("r 1 250 10\nr.dat\n", "with only 'r.dat' for signal 1: its format is missing"),
        ("r 1 250 10\nr.dat sixteen\n", "the invalid format 'sixteen' of signal 1"),
        ("r 1 250 10\nr.dat 16 " + "1" * 5000 + "\n", "describes signal 1 in 5,009 characters"),
    ],
)
def test_what_is_wrong_in_a_line_is_named(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_text(text.encode())


def test_the_parser_gets_ascii_and_names_of_files_that_it_can_read() -> None:
    raw = "r 2 360\nÜ.v1.dat 212x2:1+6 1.5E2(-5)/µV 11 0 0 0 0 Ableitung Ä\nb.dat 16 200/mmHg 0 0 0 0 0 ABP\n"
    found = parse_text(raw.encode())
    assert found.files == ("Ü.v1.dat", "b.dat")
    first, second = found.signals
    assert (first.form, first.per_frame, first.skew, first.offset) == ("212", 2, 1, 6)
    assert (first.lead, first.unit, second.lead, second.unit) == ("Ableitung Ä", "µV", "ABP", "mmHg")
    lines = found.plain(7).decode("ascii").splitlines()
    assert lines[0] == "record 2 360 7"
    assert lines[1] == f"{found.alias('Ü.v1.dat')} 212x2:1+6 150(-5)/mV 11 0 0 0 0"
    assert lines[2] == f"{found.alias('b.dat')} 16 200/other 0 0 0 0 0"


@pytest.mark.parametrize(
    ("line", "lead"),
    [
        ("r.dat 16", ""),
        ("r.dat 16 200", ""),
        ("r.dat 16 200 11 0 0 0 0", ""),
        ("r.dat 16 200 11 0 -5 12 0 MLII", "MLII"),
        ("r.dat\t16\t200\t11\t0\t0\t0\t0\tLead  I", "Lead  I"),
        ("r.dat 16 200 11 0 0 0 0 12 lead", "12 lead"),
        ("r.dat 16 200 MLII", "MLII"),
        ("r.dat 16 MLII", "MLII"),
        ("r.dat 16 200/mV 16 0 -35 4452 0 i", "i"),
    ],
)
def test_the_name_of_a_lead_follows_the_numbers(line: str, lead: str) -> None:
    assert parse_text(f"r 1 250 10\n{line}\n".encode()).signals[0].lead == lead
