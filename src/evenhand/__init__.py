"""Evenhand: train classifiers on small, skewed, grouped data, and learn what their numbers are worth.

The public names are imported when they are first asked for, so that `import evenhand` costs nothing and a
person who only reads predictions never loads torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "AblationResult": "pipeline.ablation.ablation_result",
    "AuditResult": "pipeline.audit.audit_result",
    "Check": "pipeline.verbs.check",
    "Comparison": "evaluation.comparison.compare",
    "DiagnoseResult": "pipeline.diagnose.diagnose_result",
    "EarlinessResult": "pipeline.earliness.earliness_result",
    "EvenhandError": "base.errors",
    "EffectivePrior": "balance.prior.effective_prior",
    "Environment": "pipeline.verbs.env",
    "EvaluationResult": "evaluation.figures.evaluation_result",
    "Examination": "diagnosis.examination",
    "Finding": "base.values",
    "Folds": "base.values",
    "GroupedStratifiedKFold": "data.splits.sklearn_splitter",
    "Interval": "base.values",
    "JournalResult": "pipeline.journal.journal",
    "PredictionResult": "pipeline.verbs.predict",
    "Predictions": "base.values",
    "Record": "base.storage.record",
    "Run": "pipeline.verbs.run",
    "Samples": "base.values",
    "Verdict": "base.values",
    "NestedEvaluation": "evaluation.selection.selection_report",
    "ablation": "pipeline.ablation.ablation",
    "agreement": "pipeline.comparison.compare",
    "ensemble": "pipeline.verbs.ensemble",
    "audit": "pipeline.audit.audit",
    "blend": "blending.blend",
    "cache": "pipeline.verbs.cache",
    "calibrate": "blending.calibrate",
    "check": "pipeline.verbs.check",
    "clear_cache": "pipeline.verbs.cache",
    "compare": "pipeline.comparison.compare",
    "compare_data": "review.versions.compare_data",
    "compare_versions": "pipeline.comparison.compare",
    "demo": "pipeline.verbs.demo",
    "effective_prior": "balance.prior.effective_prior",
    "effective_prior_of": "balance.prior.torch_adapter",
    "evaluate": "pipeline.verbs.evaluate",
    "diagnose": "pipeline.diagnose.diagnose",
    "doctor": "pipeline.verbs.doctor",
    "earliness": "pipeline.earliness.earliness",
    "env": "pipeline.verbs.env",
    "init": "pipeline.verbs.init",
    "journal": "pipeline.journal.journal",
    "keys": "pipeline.verbs.keys",
    "LearningCurves": "pipeline.curves.curves_result",
    "Ranking": "pipeline.curves.rank",
    "learning_curves": "pipeline.curves.learning_curves",
    "rank": "pipeline.curves.rank",
    "balance_ledger": "pipeline.verbs.balance_ledger",
    "predict": "pipeline.verbs.predict",
    "predict_like": "pipeline.submission.predict_like",
    "predict_stream": "pipeline.streaming.predict_stream",
    "read_predictions": "evaluation.reading.read",
    "run": "pipeline.verbs.run",
    "RetrievalFigures": "pipeline.retrieval.evaluate_retrieval",
    "RetrievalResult": "pipeline.retrieval.retrieve_result",
    "evaluate_retrieval": "pipeline.retrieval.evaluate_retrieval",
    "retrieve": "pipeline.retrieval.retrieve",
    "runs": "pipeline.verbs.runs",
    "split": "pipeline.verbs.split",
    "submit": "pipeline.submission.submit",
    "nested_evaluation": "blending.nested_evaluation",
    "report": "pipeline.verbs.report",
    "Verification": "pipeline.verbs.verify",
    "verify": "pipeline.verbs.verify",
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
    from evenhand.blending.calibrate import calibrate as calibrate
    from evenhand.blending.nested_evaluation import nested_evaluation as nested_evaluation
    from evenhand.data.splits.sklearn_splitter import GroupedStratifiedKFold as GroupedStratifiedKFold
    from evenhand.diagnosis.examination import Examination as Examination
    from evenhand.evaluation.comparison.compare import Comparison as Comparison
    from evenhand.evaluation.figures.evaluation_result import EvaluationResult as EvaluationResult
    from evenhand.evaluation.reading.read import read_predictions as read_predictions
    from evenhand.evaluation.selection.selection_report import NestedEvaluation as NestedEvaluation
    from evenhand.pipeline.ablation.ablation import ablation as ablation
    from evenhand.pipeline.ablation.ablation_result import AblationResult as AblationResult
    from evenhand.pipeline.audit.audit import audit as audit
    from evenhand.pipeline.audit.audit_result import AuditResult as AuditResult
    from evenhand.pipeline.comparison.compare import agreement as agreement
    from evenhand.pipeline.comparison.compare import compare as compare
    from evenhand.pipeline.comparison.compare import compare_versions as compare_versions
    from evenhand.pipeline.curves.curves_result import LearningCurves as LearningCurves
    from evenhand.pipeline.curves.learning_curves import learning_curves as learning_curves
    from evenhand.pipeline.curves.rank import Ranking as Ranking
    from evenhand.pipeline.curves.rank import rank as rank
    from evenhand.pipeline.diagnose.diagnose import diagnose as diagnose
    from evenhand.pipeline.diagnose.diagnose_result import DiagnoseResult as DiagnoseResult
    from evenhand.pipeline.earliness.earliness import earliness as earliness
    from evenhand.pipeline.earliness.earliness_result import EarlinessResult as EarlinessResult
    from evenhand.pipeline.journal.journal import JournalResult as JournalResult
    from evenhand.pipeline.journal.journal import journal as journal
    from evenhand.pipeline.retrieval.evaluate_retrieval import RetrievalFigures as RetrievalFigures
    from evenhand.pipeline.retrieval.evaluate_retrieval import evaluate_retrieval as evaluate_retrieval
    from evenhand.pipeline.retrieval.retrieve import retrieve as retrieve
    from evenhand.pipeline.retrieval.retrieve_result import RetrievalResult as RetrievalResult
    from evenhand.pipeline.streaming.predict_stream import predict_stream as predict_stream
    from evenhand.pipeline.submission.predict_like import predict_like as predict_like
    from evenhand.pipeline.submission.submit import submit as submit
    from evenhand.pipeline.verbs.balance_ledger import balance_ledger as balance_ledger
    from evenhand.pipeline.verbs.cache import cache as cache
    from evenhand.pipeline.verbs.cache import clear_cache as clear_cache
    from evenhand.pipeline.verbs.check import Check as Check
    from evenhand.pipeline.verbs.check import check as check
    from evenhand.pipeline.verbs.demo import demo as demo
    from evenhand.pipeline.verbs.doctor import doctor as doctor
    from evenhand.pipeline.verbs.ensemble import ensemble as ensemble
    from evenhand.pipeline.verbs.env import Environment as Environment
    from evenhand.pipeline.verbs.env import env as env
    from evenhand.pipeline.verbs.evaluate import evaluate as evaluate
    from evenhand.pipeline.verbs.init import init as init
    from evenhand.pipeline.verbs.keys import keys as keys
    from evenhand.pipeline.verbs.predict import PredictionResult as PredictionResult
    from evenhand.pipeline.verbs.predict import predict as predict
    from evenhand.pipeline.verbs.report import report as report
    from evenhand.pipeline.verbs.run import Run as Run
    from evenhand.pipeline.verbs.run import run as run
    from evenhand.pipeline.verbs.runs import runs as runs
    from evenhand.pipeline.verbs.split import split as split
    from evenhand.pipeline.verbs.verify import Verification as Verification
    from evenhand.pipeline.verbs.verify import verify as verify
    from evenhand.review.versions.compare_data import compare_data as compare_data


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'evenhand' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"evenhand.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
