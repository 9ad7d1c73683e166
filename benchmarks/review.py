"""Order of suspicion: how many wrong labels are among the first rows of a review, beside random order and cleanlab.

    python benchmarks/review.py DATA OUT [--table labels.csv] [--encoders lite0 lite2] [--peers FOLDER] [--refit]

DATA is the folder of Grocery Store (../shared/data/grocery). A share of the labels (3 %) is replaced by another
class of the same coarse class, drawn at random; the run knows the replaced labels only. Then all rows are put in
each order, and the replaced ones among the first tenth are counted, with Wilson's interval over all replaced ones.
cleanlab gets the same out-of-fold probabilities in an environment of its own (`peers.py`), and is left out without
one.

`--refit` restores the labels that a review of the first tenth would find, runs the same configuration on the same
folds again, and compares both runs on the rows whose labels were never touched.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import peers
from scipy.stats import binomtest

from evenhand.base.seeds import generator
from evenhand.base.values import Ints, Mask
from evenhand.evaluation.comparison.compare import compare_predictions
from evenhand.evaluation.reading.from_record import best_model
from evenhand.evaluation.reading.read import of_model, read_predictions
from evenhand.pipeline.verbs.run import run
from evenhand.review.order.registry import ORDERS
from evenhand.review.rows.from_record import from_record
from evenhand.review.rows.review_rows import ReviewRows

OURS = ("suspicion", "margin", "disagreement", "random")
GIVEN = "given"
Ranks = dict[str, Ints]


def with_flips(table: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Return the table with a column `given`: a share of all labels is another fine class of the same coarse class.

    Rows of a coarse class with one fine class cannot be flipped; the share is still one of all rows.
    """
    rng = generator("flipped labels", seed)
    siblings = {coarse: sorted(set(rows)) for coarse, rows in table["fine"].groupby(table["coarse"])}
    able = np.flatnonzero([len(siblings[coarse]) > 1 for coarse in table["coarse"]])
    given = table["fine"].to_numpy(dtype=object).copy()
    for row in rng.choice(able, round(share * len(table)), replace=False):
        others = [name for name in siblings[table["coarse"].iloc[row]] if name != given[row]]
        given[row] = others[rng.integers(len(others))]
    return table.assign(**{GIVEN: given})


def config(data: Path, table: Path, out: Path, size: int, encoders: list[str]) -> dict[str, Any]:
    """Return the configuration of both runs: frozen encoders with trained heads, and their mean."""
    return {
        "output": str(out / "runs"),
        "data": {"root": str(data), "table": str(table), "label": GIVEN, "group": "group"},
        "folds": {"k": 5},
        "photos": {"size": size, "fit": "squash"},
        "model": [{"name": name, "encoder": f"package:efficientnet-{name}", "tune": "head"} for name in encoders],
        "ensemble": {"methods": ["equal"] if len(encoders) > 1 else []},
        "compute": {"store": str(out / "store"), "workers": 1},
    }


def found_within(order: Ints, wrong: Mask, share: float) -> dict[str, float]:
    """Return how many of the wrong rows stand in the first share of an order, with Wilson's interval."""
    first = int(np.ceil(share * len(order)))
    found, n = int(wrong[order[:first]].sum()), int(wrong.sum())
    interval = binomtest(found, n).proportion_ci(method="wilson")
    return {"found": found, "n": n, "estimate": found / n, "low": interval.low, "high": interval.high}


def our_orders(rows: ReviewRows) -> Ranks:
    """Return the order of the rows by each of ours that has what it needs."""
    return {name: ORDERS[name].rank(rows) for name in OURS if not ORDERS[name].lacks(rows)}


def cleanlab_orders(rows: ReviewRows, python: Path) -> Ranks:
    """Return the order of the rows by each of cleanlab's rankings, from the same labels and probabilities."""
    with tempfile.TemporaryDirectory() as folder:
        given, told = Path(folder) / "given.npz", Path(folder) / "orders.npz"
        p = rows.predictions(rows.predicted)
        np.savez(given, labels=p.truth, probabilities=p.probabilities)
        subprocess.check_call([python, Path(__file__).with_name("review_peers.py"), given, told])
        with np.load(told) as orders:
            places = np.flatnonzero(rows.predicted)
            return {name: places[orders[name]] for name in orders.files}


def refit(told: Mapping[str, Any], table: pd.DataFrame, seen: Mask, wrong: Mask, record: Path, out: Path) -> str:
    """Return a paired verdict: a run with the labels that a review restores, against the run before.

    Parameters
    ----------
    seen, wrong
        (n,) rows that were reviewed, and rows with a wrong label.
    """
    restored = table.assign(**{GIVEN: table[GIVEN].mask(seen & wrong, table["fine"])})
    path = out / "restored.csv"
    restored.to_csv(path, index=False)
    data = {**told["data"], "table": str(path)}
    after = run({**told, "data": data, "folds": {"file": str(record / "folds.csv")}})
    untouched = set(from_record(record).ids[~wrong])
    pair = []
    for name, folder in (("before", record), ("after", after.path)):
        p = of_model(read_predictions(folder), best_model(after.record), "compare")
        pair.append(replace(p.take(np.isin(p.ids, list(untouched))), model=name))
    return str(compare_predictions(pair, ["accuracy", "macro_f1"]))


def shown(figures: Mapping[str, Mapping[str, float]], share: float) -> str:
    """Return the figures as a table."""
    lines = [f"| order | wrong labels in the first {share:.0%} of rows | share |", "|---|---|---|"]
    for name, of in figures.items():
        interval = f"{of['estimate']:.3f} [{of['low']:.3f}, {of['high']:.3f}]"
        lines.append(f"| {name} | {of['found']:.0f} of {of['n']:.0f} | {interval} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--table", default="labels.csv")
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--encoders", nargs="+", default=["lite0", "lite2"])
    parser.add_argument("--wrong", type=float, default=0.03, help="share of labels that are replaced")
    parser.add_argument("--share", type=float, default=0.1, help="share of rows that are reviewed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", help=f"folder made by peers.py; else ${peers.VARIABLE}")
    parser.add_argument("--refit", action="store_true")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    table = with_flips(pd.read_csv(asked.data / asked.table), asked.wrong, asked.seed)
    path = (asked.out / "flipped.csv").absolute()
    table.to_csv(path, index=False)
    told = config(asked.data.absolute(), path, asked.out.absolute(), asked.size, asked.encoders)
    made = run(told)
    rows = from_record(made.record)
    table = table.set_index("path").loc[rows.frame["path"].astype(str)].reset_index()
    wrong = (table[GIVEN] != table["fine"]).to_numpy()
    orders = our_orders(rows)
    python = peers.found(asked.peers, name="labels")
    if python is None:
        print(
            f"No cleanlab: make it by benchmarks/peers.py --make FOLDER, and name the folder in {peers.VARIABLE}."
        )
    else:
        orders |= cleanlab_orders(rows, python)
    figures = {name: found_within(order, wrong, asked.share) for name, order in orders.items()}
    print(f"{len(rows):,} rows, {rows.k} classes, {rows.model}\n{shown(figures, asked.share)}")
    (asked.out / "review.json").write_text(json.dumps({"rows": len(rows), "orders": figures}, indent=1))
    if asked.refit:
        seen = np.zeros(len(rows), dtype=bool)
        seen[orders["suspicion"][: int(np.ceil(asked.share * len(rows)))]] = True
        print(refit(told, table, seen, wrong, made.path, asked.out.absolute()))


if __name__ == "__main__":
    main()
