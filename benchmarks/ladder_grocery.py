"""The ladder on real photos: what nested estimates are worth on whole groups that were locked away, and elsewhere.

python ladder_grocery.py DATA OUT [--size 160] [--encoders lite0 lite2] [--fifths 5]

Quick models are heads of scikit-learn on frozen features, which the product computes through its store. Each fifth
of train and val in turn is locked away in whole groups; the rest makes out-of-fold predictions over five grouped
folds, and the ladder. Then each rung is judged on the locked fifth, where the nested estimate must hold, and on the
official test, which was photographed in other shops and where no cross-validation can be right: there EH110 must
have said so before.

A nested figure is that of models that saw four fifths of the rows and answer alone, so on the locked fifth the five
models of the folds are judged one by one, and their mean is taken. What is handed out in the end answers with all
five, which is better by what averaging gains ("folds averaged").
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from evenhand.base.values import TEST, Folds, Predictions, Samples
from evenhand.blending.blend import blend
from evenhand.blending.nested_evaluation import nested_evaluation
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.make_folds import make_folds
from evenhand.diagnosis import Evidence, examine
from evenhand.evaluation.audit.audit import audit
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.stages.source import DataSource, read, store_of
from evenhand.pipeline.stages.stored_features import stored_features
from evenhand.pipeline.verbs.check import pictures
from evenhand.pipeline.verbs.run import open_record
from evenhand.settings.load import Settings, load

METHODS = ("equal", "score", "nnls", "ridge", "log_loss", "greedy", "nnls+temperature")
METRIC = "accuracy"


def models(kinds: Sequence[str]) -> dict[str, tuple[str, Callable[[], Any]]]:
    """Return name -> (which features, a new head)."""

    def on(*steps: Any, width: int = 96) -> Callable[[], Any]:
        reduced = PCA(width, svd_solver="randomized", random_state=0)
        return lambda: make_pipeline(StandardScaler(), reduced, *(step() for step in steps))

    heads = {
        "logistic": on(lambda: LogisticRegression(C=0.1, max_iter=40), width=64),
        "neighbours": on(Normalizer, lambda: KNeighborsClassifier(8, weights="distance")),
        "trees": on(lambda: ExtraTreesClassifier(80, random_state=0, n_jobs=1), width=32),
        "analysis": on(lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3)),
        "analysis, narrow": on(lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1), width=24),
        "bayes": on(GaussianNB, width=32),
        "ridge": on(lambda: CalibratedClassifierCV(RidgeClassifier(10.0), cv=2)),
        "nearest": on(Normalizer, lambda: KNeighborsClassifier(2, weights="distance"), width=48),
    }
    few = ("logistic", "neighbours", "analysis")
    return {
        f"{name}, {kind}": (kind, head)
        for kind in kinds
        for name, head in heads.items()
        if kind == kinds[0] or name in few
    }


def config(data: Path, out: Path, size: int, encoders: Sequence[str]) -> dict[str, Any]:
    """Return the configuration that says where the photos are and which encoders look at them."""
    return {
        "output": str(out / "runs"),
        "data": {"root": str(data), "table": "labels.csv", "label": "fine", "group": "group", "split": "split"},
        "folds": {"k": 5, "test": {"column": "split", "value": "test"}, "duplicates": "ignore"},
        "photos": {"size": size, "fit": "squash"},
        "model": [{"name": name, "encoder": f"package:efficientnet-{name}", "tune": "head"} for name in encoders],
        "compute": {"store": str(out / "store"), "workers": 1},
    }


def read_features(settings: Settings, source: DataSource, folds: Folds) -> dict[str, np.ndarray]:
    """Return (n, d) features by encoder, and of all encoders joined, from the product's store."""
    record = open_record(settings, source, "", fresh=True)
    record.write_folds(folds)
    kept = stored_features(
        record, settings, [model.name for model in settings.model], Silent(), store_of(settings.compute, Silent())
    )
    found = {name: np.asarray(table, np.float64).reshape(len(folds), -1) for name, table in kept.items()}
    return found | ({"both": np.concatenate(list(found.values()), axis=1)} if len(found) > 1 else {})


