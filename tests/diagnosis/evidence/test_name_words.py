from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.diagnosis.evidence.name_words import name_words


def test_numbers_folders_suffixes_and_words_of_classes_are_left_out():
    paths = ["nuts/M8_nut_old.dxf", "nuts/M10_nut_old.dxf", "bolts/bolt_new.dxf", "bolts/bolt_new2.dxf"]
    words, held = name_words(paths, ["nuts", "bolts"], least_rows=1)
    assert set(words) == {"old", "new", "m"}
    assert held[:, words.index("old")].tolist() == [1, 1, 0, 0]


def test_chinese_names_of_classes_are_left_out_too():
    assert name_words(["法兰盘-甲.dxf", "罐体-乙.dxf"], ["法兰", "罐体"], least_rows=1)[0] == ("甲", "乙")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=12), st.lists(st.text(max_size=6), max_size=3))
def test_any_names_give_a_matrix_of_that_shape(paths, labels):
    words, held = name_words(paths, labels, least_rows=1)
    assert held.shape == (len(paths), len(words))
    assert set(held.ravel().tolist()) <= {0.0, 1.0}
