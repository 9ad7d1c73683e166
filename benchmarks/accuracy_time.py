"""Accuracy against time on grocery, with the same budgets: ours, fastai, AutoGluon.

    python benchmarks/accuracy_time.py --minutes 3 [--tools ours fastai autogluon] [--results FOLDER] [--peers …]
    python benchmarks/accuracy_time.py --results FOLDER --table        a table of all results, and chart.svg

Each tool works alone in a process of its own, from cold (an empty store, no features kept), learns from train and
val and gives probabilities of the 81 fine classes for the locked test, which only this script judges: fine
accuracy, and coarse accuracy as the coarse class of the fine class that was called, for all alike. Seconds are
those of the whole process, start and loading included; a result that took longer than the budget says so and does
not count.

- ours: `evenhand run` with the settings in `BUDGETS`.
- fastai: `vision_learner` on the same encoder with the same weights, its usual augmentations; it fits a head for
  one epoch and then everything for as many as fit (`accuracy_fastai.py`).
- AutoGluon: `TabularPredictor` on features of the same encoder, frozen, with what is left of the time as its
  limit (`accuracy_autogluon.py`, features by `accuracy_features.py`, whose time counts).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import peers
import timing
import vl_convert

DATA = Path(__file__).parents[2] / "shared" / "data" / "grocery"
HERE = Path(__file__).parent

CONFIG = """
output = {output}

[data]
kind = "photos"
root = {root}
table = "labels.csv"
label = "fine"
levels = ["coarse"]
group = "group"
split = "split"

[folds]
k = {folds}
test = {{ column = "split", value = "test" }}

[photos]
size = {size}
fit = "squash"

[score]
accuracy = 1.0

[ensemble]
methods = ["equal"]

[compute]
store = {store}
"""

FROZEN = """
[train]
epochs = 40
batch_size = 256
learning_rate = 2e-3
weight_decay = 0.05
label_smoothing = 0.1
early_stop = 0
"""

POOLED = 'pool = "stages"\nviews = 2\nview_profile = "mirror"\nviews_use = "average"\n'
LITE0 = '[[model]]\nname = "lite0"\nencoder = "package:efficientnet-lite0"\n'

TUNED = """
tune = "from:blocks.2"
form = "light"
pool = ["blocks.2", "blocks.3", "blocks.4", "blocks.5", "own"]
views = {views}
view_profile = "full"
encoder_rate = 0.17
drop_path = 0.1

[train]
epochs = {epochs}
batch_size = 32
learning_rate = 3e-3
weight_decay = 0.05
label_smoothing = 0.1
precision = "bf16"
early_stop = 0
choose_by = "loss"
"""

BUDGETS: dict[int, tuple[int, int, str]] = {
    3: (5, 288, LITE0 + POOLED + FROZEN),
    10: (3, 192, LITE0 + TUNED.format(views=4, epochs=8)),
    30: (5, 192, LITE0 + TUNED.format(views=6, epochs=11)),
}
"""Minutes -> folds, side in px, models: what a user who has that long would take (measured rates, no test seen)."""


@dataclass(frozen=True)
class Result:
    """What a tool reached in a budget; seconds of its whole process."""

    tool: str
    minutes: float
    seconds: float
    fine: float
    coarse: float
    n: int

    @property
    def counts(self) -> bool:
        """Whether it kept to the budget (two in a hundred are not asked after)."""
        return self.seconds <= 60 * self.minutes * 1.02


# The tools: each writes probabilities of the test rows


def ours(data: Path, minutes: float, folder: Path, _: str | None) -> pd.DataFrame:
    """Run the settings of the largest budget that fits, and return its best model or blend on the test."""
    budget = max((known for known in BUDGETS if known <= minutes), default=min(BUDGETS))
    config = folder / "evenhand.toml"
    config.write_text(config_of(budget, folder, data), encoding="utf-8")
    script = Path(sys.executable).with_name("evenhand")
    subprocess.check_call([script, "run", config], stdout=sys.stderr)
    record = next(path.parent for path in (folder / "runs").rglob("scores.json"))
    best = json.loads((record / "scores.json").read_text(encoding="utf-8"))["headline"]["best"]
    from evenhand.base.storage.record import Record

    table = Record(record).predictions()
    chosen = table[(table["set"] == "test") & (table["model"] == best)]
    paths = Record(record).samples().frame.set_index("id")["path"]
    columns = {name: name.removeprefix("p:") for name in chosen.columns if name.startswith("p:")}
    return (
        chosen.assign(path=paths.loc[chosen["id"]].to_numpy())
        .set_index("path")[list(columns)]
        .rename(columns=columns)
    )


def config_of(budget: int, folder: Path, data: Path) -> str:
    """Return the configuration for a budget."""
    folds, size, models = BUDGETS[budget]
    names = {"output": folder / "runs", "root": data, "store": folder / "store"}
    quoted = {name: json.dumps(str(path.resolve())) for name, path in names.items()}
    head = CONFIG.format(**quoted, folds=folds, size=size)
    return head + models


def fastai(data: Path, minutes: float, folder: Path, environment: str | None) -> pd.DataFrame:
    """Return what fastai says of the test."""
    python = needed(environment, "fits")
    out = folder / "fastai.csv"
    subprocess.check_call([python, HERE / "accuracy_fastai.py", data, out, str(60 * minutes)], stdout=sys.stderr)
    return pd.read_csv(out, index_col="path")


def autogluon(data: Path, minutes: float, folder: Path, environment: str | None) -> pd.DataFrame:
    """Return what AutoGluon says of the test, on features of the frozen encoder."""
    python, began = needed(environment, "autogluon"), time.monotonic()
    features, out = folder / "features.parquet", folder / "autogluon.csv"
    subprocess.check_call([sys.executable, HERE / "accuracy_features.py", data, features], stdout=sys.stderr)
    left = 60 * minutes - (time.monotonic() - began)
    script = HERE / "accuracy_autogluon.py"
    subprocess.check_call([python, script, features, out, str(left)], stdout=sys.stderr, cwd=folder)
    return pd.read_csv(out, index_col="path")


def needed(environment: str | None, name: str) -> Path:
    """Return a peer's interpreter."""
    python = peers.found(environment, name=name)
    if python is None:
        raise SystemExit(
            f"There are no peers: benchmarks/peers.py --make FOLDER, then name it in {peers.VARIABLE}."
        )
    return python


