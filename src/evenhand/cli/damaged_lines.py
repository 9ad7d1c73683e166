"""Lines of a log of decisions that are left out, named."""

from __future__ import annotations

from evenhand.cli.console import print_line
from evenhand.review.log.log_file import DecisionLog


def print_damaged(log: DecisionLog, *, most: int = 5) -> None:
    """Print which lines of a log are not events, and why; the first `most` of them."""
    damaged = log.damaged()
    for one in damaged[:most]:
        print_line(f"{log.path}: line {one.number} is left out: {one.why}")
    if len(damaged) > most:
        print_line(f"{log.path}: {len(damaged) - most:,} more lines are left out.")
