"""Strips of a query and its nearest rows: in the report and alone, with texts of any script, without halves."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from evenhand.base.storage.record import Record
from evenhand.reporting.neighbours_section import MOST_NAME, MOST_TEXT
from evenhand.reporting.retrieval_page import retrieval_page
from evenhand.reporting.write_html import rendered

from .conftest import PIXEL

TITLES = ('<script>alert("x")</script>', "قميص أزرق 👕", "long " * 2000, "", "a\u202eb")


def neighbours(titles: tuple[str, ...] = TITLES) -> dict[str, Any]:
    """Return the document of a search for two rows of a run and one text, as `RetrievalResult.document` has it."""
    rows = [
        {
            "query": query,
            "rank": rank + 1,
            "id": f"id{rank}",
            "path": "" if rank == 0 else f"a/{rank}.jpg",
            "text": title,
            "labels": "shirt|blue",
            "similarity": 0.9 - rank / 10,
            "relevant": None if query == "blue" else (True, False, None)[rank % 3],
        }
        for query in ("0123456789abcdef", "fedcba9876543210", "blue")
        for rank, title in enumerate(titles)
    ]
    queries = [
        {"query": "0123456789abcdef", "path": "q.jpg", "text": titles[0], "labels": "shirt", "hit_share": 0.125},
        {"query": "fedcba9876543210", "path": "q.jpg", "text": "", "labels": "", "hit_share": 0.0},
        {"query": "blue", "path": "", "text": "blue", "labels": None, "hit_share": None},
    ]
    return {
        "model": "m",
        "compared": "codes",
        "relevance": "the same labels",
        "shown": ["text"],
        "queries": queries,
        "rows": rows,
        "notes": ["Locked rows are not searched."],
    }


class Strips(HTMLParser):
    """Headings, cells with their classes and texts, and pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[tuple[str, str]] = []
        self.inside = False
        self.feed(html[html.index("<main") :])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "li":
            self.cells.append((dict(attrs).get("class") or "", ""))
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "li"

    def handle_data(self, data: str) -> None:
        if self.inside:
            kind, text = self.cells[-1]
            self.cells[-1] = (kind, text + data)


def alone(found: dict[str, Any]) -> str:
    return retrieval_page(found, lambda _: PIXEL, lambda row: None if row == "id1" else PIXEL)


def in_report(record: Record, found: dict[str, Any]) -> str:
    record.write_json("neighbours.json", found)
    page = rendered(record, lambda row: None if row == "id1" else PIXEL)
    start = page.index('<section id="nearest"')
    return "<main>" + page[start : page.index("</section>", start)]


@pytest.mark.parametrize("where", ["alone", "in the report"])
def test_hits_are_marked_in_words(record: Record, where: str) -> None:
    found = Strips(alone(neighbours()) if where == "alone" else in_report(record, neighbours()))
    assert len(found.cells) == 3 * (1 + len(TITLES))
    first = found.cells[: 1 + len(TITLES)]
    assert [kind for kind, _ in first] == ["query", "hit", "", "", "hit", ""]
    assert ["the query" in first[0][1], *("✓ hit" in text for _, text in first[1:4])] == [True, True, False, False]
    assert ["✗ no hit" in text for _, text in first[1:4]] == [False, True, False]
    assert "not known" in first[3][1]
    # of words that are searched for, the labels are not known: no mark says otherwise
    assert not [text for _, text in found.cells[-len(TITLES) :] if "hit" in text or "not known" in text]


@pytest.mark.parametrize("where", ["alone", "in the report"])
def test_titles_are_escaped_cut_and_keep_their_direction(record: Record, where: str) -> None:
    html = alone(neighbours()) if where == "alone" else in_report(record, neighbours())
    found = Strips(html)
    assert not [tag for tag, attrs in found.tags if tag == "script" or any(name.startswith("on") for name in attrs)]
    assert "\u202e" not in html
    cells = [text for _, text in found.cells]
    assert any("قميص أزرق 👕" in text for text in cells)
    title = next(attrs for tag, attrs in found.tags if tag == "p" and "text" in (attrs.get("class") or ""))
    assert title["dir"] == "auto"
    assert max(map(len, cells)) < MOST_TEXT + 200
    assert len(html) < 200_000


def test_a_row_without_a_picture_says_so_and_every_picture_has_words_for_it(record: Record) -> None:
    found = Strips(in_report(record, neighbours()))
    assert sum("no picture" in text for _, text in found.cells) == 3
    pictures = [attrs for tag, attrs in found.tags if tag == "img"]
    assert len(pictures) == len(found.cells) - 3
    # the row without a text is named by its file, the one without a file by its text
    assert {"a/3.jpg", TITLES[0]} <= {attrs["alt"] for attrs in pictures}


def test_hits_stand_beside_their_share_among_all_rows() -> None:
    html = alone(neighbours())
    assert "2 of 4 rows are hits; of all rows searched, 12 % are." in html
    assert "of all rows searched, 0 % are." in html


def test_a_query_of_the_run_is_called_by_its_title_or_file_and_a_text_by_itself() -> None:
    found = neighbours(("x" * 500, "y"))
    html = alone(found)
    assert f">{'x' * (MOST_NAME - 1)}…</h2>" in html
    assert ">q.jpg</h2>" in html
    assert ">blue</h2>" in html
    assert "0123456789abcdef" not in html


def test_without_neighbours_there_is_no_section(record: Record) -> None:
    assert 'id="nearest"' not in rendered(record)
    record.write_json("neighbours.json", {**neighbours(), "rows": [], "queries": []})
    page = rendered(record)
    assert 'id="nearest"' not in page
    assert "#nearest" not in page
