"""Tables without commas: aligned with blanks or tabs, with comments above, as numpy and pandas write them."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.curves.logs.read_log import read_log
from evenhand.curves.logs.table_rows import table_rows


@pytest.fixture
def frame(figures):
    return pd.DataFrame({"epoch": range(1, 17), **figures})


def _saved(frame, header="{}", **how):
    out = io.StringIO()
    np.savetxt(out, frame.to_numpy(), header=header.format(" ".join(frame)), **how)
    return out.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        lambda f: f.to_csv(sep=" ", index=False),
        lambda f: f.to_csv(sep="\t", index=False),
        lambda f: f.to_csv(index=False).replace(",", "\t\t"),
        lambda f: f.to_csv(index=False).replace(",", " \t "),
        lambda f: f.to_string(index=False, float_format="{:.17g}".format),
        lambda f: f.to_string(float_format="{:.17g}".format),
        lambda f: f.to_string(index=False, float_format="{:.17g}".format).replace("\n", "\r\n"),
        _saved,
        lambda f: _saved(f, "started at noon, for luck\n{}"),
        lambda f: _saved(f, comments="# ", fmt="%.17g"),
        lambda f: "# my loop\n" + f.to_csv(index=False),
        lambda f: "# my loop\n\n" + f.to_csv(sep=" ", index=False),
        lambda f: "# " + f.to_csv(index=False),
    ],
)
def test_alignment_makes_no_difference(log, frame, figures, same, text):
    assert same(read_log(log("log.txt", text(frame)))[0], figures)


def test_a_line_that_is_cut_off_is_noted(log, frame):
    text = frame.to_csv(sep=" ", index=False)
    (curves,) = read_log(log("log.txt", text.rstrip("\n").rsplit(" ", 2)[0]))
    assert curves.notes == ("The last line (17) is cut off and was left out.",)


def test_prose_is_no_table(log):
    with pytest.raises(DataError, match=r"^notes\.txt: has no rows"):
        read_log(log("notes.txt", "We trained it twice.\nThen it was late at night.\n"))


@given(st.text(alphabet='#ab1. ,;\t\n\r"', max_size=80))
def test_any_text_is_rows_or_a_sentence(text):
    try:
        rows = list(table_rows(text))
    except DataError:
        return
    assert [line for line, _ in rows] == sorted({line for line, _ in rows})
    assert all(any(cell.strip() for cell in row) for _, row in rows)
