"""Which metrics a terminal shows, and on how many rows they rest."""

import pandas as pd

from evenhand.cli.tables.tables import row_words, shown_metrics

FOUND = ["macro_f1", "recall[a]", "recall[b]", "accuracy", "accuracy_order", "log_loss"]


def part(**sizes):
    rows = [{"name": "m", "metric": name, "n": n, "groups": g} for name, (n, g) in sizes.items()]
    return pd.DataFrame(rows)


def test_metrics_of_one_class_are_shown_where_the_score_names_them():
    assert shown_metrics(FOUND, 6, wanted=["recall[b]"])[:2] == ["recall[b]", "macro_f1"]
    assert "recall[a]" not in shown_metrics(FOUND, 6, wanted=["recall[b]"])
    assert shown_metrics(FOUND, 2, wanted=["recall[a]", "recall[b]", "log_loss"]) == [
        "recall[a]", "recall[b]", "log_loss",
    ]  # fmt: skip


def test_rows_are_those_of_most_metrics_and_others_are_named():
    told = row_words(part(recall=(6, 3), accuracy=(12, 4), log_loss=(12, 4)), ["recall", "accuracy", "log_loss"])
    assert told == "12 rows in 4 independent groups; recall: 6 rows in 3."


def test_metrics_that_are_not_shown_are_not_counted():
    assert row_words(part(recall=(6, 3), accuracy=(12, 4)), ["recall"]) == "6 rows in 3 independent groups."


def test_families_are_called_so():
    told = row_words(part(recall=(6, 3), accuracy=(12, 4)), ["recall", "accuracy"], families=True)
    assert told == "12 rows in 4 families; recall: 6 rows in 3."


def test_no_figure_no_rows():
    assert row_words(part(recall=(float("nan"), float("nan"))), ["recall"]) == "No rows."
