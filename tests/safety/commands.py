"""The commands whose files are damaged: every verb that reads any, several times where it reads several kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command line, and what it works with.

    Attributes
    ----------
    arguments
        After `evenhand`, relative to the folder of `ground.build`.
    needs
        Files and folders there that it may read; only these are copied for a case.
    results
        Files it writes that hold figures, compared with those of an undamaged run.
    """

    arguments: str
    needs: tuple[str, ...]
    results: tuple[str, ...] = ()


RECORD = ("runs/a", "store", "cache", "photos")
TABLES = ("one.csv", "two.csv", "one.parquet", "truth.csv")

COMMANDS: Mapping[str, Command] = {
    "init": Command("init photos --to init.toml", ("photos",), ("init.toml",)),
    "init-beats": Command("init beats --to init.toml", ("beats",), ("init.toml",)),
    "init-drawings": Command("init drawings --to init.toml", ("drawings",), ("init.toml",)),
    "init-scans": Command("init scanlines --to init.toml", ("scanlines",), ("init.toml",)),
    "init-pairs": Command("init pairs --to init.toml", ("pairs",), ("init.toml",)),
    "check": Command("check runs.toml --json", ("runs.toml", "photos", "store")),
    "check-balance": Command("check runs.toml --balance --json", ("runs.toml", "photos", "store")),
    "check-own-folds": Command(
        "check told.toml --json", ("told.toml", "photos", "store", "folds.csv", "corrections.csv")
    ),
    "check-beats": Command("check beats/beats.toml --json", ("beats",)),
    "check-drawings": Command("check drawings/drawings.toml --json", ("drawings",)),
    "check-scans": Command("check scanlines/scanlines.toml --json", ("scanlines",)),
    "check-pairs": Command("check pairs/pairs.toml --json", ("pairs",)),
    "split": Command("split runs.toml --to out.csv", ("runs.toml", "photos", "store"), ("out.csv",)),
    "run": Command("run resumed.toml --json", ("resumed.toml", "resumed", "photos", "store")),
    "run-new": Command("run runs.toml --json", ("runs.toml", "photos")),
    "runs": Command("runs runs --json", ("runs",)),
    "runs-record": Command("runs runs/a --json", ("runs/a",)),
    "runs-rank": Command("runs runs --rank --json", ("runs",)),
    "runs-log": Command("runs log.csv log.jsonl --json", ("log.csv", "log.jsonl")),
    "runs-trainer": Command("runs trainer_state.json --json", ("trainer_state.json",)),
    "ablation": Command("ablation runs.toml --dry-run --json", ("runs.toml", "photos", "store", "runs/a")),
    "predict": Command(
        "predict runs/a new --to out.csv --table new.csv --id path", (*RECORD, "new", "new.csv"), ("out.csv",)
    ),
    "predict-like": Command(
        "predict runs/a new --like sample.csv --to out.csv", (*RECORD, "new", "sample.csv"), ("out.csv",)
    ),
    "predict-consensus": Command(
        "predict runs/a new --like sample.csv --consensus 0.6 --votes predicted.csv --to out.csv",
        (*RECORD, "new", "sample.csv", "predicted.csv"),
        ("out.csv",),
    ),
    "predict-scans": Command(
        "predict scanruns/a scanlines --to out.csv", ("scanruns/a", "store", "cache", "scanlines"), ("out.csv",)
    ),
    "predict-stream": Command(
        "predict scanruns/a stream.jsonl --stream --lines 4 --until-idle 0.1",
        ("scanruns/a", "store", "cache", "stream.jsonl"),
    ),
    "diagnose": Command("diagnose runs/a new --manifest new.csv --json", (*RECORD, "new", "new.csv")),
    "retrieve": Command("retrieve runs/a --evaluate --json", RECORD),
    "retrieve-new": Command("retrieve runs/a new --k 3 --html near.html --json", (*RECORD, "new")),
    "earliness": Command("earliness scanruns/a --json", ("scanruns/a", "store", "cache", "scanlines")),
    "doctor": Command("doctor runs/a --json", ("runs/a",)),
    "doctor-scans": Command("doctor scanruns/a --json", ("scanruns/a",)),
    "doctor-log": Command("doctor log.csv --json", ("log.csv",)),
    "evaluate": Command("evaluate runs/a --json", ("runs/a",)),
    "evaluate-test": Command("evaluate runs/a --set test --json", ("runs/a",)),
    "evaluate-table": Command("evaluate one.csv --labels truth.csv --json", TABLES),
    "evaluate-parquet": Command("evaluate one.parquet --labels truth.csv --json", TABLES),
    "evaluate-npz": Command("evaluate one.npz --labels truth.csv --json", ("one.npz", "truth.csv")),
    "compare": Command("compare runs/a runs/b --json", ("runs",)),
    "compare-tables": Command("compare one.csv two.csv --labels truth.csv --json", TABLES),
    "compare-folds": Command(
        "compare one.csv two.csv --labels truth.csv --folds folds.csv --ids ids.csv --json",
        (*TABLES, "folds.csv"),
        ("ids.csv",),
    ),
    "compare-rows": Command("compare --rows one.csv two.csv --json", TABLES),
    "compare-versions": Command("compare --versions runs/a runs/b --json", ("runs",)),
    "compare-data": Command("compare --data runs/a runs/b --json", ("runs",)),
    "compare-data-files": Command(
        "compare --data runs.toml corrections.csv --json", ("runs.toml", "corrections.csv", "photos", "store")
    ),
    "ensemble": Command("ensemble runs/a runs/b --to out.csv --json", ("runs", "store"), ("out.csv",)),
    "ensemble-tables": Command("ensemble one.csv one.parquet --labels truth.csv --json", TABLES),
    "ensemble-new": Command(
        "ensemble one.csv two.csv --labels truth.csv --new one.csv --new two.csv --to out.csv", TABLES, ("out.csv",)
    ),
    "audit": Command("audit runs/a --json", RECORD),
    "audit-test": Command("audit runs/a --set test --json", RECORD),
    "audit-refit": Command("audit runs/a --refit --json", RECORD),
    "audit-table": Command("audit one.csv --labels truth.csv --json", TABLES),
    "review": Command("review runs/a --export --session session", (*RECORD, "session")),
    "review-files": Command(
        "review reviewed.toml --run runs/a --export --session session",
        ("reviewed.toml", "reviewed", *RECORD, "session"),
        ("session/corrections.csv",),
    ),
    "review-agreement": Command(
        "review runs/a --agreement --planted planted.csv --session session --json",
        (*RECORD, "session", "planted.csv"),
    ),
    "review-apply": Command(
        "review runs.toml --apply --yes --session session", ("runs.toml", "photos", "store", "session")
    ),
    "review-unapply": Command(
        "review reviewed.toml --unapply --session applied", ("reviewed.toml", "reviewed", "store", "applied")
    ),
    "submit": Command(
        "submit runs.toml runs/a predicted.csv --dry-run --json", ("runs.toml", "predicted.csv", *RECORD)
    ),
    "submit-run": Command("submit runs.toml runs/a predicted.csv", ("runs.toml", "predicted.csv", *RECORD)),
    "report": Command("report runs/a", RECORD, ("runs/a/report.html",)),
    "report-scans": Command(
        "report scanruns/a", ("scanruns/a", "store", "cache", "scanlines"), ("scanruns/a/report.html",)
    ),
    "journal": Command(
        "journal runs --file EXPERIMENTS.md --json", ("runs", "EXPERIMENTS.md"), ("EXPERIMENTS.md",)
    ),
    "journal-against": Command(
        "journal runs/a --against runs/b --file journal.md --json", ("runs",), ("journal.md",)
    ),
    "verify": Command("verify runs/a --json", ("runs/a",)),
    "verify-store": Command("verify store --json", ("store",)),
    "cache": Command("cache --store store --json", ("store",)),
    "cache-clear": Command("cache --store store --clear --json", ("store",)),
    "env": Command("env --store store --json", ("store", "cache")),
}
