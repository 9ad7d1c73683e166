"""EH119: a locked test that is one of few possible ones."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.base.values import TEST
from evenhand.data.splits.locked_test import LEAST_TESTS, different_tests
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule


@rule("EH119", slug="few-possible-tests", severity="note", needs=("sampled_test",))
def check(evidence: Evidence, *, least: int = LEAST_TESTS, draws: int = 400, many: int = 60) -> Iterator[Found]:
    """Find a randomly sampled test that is one of very few that the groups allow.

    What it checks: where the locked test was sampled (`folds.test = { fraction = ... }`) from at most `many`
    groups, it is resampled `draws` times, and distinct tests are counted. It fires below `least`.

    Why it matters: the figure of the test then describes one or two groups, its interval over groups is very wide
    or cannot be estimated, and another folds.seed gives one of the same few tests.

    What to do: leave folds.test out and use the out-of-fold figures, which rest on all groups; or collect more
    groups.

    Limits: tests that differ in a single small group count as different.

    Example: `The locked test (1 of 6 groups) is one of only 6 different tests that can be drawn from these groups;
    its figures describe only the groups in it.`
    """
    groups = evidence.rows.groups
    known = len(set(groups))
    # So many groups always allow more different tests than that, and sampling them costs time.
    if known > many:
        return
    tests = different_tests(evidence.resampled_tests(draws).T)
    if tests < least:
        locked = len(set(groups[evidence.fold == TEST]))
        noun = "groups" if evidence.rows.grouped else "rows"
        can = "different tests that can" if tests > 1 else "test that can"
        yield Found(
            message=f"The locked test ({locked} of {known} {noun}) is one of only {tests} {can} be drawn from "
            f"these {noun}; its figures describe only the {noun} in it.",
            evidence={"tests": tests, "groups": known, "groups_in_test": locked},
        )
