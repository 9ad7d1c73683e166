import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError, FoldsError
from evenhand.base.storage.files.atomic import plain
from evenhand.base.storage.folds_csv import write_folds
from evenhand.base.values import NO_LABEL, TEST, Folds, Samples
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.make_folds import make_folds


def samples(labels: np.ndarray, group: list[object] | np.ndarray | None = None, **columns: object) -> Samples:
    frame = pd.DataFrame({"id": [f"r{i:04d}" for i in range(len(labels))], "path": "x", **columns})
    if group is not None:
        frame["group"] = [None if g is None else f"g{g}" for g in group]
    k = labels.shape[1] if labels.ndim == 2 else max(int(labels.max(initial=0)) + 1, 1)
    return Samples(frame, tuple(f"c{c}" for c in range(k)), labels)


def random_samples(seed: int, n: int = 80, g: int = 25, *, several: bool = False) -> Samples:
    """Skewed classes in groups of uneven size, some rows without a label, some without a group."""
    rng = np.random.default_rng(seed)
    group = rng.choice(g, n, p=rng.dirichlet(np.ones(g)))
    odds = 0.5 ** np.arange(5)
    if several:
        labels = (rng.random((n, 5)) < odds).astype(float) * rng.choice([0.5, 1.0], (n, 5))
        labels[rng.random(n) < 0.1] = np.nan
    else:
        labels = rng.choice(5, n, p=odds / odds.sum())
        labels[rng.random(n) < 0.1] = NO_LABEL
    return samples(labels, [None if rng.random() < 0.05 else int(each) for each in group])


def known(of: Samples) -> np.ndarray:
    return ~np.isnan(of.labels).all(axis=1) if of.multi_label else of.labels >= 0


def check_sound(of: Samples, folds: Folds) -> None:
    """Every row once, no group in two folds, labelled rows in every fold, classes in training where they can be."""
    assert folds.ids.tolist() == of.ids.tolist()
    assert pd.Series(folds.fold).groupby(of.groups).nunique().max() == 1
    labelled = folds.fold[known(of)]
    assert all((labelled == f).any() for f in range(folds.k))
    held = of.matrix() > 0
    for c in range(of.k):
        homes = {(g, f) for g, f in zip(of.groups[held[:, c]], folds.fold[held[:, c]], strict=True) if f != TEST}
        assert len(homes) < 2 or len({f for _, f in homes}) > 1


@given(st.integers(0, 100_000), st.integers(2, 5), st.booleans())
@settings(max_examples=10, deadline=None)
def test_folds_are_sound_and_deterministic_in_any_order_of_rows(seed, k, several):
    of = random_samples(seed, several=several)
    config = FoldsConfig(k=k, seed=seed % 3)

    folds = make_folds(of, config)

    check_sound(of, folds)
    assert (make_folds(of, config).fold == folds.fold).all()
    order = np.random.default_rng(seed).permutation(len(of))
    assert (make_folds(of.take(order), config).fold == folds.fold[order]).all()


@given(st.integers(0, 100_000), st.floats(0.1, 0.5), st.booleans())
@settings(max_examples=8, deadline=None)
def test_a_drawn_test_is_sound_too(seed, fraction, several):
    of = random_samples(seed, n=150, g=40, several=several)

    folds = make_folds(of, FoldsConfig(k=3, test={"fraction": fraction}))

    check_sound(of, folds)
    assert (folds.fold[known(of)] == TEST).any()


def test_classes_may_be_numbered_otherwise():
    of = random_samples(4)
    turned = Samples(of.frame, of.classes[::-1], np.where(of.labels >= 0, of.k - 1 - of.labels, NO_LABEL))

    assert (make_folds(of, FoldsConfig()).fold == make_folds(turned, FoldsConfig()).fold).all()


def test_the_seed_makes_other_folds_as_good():
    of = samples(np.repeat([0, 1], [60, 20]))

    one, other = (make_folds(of, FoldsConfig(k=4, seed=seed)) for seed in (0, 1))

    assert (one.fold != other.fold).any()
    assert one.how["worst_share_deviation"] == other.how["worst_share_deviation"] == 0


