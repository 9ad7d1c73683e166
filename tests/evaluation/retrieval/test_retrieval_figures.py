"""Figures of retrieval against slow plain references, and their floors."""

from __future__ import annotations

import itertools
import math
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.values import Floats
from evenhand.evaluation.retrieval.evaluate_retrieval import QUERIES, QuerySet, query_figures, summarised
from evenhand.evaluation.retrieval.indexes import CosineIndex, unit
from evenhand.evaluation.retrieval.ranking_figures import figure_names, random_figures, ranking_figures
from evenhand.evaluation.retrieval.relevance import LabelMasks, Relevance

CLASSES = ("a", "b", "c", "d")


def plain(relevant: list[int], cutoffs: list[int]) -> list[float]:
    """Return the figures of one ranking without ties."""
    total, hits = sum(relevant), np.cumsum(relevant)
    precisions = [hits[i] / (i + 1) if relevant[i] else 0.0 for i in range(len(relevant))]
    return [
        sum(precisions) / total,
        *(sum(precisions[:k]) / min(k, total) for k in cutoffs),
        *(sum(relevant[:k]) / k for k in cutoffs),
        *(sum(relevant[:k]) / total for k in cutoffs),
    ]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=5))
def test_figures_of_ties_are_means_over_all_their_orders(rows: list[tuple[int, int]]) -> None:
    distance, relevant = (np.array(part) for part in zip(*rows, strict=True))
    found = ranking_figures(distance, relevant.astype(np.int8), [2, 10])
    if not relevant.any():
        assert np.isnan(found).all()
        return
    orders = [o for o in itertools.permutations(range(len(rows))) if (np.diff(distance[list(o)]) >= 0).all()]
    wanted = np.mean([plain(relevant[list(order)].tolist(), [2, 10]) for order in orders], axis=0)
    assert found == pytest.approx(wanted)


@settings(max_examples=40)
@given(n=st.integers(1, 5), total=st.integers(1, 6), k=st.integers(1, 8))
def test_the_floor_is_the_mean_over_all_rankings(n: int, total: int, k: int) -> None:
    total = min(n, total)
    orders = set(itertools.permutations([1] * total + [0] * (n - total)))
    wanted = np.mean([plain(list(order), [k]) for order in orders], axis=0)
    assert random_figures(np.array([total]), np.array([n]), [k])[0] == pytest.approx(wanted)


def test_rows_that_are_not_known_are_not_ranked() -> None:
    distance, relevant = np.array([0.1, 0.2, 0.3]), np.array([-1, 0, 1], dtype=np.int8)
    assert ranking_figures(distance, relevant, [1]).tolist() == [0.5, 0.0, 0.0, 0.0]


def test_figures_agree_with_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(0)
    distance, relevant = rng.random(200), rng.integers(0, 2, 200).astype(np.int8)
    assert ranking_figures(distance, relevant, [])[0] == pytest.approx(average_precision_score(relevant, -distance))


def _decided(rule: str, one: Any, other: Any, least: float) -> int:
    """Return the relevance of two rows by trying out every value of what is not known."""
    if rule == "jaccard":  # over what is known of both
        both = ~np.isnan(one) & ~np.isnan(other)
        if not both.any():
            return -1
        shared, either = ((one == 1) & (other == 1))[both].sum(), ((one == 1) | (other == 1))[both].sum()
        return int(shared > 0 and shared / either >= least - 1e-9)
    found = set()
    for values in itertools.product(*[[0, 1] if np.isnan(v) else [v] for v in [*one, *other]]):
        a, b = np.array(values[: len(one)]), np.array(values[len(one) :])
        found.add(int((a * b).any() and (rule == "any" or (a == b).all())))
    # of "all" a pair with unknown labels stays open also where they could only be equal by chance
    return found.pop() if len(found) == 1 else -1


@settings(max_examples=40)
@given(st.lists(st.lists(st.sampled_from([0.0, 1.0]), min_size=3, max_size=3), min_size=1, max_size=6))
def test_all_labels_are_the_whole_share_and_rows_without_labels_are_relevant_to_none(
    labels: list[list[float]],
) -> None:
    matrix = np.array(labels)
    found, share = (Relevance.named(name, CLASSES[:3]).between(matrix, matrix) for name in ("all", "jaccard:1"))
    assert found[matrix.any(axis=1)].tolist() == share[matrix.any(axis=1)].tolist()
    assert (found[~matrix.any(axis=1)] == 0).all()


@settings(max_examples=40)
@given(
    labels=st.lists(
        st.lists(st.sampled_from([0.0, 1.0, math.nan]), min_size=3, max_size=3), min_size=2, max_size=4
    ),
    rule=st.sampled_from(["any", "all", "jaccard"]),
)
def test_relevance_is_what_every_value_of_unknown_labels_gives(labels: list[list[float]], rule: str) -> None:
    matrix = np.array(labels)
    found = Relevance.named(rule, CLASSES[:3]).between(matrix, matrix)
    wanted = [[_decided(rule, one, other, 0.5) for other in matrix] for one in matrix]
    assert found.tolist() == wanted


def test_a_block_counts_its_classes_alone() -> None:
    one = Relevance.named("block:c", CLASSES, [("a", "b"), ("c", "d")])
    labels = np.array([[1.0, 0, 1, 0], [1, 0, 0, 1]])
    assert one.between(labels, labels).tolist() == [[1, 0], [0, 1]]
    assert one.words == "a label of c, d in common"


