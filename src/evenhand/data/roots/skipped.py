"""Skipped files, each with its reason, and the findings about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evenhand.base.values import Finding
from evenhand.data.roots.file_names import some


@dataclass(frozen=True)
class Skipped:
    """A file or folder that was skipped.

    Attributes
    ----------
    name
        Its posix name below the root.
    reason
        What is wrong with it, to follow its name ("is a broken symbolic link").
    """

    name: str
    reason: str


def findings_of(skipped: Iterable[Skipped], source: str, *, most: int = 100, noun: str = "file") -> list[Finding]:
    """Return one finding (EH101) per reason; its evidence lists up to `most` of the files (or other `noun`)."""
    reasons: dict[str, list[str]] = {}
    for item in skipped:
        reasons.setdefault(item.reason, []).append(item.name)
    return [_finding(reason, sorted(names), source, most, noun) for reason, names in reasons.items()]


def _finding(reason: str, names: list[str], source: str, most: int, noun: str) -> Finding:
    verb = "was" if len(names) == 1 else "were"
    counted = noun if len(names) == 1 else f"{noun}s"
    return Finding(
        code="EH101",
        severity="warning",
        message=f"{source}: {len(names):,} {counted} {verb} left out: {some(names)}; {reason}.",
        about=source,
        evidence={f"{noun}s": len(names), "reason": reason, "names": names[:most]},
    )
