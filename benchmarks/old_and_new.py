"""The story replayed: old and new models mixed climb out of fold, and gain nothing outside.

python old_and_new.py [OUT] [SEED]

One set is generated twice. Before cleaning, things were photographed several times under ids of their own, and one
label in twenty is wrong; the "old" zoo was trained on that, over folds dealt to rows. Cleaned, each thing is there
once with its true label; the "new" zoo is trained on that, over folds that keep groups whole. Old out-of-fold
predictions of the cleaned rows come from models that saw copies of them. The outside test is of groups that neither
zoo has met.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from evenhand import read_predictions
from evenhand.base.values import Predictions
from evenhand.blending.blend import blend
from evenhand.blending.inputs.align import align
from evenhand.blending.nested_evaluation import nested_evaluation
from evenhand.diagnosis import Evidence, examine
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.reading.arrays import predictions_from

CLASSES = tuple("abcdefgh")
METRIC = "macro_f1"


@dataclass(frozen=True)
class Rows:
    """Rows of features with the class, the group and the thing that each shows."""

    x: np.ndarray
    y: np.ndarray
    group: np.ndarray
    thing: np.ndarray

    def take(self, rows: np.ndarray) -> Rows:
        """Return some rows."""
        return Rows(self.x[rows], self.y[rows], self.group[rows], self.thing[rows])


def generated(rng: np.random.Generator, centres: np.ndarray, groups: int, first: int, things: int = 14) -> Rows:
    """Return things in groups: a group has a class and a look of its own, a thing differs from its group."""
    of_group = rng.integers(0, len(CLASSES), groups)
    look = rng.normal(0, 1.2, (groups, centres.shape[1]))
    group = np.repeat(np.arange(groups), things)
    x = centres[of_group[group]] + look[group] + rng.normal(0, 1.6, (len(group), centres.shape[1]))
    return Rows(x, of_group[group], group + first, np.arange(len(group)) + 1000 * first)


def uncleaned(rng: np.random.Generator, clean: Rows, copies: int = 3, wrong: float = 0.05) -> Rows:
    """Return every thing several times, nearly alike, with one label in twenty wrong for all of its copies."""
    rows = np.repeat(np.arange(len(clean.y)), copies)
    x = clean.x[rows] + rng.normal(0, 0.15, (len(rows), clean.x.shape[1]))
    x[::copies] = clean.x
    flipped = rng.random(len(clean.y)) < wrong
    y = np.where(flipped, (clean.y + 1) % len(CLASSES), clean.y)
    return Rows(x, y[rows], clean.group[rows], clean.thing[rows])


def heads() -> dict[str, Callable[[], Any]]:
    """Return name -> a new model."""
    return {
        "trees": lambda: ExtraTreesClassifier(150, random_state=0, n_jobs=1),
        "neighbours": lambda: KNeighborsClassifier(4, weights="distance"),
        "logistic": lambda: LogisticRegression(C=0.3, max_iter=300),
    }


def told(head: Callable[[], Any], train: Rows, x: np.ndarray) -> np.ndarray:
    """Return (len(x), k) probabilities of a new model."""
    fitted = head().fit(train.x, train.y)
    out = np.zeros((len(x), len(CLASSES)))
    out[:, fitted.classes_] = fitted.predict_proba(x)
    return out


def zoo(train: Rows, fold: np.ndarray, test: Rows) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return for each model its out-of-fold probabilities, and those of the test by the mean of its folds."""
    out = {}
    for name, head in heads().items():
        inside, outside = np.zeros((len(train.y), len(CLASSES))), []
        for f in range(5):
            fit = train.take(fold != f)
            both = told(head, fit, np.concatenate([train.x[fold == f], test.x]))
            inside[fold == f] = both[: (fold == f).sum()]
            outside.append(both[(fold == f).sum() :])
        out[name] = inside, np.mean(outside, axis=0)
    return out


def written(path: Path, table: np.ndarray, rows: Rows, fold: np.ndarray) -> Path:
    """Write out-of-fold predictions as anybody would."""
    frame = pd.DataFrame(table, columns=[f"p:{name}" for name in CLASSES])
    frame.insert(0, "id", [f"t{thing}" for thing in rows.thing])
    frame.insert(1, "fold", fold)
    frame.insert(2, "truth", [CLASSES[c] for c in rows.y])
    frame.insert(3, "group", [f"g{g}" for g in rows.group])
    frame.to_csv(path, index=False)
    return path


