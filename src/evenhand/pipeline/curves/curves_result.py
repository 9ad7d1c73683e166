"""The learning curves of one source, as tables and words."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evenhand.base.values import Finding
from evenhand.curves.fit_curves import FitCurves
from evenhand.curves.readings import choices, gap, learned_nothing, loss_rise, still_improving, suggested_stop

_METRICS = ["model", "fold", "seed", "set", "metric", "best", "best_at", "latest", "latest_at", "gap"]
_FITS = [
    "model",
    "fold",
    "seed",
    "unit",
    "last",
    "kept",
    "rises_after",
    "still_improving",
    "learned_nothing",
    "at_chance",
    "suggested_stop",
    "by_loss",
    "by_metric",
    "metric",
]


@dataclass(frozen=True, eq=False)
class LearningCurves:
    """The learning curves of a run or a log.

    Attributes
    ----------
    source
        The folder or file.
    fits
        The curves of each fit.
    findings
        What the rules about curves found.
    at_chance
        Model, fold and seed of the fits of a run whose outputs carry no information about the truth (EH302).
    lost
        What a finished run has lost of its tasks: names of folders and files below its folder.
    """

    source: str
    fits: tuple[FitCurves, ...]
    findings: tuple[Finding, ...] = ()
    at_chance: frozenset[tuple[str, int | None, int | None]] = field(default=frozenset())
    lost: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return a row for each fit, set and metric.

        Returns
        -------
        DataFrame
            model, fold, seed, set, metric, best and the epoch or step of it (best_at; missing where it is not known
            which way is better), latest, latest_at, and gap: how much better the latest value is on training rows.
        """
        return pd.DataFrame(list(self._metric_rows()), columns=_METRICS)

    def summary(self) -> pd.DataFrame:
        """Return a row for each fit.

        Returns
        -------
        DataFrame
            model, fold, seed; unit ("epoch" or "step") of what follows; last; kept (where known); rises_after, the
            epoch after which the loss of the rows held out rose; still_improving; learned_nothing, whether no loss
            ever fell; at_chance; suggested_stop, the first epoch as good as the best within the noise; by_loss and
            by_metric, the epochs that the loss and `metric` choose, where they differ for good reason.
        """
        return pd.DataFrame([self._fit_row(fit) for fit in self.fits], columns=_FITS)

    def frame(self) -> pd.DataFrame:
        """Return every value in long form: model, fold, seed, set, metric, at, value."""
        frames = [fit.frame() for fit in self.fits]
        return pd.concat(frames, ignore_index=True) if frames else FitCurves("", None, None, ()).frame()

    def words(self, fit: FitCurves) -> str:
        """Return what the curves of a fit show, in words."""
        return "; ".join(_facts(fit, self._fit_row(fit)))

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        fits = []
        for fit, row in zip(self.fits, self.summary().to_dict(orient="records"), strict=True):
            one = LearningCurves(self.source, (fit,))
            fits.append({**row, "metrics": one.table().to_dict(orient="records"), "notes": list(fit.notes)})
        return {
            "source": self.source,
            "fits": _without_missing(fits),
            "findings": [finding.document() for finding in self.findings],
            **({"lost": list(self.lost)} if self.lost else {}),
        }

    def _metric_rows(self) -> Iterator[Mapping[str, Any]]:
        for fit in self.fits:
            for curve in fit.curves:
                best, last = curve.best, float(curve.axis[-1])
                held = curve.rows == fit.held_out
                yield {
                    "model": fit.model,
                    "fold": fit.fold,
                    "seed": fit.seed,
                    "set": curve.rows,
                    "metric": curve.metric,
                    "best": math.nan if best is None else float(curve.values[best]),
                    "best_at": math.nan if best is None else float(curve.axis[best]),
                    "latest": float(curve.values[-1]),
                    "latest_at": last,
                    "gap": gap(fit, curve.metric, last) if held else math.nan,
                }

    def _fit_row(self, fit: FitCurves) -> dict[str, Any]:
        rises, apart = loss_rise(fit), choices(fit)
        return {
            "model": fit.model,
            "fold": fit.fold,
            "seed": fit.seed,
            "unit": fit.unit,
            "last": max((float(curve.axis[-1]) for curve in fit.curves), default=math.nan),
            "kept": fit.kept,
            "rises_after": None if rises is None else float(rises.at),
            "still_improving": still_improving(fit) is not None,
            "learned_nothing": learned_nothing(fit),
            "at_chance": (fit.model, fit.fold, fit.seed) in self.at_chance,
            "suggested_stop": suggested_stop(fit),
            "by_loss": None if apart is None else apart.loss_at,
            "by_metric": None if apart is None else apart.metric_at,
            "metric": None if apart is None else apart.metric,
        }

    def __repr__(self) -> str:
        return "\n".join(f"{fit.name}: {self.words(fit)}" for fit in self.fits) or f"{self.source}: no epochs"

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{html.escape(f'{fit.name}: {self.words(fit)}')}</li>" for fit in self.fits)
        return f"<ul>{lines}</ul>{self.table().to_html(index=False, escape=True, float_format='{:.4g}'.format)}"


def _facts(fit: FitCurves, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the curves of a fit show."""
    yield f"{row['last']:,.0f} {fit.unit}{'' if row['last'] == 1 else 's'}"
    if row["at_chance"]:
        yield "the outputs say nothing of the truth"
    elif row["learned_nothing"]:
        yield "no loss has fallen"
    if row["rises_after"] is not None:
        yield f"the {fit.held_out} loss rises after {fit.when(row['rises_after'])}"
    if row["still_improving"]:
        yield "still improving at the end"
    if row["by_loss"] is not None:
        yield f"the loss chooses {fit.when(row['by_loss'])}, {row['metric']} {fit.when(row['by_metric'])}"
    if row["suggested_stop"] is not None and not row["learned_nothing"] and row["suggested_stop"] < row["last"]:
        yield f"stop at {fit.when(row['suggested_stop'])}"


def _without_missing(value: Any) -> Any:
    """Return plain values with None for what is missing, as JSON has no other word for it."""
    if isinstance(value, dict):
        return {key: _without_missing(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_missing(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
