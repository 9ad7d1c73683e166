"""`retrieve` on a run with locked rows, families in place of groups, and labels that are not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import evenhand
from evenhand.base.values import TEST
from evenhand.modalities.pairs.example.generated import write_pairs
from evenhand.pipeline.verbs.run import Run

pytestmark = [pytest.mark.xdist_group("retrieve-locked"), pytest.mark.slow]  # one process: the run is made once

TOML = """[data]
kind = "pairs"
root = "."
table = "table.csv"
task = "multi"
tag_columns = ["colour", "pattern"]
min_count = 1

[pairs]
text = "title"
size = 16

[folds]
k = 2
test = { column = "split", value = "test" }

[[model]]
name = "tiny"
encoder = "pair_small"
tune = "all"
options = { width = 4 }
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("locked")
    table = write_pairs(np.random.default_rng(0), 36, home, without_picture=0, without_text=0)
    at = np.arange(len(table))
    table["colour"], table["pattern"] = zip(*(cell.split("|")[1:] for cell in table["tags"]), strict=True)
    table.loc[at % 4 == 1, "colour"] = ""
    table["split"] = np.where(at % 6 == 0, "test", "train")
    # the same picture under another title: five families, one of them locked
    copies = table.iloc[[0, 1, 2, 3, 8]].assign(title=["amber", "birch", "cedar", "dusk", "elm"])
    pd.concat([table, copies]).to_csv(home / "table.csv", index=False)
    (home / "pairs.toml").write_text(TOML, encoding="utf-8")
    changes = {
        "output": str(home / "runs"),
        "compute.store": str(home / "store"),
        "compute.workers": 0,
        "train.epochs": 1,
        "evaluate.draws": 200,
    }
    return evenhand.run(str(home / "pairs.toml"), changes=[f"{key}={value}" for key, value in changes.items()])


def test_a_locked_row_is_searched_among_all_rows_that_are_not_locked(run: Run) -> None:
    samples, folds = run.record.samples(), run.record.folds()
    of = folds.of(samples.ids)
    locked, held = samples.ids[of == TEST], samples.ids[of == 0]
    found = evenhand.retrieve(run.path, [locked[0], held[0]], k=10**12)
    assert set(found.table.loc[found.table["query"] == locked[0], "id"]) == set(samples.ids[of != TEST])
    assert not set(found.table.loc[found.table["query"] == held[0], "id"]) & {*locked, *held}
    training, everything, never = (
        "Held-out rows are searched for in the network of their fold, among the training rows of that fold.",
        "Locked rows are searched for in the network of fold 0, among all rows that are not locked.",
        "Locked rows are never among those found.",
    )
    assert {training, everything, never} <= set(found.notes)
    assert training not in evenhand.retrieve(run.path, [locked[0]], k=1).notes
    assert everything not in evenhand.retrieve(run.path, [held[0]], k=1).notes


def test_the_family_of_a_query_is_not_found(run: Run) -> None:
    samples = run.record.samples()
    paths = samples.frame["path"].to_numpy()
    of = run.record.folds().of(samples.ids)
    twins = [at for at in range(len(samples)) if (paths == paths[at]).sum() == 2]
    assert len(twins) == 10
    assert all(len(set(of[paths == paths[at]])) == 1 for at in twins)
    for at in twins:
        found = evenhand.retrieve(run.path, [samples.ids[at]], k=100).table
        assert paths[at] not in set(found["path"])


def test_whether_a_row_is_a_hit_is_open_where_labels_are_not_known(run: Run) -> None:
    samples, of = run.record.samples(), run.record.folds().of(run.record.samples().ids)
    whole = np.asarray(samples.known_cells.all(axis=1))
    query = samples.ids[np.flatnonzero((of == 0) & whole)[0]]
    found = evenhand.retrieve(run.path, [query], k=100, relevance="all").table
    place = {name: at for at, name in enumerate(samples.ids)}
    labels = samples.known_matrix()
    for row in found.to_dict(orient="records"):
        mine, other = labels[place[query]], labels[place[row["id"]]]
        apart = bool(((mine != other) & ~np.isnan(other)).any())
        wanted = False if apart else True if whole[place[row["id"]]] else None
        assert row["relevant"] == wanted
    assert found["relevant"].isna().any()
    share = found["relevant"].dropna().astype(bool).mean()
    assert evenhand.retrieve(run.path, [query], relevance="all").queries[query].hit_share == pytest.approx(share)


def test_figures_are_of_held_out_rows_alone(run: Run) -> None:
    of = run.record.folds().of(run.record.samples().ids)
    found = evenhand.evaluate_retrieval(run.path, cutoffs=[5])
    (figures,) = found.figures.values()
    assert figures["map@all"].figure.n + found.unanswerable == int((of != TEST).sum())
    assert figures["map@all"].figure.groups < figures["map@all"].figure.n  # over families
