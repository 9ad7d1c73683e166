"""EH101: files that cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH101", slug="unreadable", severity="warning", needs=("failures",))
def check(evidence: Evidence, *, error_share: float = 0.05) -> Iterator[Found]:
    """Find files that cannot be read.

    What it checks: every file is decoded once; those that fail are left out and listed with the reason. It is
    an error where more than `error_share` of the files fail.

    Why it matters: the missing files are rarely a random sample. A class photographed with one camera, or copied
    by one broken transfer, can be lost almost completely.

    What to do: fetch the named files again from their source, or remove them from the table.

    Limits: a file that decodes to a wrong image is not detected. Files that a table names but that do not exist
    are an error of the table and are reported earlier (data.missing). Where a file holds many rows (a record of
    heartbeats), rows are counted beside the files.

    Example: `3 of 293 files cannot be read and are left out (first: "a/17.jpg", ends too early).`
    """
    failures = evidence.failures or ()
    if not failures:
        return
    n = len(failures) + (0 if evidence.samples is None else len(evidence.samples))
    files = {failure.path: failure.reason for failure in failures}
    reasons = Counter(files.values())
    parts = "" if len(files) == len(failures) else f" with {count(len(failures), 'row')}"
    first = failures[0]
    of_reason = {reason: path for path, reason in reversed(files.items())}
    words = [f"{r} ({c if c > 1 else _quoted(of_reason[r])})" for r, c in reasons.most_common()]
    others = f"; reasons: {listing(words)}" if len(reasons) > 1 else ""
    yield Found(
        message=f"{count(len(files), 'file')}{parts} of {n:,} cannot be read and "
        f'{verb(len(files), "is", "are")} left out (first: "{first.path}", {first.reason}){others}.',
        about=first.path if len(files) == 1 else "",
        evidence={"failed": len(failures), "n": n, "files": files},
        ids=[failure.id for failure in failures],
        severity="error" if len(failures) > error_share * n else None,
    )


def _quoted(path: str) -> str:
    return f'"{path}"'
