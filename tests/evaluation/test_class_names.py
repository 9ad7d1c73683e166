from evenhand.evaluation.class_names import class_faults

CLASSES = ("N", "S", "V")


def words(weights, sets=None, **more):
    return [str(fault) for fault in class_faults(weights, sets or {}, CLASSES, **more)]


def test_classes_that_are_not_there_are_named_with_the_nearest():
    (one,) = words({"macro_f1_rare": 1.0}, {"rare": ["S", "v"]})
    assert (
        one == 'classes.rare: names the class "v", which the data do not have; there are N, S, V. Did you mean "V"?'
        or (one.startswith('classes.rare: names the class "v", which the data do not have; there are N, S, V.'))
    )
    (two,) = words({"recall[X]": 1.0})
    assert two.startswith('score.recall[X]: names the class "X", which the data do not have')


def test_classes_of_a_level_are_those_of_the_level():
    levels = {"kind": ("normal", "early", "early")}
    assert words({"recall_kind[early]": 1.0}, levels=levels) == []
    assert len(words({"recall_kind[S]": 1.0}, levels=levels)) == 1


def test_metrics_of_groups_need_groups():
    assert words({"worst_group_accuracy": 1.0}) == []
    (fault,) = words({"worst_group_accuracy": 1.0}, grouped=False)
    assert "name their column in data.group" in fault


def test_names_that_fit_pass():
    assert words({"macro_f1": 1.0, "recall[S]": 0.5, "macro_f1_rare": 1.0}, {"rare": ["S", "V"]}) == []
