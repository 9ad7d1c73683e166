"""`retrieve` on a small run of pairs: every sort of query, both sorts of codes, figures, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.base.values import NO_LABEL, Samples
from evenhand.cli.app import app
from evenhand.modalities import KINDS
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = [pytest.mark.xdist_group("retrieve"), pytest.mark.slow]  # one process, so that the run is made once

MODELS = """
[[model]]
name = "hashed"
encoder = "pair_small"
tune = "all"
options = { width = 4 }
head = "hash"
head_options = { bits = 16 }

[[model]]
name = "quantised"
encoder = "pair_small"
tune = "all"
options = { width = 4 }
head = "product_quantizer"
head_options = { subspaces = 4, bits = 2 }
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retrieve")


@pytest.fixture(scope="module")
def run(home: Path) -> Run:
    toml = generate("pairs", home / "data", rows=60).toml
    toml.write_text(toml.read_text(encoding="utf-8") + MODELS, encoding="utf-8")
    changes = {
        "output": str(home / "runs"),
        "compute.store": str(home / "store"),
        "compute.workers": 0,
        "folds.k": 2,
        "train.epochs": 1,
        "evaluate.draws": 200,
    }
    return evenhand.run(str(toml), changes=[f"{key}={value}" for key, value in changes.items()])


def picture(run: Run, home: Path) -> tuple[str, Path]:
    """Return the id and the file of the first row with a picture."""
    frame = run.record.samples().frame
    row = frame[frame["path"].map(lambda path: any((home / "data").rglob(Path(path).name)))].iloc[0]
    return row["id"], next((home / "data").rglob(Path(row["path"]).name))


@pytest.mark.parametrize(("model", "codes"), [("hashed", True), ("quantised", True), ("quantised", False)])
def test_a_row_is_searched_in_the_training_rows_of_its_fold(run: Run, model: str, codes: bool) -> None:
    samples, folds = run.record.samples(), run.record.folds()
    asked = samples.ids[[0, 30]]
    found = evenhand.retrieve(run.path, list(asked), model=model, codes=codes, k=7)
    assert (found.model, found.compared) == (model, "codes" if codes else "embeddings")
    of = dict(zip(samples.ids, folds.of(samples.ids), strict=True))
    named = folds.resampling_groups(samples, np.arange(len(samples)))[0]
    assert named is not None
    groups = dict(zip(samples.ids, named, strict=True))
    held = dict(zip(samples.ids, samples.labels.tolist(), strict=True))
    for query, rows in found.table.groupby("query"):
        assert list(rows["rank"]) == [1, 2, 3, 4, 5, 6, 7]
        assert (np.diff(rows["similarity"]) <= 1e-6).all()
        for row in rows.to_dict(orient="records"):
            assert of[row["id"]] != of[query]
            assert groups[row["id"]] != groups[query]
            assert row["relevant"] == (np.dot(np.atleast_1d(held[query]), np.atleast_1d(held[row["id"]])) > 0
                                       if samples.multi_label else held[query] == held[row["id"]])  # fmt: skip
    json.dumps(found.document())


def test_pictures_texts_and_both_are_searched_for(run: Run, home: Path) -> None:
    own, file = picture(run, home)
    both = evenhand.retrieve(run.path, file, text="a red circle", k=3)
    alone = evenhand.retrieve(run.path, [file], k=3)
    words = evenhand.retrieve(run.path, text=["a red circle", "مربع أزرق 🟦"], k=3)
    assert list(dict.fromkeys(both.table["query"])) == [f"{file.name} + a red circle"]
    assert list(dict.fromkeys(alone.table["query"])) == [file.name]
    assert list(dict.fromkeys(words.table["query"])) == ["a red circle", "مربع أزرق 🟦"]
    assert len(words.table) == 6
    assert words.table["relevant"].isna().all()
    assert own not in set(evenhand.retrieve(run.path, [own], k=100).table["id"])


def test_the_picture_and_the_text_of_a_row_never_find_it(run: Run, home: Path) -> None:
    own, file = picture(run, home)
    text = run.record.samples().frame.set_index("id").loc[own, "text"]
    assert text
    asked = [
        evenhand.retrieve(run.path, [file], k=100),
        evenhand.retrieve(run.path, [file], text="words that no row has", k=100),
        evenhand.retrieve(run.path, text=text.upper(), k=100),
    ]
    for found in asked:
        assert own not in set(found.table["id"])
        assert any("are left out of its search" in note for note in found.notes)
    alone = evenhand.retrieve(run.path, text="words that no row has", k=100)
    assert own in set(alone.table["id"])
    assert not any("are left out of its search" in note for note in alone.notes)


def test_files_of_one_name_are_two_queries(run: Run, home: Path) -> None:
    _, file = picture(run, home)
    copies = [home / part / file.name for part in ("a", "b")]
    for copy in copies:
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(file.read_bytes())
    found = evenhand.retrieve(run.path, [copies[0], home / "b"], k=2)
    assert list(dict.fromkeys(found.table["query"])) == list(found.queries) == list(map(str, copies))
    assert len(found.table) == 4


