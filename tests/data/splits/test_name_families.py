import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from evenhand.base.values import Samples
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.derived_names import base_name
from evenhand.data.splits.make_folds import make_folds
from evenhand.data.splits.name_families import name_families

ENDINGS = [
    "_aug3", "_aug", "-augmented", "_augmentation2", "_rot90", "_rot-90", "_rotate180", "_rotated",
    "_rot90ccw", "_flip", "_hflip", "_flip_lr", "_flipped", "_mirror", "_mirrored_x", "_mirrorh", "_scale0.5",
    "_scaled", "_scale2x", "_crop", "_crop2", "_noise", "_noisy3", "_blur", "_bright20", "_jitter", "_shift3",
    "_grayscale", "_resized_224x224", "_v2", "_V2", "-v1.3", " v2", "_ver3", "_rev1", "_revB",
    "_rev a", "_final", "_backup", ".bak", "_edited", "_dup", "_duplicate1", "_copy", "_Copy2", " - Copy",
    " - Copy (2)", " copy 3", " - Kopie", " - копия", "-副本", " - 副本 (3)", "副本", "_复制", " コピー", "(copy)",
    "_jpg.rf.0123456789abcdef0123456789abcdef",
    "_aug_3", "-aug-3", "_augmented_3", "_augment3", "_randaug2", "_transformed", "_affine2", "_elastic_1",
    "_90deg", "_90_deg", "_90°", "_270degrees", "_rot_90_deg", "_rotated90", "_rotated_90", "_rot-45.5", "_rot(90)",
    "_rot_z_90", "_ccw90", "_90cw", "_turned90", "_flipH", "_FlipX", "_fliplr", "_flip_horizontal",
    "_horizontal_flip", "_h_flip", "-mirror", "_mirrorXY", "_mirX", "_h_mirror", "_mirrored_horizontal",
    "_v02", "_v2b", "_version_2", "_v2_final", "_rev_b", "_rev-B2", "_rev 02", "_revision2", "_orig",
    "_modified", "_recover", "_backup_2", "_duplicate_2", "_dup_1", "_edited_3", "_final_2",
    "_copy2", "_copy_2", " - Copy - Copy", " – Copy", " — копия", "_копия2", " копия (2)", "_копія", " - Copia (2)",
    " - Cópia", "_kopya", " kopio", " - Bản sao", "_副本2", "_副本(2)", "_副本（2）", "的副本", "のコピー", "_拷贝",
    "_备份", "_복사본2", "_旋转90度", "镜像", "_翻转", "_增强3", "_修改", "_最终版", "_第2版", "_反転",
    "_поворот90", "_повернут", "_зеркало", "_отражение", "_версия2", "_изм1", "_gespiegelt", "_gedreht_90",
    "_translated_3", "_scale_0.5", "_scale150%", "_noise_3", "_noise0.1", "_gaussian_noise", "_crop_2", "_zoom1.5",
    "_gamma1.2", "_contrast_1.5", "_skewed", "_perturb3", "_synthetic_2",
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
        "...", "vase_b", "hexagon_6.5", "M12x40", "DN50_PN16", "plate_R90", "elbow_90", "shaft_12", "gear_2x",
        "旋转轴", "mirror", "rot", "A4_1-2", "vessel_old", "holiday[3]", "копия", "аэропорт", "motor_12v",
    ],
)  # fmt: skip
def test_other_names_stay(name):
    assert base_name(name) == name.casefold()


def test_prefixes_and_numbers_in_brackets():
    assert base_name("Copy of shaft") == base_name("Копия shaft") == "shaft"
    assert base_name("shaft (3)", ["shaft"]) == base_name("shaft（1）", ["shaft"]) == "shaft"
    assert base_name("shaft - Copy (1)") == base_name("shaft_v2[1]") == "shaft"
    assert base_name("复件 (2) 轴") == base_name("副本 轴") == "轴"
    assert base_name("Kopie von shaft") == base_name("aug3_shaft") == base_name("rot90_shaft") == "shaft"
    assert base_name("copy machine") == "copy machine"
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


def test_a_copy_finds_the_only_file_of_its_name_under_any_label():
    pair = ["raw/x.dxf", "aug/x_rot90.dxf"]
    for labels in ([0, 1], [None, None], [0, None]):
        assert families(*pair, labels=labels) == [pair]
    assert families("flange/x.dxf", "tank/x (1).dxf", labels=[0, 1]) == [["flange/x.dxf", "tank/x (1).dxf"]]
    # which of the two it was made from, nobody knows; under its own label it would be joined to both
    assert families("a/x.dxf", "b/x.dxf", "c/x_rot90.dxf", labels=[0, 1, 2]) == []
    assert families("a/x.dxf", "b/x.dxf", "c/x_rot90.dxf", labels=[0, 1, 1]) == [["b/x.dxf", "c/x_rot90.dxf"]]
    # but one of them lies in a folder called like that of the copy
    assert families("raw/s1/1.dxf", "raw/s2/1.dxf", "aug/s2/1_rot90.dxf", labels=[0, 0, 1]) == [
        ["raw/s2/1.dxf", "aug/s2/1_rot90.dxf"]
    ]


CLASS_FOLDERS = [f"{c}/{n}" for c in ("flange", "shaft", "tank") for n in range(1, 6)]


def test_folders_that_number_their_files_alike_are_not_joined():
    labels = [path.split("/")[0] for path in CLASS_FOLDERS]
    for form in ("{}.dxf", "{}_v2.dxf", "{} (1).dxf", "{}_rot90.dxf"):
        assert families(*(form.format(path) for path in CLASS_FOLDERS), labels=labels) == []
        part = [form.format(path.replace("/", "/part_")) for path in CLASS_FOLDERS]
        assert families(*part, labels=labels) == []
    # a copy of a numbered file is that of its own folder, and no other's
    paths = [f"{path}.dxf" for path in CLASS_FOLDERS] + [
        "flange/1 - Copy.dxf",
        "tank/9_rot90.dxf",
        "bolt/2_rot90.dxf",
    ]
    assert families(*paths, labels=[*labels, "flange", "tank", "bolt"]) == [["flange/1.dxf", "flange/1 - Copy.dxf"]]


def test_copies_without_an_original_under_two_labels():
    assert families("a/cover_v1.dxf", "b/cover_v2.dxf", labels=[0, 1]) == [["a/cover_v1.dxf", "b/cover_v2.dxf"]]
    assert families("a/p7_v1.dxf", "b/p7_v2.dxf", labels=[0, 1]) == []
    assert families(*(f"{c}/outline_v2.dxf" for c in "abcd"), labels=[0, 1, 2, 3]) == []


def test_a_folder_of_numbered_names_is_no_folder_of_copies():
    numbered = [f"b/holiday ({i}).jpg" for i in range(1, 9)]
    assert families("a/holiday.jpg", *numbered, labels=[0, *[1] * 8]) == []
    assert families("a/holiday.jpg", *numbered[:2], labels=[0, 1, 1]) == [["a/holiday.jpg", *numbered[:2]]]


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
