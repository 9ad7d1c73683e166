"""The data of the report's sections, for the template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from evenhand.base.values import TEST, RowSet
from evenhand.evaluation.figures.absent_classes import absent_words
from evenhand.evaluation.figures.row_words import row_words
from evenhand.evaluation.selection.epoch_choice import epoch_choice_words
from evenhand.reporting import chart_specs
from evenhand.reporting.record_contents import RecordContents
from evenhand.reporting.svg_charts import drawn

T = TypeVar("T")

Picture = Callable[[str], str | None]
"""Id of a row -> a `data:` URI of a small picture, or None."""

MOST_BESIDE = 5
"""Maximum number of models as columns of a score table; more of them become rows."""

MOST_CLASSES = 30
"""Maximum number of classes of a balance ledger; of more, the most common and the rarest."""

MOST_BARS = 40
"""Maximum number of classes of a chart with a bar for each; of more, those at its two ends."""

SETS = {one.value: one.words for one in RowSet}
"""Names of sets in words."""


def headline(evidence: RecordContents) -> dict[str, Any] | None:
    """Return the best entry with its figures per set, for the summary."""
    best = (evidence.scores or {}).get("headline") or {}
    if not best.get("best") or not best.get("metric"):
        return None
    figure = {of: metrics.get(best["metric"]) for of, metrics in _scores(evidence).get(best["best"], {}).items()}
    if "as_chosen" in best and "oof" in figure:
        figure["oof"] = {key: best.get(key) for key in best["as_chosen"]}  # corrected for the choice of the best
    corrected = SETS[RowSet.OUT_OF_FOLD] if "as_chosen" in best else ""
    return {**best, "figures": {SETS.get(of, of): f for of, f in figure.items() if f}, "corrected": corrected}


def score_table(evidence: RecordContents) -> dict[str, Any] | None:
    """Return models × metrics per set, and a chart of the headline metric."""
    scores = _scores(evidence)
    if evidence.scores is None or not scores:
        return None
    wanted = evidence.record.score_metrics()
    every = dict.fromkeys(m for sets in scores.values() for of in sets.values() for m in of)
    # Metrics of one class ("recall[a]") have a chart of their own, unless [score] asks for them.
    metrics = list(dict.fromkeys([*(m for m in wanted if m in every), *(m for m in every if "[" not in m)]))
    sets = list(dict.fromkeys(of for by_set in scores.values() for of in by_set))
    if not metrics:
        return None
    metric = (evidence.scores.get("headline") or {}).get("metric") or metrics[0]
    rows = [
        {"name": name, "set": SETS.get(of, of), **by_set[of][metric]}
        for name, by_set in scores.items()
        for of in by_set
        if metric in by_set[of] and by_set[of][metric]["estimate"] is not None
    ]
    chart = drawn(
        chart_specs.intervals(rows, order=list(scores), title=metric), f"{metric} of every model with its interval"
    )
    tables = []
    for of in sets:
        shown = {name: by_set[of] for name, by_set in scores.items() if of in by_set}
        sizes = _sizes(shown, metrics)
        related = evidence.over == "families" and of != RowSet.GENERALIZATION
        tables.append(
            {
                "set": SETS.get(of, of),
                "rows": shown,
                "n": {
                    name: max(_sizes({name: rows}, metrics).values(), default=None) for name, rows in shown.items()
                },
                "rest_on": row_words(sizes, families=related) if len(set(sizes.values())) > 1 else "",
                "absent": _absent(evidence, of),
                "epochs": epoch_choice_words(evidence.settings) if of == RowSet.OUT_OF_FOLD else "",
            }
        )
    few = len(scores) <= MOST_BESIDE
    return {"metrics": metrics, "tables": tables, "chart": chart, "metric": metric, "metrics_in_rows": few}


def _scores(evidence: RecordContents) -> dict[str, Any]:
    return (evidence.scores or {}).get("scores") or {}


def _absent(evidence: RecordContents, of: str) -> str:
    """Return sentences on the classes that no row of a set has; "" where there are none."""
    names = (evidence.scores or {}).get("absent", {}).get(of, [])
    return absent_words(names, len(evidence.data.get("classes", names)))


def _sizes(shown: Mapping[str, Mapping[str, Any]], metrics: list[str]) -> dict[str, tuple[int, int]]:
    """Return metric -> the most rows and groups on which a model's figure rests."""
    found: dict[str, tuple[int, int]] = {}
    for metric in metrics:
        for figures_of in shown.values():
            if metric in figures_of:
                size = (int(figures_of[metric]["n"]), int(figures_of[metric]["groups"]))
                found[metric] = max(found.get(metric, size), size)
    return found


