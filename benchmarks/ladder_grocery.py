"""The ladder on real photos: what nested estimates are worth on whole groups that were locked away, and elsewhere.

python ladder_grocery.py DATA OUT [SIZE] [ENCODER...]

Ten quick models are heads of scikit-learn on frozen features of Lite0 and Lite2, which the product computes
through its store. A fifth of train and val is locked away in whole groups; the rest makes out-of-fold predictions
over five grouped folds, and the ladder. Then each rung is judged on the locked fifth, where the nested estimate
must hold, and on the official test, which was photographed in other shops and where no cross-validation can be
right: there EH110 must have said so before.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
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
from evenhand.data.config import FoldsConfig
from evenhand.data.split import make_folds
from evenhand.doctor import Case, examine
from evenhand.ensemble.blend import blend
from evenhand.ensemble.worth import worth
from evenhand.evaluation.audit import audit
from evenhand.evaluation.evaluate import evaluate
from evenhand.pipeline.check import pictures
from evenhand.pipeline.progress import Silent
from evenhand.pipeline.run import opened
from evenhand.pipeline.source import Source, read
from evenhand.pipeline.stored import stored_features
from evenhand.settings import Settings, load

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


def read_features(settings: Settings, source: Source, folds: Folds) -> dict[str, np.ndarray]:
    """Return (n, d) features by encoder, and of all encoders joined, from the product's store."""
    record = opened(settings, source, "", fresh=True)
    record.write_folds(folds)
    kept = stored_features(record, settings, [model.name for model in settings.model], Silent())
    found = {name: np.asarray(table, np.float64).reshape(len(folds), -1) for name, table in kept.items()}
    return found | ({"both": np.concatenate(list(found.values()), axis=1)} if len(found) > 1 else {})


def warnings_before(source: Source, folds: Folds) -> list[str]:
    """Return what EH110 says of train and test; it looks at photos and at no model."""
    case = Case(samples=source.samples, folds=folds, pictures=pictures(source), facts=source.facts(1))
    return [finding.says for finding in examine(case, ["EH110"]).findings]


def locked_fifth(samples: Samples) -> np.ndarray:
    """Return (n,) the fold of each row: 0..4, or TEST for a fifth in whole groups.

    The fifth is a fold like any other: a test that is drawn in another way (small groups first, say) may be easier.
    """
    fifth = make_folds(samples, FoldsConfig(k=5, seed=1, duplicates="ignore")).of(samples.ids)
    rest = samples.take(fifth != 0)
    out = np.full(len(samples), TEST, dtype=np.int16)
    out[fifth != 0] = make_folds(rest, FoldsConfig(k=5, duplicates="ignore")).of(rest.ids)
    return out


def predicted(head: Callable[[], Any], x: np.ndarray, y: np.ndarray, to: np.ndarray, k: int) -> np.ndarray:
    """Return (len(to), k) probabilities by a new head."""
    fitted = head().fit(x, y)
    out = np.zeros((len(to), k))
    out[:, fitted.classes_] = fitted.predict_proba(to)
    return out / out.sum(axis=1, keepdims=True)


def zoo(
    features: dict[str, np.ndarray], samples: Samples, fold: np.ndarray, outside: np.ndarray
) -> list[dict[str, Predictions]]:
    """Return for each model its out-of-fold predictions, and the mean of its folds on locked fifth and test."""
    out = []
    y, k, inside = samples.labels, samples.k, np.flatnonzero(~outside)
    dev, locked, test = inside[fold >= 0], inside[fold == TEST], np.flatnonzero(outside)
    plan = np.full(len(samples), TEST, dtype=np.int16)
    plan[inside] = fold
    for name, (kind, head) in models(list(features)).items():
        since = time.monotonic()
        x = features[kind]
        table = np.zeros((len(samples), k))
        elsewhere = np.concatenate([locked, test])
        for f in range(5):
            rows, rest = dev[plan[dev] == f], dev[plan[dev] != f]
            to = np.concatenate([rows, elsewhere])
            told = predicted(head, x[rest], y[rest], x[to], k)
            table[rows] = told[: len(rows)]
            table[elsewhere] += told[len(rows) :] / 5
        whole = Predictions(samples.ids, samples.classes, table, y, plan, samples.groups, name)
        parts = {"oof": whole.take(dev)}
        for of, rows in (("locked", locked), ("test", test)):
            parts[of] = replace(whole.take(rows), origin="test")
        out.append(parts)
        print(f"  {name}: {time.monotonic() - since:.0f} s", flush=True)
    return out


