"""`ablation`: the base, each change alone and all together, on the same folds, with paired verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evenhand.base.errors import EvenhandError, Interrupted
from evenhand.base.storage.record import Record
from evenhand.base.values import Predictions, Verdict
from evenhand.evaluation.comparison.compare import Comparison, compare_predictions
from evenhand.evaluation.comparison.verdicts import WORTH_CARING
from evenhand.evaluation.reading.read import of_model, read_predictions
from evenhand.pipeline.ablation.ablation_result import RESULT, AblationResult, AblationRow
from evenhand.pipeline.ablation.causes import causes_in_order
from evenhand.pipeline.ablation.components import components
from evenhand.pipeline.ablation.finished_runs import finished_run
from evenhand.pipeline.ablation.plan import AblationPlan, PlannedRow, Source, plan_ablation
from evenhand.pipeline.ablation.same_folds import check_comparable, refuse_other_folds
from evenhand.pipeline.comparison.compare import findings
from evenhand.pipeline.comparison.run_differences import differences
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.verbs.report import report
from evenhand.pipeline.verbs.run import run
from evenhand.settings.ablation import BASE, TOGETHER
from evenhand.settings.unused_keys import unused_keys


@shows_progress
def ablation(
    config: Source,
    *,
    changes: Sequence[str] = (),
    metrics: Sequence[str] | None = None,
    smallest: float = WORTH_CARING,
    fresh: bool = False,
    dry_run: bool = False,
    watcher: Watcher | None = None,
) -> AblationResult:
    """Run a base, each change of [ablation] alone and all together, and return how each compares with the base.

    With `leave_one_out` all changes but one are run too, and the result has the causes in order.

    Every row is a run with a record of its own, on the same rows and folds (checked, to the bit) and with the same
    seeds and budget, unless its change is one of these (EH402 reports it). Verdicts are paired, row by row, and
    Holm-corrected over the whole table (`compare`). Frozen parts are computed once, as all rows share the store.

    Rows that are finished, from this ablation or from `run`, are not run again; an interrupted one is resumed. A
    row that fails is reported in the table, and the others go on. The result is written to ablation.json in the
    record of the base, whose report shows it.

    Parameters
    ----------
    config
        A TOML file with [ablation], or a mapping of the same shape.
    changes
        `KEY=VALUE` assignments over it, for every row.
    metrics
        Names of metrics; by default the first of [score].
    smallest
        The smallest difference worth caring about, in the unit of the metrics.
    fresh
        Run every row anew.
    dry_run
        Check all rows and return them without running any.
    watcher
        Receives progress; by default bars in a terminal or a notebook.

    Raises
    ------
    ConfigError
        If the configuration of a row is wrong, or a change alters rows, labels or folds (ablation.folds = "any"
        allows other rows and folds).
    EvenhandError
        If the base cannot be run.
    """
    watcher = watcher or Silent()
    plan = plan_ablation(config, changes)
    chosen = tuple(metrics or list(plan.base.settings.score.weights)[:1])
    rows = [AblationRow(row.name, row.set, row.expect) for row in plan.rows]
    refuse_other_folds(plan)
    result = AblationResult(plan.name, plan.model, chosen, tuple(rows))
    if dry_run:
        return result
    for at, planned in enumerate(plan.rows):
        watcher.message(f"{planned.name} ({at + 1} of {len(rows)})")
        rows[at] = _run_row(plan, planned, rows[0], fresh, watcher)
        result = replace(result, rows=tuple(rows))
        _write(result)
    result = _compared(plan, result, smallest)
    _write(result)
    base = rows[0].record
    assert base is not None
    report(base)
    return result


def _run_row(
    plan: AblationPlan, planned: PlannedRow, base: AblationRow, fresh: bool, watcher: Watcher
) -> AblationRow:
    """Return a row with its record, or with the error that ended it; errors of the base are raised."""
    row = AblationRow(planned.name, planned.set, planned.expect)
    try:
        record = None if fresh else finished_run(planned.settings)
        if record is None:
            patch = planned.patch
            record = run(plan.source, changes=plan.changes, patch=patch, fresh=fresh, watcher=watcher).record
        if base.record is not None:
            check_comparable(plan, base.record, record)
    except Interrupted:
        raise
    except EvenhandError as error:
        if planned is plan.base:
            raise
        watcher.message(f"{planned.name} failed: {error}")
        return replace(row, error=str(error))
    return replace(row, record=record)


def _write(result: AblationResult) -> None:
    """Write the result, or as much as there is of it, into the record of the base."""
    base = result.rows[0].record
    assert base is not None
    base.write_json(RESULT, result.document())


def _compared(plan: AblationPlan, result: AblationResult, smallest: float) -> AblationResult:
    """Return the result with figures, verdicts and conditions of every row that ran."""
    predictions: dict[str, Predictions] = {}
    rows = list(result.rows)
    for at, row in enumerate(rows):
        if row.record is not None and not row.error:
            try:
                predictions[row.name] = _predictions(row.record, plan.model)
            except EvenhandError as error:
                if at == 0:
                    raise
                rows[at] = replace(row, error=str(error))
    if not _pairs(plan, predictions):
        return replace(result, rows=tuple(rows))
    how = plan.base.settings.evaluate
    compared = compare_predictions(
        [replace(p, model=name) for name, p in predictions.items()],
        result.metrics,
        against=_pairs(plan, predictions),
        smallest=smallest,
        sets=plan.base.settings.classes.sets,
        levels=_record(rows[0]).samples().levels,
        draws=how.draws,
        level=how.level,
        seed=how.seed,
    )
    for at, (planned, row) in enumerate(zip(plan.rows, rows, strict=True)):
        if row.name in predictions:
            conditions = _conditions(plan, planned, rows[0], row, predictions) if at else ()
            rows[at] = replace(
                row,
                figures=compared.figures[row.name],
                verdicts=_verdicts_of(compared, row.name),
                conditions=conditions,
            )
    named = tuple(f"{row.name}: {words}" for row in rows for words in row.conditions)
    compared = replace(compared, conditions=named)
    causes = causes_in_order(components(plan.section), result.metrics, compared.verdicts)
    return replace(result, rows=tuple(rows), comparison=compared, findings=tuple(findings(compared)), causes=causes)


def _pairs(plan: AblationPlan, predictions: Mapping[str, Predictions]) -> list[tuple[str, str]]:
    """Return the names that are compared, the base of each first: the table's, then those of the causes."""
    # A row that leaves a change out is there for the causes: a verdict against the base too would only widen the
    # intervals of all others.
    shown = {TOGETHER, *(change.name for change in plan.section.change)}
    pairs = [(BASE, row.name) for row in plan.rows[1:] if row.name in shown]
    pairs += [pair for one in components(plan.section) for pair in one.pairs]
    return [pair for pair in dict.fromkeys(pairs) if predictions.keys() >= {*pair}]


