"""Vega-Lite specifications as inline SVG whose text is text and whose colours are the page's CSS variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from evenhand.base.text.escaping import chart_labels, printable
from evenhand.reporting.chart_process import DRAWING, ChartError

Spec = dict[str, Any]

INK, MUTED, GRID, ACCENT, SECOND = (
    "var(--ink)",
    "var(--muted)",
    "var(--line)",
    "var(--accent)",
    "var(--second)",
)
SERIES = [f"var(--series-{i})" for i in range(1, 9)]
"""Colours of models, distinguished by lightness too."""

PLOT_WIDTH = 760
"""Width of the plot area, px; with labels at its side it fills the page."""

MEASURED, DRAWN = 13, 12
"""Font sizes, px: texts are laid out at the first and drawn at the second, since the reader's font may be wider
than the one that they are measured with, and labels would run into each other."""

LABEL_LIMIT = 220 * MEASURED // DRAWN + 8
"""Pixels, as measured, that the name of a class, a group or a model may take beside a chart."""

_FONT = "system-ui, sans-serif"
_CONFIG: Spec = {
    "background": None,
    "padding": {
        "left": 24,
        "right": 12,
        "top": 5,
        "bottom": 5,
    },  # the reader's font may be wider than the measured one
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelFontSize": MEASURED,
        "titleFontSize": MEASURED,
        "labelLimit": LABEL_LIMIT,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
        "labelFlush": False,
        "titlePadding": 10,
    },
    "axisX": {"tickCount": 8},
    # Each name has a step of its own and room in it; the separation above would drop every second one.
    "axisYBand": {"labelOverlap": False},
    "axisYPoint": {"labelOverlap": False},
    "legend": {"labelColor": INK, "titleColor": MUTED, "labelFontSize": MEASURED, "labelLimit": LABEL_LIMIT},
    "header": {"labelColor": INK, "titleColor": MUTED, "labelFontSize": MEASURED, "labelLimit": 260},
    "title": {"color": INK, "fontSize": 13, "anchor": "start"},
    "bar": {"color": ACCENT},
    "point": {"color": ACCENT, "filled": True, "size": 50},
    "rule": {"color": ACCENT, "strokeWidth": 2},
    "line": {"color": ACCENT},
}


def drawn(spec: Spec, title: str, *, smallest: float = 0.75) -> Markup:
    """Return a chart as inline SVG that scales with the page and has a label for screen readers.

    A chart that cannot be rendered becomes a sentence with the reason.

    Parameters
    ----------
    spec
        A Vega-Lite specification without `config`.
    title
        What the chart shows, in one sentence.
    smallest
        Minimum scale before the page scrolls instead, since text shrinks with the chart.
    """
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG, **spec}
    try:
        svg = DRAWING.svg(_labelled(whole))
    except ChartError as error:
        name, why = Markup.escape(printable(title)), Markup.escape(printable(str(error)))
        return Markup(f'<p class="undrawn">This chart could not be drawn ({why}): {name}.</p>')
    return Markup(_named(_scalable(svg, smallest), title))


def _labelled(spec: Spec) -> Spec:
    """Return a specification with printable names of limited length that stay distinct."""
    # All names at once, as two that share their first letters must stay distinct when they are cut.
    labels = chart_labels(_names(spec))

    def safe(value: Any) -> Any:
        if isinstance(value, str):
            return labels[value] if value in labels else printable(value)
        if isinstance(value, Mapping):
            return {key: safe(item) for key, item in value.items()}
        return [safe(item) for item in value] if isinstance(value, (list, tuple)) else value

    return {key: safe(value) for key, value in spec.items()}


def _names(value: Any, *, within: bool = False) -> Iterator[str]:
    """Yield the texts in the data of a specification: names of classes, groups and models."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _names(item, within=within or key == "values")
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _names(item, within=within)
    elif within and isinstance(value, str):
        yield value


def _scalable(svg: str, smallest: float) -> str:
    """Let the SVG shrink with the page, never grow: its width becomes its largest width; set the size of texts."""
    # Vega has laid the texts out by now, so that smaller ones leave room and move nothing.
    svg = svg.replace(f'font-size="{MEASURED}px"', f'font-size="{DRAWN}px"')
    match = re.match(r'<svg [^>]*?width="([\d.]+)" height="[\d.]+"', svg)
    if match is None:
        return svg
    width = float(match[1])
    style = f'style="max-width:{width:.0f}px;min-width:{smallest * width:.0f}px"'
    return re.sub(r'width="[\d.]+" height="[\d.]+"', style, svg, count=1)


def _named(svg: str, title: str) -> str:
    name = Markup.escape(printable(title))
    return svg.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)
