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
    "check": Command("check runs.toml --json", ("runs.toml", "photos", "store")),
    "check-own-folds": Command(
        "check told.toml --json", ("told.toml", "photos", "store", "folds.csv", "corrections.csv")
    ),
    "check-beats": Command("check beats/beats.toml --json", ("beats",)),
    "check-drawings": Command("check drawings/drawings.toml --json", ("drawings",)),
    "check-scans": Command("check scanlines/scanlines.toml --json", ("scanlines",)),
    "check-pairs": Command("check pairs/pairs.toml --json", ("pairs",)),
    "split": Command("split runs.toml --to out.csv", ("runs.toml", "photos", "store"), ("out.csv",)),
    "run": Command("run resumed.toml --json", ("resumed.toml", "resumed", "photos", "store")),
    "runs": Command("runs runs --json", ("runs",)),
    "runs-record": Command("runs runs/a --json", ("runs/a",)),
    "runs-rank": Command("runs runs --rank --json", ("runs",)),
    "runs-log": Command("runs log.csv log.jsonl --json", ("log.csv", "log.jsonl")),
    "ablation": Command("ablation runs.toml --dry-run --json", ("runs.toml", "photos", "store", "runs/a")),
    "predict": Command(
        "predict runs/a new --to out.csv --table new.csv --id path", (*RECORD, "new", "new.csv"), ("out.csv",)
    ),
    "predict-like": Command(
        "predict runs/a new --like sample.csv --to out.csv", (*RECORD, "new", "sample.csv"), ("out.csv",)
    ),
    "predict-stream": Command(
        "predict scanruns/a stream.jsonl --stream --lines 4 --until-idle 0.1",
        ("scanruns/a", "store", "cache", "stream.jsonl"),
    ),
    "diagnose": Command("diagnose runs/a new --manifest new.csv --json", (*RECORD, "new", "new.csv")),
    "retrieve": Command("retrieve runs/a --evaluate --json", RECORD),
    "earliness": Command("earliness scanruns/a --json", ("scanruns/a", "store", "cache", "scanlines")),
    "doctor": Command("doctor runs/a --json", ("runs/a",)),
    "doctor-log": Command("doctor log.csv --json", ("log.csv",)),
    "evaluate": Command("evaluate runs/a --json", ("runs/a",)),
    "evaluate-table": Command("evaluate one.csv --labels truth.csv --json", TABLES),
    "evaluate-parquet": Command("evaluate one.parquet --labels truth.csv --json", TABLES),
    "compare": Command("compare runs/a runs/b --json", ("runs",)),
    "compare-tables": Command("compare one.csv two.csv --labels truth.csv --json", TABLES),
    "compare-data": Command("compare --data runs/a runs/b --json", ("runs",)),
    "ensemble": Command("ensemble runs/a runs/b --to out.csv --json", ("runs", "store"), ("out.csv",)),
    "ensemble-tables": Command("ensemble one.csv one.parquet --labels truth.csv --json", TABLES),
    "audit": Command("audit runs/a --json", RECORD),
    "audit-refit": Command("audit runs/a --refit --json", RECORD),
    "audit-table": Command("audit one.csv --labels truth.csv --json", TABLES),
    "review": Command("review runs/a --export --session session", (*RECORD, "session")),
    "submit": Command(
        "submit runs.toml runs/a predicted.csv --dry-run --json", ("runs.toml", "predicted.csv", *RECORD)
    ),
    "report": Command("report runs/a", RECORD, ("runs/a/report.html",)),
    "journal": Command(
        "journal runs --file EXPERIMENTS.md --json", ("runs", "EXPERIMENTS.md"), ("EXPERIMENTS.md",)
    ),
    "verify": Command("verify runs/a --json", ("runs/a",)),
    "verify-store": Command("verify store --json", ("store",)),
    "cache": Command("cache --store store --json", ("store",)),
    "cache-clear": Command("cache --store store --clear --json", ("store",)),
}