def test_the_report_has_strips_of_held_out_rows_and_the_bits_of_both_heads(run: Run) -> None:
    found = run.record.json("neighbours.json")
    folds = dict(zip(run.record.samples().ids, run.record.folds().of(run.record.samples().ids), strict=True))
    assert len(found["queries"]) == 6
    assert {folds[query["query"]] for query in found["queries"]} == {0}
    assert len(found["rows"]) == 36
    assert 0 not in {folds[row["id"]] for row in found["rows"]}
    for query in found["queries"]:
        assert query["labels"]
        assert 0 <= query["hit_share"] <= 1
    hashed, quantised = run.record.json("code_bits.json")
    assert (hashed["model"], hashed["unit"], hashed["bits"], len(hashed["fits"])) == ("hashed", "bit", 16, 2)
    assert (quantised["unit"], quantised["bits"]) == ("part", 4)
    assert {len(values) for values in hashed["measures"].values()} == {16}
    page = run.report.read_text(encoding="utf-8")
    assert page.count('<li class="query">') == 6
    assert 'id="codes"' in page
    assert "hit" in page[page.index('id="nearest"') :]


def test_the_share_of_hits_is_that_of_the_rows_that_are_searched(run: Run) -> None:
    samples = run.record.samples()
    own = samples.ids[3]
    found = evenhand.retrieve(run.path, [own], k=len(samples), relevance="all")
    hits = found.table["relevant"].dropna().astype(bool)
    assert found.queries[own].hit_share == pytest.approx(hits.mean())


def test_figures_are_those_of_held_out_rows(run: Run) -> None:
    found = evenhand.evaluate_retrieval(run.path, cutoffs=[5])
    names = list(found.figures)
    assert {"hashed", "quantised"} <= set(names)
    for figures in found.figures.values():
        assert list(figures) == ["map@all", "map@5", "precision@5", "recall@5"]
        one = figures["map@all"]
        assert one.figure.low <= one.figure.estimate <= one.figure.high
        assert one.figure.n + found.unanswerable == int(run.record.samples().known.sum())
    floors = {round(figures["map@all"].floor, 12) for figures in found.figures.values()}
    assert len(floors) == 1, "the same queries and databases have the same floor"
    coded = evenhand.evaluate_retrieval(run.path, codes=True, cutoffs=[5])
    assert list(coded.figures) == ["hashed", "quantised"]
    json.dumps(found.document())


def test_the_shell_prints_rows_and_figures_and_writes_a_page(run: Run, home: Path) -> None:
    shell, own = CliRunner(), run.record.samples().ids[0]
    page = home / "page" / "rows.html"
    found = shell.invoke(app, ["retrieve", str(run.path), own, "--k", "3", "--html", str(page)])
    assert found.exit_code == 0, found.output
    assert "Nearest by embeddings" in found.output
    text = page.read_text(encoding="utf-8")
    assert text.count("<li") == 4
    assert "data:image/" in text
    again = shell.invoke(app, ["retrieve", str(run.path), own, "--html", str(page)])
    assert again.exit_code == 2
    assert "already exists" in again.output
    figures = shell.invoke(app, ["retrieve", str(run.path), "--evaluate", "--model", "hashed", "--at", "5"])
    assert figures.exit_code == 0, figures.output
    assert "random" in figures.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Nothing to search for"),
        (["nowhere.jpg"], "no such file"),
        (["--text", " "], "the text is empty"),
        (["--text", "x", "--k", "0"], "0 neighbours"),
        (["--text", "x", "--model", "ensemble:equal"], "no embeddings"),
        (["--text", "x", "--relevance", "most"], "relevance"),
        (["--text", "x", "--index", "annoy"], "none of that name"),
        (["--text", "x", "--index", "faiss", "--codes"], "searches embeddings"),
        (["--text", "x", "--evaluate"], "Leave out the queries"),
        (["--text", "x", "--at", "3"], "--evaluate"),
        (["--evaluate", "--at", "0"], "1 or more"),
        (["--evaluate", "--codes", "--model", "tiny", "--model", "hashed"], "The head of tiny codes no rows."),
    ],
)
def test_what_cannot_be_searched_is_said(run: Run, arguments: list[str], words: str) -> None:
    found = CliRunner().invoke(app, ["retrieve", str(run.path), *arguments])
    assert found.exit_code == 2
    assert words in " ".join(found.output.split())


@pytest.mark.parametrize("kind", ["photos", "drawings"])
def test_rows_without_a_text_are_not_searched_by_one(kind: str) -> None:
    assert KINDS.get(kind).with_text(None, "a word") is None


def test_a_text_beside_a_picture_changes_the_content() -> None:
    import pandas as pd

    frame = pd.DataFrame({"id": ["a"], "path": ["a.jpg"], "content": ["00"]})
    rows = Samples(frame, classes=(), labels=np.full(1, NO_LABEL), kind="pairs")
    one, other = (KINDS.get("pairs").with_text(rows, text) for text in ("red", "blue"))
    assert one is not None
    assert other is not None
    assert one.frame["content"][0] != other.frame["content"][0] != "00"
    with pytest.raises(EvenhandError):
        evenhand.retrieve("nowhere", text="red")
