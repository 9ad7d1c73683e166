import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record
from evenhand.base.text.toml_text import set_option
from evenhand.base.values import Finding
from evenhand.reporting import sections
from evenhand.reporting.record_contents import read_evidence
from evenhand.reporting.write_html import rendered, write_report

from .conftest import HOSTILE, make_record, picture

SECTIONS = [
    "summary",
    "findings",
    "scores",
    "data",
    "folds",
    "balance",
    "learning",
    "confusion",
    "classes",
    "wrong",
    "reliability",
    "audit",
    "ensemble",
    "configuration",
    "repeat",
]


class Tags(HTMLParser):
    """Collects tags with their attributes and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_section_is_there_and_linked(record: Record) -> None:
    tags = Tags(rendered(record, picture)).tags
    ids = [attrs.get("id") for tag, attrs in tags if tag == "section"]
    links = [attrs["href"] for tag, attrs in tags if tag == "a"]
    assert ids == SECTIONS
    assert {f"#{name}" for name in SECTIONS} <= set(links)


def test_the_page_says_what_models_were_trained_on(record: Record) -> None:
    words = " ".join(Tags(rendered(record, picture)).text.split())
    assert "model0 NVIDIA H100 7.0 GB of the card, 2.0 GB of the machine." in words


def test_names_are_escaped_everywhere(record: Record) -> None:
    page = Tags(rendered(record, picture))
    assert not [tag for tag, _ in page.tags if tag == "script"]
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    for name in HOSTILE:
        assert name.strip() in page.text


def test_charts_hold_their_text_as_text_and_the_pages_colours(record: Record) -> None:
    html = rendered(record, picture)
    charts = re.findall(r"<svg .*?</svg>", html, flags=re.DOTALL)
    assert len(charts) >= 8
    assert all("<text" in chart and "var(--" in chart and 'role="img"' in chart for chart in charts)
    assert any("яблоко 红苹果" in chart for chart in charts)


def test_figures_stand_beside_their_interval_and_n(record: Record) -> None:
    text = " ".join(Tags(rendered(record, picture)).text.split())
    assert "0.700" in text
    assert "95 % interval 0.640 to 0.750" in text
    assert "n 40 rows, 20 independent groups" in text
    assert "cannot be estimated" in text


def test_intervals_over_families_are_said_to_be(record: Record) -> None:
    record.write_json("scores.json", {**record.json("scores.json"), "resampled": "families"})
    text = " ".join(Tags(rendered(record, picture)).text.split())
    assert "n 40 rows, 20 families" in text
    assert "Intervals come from resampling whole families: copies and versions of one another" in text


def test_the_ledger_of_every_way_of_balance_is_shown(record: Record) -> None:
    html = rendered(record, picture)
    part = " ".join(
        Tags(html[html.index('<section id="balance"') : html.index('<section id="learning"')]).text.split()
    )
    assert "Sampler balanced, weights inverse, loss cross_entropy." in part
    assert "Exponent 2.00 (sampler 1.00 + weights 1.00): the skew is inverted" in part
    assert "Probabilities are evaluated uncorrected." in part
    assert part.count("effective prior") >= 4
    assert all(name.strip() in part for name in HOSTILE)


def test_what_reading_did_is_shown_with_rows_and_keys(record: Record) -> None:
    text = Tags(rendered(record)).text
    assert "What reading did" in text
    assert "parts cut off" in text
    assert "10.0 %" in text
    assert "photos.<b> = 9" in text


def test_counters_that_are_all_zero_are_a_sentence(record: Record) -> None:
    record.write_json("reading.json", [{**line, "rows": 0, "total": 0} for line in record.json("reading.json")])
    text = Tags(rendered(record)).text
    assert "Reading cut nothing off, and no fall-back or repair acted (counters: 1)." in text
    assert "parts cut off" not in text


def test_of_many_classes_the_commonest_and_the_rarest_are_shown(tmp_path: Path) -> None:
    record = make_record(tmp_path, [f"class {i}" for i in range(81)], rows=1000)
    (one, _) = sections.balance_section(read_evidence(record))
    rows = [row["rows"] for row in one["shown"]]
    assert (len(rows), one["hidden"]) == (30, 51)
    assert rows == sorted(rows, reverse=True)


def test_nothing_is_loaded_from_elsewhere(record: Record) -> None:
    html = rendered(record, picture)
    sources = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\')\s>]+)', html)
    assert all(source.startswith(("#", "data:image/")) for source in sources)
    assert "default-src 'none'" in html


@pytest.mark.parametrize("uri", ["javascript:alert(1)", "http://a.example/x.png", "data:text/html;base64,AA", None])
def test_only_pictures_are_shown_as_pictures(record: Record, uri: str | None) -> None:
    html = rendered(record, lambda _: uri)
    assert "<img" not in html


def test_a_record_without_results_says_so(tmp_path: Path) -> None:
    record = Record.create(
        tmp_path, asked="", resolved={}, data={"kind": "photos", "rows": 3, "classes": ["a", "b"]}
    )
    text = Tags(rendered(record)).text
    assert "Nothing has been evaluated yet" in text
    assert "Nothing was trained" in text


@pytest.mark.parametrize(
    "missing",
    [
        "scores.json",
        "evaluation.json",
        "skew.json",
        "balance.json",
        "reading.json",
        "folds.csv",
        "samples.parquet",
        "examination.json",
        "ensemble.json",
        "nested_evaluation.json",
        "environment.json",
        "findings.jsonl",
    ],
)
def test_any_missing_file_costs_only_its_section(record: Record, missing: str) -> None:
    (record.path / missing).unlink()
    page = rendered(record, picture)
    assert len(page) > 10_000
    assert "No findings." not in page, "of findings that are missing nobody knows"


def test_a_folder_that_is_no_record_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="not a record"):
        write_report(Record(tmp_path))


def test_eighty_classes_stay_small(tmp_path: Path) -> None:
    record = make_record(tmp_path, [f"class {i}" for i in range(81)], rows=1000, models=6)
    path = write_report(record, picture)
    assert path.stat().st_size < 5e6


def test_every_figure_has_its_own_n(record: Record) -> None:
    scores = record.json("scores.json")
    assert scores is not None
    for sets in scores["scores"].values():
        for figures in sets.values():
            first, second = list(figures)[:2]
            figures[first].update(n=6, groups=3)
            figures[second].update(n=12, groups=4)
            for other in list(figures)[2:]:
                figures[other].update(n=12, groups=4)
    record.write_json("scores.json", scores)
    text = " ".join(Tags(rendered(record, picture)).text.split())
    assert f"12 rows in 4 independent groups; {first}: 6 rows in 3." in text
    assert "n 12" in text


def test_advice_is_what_a_shell_and_toml_read(record: Record) -> None:
    finding = Finding("EH107", "warning", "rare", patch={"data.drop": ["it's", True], "folds.k": 3})
    record.write_findings([*record.findings(), finding])
    text = Tags(rendered(record, picture)).text
    assert set_option("data.drop", ["it's", True]) in text
    assert "--set folds.k=3" in text


@pytest.mark.parametrize(
    ("uncorrected", "words"),
    [
        (0.731, "; in the table of scores it is 0.731, uncorrected"),
        (0.7001, "corrected for that, which makes no difference here"),
    ],
)
def test_a_figure_corrected_for_selection_is_called_so(record: Record, uncorrected: float, words: str) -> None:
    document = record.json("scores.json")
    document["headline"] |= {"of": 4, "as_chosen": {**document["headline"], "estimate": uncorrected}}
    record.write_json("scores.json", document)
    text = " ".join(Tags(rendered(record, picture)).text.split())
    assert words in text
    assert "macro_f1, out of fold, corrected for selection" in text
    assert "macro_f1, locked test, corrected" not in text


def test_shares_of_several_labels_are_of_rows_and_rows_may_be_of_no_class(record: Record) -> None:
    """The page gave shares of all labels beside numbers of rows, and "no label" for rows that hold no class."""
    plain = rendered(record, picture)
    record.write_json("skew.json", {**record.json("skew.json"), "several": True, "unlabelled": 8})
    several = rendered(record, picture)
    assert "8 rows are of no class." in several
    assert '<th scope="col" class="num">of rows</th>' in several
    assert '<th scope="col" class="num">of rows</th>' not in plain