def skew_section(evidence: RecordContents) -> dict[str, Any] | None:
    """Return counts per class with a chart."""
    if not evidence.skew:
        return None
    rows, hidden = ends(evidence.skew["classes"])
    order = [row["class"] for row in rows]
    spec = chart_specs.bars(rows, name="class", value="rows", title="rows", order=order)
    return {**evidence.skew, "chart": drawn(spec, "Rows per class"), "hidden": hidden}


def ends(rows: Sequence[T], most: int = MOST_BARS) -> tuple[list[T], int]:
    """Return the rows at both ends of a sorted list, and how many lie between.

    >>> ends([1, 2, 3], 3), ends([1, 2, 3, 4, 5], 4)
    (([1, 2, 3], 0), ([1, 2, 4, 5], 1))
    """
    hidden = max(0, len(rows) - most)
    return ([*rows[: most // 2], *rows[len(rows) - most // 2 :]] if hidden else list(rows)), hidden


def balance_section(evidence: RecordContents, *, most: int = MOST_CLASSES) -> list[dict[str, Any]]:
    """Return each balance ledger with its classes by rows, and a chart of natural against effective shares."""
    out = []
    for one in evidence.balance:
        classes = sorted(one["classes"], key=lambda row: -row["rows"])
        shown, hidden = ends(classes, most)
        title = one.get("title") or ", ".join(one["models"])
        chart = drawn(chart_specs.moved(shown), f"Natural share and effective prior of {title}, by class")
        out.append({**one, "title": title, "shown": shown, "hidden": hidden, "chart": chart})
    return out


def folds_section(evidence: RecordContents) -> dict[str, Any] | None:
    """Return rows per class and fold, with the shade of each cell."""
    if evidence.samples is None or evidence.folds is None:
        return None
    fold = evidence.folds.of(evidence.samples.ids)
    held = evidence.samples.matrix()
    numbers = [*range(evidence.folds.k), *([TEST] if (fold == TEST).any() else [])]
    counts = np.stack([held[fold == f].sum(axis=0) for f in numbers], axis=1)
    # By class: shades show how even a class is over the folds; rare ones would vanish on a common scale.
    shade = counts / np.maximum(counts.max(axis=1, keepdims=True), 1e-9)
    rows = [
        {"class": name, "cells": list(zip(counts[c], shade[c], strict=True))}
        for c, name in enumerate(evidence.samples.classes)
    ]
    sizes = [int((fold == f).sum()) for f in numbers]
    heads = ["test" if f == TEST else f"fold {f}" for f in numbers]
    return {"heads": heads, "rows": rows, "sizes": sizes, "how": dict(evidence.folds.how)}


def curves_section(evidence: RecordContents, *, most: int = 3) -> list[dict[str, Any]]:
    """Return learning curves per model: loss on both sides, and the score."""
    if evidence.epochs.empty:
        return []
    out = []
    for model, rows in evidence.epochs.groupby("model", sort=False):
        long = [
            {
                "measure": measure,
                "set": of,
                "epoch": row.get("epoch", position) + 1,
                "value": row[column],
                "fold": row["fold"],
                "seed": row["seed"],
            }
            for column, measure, of in _CURVES
            if column in rows
            for position, row in enumerate(rows.to_dict(orient="records"))
            if row[column] == row[column]
        ]
        # Panels stand side by side; more than a few would be too narrow to read.
        measures = list(dict.fromkeys(item["measure"] for item in long))[:most]
        if long:
            title = f"Learning curves of {model}, a line per fold"
            out.append(
                {
                    "model": model,
                    "chart": drawn(chart_specs.curves(long, title=str(model), measures=measures), title),
                }
            )
    return out


_CURVES = (
    ("train_loss", "loss", "training"),
    ("validation_loss", "loss", "validation"),
    ("score", "score", "validation"),
)


def entries(evidence: RecordContents, picture: Picture) -> list[dict[str, Any]]:
    """Return confusion, per-class figures, worst pairs and worst errors of the headline entry, per set."""
    if not evidence.evaluation:
        return []
    best = evidence.evaluation.get("headline")
    chosen = [e for e in evidence.evaluation["entries"] if e["name"] == best]
    return [_entry(evidence, entry, picture) for entry in chosen]


def _entry(evidence: RecordContents, entry: Mapping[str, Any], picture: Picture) -> dict[str, Any]:
    classes = evidence.evaluation["classes"] if evidence.evaluation else []
    of = SETS.get(entry["set"], entry["set"])
    pairs = [{**pair, "pictures": _pictures(pair["ids"], evidence, picture)} for pair in entry.get("pairs", [])]
    wrong = [
        {**w, **p} for w in entry.get("confidently_wrong", []) for p in _pictures([w["id"]], evidence, picture)
    ]
    return {
        "name": entry["name"],
        "set": of,
        "key": entry["set"],
        "n": entry["n"],
        "groups": entry["groups"],
        "confusion": _confusion(entry, classes, of),
        "per_class": entry.get("per_class", []),
        "heaviest": entry.get("heaviest", []),
        "multi_label": _ranked(entry),
        **_class_chart(entry, of),
        "pairs": pairs,
        "wrong": wrong,
        "reliability": _reliability(entry, of),
    }


def _confusion(entry: Mapping[str, Any], classes: list[str], of: str) -> Any:
    if not entry.get("confusion"):
        return None
    counts = np.asarray(entry["confusion"], dtype=float)
    # Of each true class, not of all rows: with skewed classes the common one would be the only visible row.
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rows = [
        {"truth": classes[t], "predicted": classes[p], "count": int(counts[t, p]), "share": float(share[t, p])}
        for t, p in np.argwhere(counts > 0)
    ]
    return drawn(
        chart_specs.heat(rows, classes),
        f"Confusion matrix, {of}: share of each true class given to each class",
        smallest=1.0,
    )


def _class_chart(entry: Mapping[str, Any], of: str) -> dict[str, Any]:
    metric, title = ("average_precision", "Average precision") if _ranked(entry) else ("recall", "Recall")
    every = [
        {"name": f"{row['class']} (n {row['n']:,})", "set": metric, "share": row.get("share"), **row[metric]}
        for row in entry.get("per_class", [])
        if row[metric]["estimate"] is not None
    ]
    rows, hidden = ends(sorted(every, key=lambda row: row["estimate"]))
    order = [row["name"] for row in rows]
    draw = chart_specs.class_bars if _ranked(entry) else chart_specs.intervals
    chart = drawn(draw(rows, order=order, title=title.lower()), f"{title} per class, {of}") if rows else None
    return {"class_chart": chart, "class_metric": title, "hidden_classes": hidden}


def _ranked(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry has figures of rows with several labels: an average precision for each class."""
    return any("average_precision" in row for row in entry.get("per_class", []))


def _reliability(entry: Mapping[str, Any], of: str) -> Any:
    rows = [{**row, "name": entry["name"]} for row in entry.get("reliability", []) if row["n"]]
    return drawn(chart_specs.reliability(rows), f"Reliability, {of}") if rows else None


def _pictures(ids: list[str], evidence: RecordContents, picture: Picture) -> list[dict[str, Any]]:
    """Return id, path and thumbnail of rows; only `data:image/` URIs are let through."""
    paths = {}
    if evidence.samples is not None:
        frame = evidence.samples.frame
        paths = dict(zip(frame["id"], frame["path"] if "path" in frame else frame["id"], strict=True))
    out = []
    for row in ids:
        out.append({"id": row, "path": paths.get(row, row), "uri": safe_picture(picture(row))})
    return out


def safe_picture(uri: str | None) -> str | None:
    """Return a `data:image/` URI of a format that kinds draw; None for anything else."""
    known = ("data:image/jpeg;base64,", "data:image/png;base64,", "data:image/svg+xml;base64,")
    return uri if uri and uri.startswith(known) else None
