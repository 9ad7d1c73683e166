"""The charts of the report as Vega-Lite specifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.reporting.svg_charts import ACCENT, INK, MUTED, PLOT_WIDTH, SECOND, SERIES, Spec

ChartRows = Sequence[Mapping[str, Any]]

MANY_CLASSES = 40
"""With more classes a confusion matrix omits the numbers of its palest cells: thousands of them weigh megabytes."""


def bars(rows: ChartRows, *, name: str, value: str, title: str, order: Sequence[str]) -> Spec:
    """Return a horizontal bar chart with the value of each bar.

    Parameters
    ----------
    rows
        Records with the columns `name` and `value`.
    order
        The names from top to bottom.
    """
    y = {"field": name, "type": "nominal", "sort": list(order), "title": None}
    x = {"field": value, "type": "quantitative", "title": title}
    text = {"mark": {"type": "text", "align": "left", "dx": 4, "color": MUTED}, "encoding": _text(value, ",.0f")}
    return {
        "data": {"values": list(rows)},
        "width": PLOT_WIDTH,
        "height": {"step": 20},
        "encoding": {"y": y, "x": x},
        "layer": [{"mark": {"type": "bar", "height": 12}}, text],
    }


def intervals(rows: ChartRows, *, order: Sequence[str], title: str, width: int = PLOT_WIDTH) -> Spec:
    """Return a forest plot: a point with its interval per name, one colour per set.

    Parameters
    ----------
    rows
        Records with name, set, estimate, low, high.
    """
    sets = list(dict.fromkeys(str(row["set"]) for row in rows))
    colour = {
        "field": "set",
        "type": "nominal",
        "title": None,
        "scale": {"domain": sets, "range": [ACCENT, SECOND][: len(sets)]},
        "legend": {"orient": "top"} if len(sets) > 1 else None,
    }
    y = {"field": "name", "type": "nominal", "sort": list(order), "title": None}
    offset = {"field": "set", "sort": sets}
    encoding = {"y": y, "yOffset": offset, "color": colour}
    # From 0, intervals of good models would be a few pixels wide at the right end.
    scale = {"zero": False, "nice": True}
    rule = {"x": {"field": "low", "type": "quantitative", "title": title, "scale": scale}, "x2": {"field": "high"}}
    point = {"x": {"field": "estimate", "type": "quantitative", "scale": scale, "title": title}}
    return {
        "data": {"values": list(rows)},
        "width": width,
        "height": {"step": 24 if len(sets) == 1 else 18},
        "encoding": encoding,
        "layer": [{"mark": {"type": "rule"}, "encoding": rule}, {"mark": {"type": "point"}, "encoding": point}],
    }


def class_bars(rows: ChartRows, *, order: Sequence[str], title: str) -> Spec:
    """Return a bar per class from 0 to its figure, with its interval and a tick for guessing.

    Parameters
    ----------
    rows
        Records with name, estimate, low, high and share, the figure of guessing; all in 0..1.
    """
    x = {"type": "quantitative", "title": title, "scale": {"domain": [0, 1]}}
    bar = {"x": {"field": "estimate", **x}}
    rule = {"x": {"field": "low", **x}, "x2": {"field": "high"}}
    guess = {"x": {"field": "share", **x}}
    return {
        "data": {"values": list(rows)},
        "width": PLOT_WIDTH,
        "height": {"step": 20},
        "encoding": {"y": {"field": "name", "type": "nominal", "sort": list(order), "title": None}},
        "layer": [
            {"mark": {"type": "bar", "height": 12, "opacity": 0.45}, "encoding": bar},
            {"mark": {"type": "rule"}, "encoding": rule},
            {"mark": {"type": "tick", "color": INK, "thickness": 2, "height": 14}, "encoding": guess},
        ],
    }


def moved(rows: ChartRows, *, smallest: float = 1e-5) -> Spec:
    """Return a dumbbell chart of each class's share of the rows and its share of the effective prior.

    Parameters
    ----------
    rows
        Records with class, natural and effective, shares in 0..1; on a logarithmic scale from `smallest` on.
    """
    kinds = {"natural": "share of the rows", "effective": "effective prior"}
    # A share of 0 has no place on a logarithmic scale; it stands at its left end.
    lines = [{"class": r["class"], **{k: max(float(r[k]), smallest) for k in kinds}} for r in rows]
    points = [{"class": r["class"], "kind": word, "share": r[k]} for r in lines for k, word in kinds.items()]
    x = {"type": "quantitative", "scale": {"type": "log", "nice": False, "padding": 8}, "title": "share, log scale"}
    axis = {"axis": {"format": ".2~%", "tickCount": 6}}
    colour = {
        "field": "kind",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(kinds.values()), "range": [SECOND, ACCENT]},
        "legend": {"orient": "top"},
    }
    rule = {"x": {"field": "natural", **x, **axis}, "x2": {"field": "effective"}}
    return {
        "width": PLOT_WIDTH,
        "height": {"step": 22},
        "encoding": {"y": {"field": "class", "type": "nominal", "sort": [r["class"] for r in rows], "title": None}},
        "layer": [
            {"data": {"values": lines}, "mark": {"type": "rule", "color": MUTED}, "encoding": rule},
            {
                "data": {"values": points},
                "mark": {"type": "point"},
                "encoding": {"x": {"field": "share", **x, **axis}, "color": colour},
            },
        ],
    }


def heat(
    rows: ChartRows, classes: Sequence[str], titles: tuple[str, str] = ("true class", "predicted class")
) -> Spec:
    """Return a matrix of classes, such as confusions: share of each class (rows) with each class (columns).

    Parameters
    ----------
    rows
        Records with truth, predicted, share (0..1) and count, cells without rows left out.
    titles
        Of the rows and the columns.
    """
    widest = max((len(f"{row['count']:d}") for row in rows), default=1)
    step = max(7 * widest + 4, min(44, PLOT_WIDTH // max(len(classes), 1)))
    axis = {"domain": False, "ticks": False, "labelOverlap": False}
    # The titles stand beyond the ends of the labels: beside them, long names of classes would run into them.
    above = {"titleAngle": 0, "titleAlign": "right", "titleAnchor": "start", "titleX": -6, "titleY": -10}
    behind = {"titleAlign": "left", "titleAnchor": "end", "titleX": step * len(classes) + 10, "titleY": 16}
    common = {"type": "nominal", "sort": list(classes), "scale": {"domain": list(classes)}}
    encoding = {
        "y": {"field": "truth", "title": titles[0], "axis": {**axis, **above}, **common},
        "x": {
            "field": "predicted",
            "title": titles[1],
            "axis": {**axis, **behind, "labelAngle": -90},
            **common,
        },
    }
    opacity = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "range": [0.06, 1]},
        "legend": None,
    }
    cells: Spec = {"mark": {"type": "rect", "color": ACCENT}, "encoding": {"opacity": opacity}}
    light = {"condition": {"test": "datum.share > 0.55", "value": "var(--paper)"}, "value": INK}
    numbers: Spec = {"mark": {"type": "text", "fontSize": 11}, "encoding": {**_text("count", "d"), "color": light}}
    if len(classes) > MANY_CLASSES:
        # Every cell with a number would be a grey carpet, and megabytes of SVG.
        numbers["transform"] = [{"filter": "datum.share >= 0.02"}]
    return {
        "data": {"values": list(rows)},
        "width": {"step": step},
        "height": {"step": step},
        "encoding": encoding,
        "layer": [cells, numbers],
    }


def curves(rows: ChartRows, *, title: str, measures: Sequence[str]) -> Spec:
    """Return learning curves: a thin line per fold, a panel per measure.

    Parameters
    ----------
    rows
        Records with measure, epoch, value, fold, seed, set.
    """
    sets = list(dict.fromkeys(str(row["set"]) for row in rows))
    colour = {
        "field": "set",
        "type": "nominal",
        "title": None,
        "scale": {"domain": sets, "range": [SECOND, ACCENT][: len(sets)] if len(sets) > 1 else [ACCENT]},
        "legend": {"orient": "top"},
    }
    panels = [_panel([row for row in rows if row["measure"] == measure], measure, colour) for measure in measures]
    return {"title": title, "hconcat": panels, "resolve": {"legend": {"color": "shared"}}}


def _panel(rows: ChartRows, measure: str, colour: Spec) -> Spec:
    y = {"field": "value", "type": "quantitative", "title": measure, "scale": {"zero": False}}
    return {
        "data": {"values": list(rows)},
        "width": PLOT_WIDTH // 2 - 10,
        "height": 200,
        "mark": {"type": "line", "strokeWidth": 1.2, "opacity": 0.8},
        "encoding": {
            "x": {
                "field": "epoch",
                "type": "quantitative",
                "title": "epoch",
                "axis": {"tickMinStep": 1, "format": "d"},
            },
            "y": y,
            "color": colour,
            # A line for each fit; without it Vega-Lite joins the points of all folds into one zigzag.
            "detail": [{"field": "fold"}, {"field": "seed"}],
        },
    }


def reliability(rows: ChartRows) -> Spec:
    """Return a reliability diagram: accuracy by confidence.

    Parameters
    ----------
    rows
        Records with name, confidence, accuracy, n.
    """
    names = list(dict.fromkeys(str(row["name"]) for row in rows))
    axis = {"scale": {"domain": [0, 1]}, "type": "quantitative"}
    colour = {
        "field": "name",
        "type": "nominal",
        "title": None,
        "scale": {"domain": names, "range": [SERIES[i % len(SERIES)] for i in range(len(names))]},
        "legend": {"orient": "top"},
    }
    line = {
        "mark": {"type": "line", "point": {"filled": True, "size": 40}, "strokeWidth": 1.5},
        "encoding": {
            "x": {"field": "confidence", "title": "confidence", **axis},
            "y": {"field": "accuracy", "title": "share that was right", **axis},
            "color": colour,
        },
    }
    ideal = {
        "data": {"values": [{"at": 0}, {"at": 1}]},
        "mark": {"type": "line", "color": MUTED, "strokeDash": [4, 4], "strokeWidth": 1},
        "encoding": {"x": {"field": "at", **axis}, "y": {"field": "at", **axis}},
    }
    return {"data": {"values": list(rows)}, "width": 320, "height": 320, "layer": [ideal, line]}


def small_multiples(measures: Mapping[str, Sequence[float]], *, unit: str) -> Spec:
    """Return a low panel of bars for each measure, one below the other, with a bar for every unit of a code.

    Parameters
    ----------
    measures
        Title -> (m,) values; shares where none is above 1.
    unit
        What the bars are, for the axis below: they are numbered from 0.
    """
    return {"vconcat": [_bars_by_number(values, title, unit) for title, values in measures.items()], "spacing": 12}


def _bars_by_number(values: Sequence[float], title: str, unit: str) -> Spec:
    step = PLOT_WIDTH / max(len(values), 1)
    bar = {"type": "bar", "width": max(1.0, min(12.0, 0.7 * step))}
    x = {
        "field": "at",
        "type": "quantitative",
        "title": unit,
        "scale": {"domain": [-0.5, len(values) - 0.5], "nice": False},
        "axis": {"tickMinStep": 1, "format": "d", "grid": False},
    }
    top = 1.0 if max(values, default=0.0) <= 1 else None
    scale = {"domain": [0, top]} if top else {"zero": True}
    y = {"field": "value", "type": "quantitative", "title": None, "scale": scale, "axis": {"tickCount": 3}}
    return {
        "title": title,
        "data": {"values": [{"at": at, "value": value} for at, value in enumerate(values)]},
        "width": PLOT_WIDTH,
        "height": 80,
        "mark": bar,
        "encoding": {"x": x, "y": y},
    }


def _text(field: str, form: str) -> Spec:
    return {"text": {"field": field, "type": "quantitative", "format": form}}
