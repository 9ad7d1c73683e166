"""Collect the predictions of a run, blend them, evaluate all of them and write the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evenhand.base.storage.record import Record
from evenhand.base.values import Floats, Predictions, Samples
from evenhand.blending.blend import Blend, blend
from evenhand.blending.core.spec import Recipe
from evenhand.blending.nested_evaluation import nested_evaluation
from evenhand.evaluation.audit.dominant_groups import heaviest
from evenhand.evaluation.comparison.compare import Comparison, compare_predictions
from evenhand.evaluation.figures.absent_classes import absent_classes
from evenhand.evaluation.figures.evaluate import default_metrics, evaluate
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.selection.selection_report import NestedEvaluation
from evenhand.evaluation.summary import PER_CLASS, summarize
from evenhand.pipeline.audit.audit_result import audit_run
from evenhand.pipeline.references.ceiling import NAME as CEILING
from evenhand.pipeline.references.ceiling import ceiling_figures
from evenhand.pipeline.references.floor import PREFIX, references_of
from evenhand.pipeline.references.no_label import NAME as NO_LABEL
from evenhand.pipeline.references.no_label import no_label_figures
from evenhand.pipeline.stages.collect import LOCKED, OUT_OF_FOLD, SECOND, Sets, collect_predictions
from evenhand.pipeline.stages.estimates import estimate_findings, record_test_opening
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.pipeline.stages.label_separator import label_separator
from evenhand.pipeline.stages.source import store_of
from evenhand.pipeline.stages.stored_features import of_ids, stored_features
from evenhand.pipeline.stages.usage import usage_of_run
from evenhand.settings.load import Settings


def evaluate_run(record: Record, settings: Settings, watcher: Watcher, seconds: Mapping[str, float]) -> None:
    """Evaluate every model and blend, and write predictions, ensemble, evaluation and scores into the record.

    Locked rows are evaluated here and nowhere else; the record keeps when.
    """
    watcher.stage("evaluating", len(settings.model) + len(settings.ensemble.methods))
    models = [collect_predictions(record, model.name, model.seeds) for model in settings.model]
    made = make_blends(record, settings, models, watcher)
    candidates = [*models, *(sets for _, sets in made)]
    baseline = settings.baseline  # a reference in the tables, never the best
    every = [*candidates, *([collect_predictions(record, baseline.name, baseline.seeds)] if baseline else [])]
    separator = label_separator(record, settings)
    tables = [_table(of, p, separator) for sets in every for of, p in sets.items()]
    record.write_predictions(pd.concat(tables, ignore_index=True))
    references = references_of(record)  # in the scores alone: no other verb reads them as models
    shown = [*every, *references]
    floor = next((sets for sets in references if sets[OUT_OF_FOLD].model.startswith(PREFIX)), None)
    # Before any figure exists: a crash in between must not hide that the test was opened.
    if any(LOCKED in sets for sets in every):
        record_test_opening(record)
    best = max(candidates, key=lambda sets: _score(sets[OUT_OF_FOLD], settings, record.samples()))
    scores = {}
    for done, sets in enumerate(shown, start=1):
        scores[sets[OUT_OF_FOLD].model] = {of: _figures(p, settings, record.samples()) for of, p in sets.items()}
        watcher.advance(done)
    ceiling = {of: _ceiling(p, settings, record.samples()) for of, p in best.items() if of != SECOND}
    if any(ceiling.values()):
        scores[CEILING] = {of: figures for of, figures in ceiling.items() if figures}
    silent = {of: _no_label(p, settings, record.samples()) for of, p in best.items()}
    if any(silent.values()):
        scores[NO_LABEL] = {of: figures for of, figures in silent.items() if figures}
    watcher.stage("summarizing")
    headline = best[OUT_OF_FOLD].model
    chosen = [(of, p) for of, p in best.items()]
    how = settings.evaluate
    summary = summarize(chosen, headline=headline, draws=how.draws, level=how.level, seed=how.seed)
    metric = next(iter(settings.score.weights))
    summary["audit"] = audit_run(best[OUT_OF_FOLD], settings, record.samples()).document()
    record.write_json("evaluation.json", summary)
    several = len(models) + len(made) > 1
    nested = evaluate_nested(record, settings, models, [one for one, _ in made]) if several else None
    beside = (
        None if floor is None else _beside_floor(best[OUT_OF_FOLD], floor[OUT_OF_FOLD], settings, record.samples())
    )
    findings = estimate_findings(
        record,
        settings,
        [sets[OUT_OF_FOLD] for sets in every],
        best=headline,
        nested=nested,
        floor_comparison=beside,
    )
    document = {
        "record": str(record.path),
        "headline": _headline(headline, metric, scores[headline][OUT_OF_FOLD][metric], len(candidates), nested),
        "resampled": _resampled(best[OUT_OF_FOLD]),
        "scores": scores,
        "learning": {p.model: p.learned for p in (sets[OUT_OF_FOLD] for sets in every) if p.learned},
        "heaviest": {
            sets[OUT_OF_FOLD].model: {of: _dominant_groups(p, settings) for of, p in sets.items()} for sets in every
        },
        "absent": {of: list(absent_classes(p)) for of, p in best.items()},
        "findings": [
            {"code": f.code, "severity": f.severity, "message": f.message, "about": f.about} for f in findings
        ],
        "seconds": dict(seconds),
        "usage": usage_of_run(record, settings),
    }
    record.write_json("scores.json", document)


def _resampled(p: Predictions) -> str:
    """Return what intervals are taken over."""
    return "rows" if p.groups is None else "families" if p.families else "groups"


def _beside_floor(best: Predictions, floor: Predictions, settings: Settings, samples: Samples) -> Comparison:
    """Return the paired verdicts of the best entry against the floor in the metrics of the score."""
    how = settings.evaluate
    return compare_predictions(
        [floor, best],
        list(settings.score.weights),
        sets=settings.classes.sets,
        levels=samples.levels,
        draws=how.draws,
        level=how.level,
        seed=how.seed,
    )


def _headline(
    best: str, metric: str, figure: Mapping[str, Any], among: int, nested: NestedEvaluation | None
) -> dict[str, Any]:
    """Return the best candidate, its figure corrected for the selection, and the uncorrected figure (`as_chosen`).

    Without a correction for this figure (selection by a sum of metrics, or another best in the selection report),
    the figure is uncorrected, and `says` reports the correction of the selection report.
    """
    out = {"best": best, "metric": metric, "of": among, **figure}
    if nested is None:
        return out
    # The correction is of one metric and one winner; applied to another it would correct for a choice that was
    # not made.
    if figure["estimate"] is not None and (nested.metric, nested.best.name) == (metric, best):
        out |= {**nested.best.corrected.document(), "as_chosen": dict(figure)}
    return {**out, "summary": nested.headline}


def make_blends(
    record: Record, settings: Settings, models: Sequence[Sets], watcher: Watcher
) -> list[tuple[Blend, Sets]]:
    """Return the configured blends with their predictions on every set, and write their weights."""
    recipes = settings.ensemble.recipes(models=len(models), score=settings.score.weights)
    if not recipes:
        return []
    others = [of for of in (LOCKED, SECOND) if all(of in sets for sets in models)]
    inputs: Sets = {of: models[0][of] for of in (OUT_OF_FOLD, *others)}
    features = _features(record, settings, recipes, inputs, watcher)
    made = [_fit_blend(how, models, others, features) for how in recipes]
    levels, sets = record.samples().levels, settings.classes.sets
    names = metric_names(models[0][OUT_OF_FOLD], settings, levels)
    names += [f"{metric}[{name}]" for metric in PER_CLASS for name in record.samples().classes]
    for one, predictions in made:  # once, so that scores, selection report, audit and summary agree
        predictions[OUT_OF_FOLD] = one.with_learning(list(dict.fromkeys(names)), sets, levels)
    record.write_json("ensemble.json", {one.method: one.document() for one, _ in made})
    return made


def _fit_blend(
    how: Recipe, models: Sequence[Sets], others: Sequence[str], features: Mapping[str, Mapping[str, Floats]]
) -> tuple[Blend, Sets]:
    """Return a blend fitted on held-out rows, and its predictions on every set."""
    held_out = [sets[OUT_OF_FOLD] for sets in models]
    ours = features.get(OUT_OF_FOLD, {})
    one, others_predicted = blend(held_out, how, features=ours), {}
    for of in others:
        test = [sets[of] for sets in models]
        # `blend` predicts one further set at a time; fitting is repeated, which is cheap and gives the same
        # blend.
        others_predicted[of] = blend(
            held_out, how, test=test, features=ours, test_features=features.get(of, {})
        ).test
    return one, {OUT_OF_FOLD: one.predictions, **{of: p for of, p in others_predicted.items() if p is not None}}


def evaluate_nested(
    record: Record, settings: Settings, models: Sequence[Sets], made: Sequence[Blend]
) -> NestedEvaluation:
    """Return the naive and nested figures of models and blends, and write them into the record."""
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
    record.write_json("nested_evaluation.json", found.document())
    return found


def _features(
    record: Record, settings: Settings, recipes: Sequence[Recipe], sets: Sets, watcher: Watcher
) -> dict[str, Mapping[str, Floats]]:
    """Return the stored features of the rows of each set; empty if no blend uses features."""
    if not any(one.uses_features for one in recipes):
        return {}
    names = [model.name for model in settings.model]
    kept = stored_features(record, settings, names, watcher, store_of(settings.compute, watcher))
    ids = record.samples().ids
    # The generalization set has rows of its own, which are not among the samples of the record.
    return {of: of_ids(kept, ids, p.ids) for of, p in sets.items() if of != SECOND}


def metric_names(p: Predictions, settings: Settings, levels: Mapping[str, Any]) -> list[str]:
    """Return the names of all reported metrics: [score], the defaults, and variants by set, level and class."""
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


def _ceiling(p: Predictions, settings: Settings, samples: Samples) -> dict[str, Any] | None:
    return ceiling_figures(p, settings, samples, metric_names(p, settings, samples.levels))


def _no_label(p: Predictions, settings: Settings, samples: Samples) -> dict[str, Any] | None:
    """Return the figures of predicting no label; None of rows with one label each, or where floors are off."""
    how = settings.evaluate
    if not how.floor:
        return None
    found = no_label_figures(
        p,
        metric_names(p, settings, samples.levels),
        sets=settings.classes.sets,
        levels=samples.levels,
        draws=how.draws,
        level=how.level,
        seed=how.seed,
    )
    return None if found is None else {name: figure.document() for name, figure in found.items()}


def _dominant_groups(p: Predictions, settings: Settings) -> list[dict[str, Any]]:
    how = settings.evaluate
    return heaviest(p, draws=how.draws, level=how.level, seed=how.seed)


def _score(p: Predictions, settings: Settings, samples: Samples) -> float:
    assert p.truth is not None
    weights, sets = settings.score.weights, settings.classes.sets
    return fast_score(
        p.probabilities,
        p.truth,
        p.classes,
        weights,
        sets,
        samples.levels,
        p.groups,
        truth_threshold=p.truth_threshold,
    )[0]


def _table(of: str, p: Predictions, separator: str) -> pd.DataFrame:
    table = p.frame(separator=separator)
    table.insert(0, "set", of)
    table.insert(0, "model", p.model)
    return table