def test_how_says_what_the_folds_are_worth_in_plain_values():
    of = samples(np.array([0] * 8 + [1] * 2), [0, 1, 2, 3, 4, 5, 6, 7, 8, 8])

    how = make_folds(of, FoldsConfig(k=3, seed=5)).how

    assert how["seed"] == 5
    assert how["groups"] == 9
    assert sum(how["rows"]) == 10
    assert how["worst_class"] == "c1"
    assert how["worst_share_deviation"] == how["lowest_possible"] == pytest.approx(2 / 3)
    assert how["classes_in_few_groups"] == {"c1": 1}
    assert list(how["not_in_training"]) == ["c1"]
    assert plain(dict(how)) == dict(how)


def test_duplicates_stay_together():
    of = samples(np.zeros(12, dtype=int), range(12), content=["f1", "f1", *(f"x{i}" for i in range(10))])

    folds = make_folds(of, FoldsConfig(k=5), [["r0001", "r0007"], ["r0008", "r0009"]])

    fold = dict(zip(folds.ids, folds.fold.tolist(), strict=True))
    assert fold["r0000"] == fold["r0001"] == fold["r0007"]
    assert fold["r0008"] == fold["r0009"]
    assert folds.how["groups_joined"] == 3
    assert folds.how["groups"] == 9


def test_duplicates_can_be_ignored():
    of = samples(np.zeros(4, dtype=int), content=["same"] * 4)

    assert make_folds(of, FoldsConfig(k=4, duplicates="ignore")).how["groups"] == 4
    with pytest.raises(
        FoldsError, match=r"1 group with labels cannot fill 4 folds.* Of 4 groups or single rows, 1 is left"
    ):
        make_folds(of, FoldsConfig(k=4))


def test_rows_without_labels_are_spread_evenly():
    labels = np.array([0, 1] * 10 + [NO_LABEL] * 30)

    folds = make_folds(samples(labels), FoldsConfig(k=5))

    assert np.bincount(folds.fold[labels < 0]).tolist() == [6] * 5
    assert np.bincount(folds.fold[labels >= 0]).tolist() == [4] * 5
    assert folds.how["rows_without_label"] == 30


def test_rows_of_several_labels_that_have_none_are_labelled():
    labels = np.zeros((20, 2))
    labels[:10, 0] = 1

    folds = make_folds(samples(labels), FoldsConfig(k=5))

    assert np.bincount(folds.fold[:10]).tolist() == np.bincount(folds.fold[10:]).tolist() == [2] * 5


def test_tags_are_balanced_beside_a_class():
    labels = np.repeat([0, 1], 20)
    tags = np.zeros((40, 2))
    tags[[0, 4, 9, 22, 31], 0] = 1
    tags[[1, 2, 3, 39, 38, 37, 36, 35, 34, 0], 1] = 1

    folds = make_folds(samples(labels), FoldsConfig(k=5), also=tags)

    for column in (labels == 0, labels == 1, tags[:, 0] > 0, tags[:, 1] > 0):
        assert len(set(np.bincount(folds.fold[column], minlength=5).tolist())) == 1


def test_a_column_locks_rows_and_says_when_a_group_is_torn():
    of = samples(np.array([0, 1] * 6), [0, 0, *range(1, 11)], split=["test", "train"] * 2 + ["train"] * 8)

    folds = make_folds(of, FoldsConfig(k=2, test={"column": "split", "value": "test"}))

    assert np.flatnonzero(folds.fold == TEST).tolist() == [0, 2]
    assert folds.how["test_rows"] == 2
    assert folds.how["groups_in_several_folds"] == 1


def test_named_groups_are_locked():
    of = samples(np.array([0, 1] * 6), np.repeat(range(6), 2))

    folds = make_folds(of, FoldsConfig(k=3, test={"groups": ["g1", "g4"]}))

    assert np.flatnonzero(folds.fold == TEST).tolist() == [2, 3, 8, 9]
    assert folds.how["groups"] == 4