def replayed(out: Path, seed: int) -> dict[str, Any]:
    """Return what the naive figure, the nested evaluation and the outside test say."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 1.0, (len(CLASSES), 24))
    clean, test = generated(rng, centres, 90, 1), generated(rng, centres, 120, 500)
    old, new_fold = uncleaned(rng, clean), clean.group % 5
    old_fold = rng.integers(0, 5, len(old.y))
    first = np.arange(0, len(old.y), 3)  # the copy that was kept when the set was cleaned
    files, outside = {}, {}
    for name, (inside, far) in zoo(old, old_fold, test).items():
        files[f"old {name}"] = written(out / f"old_{name}.csv", inside[first], clean, old_fold[first])
        outside[f"old {name}"] = far
    for name, (inside, far) in zoo(clean, new_fold, test).items():
        files[f"new {name}"] = written(out / f"new_{name}.csv", inside, clean, new_fold)
        outside[f"new {name}"] = far
    every = {name: read_predictions(path, model=name)[0] for name, path in files.items()}
    every = dict(sorted(every.items()))  # the plan of folds is that of the first: new before old
    far = {name: of_test(outside[name], test, name) for name in every}
    return compared(every, far)


def of_test(table: np.ndarray, test: Rows, name: str) -> Predictions:
    """Return predictions of the outside test."""
    ids, groups = [f"t{thing}" for thing in test.thing], [f"g{g}" for g in test.group]
    return predictions_from(table, test.y, classes=CLASSES, ids=ids, groups=groups, model=name, positions=True)


def compared(every: Mapping[str, Predictions], far: Mapping[str, Predictions]) -> dict[str, Any]:
    """Return figures of new models, and of old and new together, out of fold and outside."""
    new = [p for name, p in every.items() if name.startswith("new")]
    mixed = list(align(list(every.values())).models)
    rows = {}
    for words, models in (("new alone", new), ("old and new", mixed)):
        made = blend(models, "nnls")
        outside = made.apply([far[p.model] for p in models])
        nested = nested_evaluation(models, ["nnls"], score=METRIC)
        step = nested.step(made.name)
        rows[words] = {
            "naive": step.naive.document(),
            "nested": step.nested.document(),
            "reliable": step.reliable,
            "outside": figure(outside),
            "weights": dict(zip(made.models, np.round(made.weights, 3).tolist(), strict=True)),  # type: ignore[arg-type]
        }
    return {
        "metric": METRIC,
        "models": {
            name: {"out of fold": figure(replace(p, origin="test")), "outside": figure(far[name])}
            for name, p in every.items()
        },
        "blends": rows,
        "gain out of fold": rows["old and new"]["naive"]["estimate"] - rows["new alone"]["naive"]["estimate"],
        "gain outside": rows["old and new"]["outside"]["estimate"] - rows["new alone"]["outside"]["estimate"],
        "EH405": [finding.message for finding in examine(Evidence(predictions=tuple(mixed)), ["EH405"]).findings],
    }


def figure(p: Predictions) -> dict[str, Any]:
    """Return the metric with its interval."""
    return dict(evaluate(p, [METRIC], draws=1000)[METRIC].document())


def tell(found: Mapping[str, Any]) -> None:
    """Print the story."""
    print(f"{'':22} {'out of fold':>22}  {'outside':>22}")
    for name, own in found["models"].items():
        print(f"{name:22} {words(own['out of fold']):>22}  {words(own['outside']):>22}")
    for name, own in found["blends"].items():
        print(f"{'blend, ' + name:22} {words(own['naive']):>22}  {words(own['outside']):>22}  {own['weights']}")
    gains = (f"{found[key]:+.4f} {key[5:]}" for key in ("gain out of fold", "gain outside"))
    print(f"Adding the old zoo gains {' and '.join(gains)}.")
    for message in found["EH405"] or ["EH405 said nothing."]:
        print(f"EH405: {message}")


def words(figure: Mapping[str, Any]) -> str:
    """Return an estimate with its interval."""
    return f"{figure['estimate']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def main() -> None:
    """Replay the story and write what was found."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("old_and_new")
    out.mkdir(parents=True, exist_ok=True)
    found = replayed(out, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    (out / "old_and_new.json").write_text(json.dumps(found, indent=1))
    tell(found)


if __name__ == "__main__":
    main()
