"""After the training: gather predictions, judge them, blend them, write down what they are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evenhand.base.storage.record import Record
from evenhand.base.values import Floats, Predictions, Samples
from evenhand.blending.blend import Blend, blend
from evenhand.blending.core.spec import Recipe, recipe
from evenhand.blending.nested_evaluation import nested_evaluation
from evenhand.evaluation.audit.dominant_groups import heaviest
from evenhand.evaluation.figures.evaluate import default_metrics, evaluate
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.selection.selection_report import NestedEvaluation
from evenhand.evaluation.summary import PER_CLASS, summarize
from evenhand.pipeline.audit.audit_result import audited
from evenhand.pipeline.stages.collect import LOCKED, OUT_OF_FOLD, SECOND, Sets, gathered
from evenhand.pipeline.stages.estimates import estimate_findings, note_opening
from evenhand.pipeline.stages.progress import Watcher
from evenhand.pipeline.stages.source import store_of
from evenhand.pipeline.stages.stored_features import of_ids, stored_features
from evenhand.settings.load import Settings


def judge(record: Record, settings: Settings, watcher: Watcher, seconds: Mapping[str, float]) -> None:
    """Judge every model and blend, and write predictions, ensemble, evaluation and scores into the record.

    Locked rows are judged here and nowhere else; the record says when.
    """
    watcher.stage("judging", len(settings.model) + len(settings.ensemble.methods))
    models = [gathered(record, model.name, model.seeds) for model in settings.model]
    made = blended(record, settings, models, watcher)
    chosen_among = [*models, *(sets for _, sets in made)]
    floor = settings.baseline
    every = [*chosen_among, *([gathered(record, floor.name, floor.seeds)] if floor else [])]
    tables = [_table(of, p) for sets in every for of, p in sets.items()]
    record.write_predictions(pd.concat(tables, ignore_index=True))
    if any(LOCKED in sets for sets in every):
        note_opening(record)
    best = max(chosen_among, key=lambda sets: _score(sets[OUT_OF_FOLD], settings, record.samples()))
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
    climb = climbed(record, settings, models, [one for one, _ in made]) if len(models) > 1 else None
    findings = estimate_findings(record, settings, [sets[OUT_OF_FOLD] for sets in every], worth=climb)
    document = {
        "record": str(record.path),
        "headline": _headline(headline, metric, scores[headline][OUT_OF_FOLD][metric], len(chosen_among), climb),
        "scores": scores,
        "learning": {p.model: p.learned for p in (sets[OUT_OF_FOLD] for sets in every) if p.learned},
        "heaviest": {
            sets[OUT_OF_FOLD].model: {of: _heaviest(p, settings) for of, p in sets.items()} for sets in every
        },
        "findings": [{"code": f.code, "severity": f.severity, "says": f.says, "about": f.about} for f in findings],
        "seconds": dict(seconds),
    }
    record.write_json("scores.json", document)


def _headline(
    best: str, metric: str, figure: Mapping[str, Any], among: int, climb: NestedEvaluation | None
) -> dict[str, Any]:
    """Return the best of several with its figure corrected for that choice, and as it stands among the scores.

    Where the choice was by a sum of metrics, or the ladder holds another one for the best, this figure has no
    correction; `says` then has that of the ladder.
    """
    out = {"best": best, "metric": metric, "of": among, **figure}
    if climb is None:
        return out
    if figure["estimate"] is not None and (climb.metric, climb.best.name) == (metric, best):
        out |= {**climb.best.corrected.document(), "as_chosen": dict(figure)}
    return {**out, "says": climb.headline}


def blended(
    record: Record, settings: Settings, models: Sequence[Sets], watcher: Watcher
) -> list[tuple[Blend, Sets]]:
    """Return the blends that the configuration asks for with what they say of every set; write their weights."""
    if len(models) < 2:
        return []
    others = [of for of in (LOCKED, SECOND) if all(of in sets for sets in models)]
    recipes = [recipe(choice, score=settings.score.weights) for choice in settings.ensemble.methods]
    looked_at: Sets = {of: models[0][of] for of in (OUT_OF_FOLD, *others)}
    features = _features(record, settings, recipes, looked_at, watcher)
    made = [_made(how, models, others, features) for how in recipes]
    levels, sets = record.samples().levels, settings.classes.sets
    names = metric_names(models[0][OUT_OF_FOLD], settings, levels)
    names += [f"{metric}[{name}]" for metric in PER_CLASS for name in record.samples().classes]
    for one, told in made:  # figures of a blend have one interval in scores, ladder, audit and summary
        told[OUT_OF_FOLD] = one.with_learning(list(dict.fromkeys(names)), sets, levels)
    record.write_json("ensemble.json", {one.method: one.document() for one, _ in made})
    return made


def _made(
    how: Recipe, models: Sequence[Sets], others: Sequence[str], features: Mapping[str, Mapping[str, Floats]]
) -> tuple[Blend, Sets]:
    """Return a blend learned from held-out rows, and what it says of every set."""
    held_out = [sets[OUT_OF_FOLD] for sets in models]
    ours = features.get(OUT_OF_FOLD, {})
    one, told = blend(held_out, how, features=ours), {}
    for of in others:
        test = [sets[of] for sets in models]
        told[of] = blend(held_out, how, test=test, features=ours, test_features=features.get(of, {})).test
    return one, {OUT_OF_FOLD: one.predictions, **{of: p for of, p in told.items() if p is not None}}


def climbed(record: Record, settings: Settings, models: Sequence[Sets], made: Sequence[Blend]) -> NestedEvaluation:
    """Return what models and blends are worth, naive and nested, and write it into the record."""
    how, samples = settings.evaluate, record.samples()
    found = nested_evaluation(
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
    record: Record, settings: Settings, recipes: Sequence[Recipe], sets: Sets, watcher: Watcher
) -> dict[str, Mapping[str, Floats]]:
    """Return the stored features of the rows of each set; none where no blend looks at them."""
    if not any(one.uses_features for one in recipes):
        return {}
    names = [model.name for model in settings.model]
    kept = stored_features(record, settings, names, watcher, store_of(settings.compute))
    ids = record.samples().ids
    return {of: of_ids(kept, ids, p.ids) for of, p in sets.items() if of != SECOND}


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


def _heaviest(p: Predictions, settings: Settings) -> list[dict[str, Any]]:
    how = settings.evaluate
    return heaviest(p, draws=how.draws, level=how.level, seed=how.seed)


def _score(p: Predictions, settings: Settings, samples: Samples) -> float:
    assert p.truth is not None
    weights, sets = settings.score.weights, settings.classes.sets
    return fast_score(p.probabilities, p.truth, p.classes, weights, sets, samples.levels, p.groups)[0]


def _table(of: str, p: Predictions) -> pd.DataFrame:
    table = p.frame()
    table.insert(0, "set", of)
    table.insert(0, "model", p.model)
    return table
