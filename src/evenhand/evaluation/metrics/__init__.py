"""Metrics, a file for each way of counting; found by name, also those of other packages (`evenhand.metrics`)."""

from evenhand.base.registry import Registry
from evenhand.evaluation.core.metric import Metric, Numbered

METRICS: Registry[Metric | Numbered] = Registry(
    "metric", group="evenhand.metrics", package="evenhand.evaluation.metrics"
)

__all__ = ["METRICS"]