def warnings_before(source: DataSource, folds: Folds) -> list[str]:
    """Return what EH110 says of train and test; it looks at photos and at no model."""
    case = Evidence(samples=source.samples, folds=folds, pictures=pictures(source), facts=source.facts)
    return [finding.message for finding in examine(case, ["EH110"]).findings]


def locked_fifth(samples: Samples, which: int) -> np.ndarray:
    """Return (n,) the fold of each row: 0..4, or TEST for one of five parts in whole groups."""
    fifth = make_folds(samples, FoldsConfig(k=5, seed=1, duplicates="ignore")).of(samples.ids)
    rest = samples.take(fifth != which)
    out = np.full(len(samples), TEST, dtype=np.int16)
    out[fifth != which] = make_folds(rest, FoldsConfig(k=5, duplicates="ignore")).of(rest.ids)
    return out


def predicted(head: Callable[[], Any], x: np.ndarray, y: np.ndarray, to: np.ndarray, k: int) -> np.ndarray:
    """Return (len(to), k) probabilities by a new head."""
    fitted = head().fit(x, y)
    out = np.zeros((len(to), k))
    out[:, fitted.classes_] = fitted.predict_proba(to)
    return out / out.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Model:
    """The predictions of one model: out of fold, of each fold's model on the locked part, of all on the test."""

    oof: Predictions
    locked: tuple[Predictions, ...]
    averaged: Predictions
    test: Predictions


def zoo(features: dict[str, np.ndarray], samples: Samples, fold: np.ndarray, outside: np.ndarray) -> list[Model]:
    """Return what every model says of the rows that it may be asked about."""
    out = []
    y, k, inside = samples.labels, samples.k, np.flatnonzero(~outside)
    dev, locked, test = inside[fold >= 0], inside[fold == TEST], np.flatnonzero(outside)
    plan = np.full(len(samples), TEST, dtype=np.int16)
    plan[inside] = fold

    def of(name: str, table: np.ndarray, rows: np.ndarray, origin: str) -> Predictions:
        p = Predictions(samples.ids[rows], samples.classes, table, y[rows], plan[rows], samples.groups[rows], name)
        return replace(p, origin=origin)

    for name, (kind, head) in models(list(features)).items():
        since = time.monotonic()
        x, oof, elsewhere = features[kind], np.zeros((len(samples), k)), np.concatenate([locked, test])
        told = np.zeros((5, len(elsewhere), k))
        for f in range(5):
            rows, rest = dev[plan[dev] == f], dev[plan[dev] != f]
            both = predicted(head, x[rest], y[rest], x[np.concatenate([rows, elsewhere])], k)
            oof[rows], told[f] = both[: len(rows)], both[len(rows) :]
        near, far = told[:, : len(locked)], told[:, len(locked) :]
        out.append(
            Model(
                of(name, oof[dev], dev, "out-of-fold"),
                tuple(of(name, one, locked, "test") for one in near),
                of(name, near.mean(axis=0), locked, "test"),
                of(name, far.mean(axis=0), test, "test"),
            )
        )
        print(f"  {name}: {time.monotonic() - since:.0f} s", flush=True)
    return out


def judged(p: Predictions) -> Any:
    return evaluate(p, [METRIC], draws=1000)[METRIC]


def rung(name: str, nested: Any, naive: float, told: Model) -> dict[str, Any]:
    """Return one line of the table: nested against locked, and the official test."""
    each = [judged(p) for p in told.locked]
    locked = {key: float(np.mean([getattr(one, key) for one in each])) for key in ("estimate", "low", "high")}
    own, there = (nested.high - nested.low) / 2, (locked["high"] - locked["low"]) / 2
    apart = nested.estimate - locked["estimate"]
    return {
        "name": name,
        "naive": naive,
        "nested": nested.document(),
        "locked": locked,
        "difference": apart,
        "half_interval": own,
        "holds": abs(apart) <= own,
        "holds_both": abs(apart) <= float(np.hypot(own, there)),
        "averaged": judged(told.averaged).document(),
        "test": judged(told.test).document(),
    }