@pytest.mark.parametrize(
    ("several", "read_off", "words"),
    [
        (True, True, r'labels show none \(data.exclusive = "auto"\): name its block .* in a new run'),
        (True, False, 'or have blocks found by data.exclusive = "auto", in a new run'),
        (False, False, 'one class each, .*: take "any"'),
    ],
)
def test_a_class_in_no_block_is_told_what_can_be_done(several: bool, read_off: bool, words: str) -> None:
    with pytest.raises(EvenhandError, match=f"block:a: a is in no block .*{words}"):
        Relevance.named("block:a", CLASSES, [("c", "d")], several=several, read_off=read_off)


@pytest.mark.parametrize(
    ("name", "words"),
    [("most", "any"), ("jaccard:2", "share of labels"), ("jaccard:x", "share"), ("block:e", "no class"),
     ("block:a", "in no block"), ("block", "relevance")],
)  # fmt: skip
def test_what_is_no_relevance_is_named(name: str, words: str) -> None:
    with pytest.raises(EvenhandError, match=words):
        Relevance.named(name, CLASSES)


def _queries(n: int, q: int, *, grouped: bool = True) -> QuerySet:
    rng = np.random.default_rng(1)
    x, labels = rng.normal(size=(n + q, 5)), (rng.random((n + q, 4)) < 0.4).astype(float)
    groups = rng.integers(0, 9, n + q).astype(str).astype(object) if grouped else None
    return QuerySet(
        CosineIndex.of(x[:n]), unit(x[n:]), labels[:n], labels[n:], np.arange(q).astype(str).astype(object),
        None if groups is None else groups[:n], None if groups is None else groups[n:],
    )  # fmt: skip


def test_the_own_group_of_a_query_is_not_in_its_database() -> None:
    one = _queries(60, 20)
    found = query_figures([one], Relevance.named("any", CLASSES), [5])
    assert one.groups is not None
    assert one.query_groups is not None
    relevant = Relevance.named("any", CLASSES).between(one.query_labels, one.labels)
    for q in range(20):
        others = one.groups != one.query_groups[q]
        distance = one.index.distances(one.queries[q : q + 1], slice(0, 60))[0]
        assert found.values[q] == pytest.approx(
            ranking_figures(distance[others], relevant[q, others], [5]), nan_ok=True
        )
        wanted = random_figures(relevant[q : q + 1, others].sum(axis=1), np.array([others.sum()]), [5])[0]
        assert found.floor[q] == pytest.approx(wanted, nan_ok=True)


def test_masks_of_a_database_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    masks = Relevance.masks

    def counted(self: Relevance, labels: Floats) -> LabelMasks:
        made.append(len(labels))
        return masks(self, labels)

    monkeypatch.setattr(Relevance, "masks", counted)
    query_figures([_queries(60, 3 * QUERIES)], Relevance.named("any", CLASSES), [5])
    assert sorted(made) == [60, 3 * QUERIES]


def test_sets_are_made_and_left_one_by_one() -> None:
    alive: list[weakref.ref[QuerySet]] = []

    def sets() -> Iterator[QuerySet]:
        for n in (30, 40):
            assert not any(one() for one in alive)
            made = _queries(n, 10)
            alive.append(weakref.ref(made))
            yield made
            del made

    found = query_figures(sets(), Relevance.named("any", CLASSES), [5])
    assert len(found.values) == 20


def test_figures_of_noise_reach_their_floor() -> None:
    found = summarised(query_figures([_queries(400, 100)], Relevance.named("any", CLASSES)), draws=200)
    assert list(found) == figure_names([10, 100])
    for name, one in found.items():
        assert one.figure.low - 0.02 <= one.floor <= one.figure.high + 0.02, name
    assert found["map@all"].figure.groups == 9
    assert found["map@all"].figure.n <= 100


def test_nothing_to_find_is_said() -> None:
    one = _queries(10, 3, grouped=False)
    nothing = QuerySet(one.index, one.queries, np.zeros((10, 4)), one.query_labels, one.ids)
    with pytest.raises(DataError, match="None of 3 queries has a relevant row"):
        summarised(query_figures([nothing], Relevance.named("any", CLASSES)))


@pytest.mark.data
def test_a_random_ranking_of_the_fashion_items(shared_data: Callable[[str], Path]) -> None:
    table = pd.read_csv(shared_data("fashion") / "labels.csv")
    tags = table["tags"].str.split("|", expand=True)
    names = [sorted(tags[column].unique()) for column in tags]
    classes = list(dict.fromkeys(name for block in names for name in block))
    place = {name: at for at, name in enumerate(classes)}
    labels = np.zeros((len(tags), len(classes)))
    for column in tags:
        labels[np.arange(len(tags)), tags[column].map(place)] = 1
    queries = np.arange(0, len(tags), 40)
    for rule, floor in (("any", 0.88), (f"block:{tags[3][0]}", 0.16), ("all", 0.02)):
        relevant = Relevance.named(rule, classes, names).between(labels[queries], labels)
        relevant[np.arange(len(queries)), queries] = -1
        found = random_figures((relevant == 1).sum(axis=1), (relevant >= 0).sum(axis=1), [10])
        # a query without a relevant row has no figures; of all queries its floor is 0
        assert np.nan_to_num(found[:, 2]).mean() == pytest.approx(floor, abs=0.015), rule


def test_without_any_query_there_is_nothing_to_count():
    with pytest.raises(DataError, match="No row with a known label was held out"):
        query_figures([], Relevance.named("any", CLASSES), [5])