Tool = Callable[[Path, float, Path, str | None], pd.DataFrame]
"""The data, minutes, a folder to work in, where the peers are -> (n, k) probabilities, rows named by path."""
TOOLS: dict[str, Tool] = {"ours": ours, "fastai": fastai, "autogluon": autogluon}


# Judging


def judged(probabilities: pd.DataFrame, labels: pd.DataFrame) -> tuple[float, float, int]:
    """Return fine accuracy, coarse accuracy and n on the locked test.

    Raises
    ------
    ValueError
        If a row of the test is missing.
    """
    test = labels[labels["split"] == "test"].set_index("path")
    coarser = labels.drop_duplicates("fine").set_index("fine")["coarse"]
    missing = test.index.difference(probabilities.index)
    if len(missing):
        raise ValueError(f"{len(missing)} of {len(test)} rows of the test have no prediction (first: {missing[0]})")
    given = probabilities.loc[test.index]
    called = given.columns.to_numpy()[given.to_numpy().argmax(axis=1)]
    fine = float((called == test["fine"].to_numpy()).mean())
    coarse = float((coarser.loc[called].to_numpy() == test["coarse"].to_numpy()).mean())
    return fine, coarse, len(test)


def measure(tool: str, data: Path, minutes: float, environment: str | None) -> Result:
    """Return what a tool reaches."""
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
        began = time.monotonic()
        probabilities = TOOLS[tool](data, minutes, Path(folder), environment)
        seconds = time.monotonic() - began
    return Result(tool, minutes, seconds, *judged(probabilities, pd.read_csv(data / "labels.csv")))


# Showing


def show(results: list[Result]) -> str:
    """Return a table of results by budget and tool."""
    rows = [
        [f"{r.minutes:g}", r.tool, f"{r.seconds / 60:.1f}", f"{r.fine:.3f}", f"{r.coarse:.3f}", said(r)]
        for r in sorted(results, key=lambda r: (r.minutes, r.tool))
    ]
    return timing.table(["budget, min", "tool", "took, min", "fine", "coarse", ""], rows)


def said(result: Result) -> str:
    """Return what must be said of a result."""
    return "" if result.counts else "over the budget"


def draw(results: list[Result], path: Path) -> None:
    """Draw fine accuracy against minutes, a line for each tool, as SVG."""
    rows = [{"tool": r.tool, "minutes": r.seconds / 60, "accuracy": r.fine} for r in results]
    minutes = {"type": "log", "domain": [1.5, 40]}
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 480,
        "height": 260,
        "background": "white",
        "data": {"values": rows},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {
                "field": "minutes",
                "type": "quantitative",
                "scale": minutes,
                "axis": {"values": [3, 10, 30]},
                "title": "minutes on two cores",
            },
            "y": {
                "field": "accuracy",
                "type": "quantitative",
                "scale": {"zero": False},
                "title": "fine accuracy, locked test",
            },
            "color": {"field": "tool", "type": "nominal", "title": None},
        },
    }
    path.write_text(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]), encoding="utf-8")


def read_results(folder: Path) -> list[Result]:
    """Return the results that lie in a folder."""
    return [Result(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--results", type=Path, default=Path("accuracy_time"))
    parser.add_argument("--peers", help=f"folder made by peers.py; else ${peers.VARIABLE}")
    parser.add_argument("--table", action="store_true", help="show what is there, with a chart")
    asked = parser.parse_args()
    if not asked.data.exists():
        print(f"Skipped: the grocery photos are not in {asked.data}.")
        return
    asked.results.mkdir(parents=True, exist_ok=True)
    for tool in asked.tools if asked.minutes else ():
        print(f"{tool}, {asked.minutes:g} minutes; {timing.machine()}")
        result = measure(tool, asked.data, asked.minutes, asked.peers)
        (asked.results / f"{tool}-{asked.minutes:g}.json").write_text(json.dumps(vars(result)), encoding="utf-8")
        print(show([result]))
    if asked.table:
        results = read_results(asked.results)
        print(show(results))
        draw(results, asked.results / "chart.svg")


if __name__ == "__main__":
    main()
