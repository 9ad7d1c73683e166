"""Order of suspicion by linear discriminants on the frozen features of a run: several draws of flips in minutes.

    python benchmarks/review_features.py RECORD DATA [--seeds 0 1 2] [--peers FOLDER]

RECORD is a run of `review.py`, of which only folds and features of the encoders are used; DATA is the folder of
Grocery Store. For each seed labels are flipped as in `review.py`, a discriminant with one shrunk covariance is
fitted on each encoder's features fold by fold, and the mean of their out-of-fold probabilities puts all rows in
order; beside it random order, and cleanlab's rankings of the same probabilities.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import peers

from evenhand.base.storage.record import Record
from evenhand.base.values import Floats, Ints, Predictions
from evenhand.pipeline.stages.run_features import features_of_run
from evenhand.review.order.registry import ORDERS
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource
from evenhand.review.rows.with_predictions import with_predictions
from review import GIVEN, cleanlab_orders, found_within, shown, with_flips


def out_of_fold(features: Floats, labels: Ints, k: int, fold: Ints, shrinkage: float) -> Floats:
    """Return (n, k) probabilities of linear discriminants, each row by those of the other folds.

    The covariance within classes is shrunk towards a multiple of the identity (Friedman 1989).
    """
    out = np.zeros((len(features), k))
    for held in np.unique(fold):
        x, y = features[fold != held], labels[fold != held]
        n = np.bincount(y, minlength=k).astype(features.dtype)
        means = np.zeros((k, x.shape[1]), dtype=features.dtype)
        np.add.at(means, y, x)
        means /= np.maximum(n, 1)[:, None]
        within = x - means[y]
        covariance = within.T @ within / len(x)
        spread = np.trace(covariance) / len(covariance)
        covariance = (1 - shrinkage) * covariance + shrinkage * spread * np.eye(len(covariance), dtype=x.dtype)
        weights = np.linalg.solve(covariance, means.T).T
        shift = np.log(np.maximum(n, 0.5) / n.sum()) - (weights * means).sum(axis=1) / 2
        scores = features[fold == held] @ weights.T + shift
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        out[fold == held] = p / p.sum(axis=1, keepdims=True)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--wrong", type=float, default=0.03, help="share of labels that are replaced")
    parser.add_argument("--share", type=float, default=0.1, help="share of rows that are reviewed")
    parser.add_argument("--shrinkage", type=float, default=0.1)
    parser.add_argument("--peers", help=f"folder made by peers.py; else ${peers.VARIABLE}")
    asked = parser.parse_args()
    run = Record.open(asked.record)
    names = [model["name"] for model in run.resolved()["model"]]
    features = [np.asarray(features_of_run(run, name).values, dtype=np.float32) for name in names]
    samples, folds, python = run.samples(), run.folds(), peers.found(asked.peers, name="labels")
    fold = folds.fold[pd.Index(folds.ids).get_indexer(pd.Index(samples.ids))]
    labels = pd.read_csv(asked.data / "labels.csv")
    for seed in asked.seeds:
        table = with_flips(labels, asked.wrong, seed).set_index("path").loc[samples.frame["path"].astype(str)]
        classes = tuple(sorted(set(table[GIVEN])))
        given = pd.Index(classes).get_indexer(table[GIVEN])
        wrong = (table[GIVEN] != table["fine"]).to_numpy()
        p = np.mean([out_of_fold(x, given, len(classes), fold, asked.shrinkage) for x in features], axis=0)
        rows = ReviewRows.of(replace(samples, classes=classes, labels=given, levels={}))
        predictions = Predictions(samples.ids, classes, p, model="discriminants")
        rows = with_predictions(rows, predictions, ProbabilitySource.OUT_OF_FOLD)
        orders = {name: ORDERS[name].rank(rows) for name in ("suspicion", "random")}
        if python is not None:
            orders |= cleanlab_orders(rows, python)
        figures = {name: found_within(order, wrong, asked.share) for name, order in orders.items()}
        right = float((p.argmax(axis=1) == given)[~wrong].mean())
        print(f"Seed {seed}: {len(rows):,} rows, accuracy {right:.3f} on labels that were not flipped.")
        print(shown(figures, asked.share), flush=True)


if __name__ == "__main__":
    main()