def judged(p: Predictions) -> Any:
    return evaluate(p, [METRIC], draws=2000)[METRIC]


def rung(name: str, nested: Any, naive: float, locked: Predictions, test: Predictions) -> dict[str, Any]:
    """Return one line of the table: nested against locked, and the official test."""
    there, far = judged(locked), judged(test)
    half = (nested.high - nested.low) / 2
    return {
        "name": name,
        "naive": naive,
        "nested": nested.document(),
        "locked": there.document(),
        "difference": nested.estimate - there.estimate,
        "half_interval": half,
        "holds": abs(nested.estimate - there.estimate) <= half,
        "test": far.document(),
    }


def ladder(every: Sequence[dict[str, Predictions]]) -> tuple[list[dict[str, Any]], Any, float]:
    """Return the table, the worth of the ladder and the seconds it took."""
    since = time.monotonic()
    oof = [parts["oof"] for parts in every]
    found = worth(oof, METHODS, score=METRIC)
    seconds = time.monotonic() - since
    rows = []
    for parts in every:
        own = found.rung(parts["oof"].model)
        rows.append(rung(own.name, own.nested, own.naive.estimate, parts["locked"], parts["test"]))
    for method in METHODS:
        made = blend(oof, method)
        locked, test = (made.apply([parts[of] for parts in every]) for of in ("locked", "test"))
        own = found.rung(made.name)
        rows.append(rung(made.name, own.nested, own.naive.estimate, locked, test))
    return rows, found, seconds


def main() -> None:
    """Measure, write and tell."""
    warnings.filterwarnings("ignore")
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    size = int(sys.argv[3]) if len(sys.argv) > 3 else 160
    settings = load(config(data, out, size, sys.argv[4:] or ["lite0", "lite2"]))
    source = read(settings, Silent())
    samples, folds = source.samples, make_folds(source.samples, settings.folds)
    features = read_features(settings, source, folds)
    outside = samples.frame["split"].to_numpy() == "test"
    every = zoo(features, samples, locked_fifth(samples.take(~outside)), outside)
    rows, found, seconds = ladder(every)
    looked = audit(chosen(found.best.name, [parts["oof"] for parts in every]), metric=METRIC)
    document = {"rows": rows, "best": found.document()["best"], "seconds": seconds,
                "audit": looked.document(most_groups=5)}  # fmt: skip
    tell(document)
    document["EH110"] = warnings_before(source, folds)
    for says in document["EH110"] or ["nothing."]:
        print(f"EH110: {says}")
    (out / "ladder_grocery.json").write_text(json.dumps(document, indent=1))


def chosen(name: str, every: Sequence[Predictions]) -> Predictions:
    """Return the out-of-fold predictions of the best rung."""
    if name.startswith("ensemble:"):
        return blend(every, name.removeprefix("ensemble:")).predictions
    return next(p for p in every if p.model == name)


def words(figure: dict[str, Any]) -> str:
    """Return an estimate with its interval."""
    return f"{figure['estimate']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def tell(document: dict[str, Any]) -> None:
    """Print the table."""
    print(f"{'':24} naive  nested [interval]      locked fifth           differs by  holds  official test")
    for row in document["rows"]:
        by = f"{row['difference']:+.3f} of {row['half_interval']:.3f}  {'yes' if row['holds'] else 'NO'}"
        figures = f"{row['naive']:.3f}  {words(row['nested'])}  {words(row['locked'])}"
        print(f"{row['name']:24} {figures}  {by}  {row['test']['estimate']:.3f}")
    print(document["best"]["says"])
    print(f"The ladder took {document['seconds']:.0f} s.")
    for one in document["audit"]["holdouts"]:
        below = f"{one['below']} of {one['draws']} below {one['floor']:.3f}"
        print(f"audit: {one['says']}: median {one['median']:.3f}, lowest {one['lowest']:.3f}, {below}")


if __name__ == "__main__":
    main()
