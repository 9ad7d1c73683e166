"""Evenhand: train classifiers on small, skewed, grouped data, and learn what their numbers are worth.

The public names are imported when they are first asked for, so that `import evenhand` costs nothing and a
person who only reads predictions never loads torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "Audited": "pipeline.audited",
    "Check": "pipeline.check",
    "Comparison": "evaluation.comparison.compare",
    "EvenhandError": "base.errors",
    "EffectivePrior": "balance.prior.effective_prior",
    "EvaluationResult": "evaluation.figures.evaluation_result",
    "Examination": "diagnosis.examination",
    "Finding": "base.values",
    "Folds": "base.values",
    "GroupedStratifiedKFold": "data.splits.sklearn_splitter",
    "Interval": "base.values",
    "Predicted": "pipeline.predict",
    "Predictions": "base.values",
    "Record": "base.storage.record",
    "Run": "pipeline.run",
    "Samples": "base.values",
    "Verdict": "base.values",
    "Worth": "evaluation.selection.selection_report",
    "agreement": "pipeline.compare",
    "assemble": "pipeline.assemble",
    "audit": "pipeline.audit",
    "blend": "blending.blend",
    "cache": "pipeline.cache",
    "calibrated": "blending.calibrate",
    "check": "pipeline.check",
    "clear_cache": "pipeline.cache",
    "compare": "pipeline.compare",
    "compare_versions": "pipeline.compare",
    "demo": "pipeline.demo",
    "effective_prior": "balance.prior.effective_prior",
    "effective_prior_of": "balance.prior.torch_adapter",
    "evaluate": "pipeline.evaluate",
    "examine": "pipeline.examine",
    "init": "pipeline.init",
    "keys": "pipeline.keys",
    "ledger": "pipeline.ledger",
    "predict": "pipeline.predict",
    "predict_like": "pipeline.predict_like",
    "read_predictions": "evaluation.reading.read",
    "run": "pipeline.run",
    "runs": "pipeline.runs",
    "split": "pipeline.split",
    "submit": "pipeline.submit",
    "worth": "blending.nested_evaluation",
    "write_report": "pipeline.report",
}
"""Public name -> the module below evenhand that holds it."""

__all__ = [  # noqa: PLE0604  (one list, kept with the table above)
    *sorted(_WHERE),
    "__version__",
]

if TYPE_CHECKING:
    from evenhand.balance.prior.effective_prior import EffectivePrior as EffectivePrior
    from evenhand.balance.prior.effective_prior import effective_prior as effective_prior
    from evenhand.balance.prior.torch_adapter import effective_prior_of as effective_prior_of
    from evenhand.base.errors import EvenhandError as EvenhandError
    from evenhand.base.storage.record import Record as Record
    from evenhand.base.values import Finding as Finding
    from evenhand.base.values import Folds as Folds
    from evenhand.base.values import Interval as Interval
    from evenhand.base.values import Predictions as Predictions
    from evenhand.base.values import Samples as Samples
    from evenhand.base.values import Verdict as Verdict
    from evenhand.blending.blend import blend as blend
    from evenhand.blending.calibrate import calibrated as calibrated
    from evenhand.blending.nested_evaluation import worth as worth
    from evenhand.data.splits.sklearn_splitter import GroupedStratifiedKFold as GroupedStratifiedKFold
    from evenhand.diagnosis.examination import Examination as Examination
    from evenhand.evaluation.comparison.compare import Comparison as Comparison
    from evenhand.evaluation.figures.evaluation_result import EvaluationResult as EvaluationResult
    from evenhand.evaluation.reading.read import read_predictions as read_predictions
    from evenhand.evaluation.selection.selection_report import Worth as Worth
    from evenhand.pipeline.assemble import assemble as assemble
    from evenhand.pipeline.audit import audit as audit
    from evenhand.pipeline.audited import Audited as Audited
    from evenhand.pipeline.cache import cache as cache
    from evenhand.pipeline.cache import clear_cache as clear_cache
    from evenhand.pipeline.check import Check as Check
    from evenhand.pipeline.check import check as check
    from evenhand.pipeline.compare import agreement as agreement
    from evenhand.pipeline.compare import compare as compare
    from evenhand.pipeline.compare import compare_versions as compare_versions
    from evenhand.pipeline.demo import demo as demo
    from evenhand.pipeline.evaluate import evaluate as evaluate
    from evenhand.pipeline.examine import examine as examine
    from evenhand.pipeline.init import init as init
    from evenhand.pipeline.keys import keys as keys
    from evenhand.pipeline.ledger import ledger as ledger
    from evenhand.pipeline.predict import Predicted as Predicted
    from evenhand.pipeline.predict import predict as predict
    from evenhand.pipeline.predict_like import predict_like as predict_like
    from evenhand.pipeline.report import write_report as write_report
    from evenhand.pipeline.run import Run as Run
    from evenhand.pipeline.run import run as run
    from evenhand.pipeline.runs import runs as runs
    from evenhand.pipeline.split import split as split
    from evenhand.pipeline.submit import submit as submit


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'evenhand' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"evenhand.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
