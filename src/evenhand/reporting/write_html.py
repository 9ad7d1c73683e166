"""Write the report: one HTML file that opens from disk, without network access and scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from evenhand.base.storage.record import Record
from evenhand.base.text.escaping import printable_lines
from evenhand.base.text.toml_text import set_option
from evenhand.base.values import TOO_FEW
from evenhand.reporting import sections
from evenhand.reporting.ablation_section import ablation_section
from evenhand.reporting.audit_section import audit_section
from evenhand.reporting.chart_process import DRAWING
from evenhand.reporting.codes_section import codes_section
from evenhand.reporting.labels_section import labels_section
from evenhand.reporting.neighbours_section import neighbours_section
from evenhand.reporting.record_contents import Gaps, read_evidence
from evenhand.reporting.sections import Picture
from evenhand.reporting.selection_section import blends, selection_section


def write_report(record: Record, picture: Picture = lambda _: None, gaps: Gaps | None = None) -> Path:
    """Write report.html into a record and return its path.

    Parameters
    ----------
    record
        The record; the report states what is missing in it.
    picture
        Id of a row -> a `data:` URI of a small picture, or None.
    gaps
        What is missing and damaged; by default the files that the manifest misses.

    Raises
    ------
    RecordError
        If the folder is not a record.
    """
    path = record.path / "report.html"
    record.write_text("report.html", rendered(record, picture, gaps))
    return path


def rendered(record: Record, picture: Picture = lambda _: None, gaps: Gaps | None = None) -> str:
    """Return the report as HTML text."""
    # The chart library loads in its own process while the record is read here.
    DRAWING.start()
    evidence = read_evidence(record, gaps)
    return (
        page_environment()
        .get_template("report.html.j2")
        .render(
            evidence=evidence,
            name=record.path.name,
            called=evidence.settings.get("name", ""),
            note=evidence.settings.get("note", ""),
            headline=sections.headline(evidence),
            scores=sections.score_table(evidence),
            skew=sections.skew_section(evidence),
            labels=labels_section(evidence),
            folds=sections.folds_section(evidence),
            ledgers=sections.balance_section(evidence),
            curves=sections.curves_section(evidence),
            entries=sections.entries(evidence, picture),
            selection=selection_section(evidence),
            blends=blends(evidence),
            audit=audit_section(evidence),
            ablation=ablation_section(evidence),
            codes=codes_section(evidence),
            nearest=neighbours_section(evidence, picture),
            sets=sections.SETS,
        )
    )


def page_environment() -> jinja2.Environment:
    """Return the templates of pages: every value is escaped, and a missing one is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("evenhand.reporting"),
        autoescape=True,
        # Every value that is printed, so that no section can forget to escape invisible characters.
        finalize=shown,
        # A misspelt value would otherwise be an empty place in the page that nobody misses.
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["set_option"] = set_option
    environment.filters["figure"] = figure_words
    environment.filters["number"] = number_words
    environment.filters["three"] = three_digits
    environment.filters["fixed"] = fixed
    environment.filters["percent"] = percent
    environment.filters["breakable"] = breakable
    return environment


def shown(value: Any) -> Any:
    r"""Return a value for the page: strings with invisible characters escaped, own markup unchanged.

    >>> shown("a\x00"), shown(1)
    ('a\\x00', 1)
    """
    return printable_lines(value) if type(value) is str else value


def figure_words(figure: dict[str, Any] | None, digits: int = 3) -> str:
    """Return an estimate with its interval.

    >>> figure_words({"estimate": 0.5, "low": 0.4, "high": 0.61})
    '0.500 [0.400, 0.610]'
    """
    if not figure or figure.get("estimate") is None:
        return "cannot be estimated"
    if figure.get("low") is None or figure.get("high") is None:
        return f"{figure['estimate']:.{digits}f}"
    # An interval of too few groups has a low coverage; shown as numbers it would be believed.
    if figure.get("enough") is False:
        return f"{figure['estimate']:.{digits}f} {TOO_FEW}"
    return f"{figure['estimate']:.{digits}f} [{figure['low']:.{digits}f}, {figure['high']:.{digits}f}]"


def breakable(text: str) -> Markup:
    """Return text that may be broken after its punctuation, as names joined by a separator hold no blank.

    >>> breakable("red|<b>")
    Markup('red|<wbr>&lt;<wbr>b&gt;')
    """
    # not zero-width spaces: they would be copied with the names
    return Markup("<wbr>").join(printable_lines(part) for part in re.split(r"(?<=[^\w\s])", text) if part)


def three_digits(value: float | None) -> str:
    """Return a figure with three digits after the point.

    >>> three_digits(0.98765), three_digits(None)
    ('0.988', '–')
    """
    return "–" if value is None else f"{value:.3f}"


def fixed(value: float | None, form: str) -> str:
    """Return a number in a printf form.

    >>> fixed(0.98765, "%.2f"), fixed(None, "%.2f")
    ('0.99', '–')
    """
    return "–" if value is None else form % value


def percent(share: float | None) -> str:
    """Return a share in percent.

    >>> percent(0.12345), percent(None)
    ('12.35', '–')
    """
    return "–" if share is None else f"{100 * share:.2f}"


def number_words(value: Any) -> str:
    """Return a number as a person writes it.

    >>> number_words(12345), number_words(0.123456), number_words("a")
    ('12,345', '0.123', 'a')
    """
    # bool is an int for Python.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.3g}"
