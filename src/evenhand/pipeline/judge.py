"""After the training: gather predictions, judge them, blend them, write down what they are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evenhand.base.record import Record
from evenhand.base.values import Floats, Predictions, Samples
from evenhand.ensemble.blend import Blend, blend
from evenhand.ensemble.recipe import Recipe, recipe
from evenhand.ensemble.worth import worth
from evenhand.evaluation.evaluate import default_metrics, evaluate
from evenhand.evaluation.rungs import Worth
from evenhand.evaluation.score import fast_score
from evenhand.evaluation.summary import summarize
from evenhand.pipeline.audited import audited
from evenhand.pipeline.estimates import estimate_findings, note_opening
from evenhand.pipeline.gathered import LOCKED, OUT_OF_FOLD, Sets, gathered
from evenhand.pipeline.progress import Watcher
from evenhand.pipeline.stored import of_ids, stored_features
from evenhand.settings import Settings


def judge(record: Record, settings: Settings, watcher: Watcher, seconds: Mapping[str, float]) -> None:
    """Judge every model and blend, and write predictions, ensemble, evaluation and scores into the record.

    Locked rows are judged here and nowhere else; the record says when.
    """
    watcher.stage("judging", len(settings.model) + len(settings.ensemble.methods))
    models = [gathered(record, model.name, model.seeds) for model in settings.model]
    made = blended(record, settings, models, watcher)
    every = [*models, *map(_sets, made)]
    record.write_predictions(pd.concat([_table(p) for sets in every for p in sets.values()], ignore_index=True))
    if any(LOCKED in sets for sets in every):
        note_opening(record)
    best = max(every, key=lambda sets: _score(sets[OUT_OF_FOLD], settings, record.samples()))
    scores = {}
    for done, sets in enumerate(every, start=1):
        scores[sets[OUT_OF_FOLD].model] = {of: _figures(p, settings, record.samples()) for of, p in sets.items()}
        watcher.advance(done)
    watcher.stage("summing up")
    headline = best[OUT_OF_FOLD].model
    chosen = [(of, p) for of, p in best.items()]
    how = settings.evaluate
    summary = summarize(chosen, headline=headline, draws=how.draws, level=how.level, seed=how.seed)
    metric = next(iter(settings.score.weights))
    summary["audit"] = audited(best[OUT_OF_FOLD], settings, record.samples()).document()
    record.write_json("evaluation.json", summary)
    climb = climbed(record, settings, models, made) if len(models) > 1 else None
    findings = estimate_findings(record, settings, [sets[OUT_OF_FOLD] for sets in every], worth=climb)
    document = {
        "record": str(record.path),
        "headline": {"best": headline, "metric": metric, **scores[headline][OUT_OF_FOLD][metric]},
        "scores": scores,
        "findings": [{"code": f.code, "severity": f.severity, "says": f.says, "about": f.about} for f in findings],
        "seconds": dict(seconds),
    }
    record.write_json("scores.json", document)


def blended(record: Record, settings: Settings, models: Sequence[Sets], watcher: Watcher) -> list[Blend]:
    """Return the blends that the configuration asks for, and write their weights into the record."""
    if len(models) < 2:
        return []
    locked = [sets[LOCKED] for sets in models] if all(LOCKED in sets for sets in models) else None
    out_of_fold = [sets[OUT_OF_FOLD] for sets in models]
    recipes = [recipe(choice, score=settings.score.weights) for choice in settings.ensemble.methods]
    ours, theirs = _features(record, settings, recipes, (out_of_fold[0], locked[0] if locked else None), watcher)
    made = [blend(out_of_fold, how, test=locked, features=ours, test_features=theirs) for how in recipes]
    record.write_json("ensemble.json", {one.method: one.document() for one in made})
    return made


def _sets(one: Blend) -> Sets:
    """Return the predictions of a blend by set."""
    return {OUT_OF_FOLD: one.predictions} | ({LOCKED: one.test} if one.test is not None else {})


def climbed(record: Record, settings: Settings, models: Sequence[Sets], made: Sequence[Blend]) -> Worth:
    """Return what models and blends are worth, naive and nested, and write it into the record."""
    how, samples = settings.evaluate, record.samples()
    found = worth(
        [sets[OUT_OF_FOLD] for sets in models],
        made,
        score=settings.score.weights,
        sets=settings.classes.sets,
        levels=samples.levels,
        draws=how.draws,
        level=how.level,
        seed=how.seed,
    )
    record.write_json("worth.json", found.document())
    return found


def _features(
    record: Record,
    settings: Settings,
    recipes: Sequence[Recipe],
    rows: tuple[Predictions, Predictions | None],
    watcher: Watcher,
) -> tuple[Mapping[str, Floats], Mapping[str, Floats]]:
    """Return the stored features of out-of-fold and of locked rows; none where no blend looks at them."""
    if not any(one.uses_features for one in recipes):
        return {}, {}
    kept = stored_features(record, settings, [model.name for model in settings.model], watcher)
    ids = record.samples().ids
    ours, theirs = (of_ids(kept, ids, p.ids) if p is not None else {} for p in rows)
    return ours, theirs


def metric_names(p: Predictions, settings: Settings, levels: Mapping[str, Any]) -> list[str]:
    """Return every metric that is reported: the usual ones, those of [score], of sets and levels, per class."""
    usual = default_metrics(p)
    sets = [f"macro_f1_{name}" for name in settings.classes.sets]
    coarse = [f"{metric}_{level}" for level in levels for metric in ("accuracy", "macro_f1")]
    single = [f"recall[{name}]" for name in p.classes]
    return list(dict.fromkeys([*settings.score.weights, *usual, *sets, *coarse, *single]))


def _figures(p: Predictions, settings: Settings, samples: Samples) -> dict[str, Any]:
    names = metric_names(p, settings, samples.levels)
    how = settings.evaluate
    found = evaluate(
        p, names, sets=settings.classes.sets, levels=samples.levels, draws=how.draws, level=how.level, seed=how.seed
    )
    return {name: figure.document() for name, figure in found.items()}


def _score(p: Predictions, settings: Settings, samples: Samples) -> float:
    assert p.truth is not None
    weights, sets = settings.score.weights, settings.classes.sets
    return fast_score(p.probabilities, p.truth, p.classes, weights, sets, samples.levels)[0]


def _table(p: Predictions) -> pd.DataFrame:
    table = p.frame()
    table.insert(0, "set", LOCKED if p.origin == "test" else OUT_OF_FOLD)
    table.insert(0, "model", p.model)
    return table
