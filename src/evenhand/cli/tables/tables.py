"""Results of checks, runs and predictions as Rich tables and text on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.base.row_set import RowSet
from evenhand.base.text.counted import count
from evenhand.base.text.toml_text import set_option
from evenhand.cli.console import Out, Table, cell, literal
from evenhand.cli.tables.dominant_groups import dominant_groups_table
from evenhand.cli.tables.figures import figure_words
from evenhand.cli.tables.reading import print_reading
from evenhand.cli.tables.scores import score_tables
from evenhand.evaluation.figures.absent_classes import absent_words
from evenhand.evaluation.figures.row_words import row_words as words_of
from evenhand.evaluation.selection.epoch_choice import epoch_choice_words

if TYPE_CHECKING:
    import pandas as pd

    from evenhand.base.values import Finding, Folds, Samples
    from evenhand.diagnosis.examination import Examination
    from evenhand.pipeline.submission.predict_like import FilledSample
    from evenhand.pipeline.verbs.balance_ledger import BalanceCheck
    from evenhand.pipeline.verbs.check import Check
    from evenhand.pipeline.verbs.run import Run

_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


def print_check(found: Check, target: Path) -> None:
    """Print counts, skew and findings, and the path of the findings."""
    out = Out()
    grouped = found.skew.grouped  # else each row is a group of its own, and a column of groups says nothing
    share = "of rows" if found.skew.several else "share"  # several classes do not share the rows out
    table = Table(("class", "rows", share, *(["groups"] if grouped else [])), right=(1, 2, 3))
    for row in found.skew.table.itertuples(index=False):
        table.add_row(str(row[0]), f"{row.rows:,}", f"{row.share:.1%}", *([f"{row.groups:,}"] if grouped else []))
    out.print(table)
    out.print(cell(str(found.skew)))
    out.print()
    if found.reading:
        print_reading(found.reading, out)
        out.print()
    print_findings(found.findings, out)
    missing = found.examination.not_applicable
    out.print(cell(f"Passed: {', '.join(found.examination.passed) or 'none'}."))
    if missing:
        message = "; ".join(f"{code} (needs {what})" for code, what in missing.items())
        out.print(cell(f"Not applicable: {message}."))
    for code, what in found.examination.broken.items():
        out.print(cell(f"{code} failed with an error: {what}", style="red"))
    out.print(cell(f"Findings with their ids: {target}"))


def print_findings(findings: Sequence[Finding], out: Out | None = None, *, most_ids: int = 5) -> None:
    """Print findings with their first ids and a patch, if known."""
    out = out or Out()
    for finding in findings:
        out.print(
            cell(f"{finding.code} {finding.severity}: ", style=_COLOURS[finding.severity]) + cell(finding.message)
        )
        if finding.ids:
            more = f" and {len(finding.ids) - most_ids:,} more" if len(finding.ids) > most_ids else ""
            out.print(cell(f"    ids: {', '.join(finding.ids[:most_ids])}{more}", style="dim"))
        for key, value in (finding.patch or {}).items():
            out.print(cell(f"    try: {set_option(key, value)}", style="dim"))
    if not findings:
        out.print("No findings.")


def print_examination(found: Examination) -> None:
    """Print findings, causes before symptoms, then the rules that passed or are not applicable."""
    out = Out()
    print_findings(found.findings, out)
    for code, after in found.causes.items():
        out.print(cell(f"{code} may come from {', '.join(after)}.", style="dim"))
    if found.passed:
        out.print(cell(f"Passed: {', '.join(sorted(found.passed))}.", style="green"))
    for code, why in found.not_applicable.items():
        out.print(cell(f"{code} not applicable: needs {why}.", style="dim"))


def print_balance(found: BalanceCheck) -> None:
    """Print the ledgers of balance and the findings about them."""
    out = Out()
    for warning in found.warnings:
        out.print(cell(warning, style="yellow"))
    for one in found.ledgers:
        out.print(literal(str(one)))
        out.print()
    note = (
        "Nothing was decoded: a run also keeps near-duplicates in one fold, so its folds may differ by some rows."
    )
    out.print(cell(note, style="dim"))
    print_findings(found.findings, out)
    if found.refusal is not None:
        out.print(cell(f"A run would be refused: {found.refusal}", style="red"))


def print_folds(folds: Folds, samples: Samples, target: Path) -> None:
    """Print rows per class and fold."""
    import numpy as np

    out = Out()
    held = samples.matrix()
    numbers = [*range(folds.k), *([-1] if (folds.fold == -1).any() else [])]
    heads = [f"fold {f}" if f >= 0 else "test" for f in numbers]
    table = Table(("class", *heads), right=range(1, len(heads) + 1))
    sums = np.stack([held[folds.fold == f].sum(axis=0) for f in numbers])
    for c, name in enumerate(samples.classes):
        table.add_row(name, *(f"{rows:g}" for rows in sums[:, c]))
    table.add_row("all rows", *(f"{int((folds.fold == f).sum()):,}" for f in numbers), style="bold")
    out.print(table)
    out.print(cell(f"Wrote {target}"))


def print_run(done: Run, *, most: int = 6) -> None:
    """Print the score table with intervals, the findings, and the path of the report.

    The first `most` metrics are shown, those of [score] before the others; the report and --json have them all.
    """
    out = Out()
    scores = done.scores
    metrics = shown_metrics(scores["metric"], most, wanted=done.score_metrics)
    named = {one.value: one.words.capitalize() for one in RowSet}
    for of, title in named.items():
        part = scores[scores["set"] == of]
        if part.empty:
            continue
        tables, shown = score_tables(part, metrics, f"{title}: estimate and 95 % interval", out.width)
        for table in tables:
            out.print(table)
        if shown < len(metrics):
            out.print(cell("A wider terminal, the report and --json show more metrics.", style="dim"))
        families = done.resampled == "families" and of != RowSet.GENERALIZATION
        out.print(cell(row_words(part, metrics[:shown], families=families), style="dim"))
        if absent := absent_words(done.absent.get(of, []), len(done.record.data()["classes"])):
            out.print(cell(absent, style="dim"))
        if of == RowSet.OUT_OF_FOLD and (chosen := epoch_choice_words(done.record.resolved())):
            out.print(cell(chosen, style="dim"))
        if uneven := dominant_groups_table(done.heaviest, of, done.best):
            out.print(uneven)
        out.print()
    print_findings(done.findings, out)
    out.print(cell(f"Report: {done.report}", style="bold"))


def shown_metrics(metrics: Iterable[str], most: int, *, wanted: Sequence[str] = ()) -> list[str]:
    """Return the metrics to show in a terminal: all of [score], then some of the standard ones.

    Those of single classes are left out unless [score] names them.
    """
    # One for the whole, one for even classes, one for the worst class, and two for the probabilities.
    usual = ("accuracy", "macro_f1", "worst_recall", "log_loss", "calibration_error")
    found = list(dict.fromkeys(metrics))
    named = [m for m in found if "[" not in m]
    ranked = ("hamming", "average_precision") if "hamming" in named else ()  # of several labels
    coarse = [m for m in named if m.startswith("accuracy_")]
    asked = [m for m in wanted if m in found]
    others = [*named[:1], *ranked, *(m for m in usual if m in named), *coarse]
    return list(dict.fromkeys([*asked, *others]))[: max(most, len(asked))]


def row_words(part: pd.DataFrame, metrics: Sequence[str], *, families: bool = False) -> str:
    """Return the numbers of rows and groups of metrics as text, with the exceptions by name.

    >>> import pandas as pd
    >>> row_words(pd.DataFrame({"metric": ["a", "b"], "n": [12, 6], "groups": [4, 3]}), ["a", "b"])
    '12 rows in 4 independent groups; b: 6 rows in 3.'
    """
    shown = part[part["metric"].isin(list(metrics))].dropna(subset=["n", "groups"])
    most = shown.groupby("metric", sort=False)[["n", "groups"]].max().astype(int)
    sizes = {str(metric): (int(n), int(groups)) for metric, n, groups in most.itertuples()}
    return words_of(sizes, families=families)


def print_runs(table: pd.DataFrame, output: Path) -> None:
    """Print one row per record."""
    out = Out()
    if table.empty:
        out.print(cell(f"{output}: no runs yet. Start one with: evenhand run CONFIG.toml"))
        return
    called = ["name"] if table["name"].any() else []
    # where all ran on the CPU, a column that says so would take the room of the figures
    cards = bool(table["peak_device_bytes"].notna().any())
    shown = Table(
        ("run", *called, "rows", "best", "figure", *(["device"] if cards else [])), right=[1 + len(called)]
    )
    for row in table.to_dict(orient="records"):
        figure = f"{row['metric']} {figure_words(row)}" if isinstance(row["best"], str) else str(row["state"])
        # A corrected figure is lower than the one in the score table of the same run; unmarked, they would seem
        # to contradict.
        figure += " corrected" if row["corrected"] else ""
        names = (Path(str(row["record"])).name, *(str(row[key]) for key in called))
        best = row["best"] if isinstance(row["best"], str) else ""
        shown.add_row(*names, f"{row['rows']:,}", best, figure, *([_device(row)] if cards else []))
    out.print(cell(f"{output}:"))
    out.print(shown)
    if table["corrected"].any():
        words = "corrected: for the choice of the best on these rows; score tables are not."
        out.print(cell(words, style="dim"))
    for row in table[table["note"] != ""].to_dict(orient="records"):
        out.print(literal(f"{Path(str(row['record'])).name}: {row['note']}", style="dim"))


def _device(row: Mapping[Any, Any]) -> str:
    """Return the device of a run, with the highest memory of it that a process took."""
    name, peak = row["device"], row["peak_device_bytes"]
    known = isinstance(peak, (int, float)) and peak == peak  # NaN beside runs without one
    return "" if not isinstance(name, str) else f"{name}, {peak / 1e9:.1f} GB" if known else name


def print_filled_sample(made: FilledSample, *, most: int = 10) -> None:
    """Print the path of a submission, and the rows that a consensus overrode."""
    out = Out()
    rows = made.overridden
    if len(rows):
        table = Table(("overridden", "was", "becomes", "votes"), right=(3,))
        for row in rows.head(most).to_dict(orient="records"):
            votes = f"{row['for_it']} of {row['votes']}"
            table.add_row(str(row["id"]), str(row["was"]), str(row["becomes"]), votes)
        out.print(table)
        if len(rows) > most:
            out.print(f"… and {len(rows) - most:,} more; --json and submissions.jsonl have all.")
    extra = made.submission.extra
    left = f" {extra:,} rows that are not in the sample were left out." if extra else ""
    what = f"{count(len(made.submission.table), 'row')} by {made.model}, {len(rows):,} overridden"
    out.print(cell(f"{what}; ids are {made.submission.key}, columns hold {made.submission.kind}.{left}"))
    if made.guessed:
        first = made.guessed[0]
        words = (
            f"{len(made.guessed):,} of the rows in the sample cannot be decoded (first: {first.path}: "
            f"{first.reason}); they got the class shares of the run."
        )
        out.print(cell(words, style="yellow"))
    out.print(cell(f"Wrote {made.path}, with the ids, order and columns of the sample."))
