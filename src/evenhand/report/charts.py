"""Vega-Lite specifications as inline SVG whose text is text and whose colours are the page's CSS variables."""

from __future__ import annotations

import re
from typing import Any

import vl_convert
from markupsafe import Markup

Spec = dict[str, Any]

INK, MUTED, GRID, ACCENT, SECOND, GOOD = (
    "var(--ink)",
    "var(--muted)",
    "var(--line)",
    "var(--accent)",
    "var(--second)",
    "var(--good)",
)
SERIES = [f"var(--series-{i})" for i in range(1, 9)]
"""Colours of models, told apart by lightness too."""

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
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 220,
    },
    "legend": {"labelColor": INK, "titleColor": MUTED, "labelFontSize": 12, "labelLimit": 220},
    "header": {"labelColor": INK, "titleColor": MUTED, "labelFontSize": 12, "labelLimit": 260},
    "title": {"color": INK, "fontSize": 13, "anchor": "start"},
    "bar": {"color": ACCENT},
    "point": {"color": ACCENT, "filled": True, "size": 50},
    "rule": {"color": ACCENT, "strokeWidth": 2},
    "line": {"color": ACCENT},
}


def drawn(spec: Spec, title: str) -> Markup:
    """Return a chart as inline SVG that scales with the page and is named for those who cannot see it.

    Parameters
    ----------
    spec
        A Vega-Lite specification without `config`.
    title
        What the chart shows, in one sentence.
    """
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG, **spec}
    svg = vl_convert.vegalite_to_svg(whole, allowed_base_urls=[])
    return Markup(_named(_scalable(svg), title))


def _scalable(svg: str) -> str:
    """Let the SVG shrink with the page but never grow: its width becomes its largest width."""
    match = re.match(r'<svg [^>]*?width="([\d.]+)" height="[\d.]+"', svg)
    if match is None:
        return svg
    style = f'style="max-width:{float(match[1]):.0f}px"'
    return re.sub(r'width="[\d.]+" height="[\d.]+"', style, svg, count=1)


def _named(svg: str, title: str) -> str:
    name = Markup.escape(title)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)
