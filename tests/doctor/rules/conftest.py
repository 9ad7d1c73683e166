"""Cases about skew: rows of each class, and what is done about them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.balance.ledger import ledger_of
from evenhand.doctor import Case
from evenhand.doctor.course import Course

ECG = {"N": 9000, "S": 200, "V": 700, "O": 100}


def ledgered(
    counts: dict[str, int] | None = None, *, config: dict[str, Any] | None = None, **settings: Any
) -> Case:
    """Return a case with the ledger of one model, m, on rows of classes."""
    counts = ECG if counts is None else counts
    labels = np.repeat(np.arange(len(counts)), list(counts.values()))
    everything = np.ones(len(labels), dtype=bool)
    made = ledger_of(BalanceConfig(**settings), labels, tuple(counts), everything, [everything], models=("m",))
    return Case(config=config or {}, ledgers=(made,))


def course_of(mixes: list[list[float]], expected: list[float], **fields: Any) -> Course:
    """Return the course of a fit whose epochs held these mixes."""
    lines = tuple(
        {"epoch": e, "stage": 0, "batch_mix": mix, "expected_mix": expected, "sets": {"train": {"rows": 10_000}}}
        for e, mix in enumerate(mixes)
    )
    return Course("m", 0, 0, tuple(ECG), lines, **fields)


@pytest.fixture
def skewed() -> Callable[..., Case]:
    """Return `ledgered`: a case of 90 : 2 : 7 : 1 rows unless told otherwise."""
    return ledgered


@pytest.fixture
def course() -> Callable[..., Course]:
    """Return `course_of`."""
    return course_of
