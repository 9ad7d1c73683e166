"""The result of an audit: holdouts, groups, calibration before and after, conformal sets, refitting."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Finding, Interval, Predictions, Samples
from evenhand.blending.calibrate import calibrate
from evenhand.blending.core.spec import recipe
from evenhand.evaluation.audit.audit import Audit, audit
from evenhand.evaluation.audit.conformal import By, ConformalSets, conformal
from evenhand.evaluation.figures.calibration import Bin, reliability
from evenhand.evaluation.figures.evaluate import evaluate, labelled
from evenhand.pipeline.audit.refit_result import Refit
from evenhand.settings.load import Settings

CALIBRATORS = ("temperature",)
"""Calibrators that an audit tries."""
CALIBRATION_METRICS = ("log_loss", "calibration_error", "accuracy")


@dataclass(frozen=True, eq=False)
class Recalibrated:
    """Calibration before or after a calibrator that is cross-fitted: each fold is calibrated on the others.

    Attributes
    ----------
    method
        The calibrator; "" for the probabilities as they are.
    figures
        Metric -> figure.
    curve
        The reliability curve.
    """

    method: str
    figures: dict[str, Interval]
    curve: tuple[Bin, ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "method": self.method,
            "figures": {name: figure.document() for name, figure in self.figures.items()},
            "reliability": [part.document() for part in self.curve],
        }


@dataclass(frozen=True, eq=False)
class AuditResult:
    """An audit of one model.

    Attributes
    ----------
    audit
        Holdouts and groups; nothing is refitted.
    calibration
        Before and after each calibrator that supports the labels; empty without folds.
    conformal
        Sets by class, and by group if groups are in several folds.
    refit
        Figures after refitting without the held-out groups; None if not requested.
    findings
        Findings about these predictions, and those of the run about its test (EH110).
    """

    audit: Audit
    calibration: tuple[Recalibrated, ...] = ()
    conformal: tuple[ConformalSets, ...] = ()
    refit: Refit | None = None
    findings: tuple[Finding, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            **self.audit.document(),
            "calibration": [one.document() for one in self.calibration],
            "conformal": [one.document() for one in self.conformal],
            "refit": None if self.refit is None else self.refit.document(),
            "findings": [finding.document() for finding in self.findings],
        }

    def calibration_table(self) -> pd.DataFrame:
        """Return calibration as a frame: method, metric, estimate, low, high."""
        rows = [
            {"method": one.method or "as it is", "metric": name, **figure.document()}
            for one in self.calibration
            for name, figure in one.figures.items()
        ]
        return pd.DataFrame(rows, columns=["method", "metric", "estimate", "low", "high", "n", "groups"])

    def __repr__(self) -> str:
        return repr(self.audit)

    def _repr_html_(self) -> str:
        refit = "" if self.refit is None else f"<p>{html.escape(self.refit.summary)}</p>"
        return self.audit._repr_html_() + refit


def audit_run(
    p: Predictions, settings: Settings, samples: Samples, *, by: npt.ArrayLike | None = None
) -> AuditResult:
    """Return the audit of the predictions of a run under its settings; only a temperature is fitted."""
    how = settings.evaluate
    found = audit(
        p,
        by=by,
        metric=next(iter(settings.score.weights)),
        sets=settings.classes.sets,
        levels=samples.levels,
        draws=how.draws,
        level=how.level,
        seed=how.seed,
    )
    return AuditResult(found, recalibrated(p, draws=how.draws, level=how.level, seed=how.seed))


def recalibrated(
    p: Predictions,
    methods: Sequence[str] = CALIBRATORS,
    *,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[Recalibrated, ...]:
    """Return calibration before and after each cross-fitted method that supports the labels; none without folds."""
    p = labelled(p)
    if p.fold is None or len(set(p.fold.tolist())) < 2:
        return ()
    fitting = [name for name in methods if not recipe(f"equal+{name}").refusal(several=p.multi_label)]
    versions = {"": p} | {method: calibrate(p, method) for method in fitting}
    return tuple(
        Recalibrated(
            method,
            evaluate(one, CALIBRATION_METRICS, draws=draws, level=level, seed=seed),
            tuple(reliability(one)),
        )
        for method, one in versions.items()
    )


def conformal_sets(p: Predictions, coverage: float) -> tuple[ConformalSets, ...]:
    """Return conformal sets over all rows, by class, and by group if groups are large enough."""
    kinds: list[By] = ["all", "class"]
    sizes = np.bincount(unique_names(() if p.named_groups is None else p.named_groups)[1])
    # The quantile exists from n (1 - coverage) >= coverage calibration rows on; 4/5 of a group calibrate.
    if len(sizes) > 1 and np.median(sizes) * 0.8 * (1 - coverage) >= coverage:
        kinds.append("group")
    return tuple(conformal(p, by=by, coverage=coverage) for by in kinds)