def _record(row: AblationRow) -> Record:
    assert row.record is not None
    return row.record


def _predictions(record: Record, model: str) -> Predictions:
    return of_model(read_predictions(record), model, "compare", f"{record.path}: ")


def _verdicts_of(compared: Comparison, name: str) -> tuple[Verdict, ...]:
    return tuple(one for one in compared.verdicts if one.name == name and one.base == BASE)


def _conditions(
    plan: AblationPlan,
    planned: PlannedRow,
    base: AblationRow,
    row: AblationRow,
    predictions: dict[str, Predictions],
) -> tuple[str, ...]:
    """Return what differs between a row and the base beside the model, and what its change did not reach."""
    found = differences(predictions[base.name], predictions[row.name], _record(base), _record(row))
    known = unused_keys(plan.base.settings)
    idle = [words.removeprefix("Warning: ") for words in unused_keys(planned.settings) if words not in known]
    return (*found, *_other_seeds(plan, planned), *idle)


def _other_seeds(plan: AblationPlan, planned: PlannedRow) -> list[str]:
    """Return the seeds that a change replaced by as many others; `differences` reports another number of them."""
    ours = {model.name: model.seeds for model in plan.base.settings.model}
    return [
        f"seeds {model.seeds} against {ours[model.name]} ({model.name})"
        for model in planned.settings.model
        if model.name in ours and len(model.seeds) == len(ours[model.name]) and model.seeds != ours[model.name]
    ]