def test_a_file_is_used_instead(tmp_path):
    of = samples(np.array([0, 1] * 6))
    write_folds(make_folds(of, FoldsConfig(k=3, seed=9)), tmp_path / "mine.csv")

    folds = make_folds(of, FoldsConfig(file=str(tmp_path / "mine.csv")))

    assert folds.k == 3
    assert folds.how["method"] == "read from mine.csv"
    assert (folds.fold == make_folds(of, FoldsConfig(k=3, seed=9)).fold).all()


@pytest.mark.parametrize(
    ("labels", "group", "message"),
    [
        ([0, 1, 0, 1], [0, 0, 1, 1], r"2 groups with labels cannot fill 3 folds.*folds.k to at most 2, or use"),
        ([0, 1, 0], [0, 0, 0], r"1 group with labels.*At least two groups are needed: use smaller groups"),
        ([0, 1, -1, -1], None, r"2 rows are in groups without any label"),
        ([-1, -1, -1], None, "None of the rows left for training has a label"),
    ],
)
def test_folds_that_cannot_be_filled(labels, group, message):
    with pytest.raises(FoldsError, match=message):
        make_folds(samples(np.array(labels), group), FoldsConfig(k=3))


def test_labels_that_are_no_shares():
    with pytest.raises(DataError, match=r"Labels of several classes must be in 0\.\.1"):
        samples(np.array([[3.0, 0.0]] * 6))
    with pytest.raises(FoldsError, match=r"also: found an array \(2, 1\); it needs a row for each of 6"):
        make_folds(samples(np.zeros(6, dtype=int)), FoldsConfig(k=2), also=np.zeros((2, 1)))


@pytest.mark.data
def test_grocery_comes_down_to_the_floor(shared_data):
    table = pd.read_csv(shared_data("grocery") / "labels.csv")
    labels, names = pd.factorize(table["fine"], sort=True)
    frame = pd.DataFrame(
        {"id": table["path"], "path": table["path"], "group": table["group"], "split": table["split"]}
    )
    of = Samples(frame, tuple(names), labels)

    folds = make_folds(of, FoldsConfig(test={"column": "split", "value": "test"}))

    check_sound(of, folds)
    assert folds.how["worst_share_deviation"] == pytest.approx(folds.how["lowest_possible"])
    assert folds.how["groups_in_several_folds"] == 0


def test_groups_can_be_ignored_to_show_what_leaks() -> None:
    of = samples(np.arange(60) % 2, np.repeat(np.arange(6), 10))
    kept, ignored = (make_folds(of, FoldsConfig(k=3, groups=how)) for how in ("keep", "ignore"))
    assert pd.Series(kept.fold).groupby(of.groups).nunique().max() == 1
    assert pd.Series(ignored.fold).groupby(of.groups).nunique().min() > 1
    assert ignored.how["method"] == "stratified rows; groups are ignored, copies and families are not"
    assert np.bincount(ignored.fold).tolist() == [20, 20, 20]


def test_rows_that_are_kept_together_are_families_unless_groups_are_named(tmp_path):
    of = samples(np.arange(12) % 2)
    pairs = [["r0003", "r0001"], ["r0008", "r0003"]]
    folds = make_folds(of, FoldsConfig(k=2), families=pairs)
    assert [name for name in folds.families if name] == ["r0001"] * 3
    groups, families = folds.resampling_groups(of, np.arange(12))
    assert families
    assert groups[[0, 1, 3, 8]].tolist() == ["id:r0000", "r0001", "r0001", "r0001"]

    grouped = samples(np.arange(12) % 2, np.arange(12) // 2)
    assert make_folds(grouped, FoldsConfig(k=2), families=pairs).families is None
    assert folds.resampling_groups(grouped, np.arange(2))[0].tolist() == ["g0", "g0"]
    alone = make_folds(of, FoldsConfig(k=2))
    assert alone.families is None
    assert alone.resampling_groups(of, np.arange(12)) == (None, False)
    assert make_folds(of, FoldsConfig(k=2, families=["names"]), families=pairs).families is None
    write_folds(alone, tmp_path / "folds.csv")
    read = FoldsConfig(file=str(tmp_path / "folds.csv"))
    assert [name for name in make_folds(of, read, families=pairs).families if name] == ["r0001"] * 3
