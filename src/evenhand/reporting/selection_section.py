"""The section on model selection: naive and nested figures, verdicts, weights, gates of confused pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.reporting.record_contents import RecordContents
from evenhand.reporting.svg_charts import ACCENT, INK, MUTED, PLOT_WIDTH, SECOND, Spec, drawn

Document = Mapping[str, Any]

NAIVE, NESTED = "naive", "nested"

VERDICT_WORDS = {
    "better": "Not explained by chance in the sample of rows.",
    "worse": "Not explained by chance in the sample of rows.",
    "no difference found": "Equally good for practical purposes.",
    "too few to tell": "Cannot be decided with so few rows.",
}
"""The meaning of each verdict, for readers."""


def selection_section(evidence: RecordContents) -> dict[str, Any] | None:
    """Return the selection report with its chart, the corrected best and the verdicts; None where there is none."""
    nested = evidence.nested_evaluation
    if not nested or not nested.get("rows"):
        return None
    rows = [row for row in nested["rows"] if row["nested"]["estimate"] is not None]
    chart = drawn(
        selection_chart(rows, title=nested["metric"]),
        f"{nested['metric']}, naive and nested, of every model and blend",
    )
    verdicts = [{**one, "words": VERDICT_WORDS.get(one["verdict"], "")} for one in nested.get("verdicts", [])]
    return {**nested, "chart": chart if rows else None, "verdicts": verdicts}


def blends(evidence: RecordContents) -> list[dict[str, Any]]:
    """Return every blend: its weights with a chart of them by class, and the gates of its pairs."""
    return [_blend(name, made, evidence) for name, made in (evidence.ensemble or {}).items()]


def _blend(name: str, made: Document, evidence: RecordContents) -> dict[str, Any]:
    models, weights = list(made.get("models", [])), made.get("weights")
    by_class = made.get("class_weights")
    classes = list(evidence.evaluation["classes"]) if evidence.evaluation else []
    fits = by_class is not None and len(by_class) == len(models) and all(len(r) == len(classes) for r in by_class)
    return {
        "name": name,
        "models": models,
        "weights": dict(zip(models, weights, strict=True)) if weights and len(weights) == len(models) else {},
        "chart": _class_weights(name, models, classes, by_class) if fits and by_class else None,
        "pairs": list(made.get("pairs") or []),
    }


def _class_weights(
    name: str, models: Sequence[str], classes: Sequence[str], weights: Sequence[Sequence[float]]
) -> Any:
    rows = [
        {"model": model, "class": label, "weight": float(weight)}
        for model, own in zip(models, weights, strict=True)
        for label, weight in zip(classes, own, strict=True)
    ]
    return drawn(class_weight_chart(rows, models, classes), f"Weights of {name} by model and class")


def selection_chart(rows: Sequence[Document], *, title: str) -> Spec:
    """Return a chart with a diamond for each naive figure and a circle with its interval for each nested one.

    Parameters
    ----------
    rows
        Documents of steps: name, naive, nested.
    """
    order = [row["name"] for row in rows]
    values = [
        {"name": row["name"], "is": which, **{end: row[key][end] for end in ("estimate", "low", "high")}}
        for row in rows
        for which, key in ((NESTED, "nested"), (NAIVE, "naive"))
        # A single model is not fitted on predictions: its naive figure is its nested one, and would cover the
        # point.
        if row[key]["estimate"] is not None and (which == NESTED or row.get("blend", True))
    ]
    colour = {
        "field": "is",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [NAIVE, NESTED], "range": [SECOND, ACCENT]},
        "legend": {"orient": "top", "symbolType": "circle"},
    }
    y = {"field": "name", "type": "nominal", "sort": order, "title": None}
    scale = {"zero": False, "nice": True}
    nested = {"filter": {"field": "is", "equal": NESTED}}
    rule = {"x": {"field": "low", "type": "quantitative", "scale": scale, "title": title}, "x2": {"field": "high"}}
    point = {"x": {"field": "estimate", "type": "quantitative", "scale": scale, "title": title}}
    shape = {
        "field": "is",
        "type": "nominal",
        "scale": {"domain": [NAIVE, NESTED], "range": ["diamond", "circle"]},
        "legend": None,
    }
    return {
        "data": {"values": values},
        "width": PLOT_WIDTH,
        "height": {"step": 26},
        "encoding": {"y": y, "color": colour},
        "layer": [
            {"transform": [nested], "mark": {"type": "rule"}, "encoding": rule},
            {"mark": {"type": "point", "filled": True, "size": 60}, "encoding": {**point, "shape": shape}},
        ],
    }


def class_weight_chart(rows: Sequence[Document], models: Sequence[str], classes: Sequence[str]) -> Spec:
    """Return weights by model and class as shades, with their numbers where there is room.

    Parameters
    ----------
    rows
        Records with model, class, weight.
    """
    step = max(14, min(44, 620 // max(len(classes), 1)))
    # Relative to the largest: weights of linear stackers may be far from 0..1.
    most = max((abs(row["weight"]) for row in rows), default=1.0) or 1.0
    encoding = {
        "y": {"field": "model", "type": "nominal", "sort": list(models), "title": None},
        "x": {
            "field": "class",
            "type": "nominal",
            "sort": list(classes),
            "title": None,
            "axis": {"labelAngle": -90},
        },
    }
    opacity = {
        "field": "weight",
        "type": "quantitative",
        "scale": {"domain": [0, most], "range": [0.05, 0.9], "clamp": True},
        "legend": None,
    }
    layers: list[Spec] = [{"mark": {"type": "rect", "color": ACCENT}, "encoding": {"opacity": opacity}}]
    # In narrower columns numbers of four characters would run into each other.
    if step >= 30:
        text = {"field": "weight", "type": "quantitative", "format": ".2f"}
        light = {"condition": {"test": f"datum.weight > {0.6 * most}", "value": "var(--paper)"}, "value": INK}
        layers.append(
            {"mark": {"type": "text", "fontSize": 11, "color": MUTED}, "encoding": {"text": text, "color": light}}
        )
    return {
        "data": {"values": list(rows)},
        "width": {"step": step},
        "height": {"step": 24},
        "encoding": encoding,
        "layer": layers,
    }
