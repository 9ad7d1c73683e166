import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.data.tables.csv_dialect import csv_cells, decode_csv
from evenhand.review.apply.table_rewrite import rewritten

CELLS = st.text(st.sampled_from("ab,;\"'\n é日"), max_size=5)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(CELLS, CELLS.filter(lambda cell: cell.strip() != "")), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
    st.data(),
)
def test_edits_change_their_rows_and_no_other_byte(
    rows: list[tuple[str, str]], end: str, delimiter: str, quoting: int, encoding: str, data: st.DataObject
) -> None:
    def record(row: tuple[str, ...], ending: str = end) -> str:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerow(row)  # type: ignore[arg-type]
        return out.getvalue()

    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    raw = mark + "".join(map(record, [("path", "label"), *rows])).encode(encoding)
    at = data.draw(st.integers(0, len(rows) - 1))
    cell = data.draw(CELLS)
    new = [(rows[at][0], cell) if row == at else rows[row] for row in range(len(rows))]
    records = [record(("path", "label")), *(record(row) for row in rows)]
    # where the old row reads the same under both ways of quoting, the new one need not be quoted
    either = {record(new[at]), _all_quoted(new[at], end, delimiter)}
    wanted = {mark + "".join([*records[: at + 1], one, *records[at + 2 :]]).encode(encoding) for one in either}
    try:
        found = rewritten(raw, {at: {1: cell}})
    except DataError:
        assert not "".join(new[at]).strip()  # a row of empty cells is none
        return
    assert found in wanted
    text = decode_csv(rewritten(raw, {at: None}), "t.csv", None)[0]
    assert [tuple(row) for row in csv_cells(text, least_rows=0)[1]] == rows[:at] + rows[at + 1 :]


def _all_quoted(row: tuple[str, ...], end: str, delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerow(row)
    return out.getvalue()


def test_what_csv_files_are_like() -> None:
    assert (
        rewritten(b"sep=;\r\np;l\r\n\r\na;x\r\n;;\r\nb;y", {1: {1: "z"}}) == b"sep=;\r\np;l\r\n\r\na;x\r\n;;\r\nb;z"
    )
    assert rewritten(b"p,l\ra,x\rb,y\r", {0: {1: "z"}}) == b"p,l\ra,z\rb,y\r", "classic Mac OS"
    assert rewritten("p,l\nа,яблоко\n".encode("cp1251"), {0: {1: "груша"}}, encoding="cp1251") == (
        "p,l\nа,груша\n".encode("cp1251")
    )
    with pytest.raises(DataError, match='is cp1251, which has no character "日". Save it as UTF-8'):
        rewritten("p,l\nа,яблоко\n".encode("cp1251"), {0: {1: "日"}}, encoding="cp1251")
