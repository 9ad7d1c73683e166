"""What a new user may begin with: no run, one class, two rows, thousands of classes, two servers on one session."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from evenhand.base.values import Samples
from evenhand.data.roots.root import open_root
from evenhand.modalities import KINDS
from evenhand.review.log.live_review import LiveReview
from evenhand.review.rows.pictures import Pictures
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.server.access import Access
from evenhand.review.server.app import build_app
from evenhand.review.server.open_session import open_session
from evenhand.review.server.session import ReviewSession

from .conftest import PORT


def served(session: ReviewSession) -> TestClient:
    access, base = Access.on(PORT), f"http://127.0.0.1:{PORT}"
    client = TestClient(build_app(session, access), base_url=base, headers={"Origin": base})
    client.get(access.address)
    return client


def cards(client: TestClient) -> list[dict[str, object]]:
    return client.get("/api/queue", params={"n": 50}).json()["cards"]


def decide(client: TestClient, row: object, kind: str = "keep", to: list[str] | None = None):
    return client.post("/api/decisions", json={"event": uuid.uuid4().hex, "kind": kind, "row": row, "to": to})


@pytest.fixture
def two_rows(tmp_path: Path) -> Path:
    """Return a configuration of two files of one class, which nothing can be trained on."""
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / "photos" / "ash").mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / "ash" / name).write_bytes(name.encode())
    path = tmp_path / "photos.toml"
    path.write_text(f'output = "{(tmp_path / "runs").as_posix()}"\ndata.root = "photos"\n', encoding="utf-8")
    return path


def test_two_rows_of_one_class_and_no_run(two_rows: Path) -> None:
    client = served(open_session(two_rows, reviewer="ada").session)
    assert client.get("/api/session").json()["classes"] == ["ash"]
    first, second = cards(client)
    assert first["suggestion"] is None
    assert first["likely"] == [{"name": "ash", "probability": None}]
    assert first["source"] == "No model has given this row probabilities."
    assert decide(client, first["row"]).status_code == 200
    # orders that need a model are offered with what they lack, and refused in words
    lacks = {order["name"]: order["lacks"] for order in client.get("/api/session").json()["orders"]}
    assert lacks["suspicion"]
    assert not lacks["by_class"]
    assert (
        client.get("/api/picture-fault", params={"row": first["row"]})
        .json()["reason"]
        .startswith("No picture of ash/1.jpg, which ")
    )
    assert decide(client, second["row"], "trash").json()["counts"] == {"rows": 2, "decided": 2}
    assert cards(client) == []


def test_two_servers_on_one_session_show_no_row_twice_and_lose_nothing(two_rows: Path) -> None:
    one, two = (served(open_session(two_rows, reviewer="ada").session) for _ in range(2))
    first, second = cards(one)
    assert len(cards(two)) == 2
    decide(one, first["row"])
    assert [card["row"] for card in cards(two)] == [second["row"]]
    decide(two, second["row"], "unsure")
    assert cards(one) == cards(two) == []
    undone = one.post("/api/undo", json={"event": uuid.uuid4().hex}).json()
    assert undone["card"]["row"] == second["row"]  # what the other server logged last
    assert two.get("/api/session").json()["counts"]["decided"] == 1


def test_five_thousand_classes(tmp_path: Path) -> None:
    names = tuple(f"species {n:04d}" for n in range(5000))
    frame = pd.DataFrame({"id": ["a", "b"], "path": ["a.jpg", "b.jpg"]})
    rows = ReviewRows.of(Samples(frame, names, np.array([0, 4999])))
    pictures = Pictures(KINDS.get("photos"), open_root(tmp_path), rows)
    client = served(ReviewSession(rows, pictures, LiveReview(tmp_path / "log"), "ada", "by_class"))
    told = client.get("/api/session")
    assert told.json()["classes"] == list(names)  # the page searches them itself
    assert len(told.content) < 200_000
    first, second = cards(client)
    assert first["likely"] == []  # none is more likely than others: the search has all
    assert decide(client, first["row"], "relabel", ["species 4321"]).status_code == 200
    refused = decide(client, second["row"], "relabel", ["specie 4321"]).json()["error"]
    assert len(refused) < 2000
    assert client.get("/api/progress").json()["decided"] == 1