def ladder(every: Sequence[Model]) -> tuple[list[dict[str, Any]], Any, float]:
    """Return the table, the worth of the ladder and the seconds it took."""
    since = time.monotonic()
    oof = [one.oof for one in every]
    found = nested_evaluation(oof, METHODS, score=METRIC)
    seconds = time.monotonic() - since
    rows = []
    for one in every:
        own = found.step(one.oof.model)
        rows.append(rung(own.name, own.nested, own.naive.estimate, one))
    for method in METHODS:
        made = blend(oof, method)
        told = Model(
            made.predictions,
            tuple(made.apply([one.locked[f] for one in every]) for f in range(5)),
            made.apply([one.averaged for one in every]),
            made.apply([one.test for one in every]),
        )
        own = found.step(made.name)
        rows.append(rung(made.name, own.nested, own.naive.estimate, told))
    return rows, found, seconds


def main() -> None:
    """Measure, write and tell."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--encoders", nargs="+", default=["lite0", "lite2"])
    parser.add_argument("--fifths", type=int, default=5, choices=range(1, 6))
    asked = parser.parse_args()
    settings = load(config(asked.data, asked.out, asked.size, asked.encoders))
    source = read(settings, Silent())
    samples, folds = source.samples, make_folds(source.samples, settings.folds)
    features = read_features(settings, source, folds)
    outside = samples.frame["split"].to_numpy() == "test"
    documents = []
    for which in range(asked.fifths):
        every = zoo(features, samples, locked_fifth(samples.take(~outside), which), outside)
        rows, found, seconds = ladder(every)
        looked = audit(chosen(found.best.name, [one.oof for one in every]), metric=METRIC)
        documents.append({"rows": rows, "best": found.document()["best"], "seconds": seconds,
                          "audit": looked.document(most_groups=5)})  # fmt: skip
        print(f"\nFifth {which + 1} of {asked.fifths} locked")
        tell(documents[-1])
    together([row for document in documents for row in document["rows"]])
    message = warnings_before(source, folds)
    for line in message or ["nothing."]:
        print(f"EH110: {line}")
    (asked.out / "ladder_grocery.json").write_text(json.dumps({"fifths": documents, "EH110": message}, indent=1))


def chosen(name: str, every: Sequence[Predictions]) -> Predictions:
    """Return the out-of-fold predictions of the best rung."""
    if name.startswith("ensemble:"):
        return blend(every, name.removeprefix("ensemble:")).predictions
    return next(p for p in every if p.model == name)


def words(figure: dict[str, Any]) -> str:
    """Return an estimate with its interval."""
    return f"{figure['estimate']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def tell(document: dict[str, Any]) -> None:
    """Print the table of one locked fifth."""
    print(f"{'':24} naive  nested [interval]      locked fifth           differs by       averaged  other shops")
    for row in document["rows"]:
        holds = "yes" if row["holds"] else "with the fifth's" if row["holds_both"] else "NO"
        figures = f"{row['naive']:.3f}  {words(row['nested'])}  {words(row['locked'])}"
        by = f"{row['difference']:+.3f} of {row['half_interval']:.3f}  {holds}"
        print(f"{row['name']:24} {figures}  {by}  {row['averaged']['estimate']:.3f}  {row['test']['estimate']:.3f}")
    print(document["best"]["summary"])
    print(f"The ladder took {document['seconds']:.0f} s.")
    for one in document["audit"]["holdouts"]:
        below = f"{one['below']} of {one['draws']} below {one['floor']:.3f}"
        print(f"audit: {one['description']}: median {one['median']:.3f}, lowest {one['lowest']:.3f}, {below}")


def together(rows: Sequence[dict[str, Any]]) -> None:
    """Print what all locked fifths together say."""
    print("\nOver all fifths: nested less locked, mean and largest; folds averaged less locked")
    for name in dict.fromkeys(row["name"] for row in rows):
        mine = [row for row in rows if row["name"] == name]
        apart = np.array([row["difference"] for row in mine])
        gain = np.mean([row["averaged"]["estimate"] - row["locked"]["estimate"] for row in mine])
        print(f"{name:24} {apart.mean():+.3f}  {np.abs(apart).max():.3f}  {gain:+.3f}")
    for key, what in (("holds", "its own interval"), ("holds_both", "the interval of the difference")):
        print(f"within {what}: {sum(row[key] for row in rows)} of {len(rows)}")


if __name__ == "__main__":
    main()
