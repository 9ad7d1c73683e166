import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from evenhand.base.values import Samples
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.make_folds import make_folds
from evenhand.data.splits.name_families import base_name, name_families

ENDINGS = [
    "_aug3", "_aug", "-augmented", "_augmentation2", "_rot90", "_rot-90", "_rotate180", "_rotated",
    "_rot90ccw", "_flip", "_hflip", "_flip_lr", "_flipped", "_mirror", "_mirrored_x", "_mirrorh", "_scale0.5",
    "_scaled", "_scale2x", "_crop", "_crop2", "_noise", "_noisy3", "_blur", "_bright20", "_jitter", "_shift3",
    "_grayscale", "_resized_224x224", "_v2", "_V2", "-v1.3", " v2", "_ver3", "_rev1", "_revB",
    "_rev a", "_final", "_backup", ".bak", "_edited", "_dup", "_duplicate1", "_copy", "_Copy2", " - Copy",
    " - Copy (2)", " copy 3", " - Kopie", " - копия", "-副本", " - 副本 (3)", "副本", "_复制", " コピー", "(copy)",
    "_jpg.rf.0123456789abcdef0123456789abcdef",
]  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_endings_of_copies_are_taken_off(ending):
    assert base_name(f"Shaft_12{ending}") == "shaft_12"
    assert base_name(f"轴 7{ending}{ending}") == "轴 7"


@pytest.mark.parametrize(
    "name",
    [
        "img_001", "part-2", "3", "12_7", "a", "rotor", "scale", "fish_scale", "shift", "contrast", "v2",
        "copy", "flip", "IMG_20240102_120000", "kin103", "vtt1", "Logic-NAND-IEC", "Table-bed-V", "cell1735",
        "x (2)", "screw_M8", "R90", "2014nov26-171521-40_1", "golden-delicious_012", "survey", "_v2", "-", "",
        "...", "vase_b", "hexagon_6.5",
    ],
)  # fmt: skip
def test_other_names_stay(name):
    assert base_name(name) == name.casefold()


def test_prefixes_and_numbers_in_brackets():
    assert base_name("Copy of shaft") == base_name("Копия shaft") == "shaft"
    assert base_name("shaft (3)", ["shaft"]) == "shaft"
    assert base_name("shaft_rot90 (1)", ["shaft_rot90"]) == "shaft"


def families(*paths, labels=None):
    found = name_families(paths, labels or [0] * len(paths))
    return [[paths[i] for i in rows] for rows in found]


def test_a_folder_holds_families():
    found = families("a/x.dxf", "a/x_rot90.dxf", "a/x_1.dxf", "b/x.dxf", "a/y_v1.dxf", "a/y_v2.dxf")
    assert found == [["a/x.dxf", "a/x_rot90.dxf"], ["a/y_v1.dxf", "a/y_v2.dxf"]]


def test_a_copy_finds_its_original_under_its_label():
    assert families("raw/x.dxf", "aug/x_rot90.dxf", "aug/x_flip.dxf", "b/y.dxf") == [
        ["raw/x.dxf", "aug/x_rot90.dxf", "aug/x_flip.dxf"]
    ]
    assert families("raw/x.dxf", "aug/x_rot90.dxf", labels=[0, 1]) == []
    assert families("raw/x.dxf", "aug/x_rot90.dxf", labels=[None, None]) == []


def test_series_of_the_same_names_are_told_apart_by_their_folders():
    paths = [f"{top}/s{s}/1{end}.dxf" for s in range(5) for top, end in (("raw", ""), ("aug", "_rot90"))]
    assert [sorted(each) for each in families(*paths)] == [
        [f"aug/s{s}/1_rot90.dxf", f"raw/s{s}/1.dxf"] for s in range(5)
    ]
    alone = [f"aug/s{s}/1_rot{a}.dxf" for s in range(3) for a in (90, 180)]
    assert [len(each) for each in families(*alone)] == [2, 2, 2]


def test_rows_of_several_labels_and_of_one_file_stay_with_their_file():
    paths = ["r.hea", "r.hea", "r_v2.hea", "r_v2.hea", "q.hea", "q.hea"]
    assert [rows.tolist() for rows in name_families(paths, [0, 1, 1, 0, 0, 1])] == [[0, 1, 2, 3]]


PATHS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "a/s1", "aug/s1"]),
        st.sampled_from(["x", "y", "1", "2"]),
        st.lists(st.sampled_from([*ENDINGS[:12], " (1)", "_7"]), max_size=2),
        st.integers(0, 1),
    ),
    min_size=6,
    max_size=24,
    unique_by=lambda each: (each[0], each[1], *each[2]),
)


@settings(deadline=None, max_examples=60, phases=[Phase.explicit, Phase.generate])
@given(PATHS, st.randoms(use_true_random=False))
def test_joining_is_an_equivalence_in_any_order(drawn, random):
    paths, labels = [f"{f}/{n}{''.join(e)}.dxf" for f, n, e, _ in drawn], [label for *_, label in drawn]
    sets = [frozenset(paths[i] for i in rows) for rows in name_families(paths, labels)]
    assert all(len(each) > 1 for each in sets)
    assert sum(map(len, sets)) == len(frozenset().union(*sets)), "no row is in two families"
    order = list(range(len(paths)))
    random.shuffle(order)
    again = name_families([paths[i] for i in order], [labels[i] for i in order])
    assert {frozenset(paths[order[i]] for i in rows) for rows in again} == set(sets)


@settings(deadline=None, max_examples=25, phases=[Phase.explicit, Phase.generate])
@given(PATHS, st.lists(st.lists(st.integers(0, 40), max_size=3), max_size=3), st.integers(0, 3))
def test_folds_never_separate_a_family(drawn, moved, seed):
    # enough rows of their own that folds exist whatever is joined
    paths = [f"{f}/{n}{''.join(e)}.dxf" for f, n, e, _ in drawn] + [f"own/{i}.dxf" for i in range(20)]
    labels = np.array([label for *_, label in drawn] + [0, 1] * 10)
    ids = [f"r{i}" for i in range(len(paths))]
    samples = Samples(pd.DataFrame({"id": ids, "path": paths}), ("a", "b"), labels)
    sets = [[ids[i] for i in each if i < len(ids)] for each in moved]
    folds = make_folds(samples, FoldsConfig(k=3, seed=seed, test={"fraction": 0.2}), families=sets)
    fold = dict(zip(folds.ids, folds.fold.tolist(), strict=True))
    named = [[ids[i] for i in rows] for rows in name_families(paths, labels.tolist())]
    for each in [*named, *sets]:
        assert len({fold[name] for name in each}) <= 1
    if named:
        assert folds.how["kept_together"]["names"] == {"sets": len(named), "rows": sum(map(len, named))}
    apart = make_folds(samples, FoldsConfig(k=3, seed=seed, families=[]), families=sets)
    assert "kept_together" not in apart.how


def test_many_copies_of_one_name_are_one_family():
    paths = [f"aug/shaft_aug{i}.dxf" for i in range(3000)] + [f"aug/{i}.dxf" for i in range(3000)]
    (family,) = name_families(paths, [0] * 6000)
    assert len(family) == 3000
