import pytest

from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import check, read_toml
from evenhand.evaluation.config import ClassesConfig, EvaluateConfig, ScoreConfig


def read(cls, text, table):
    values, lines = read_toml(text, "run.toml")
    return check(cls, values.get(table, {}), "run.toml", lines, (table,))


def test_without_a_word_it_is_macro_f1():
    assert ScoreConfig().weights == {"macro_f1": 1.0}
    assert ScoreConfig().plain() == {"macro_f1": 1.0}


def test_the_weights_are_kept_in_order():
    score = read(ScoreConfig, "[score]\nworst_recall = 0.5\nmacro_f1_rare = 1\n'recall[S]' = 2", "score")
    assert list(score.weights.items()) == [("worst_recall", 0.5), ("macro_f1_rare", 1.0), ("recall[S]", 2.0)]
    assert ScoreConfig.model_validate(score.plain()) == score


def test_every_wrong_line_is_told_with_its_number_and_the_nearest_name():
    with pytest.raises(ConfigError) as found:
        read(ScoreConfig, "[score]\nmacro_f2 = 1\naccuracy = -1\nrecall = 1\nbrier = 'x'", "score")
    text = str(found.value)
    assert "4 faults" in text
    assert "line 2: score.macro_f2" in text
    assert 'Did you mean "macro_f1"?' in text
    assert "line 3: score.accuracy" in text
    assert "a number above 0" in text
    assert "name it: recall[CLASS]" in text


def test_a_score_that_is_no_table_is_a_fault():
    with pytest.raises(ConfigError):
        check(ScoreConfig, {"macro_f1": {"weight": 1}}, "run.toml")


def test_sets_of_classes_are_kept():
    sets = read(ClassesConfig, "[classes]\nrare = ['S', 'V']", "classes").sets
    assert sets == {"rare": ("S", "V")}
    assert ClassesConfig().sets == {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rare = []", "the list is empty"),
        ("rare = ['S', 'S']", "names S more than once"),
        ("rare = 'S'", "a list of class names"),
        ("rare = [1]", "a list of class names"),
        ("'very rare' = ['S']", "letters, digits and _"),
    ],
)
def test_a_wrong_set_is_told_in_words(line, words):
    with pytest.raises(ConfigError, match=words):
        read(ClassesConfig, f"[classes]\n{line}", "classes")


def test_the_bootstrap_has_limits():
    assert EvaluateConfig().draws == 2000
    with pytest.raises(ConfigError, match="draws"):
        read(EvaluateConfig, "[evaluate]\ndraws = 10", "evaluate")
