"""EH110: training and test data look different."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Floats, Ints
from evenhand.data.splits.locked_test import LEAST_TESTS, different_tests
from evenhand.diagnosis.evidence.data_parts import LEAST_ROWS, LOCKED
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule
from evenhand.diagnosis.statistics.directions import in_words, shifts
from evenhand.diagnosis.statistics.probes import within_classes
from evenhand.diagnosis.statistics.two_sample_test import TwoSampleResult, TwoSamples, two_sample_test
from evenhand.modalities.images.image_statistics import aspect_of


@rule("EH110", slug="test-looks-different", severity="warning", needs=("two_parts", "traits"), after=("EH111",))
def check(evidence: Evidence, *, least_auc: float = 0.6, most_p: float = 0.005, draws: int = 999,
          least_tests: int = LEAST_TESTS) -> Iterator[Found]:  # fmt: skip
    """Find a test, or another predefined split, that looks different from the training rows.

    What it checks: whether a classifier distinguishes the two by image statistics (brightness, contrast, colour,
    detail, sharpness, border, layout, size, compression; of scans spectra, likeness and steps of their lines), or
    by features of an encoder where there are any. It fires where the area under the ROC curve on held-out groups is
    at least `least_auc`, where `draws` permutations of the sides over whole groups within classes seldom reach as
    much (p of at most `most_p` over all comparisons), and where the interval lies above the 99 % quantile of
    chance. The locked test is compared with the rest; without one, the largest predefined split with each of the
    others. Where the test was sampled (`folds.test = { fraction = ... }`), tests resampled by the same method
    replace the permutations, so that a large series that happens to lie in the test is not taken for another
    origin; a test that was made otherwise, by an older version too, is compared with permutations. Where the groups
    allow fewer than `least_tests` different tests, no difference can be distinguished from chance, and a note
    reports it.

    Why it matters: the out-of-fold figure is about pictures like the training rows. If the test comes from
    elsewhere, the figure will be lower there, and lower again in the next place.

    What to do: for a sampled test, set another folds.seed or a larger fraction. Otherwise name in data.group the
    shop, camera or series of each row, so that folds show the gap too; train with augmentations that cover the
    named differences; collect data where the model will be used.

    Limits: different class shares alone are not reported, as each class is compared with itself. A difference
    that the groups explain counts as chance. The finding means that the parts differ, not that a model will fail.

    Example: `test looks different from train: a classifier tells them apart with an area under the curve of
    0.810 [0.790, 0.831], where chance stays below 0.528 (5,125 rows, 2,255 groups), most of all by
    colour, border colour and layout.`
    """
    if evidence.compared is None:
        return
    whole, others = evidence.compared.whole, evidence.compared.others
    for other in others:
        rows = evidence.subsample[np.isin(evidence.compared.part[evidence.subsample], [whole, other])]
        parts = _parts(evidence, rows, other)
        if not LEAST_ROWS <= parts.side.sum() <= len(rows) - LEAST_ROWS:
            continue
        if parts.redraw is not None and (tests := different_tests(parts.redraw(draws).T)) < least_tests:
            yield _undecided(other, whole, tests)
            continue
        traits = evidence.traits.loc[rows]
        within = pd.DataFrame(within_classes(traits.to_numpy(np.float64), parts.known), columns=traits.columns)
        measured = [within.to_numpy()]
        if evidence.features is not None:
            measured.append(within_classes(evidence.features[rows].astype(np.float64), parts.known))
        found = [_apart(measures, parts, draws) for measures in measured]
        best = min(found, key=lambda apart: (apart.p, -apart.auc.estimate))
        # Times the number of comparisons (Bonferroni). Both conditions: in large data a trifle is significant,
        # and in small data the interval is wide.
        surely = best.auc.low > best.chance and best.p * len(others) * len(measured) <= most_p
        if surely and best.auc.estimate >= least_auc:
            causes, shift = _aspects(within, parts)
            yield _found(other, whole, best, causes, shift, drawn=parts.redraw is not None)


def _undecided(other: str, whole: str, tests: int) -> Found:
    return Found(
        message=f"Whether {other} looks different from {whole} cannot be decided: only {tests} different tests can "
        "be drawn from these groups, too few for a null distribution.",
        about=other,
        evidence={"tests": tests, "sampled": True},
        severity="note",
    )


def _parts(evidence: Evidence, rows: Ints, other: str) -> TwoSamples:
    """Return the rows on two sides, with their classes if nearly all rows have one."""
    assert evidence.compared is not None
    side = evidence.compared.part[rows] == other
    known = evidence.label_matrix[rows]
    labelled = known.sum(axis=1) > 0
    # With many rows unlabelled on one side, having a label would itself tell the sides apart.
    if min(labelled[side].mean(), labelled[~side].mean()) < 0.9:
        known = np.zeros((len(rows), 0))
    single = not evidence.rows.multi_label and known.shape[1] > 0
    stratum = evidence.rows.labels[rows] + 1 if single else np.zeros(len(rows), dtype=np.int64)
    group = unique_names(evidence.rows.groups[rows])[1]
    drawn = other == LOCKED and evidence.sampled_test is not None
    # Cached: the same tests serve the test of all measures and that of each aspect.
    redraw = cache(lambda count: evidence.resampled_tests(count)[rows]) if drawn else None
    return TwoSamples(side, group, stratum, known, redraw)


def _apart(measures: Floats, parts: TwoSamples, draws: int, *, few: int = 99) -> TwoSampleResult:
    """Return how well the sides are separated, from a tenth of the permutations if these already show nothing."""
    quick = two_sample_test(measures, parts, draws=min(few, draws))
    return quick if quick.p > 0.05 else two_sample_test(measures, parts, draws=draws)


def _aspects(
    within: pd.DataFrame, parts: TwoSamples, *, least_auc: float = 0.55, draws: int = 39
) -> tuple[dict[str, TwoSampleResult], dict[str, float]]:
    """Return the aspects that separate the sides on their own, best first, and the shift of every measure."""
    found = {}
    for aspect in dict.fromkeys(map(aspect_of, within.columns)):
        own = within[[name for name in within.columns if aspect_of(name) == aspect]].to_numpy(np.float64)
        if own.std(axis=0).max() > 1e-6:
            apart = two_sample_test(own, parts, draws=draws)
            if apart.auc.estimate >= least_auc and apart.p <= 2 / (1 + draws):
                found[aspect] = apart
    best_first = dict(sorted(found.items(), key=lambda item: -item[1].auc.estimate))
    return best_first, shifts(within, parts.side)


def _found(
    other: str,
    whole: str,
    best: TwoSampleResult,
    causes: dict[str, TwoSampleResult],
    shift: dict[str, float],
    *,
    drawn: bool,
) -> Found:
    words = {aspect: in_words(shift, aspect) for aspect in causes}
    named = [f"{aspect} ({word})" if word else aspect for aspect, word in words.items()]
    by = f"most of all by {listing(named[:3])}" if named else "by content rather than by simple image statistics"
    chance = "99 of 100 resampled tests stay" if drawn else "chance stays"
    why = (
        " It was sampled from the same groups as the rest, so this is chance: set another folds.seed, "
        "or a larger folds.test.fraction."
    )
    return Found(
        message=f"{other} looks different from {whole}: a classifier tells them apart with an area under the curve "
        f"of {best.auc}, where {chance} below {best.chance:.3f} ({best.auc.n:,} rows, {best.auc.groups:,} "
        f"groups), {by}.{why if drawn else ''}",
        about=other,
        evidence={
            "auc": best.auc.document(),
            "chance": best.chance,
            "p": best.p,
            "sampled": drawn,
            "aspects": {aspect: apart.auc.estimate for aspect, apart in causes.items()},
            "shifts": {name: round(value, 3) for name, value in shift.items()},
        },
    )
