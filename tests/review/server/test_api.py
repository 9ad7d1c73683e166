"""What the page is told, and what becomes of what it sends."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from evenhand.base.errors import DataError
from evenhand.review.agreement.blind_share import is_blind
from evenhand.review.log.log_file import DecisionLog
from evenhand.review.server.access import Access
from evenhand.review.server.app import build_app
from evenhand.review.server.cards import card_of, suggestion_of
from evenhand.review.server.open_session import open_session
from evenhand.review.server.session import ReviewSession
from evenhand.review.server.view import View

from .conftest import PORT, session_of


def queue(client: TestClient, **query: object) -> list[dict[str, object]]:
    answer = client.get("/api/queue", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


def decide(client: TestClient, row: object, kind: str = "keep", **more: object):
    return client.post("/api/decisions", json={"event": uuid.uuid4().hex, "kind": kind, "row": row, **more})


def step(client: TestClient, what: str):
    return client.post(f"/api/{what}", json={"event": uuid.uuid4().hex}).json()


def test_a_card_says_where_its_probabilities_come_from(client: TestClient, session: ReviewSession) -> None:
    row = session.rows.ids[0]
    card = client.get("/api/card", params={"row": row}).json()
    other = session.rows.classes[(session.rows.samples.labels[0] + 1) % session.rows.k]
    assert card["suggestion"] == {"label": [other], "probability": pytest.approx(0.9)}
    assert card["likely"][0]["name"] == other
    assert "out of fold" in card["source"]
    assert card["findings"] == ["EH109: <b>suspicious</b>"]


def test_the_queue_holds_what_is_not_decided(client: TestClient, session: ReviewSession) -> None:
    cards = queue(client, n=50)
    assert len(cards) == len(session.rows)
    labels = [card["label"][0] for card in cards]
    assert labels == sorted(labels)
    answer = decide(client, cards[0]["row"])
    assert answer.json()["counts"] == {"rows": len(session.rows), "decided": 1}
    assert [card["row"] for card in queue(client, n=50)] == [card["row"] for card in cards[1:]]
    assert [card["row"] for card in queue(client, n=2, after=cards[4]["row"])] == [
        card["row"] for card in cards[5:7]
    ]
    assert [card["row"] for card in queue(client, decision="decided")] == [cards[0]["row"]]
    assert len(queue(client, decision="all", n=50)) == len(session.rows)
    only = cards[-1]["label"][0]
    assert {card["label"][0] for card in queue(client, **{"class": only})} == {only}


def test_what_identifies_a_row_stands_apart(session: ReviewSession) -> None:
    row, name = str(session.rows.ids[0]), "group"
    card = card_of(session.rows, row, identity=(name, "a column of other data"))
    assert card["identity"] == [(name, session.rows.frame[name].iloc[0])]
    assert name not in dict(card["metadata"])
    assert name in dict(card_of(session.rows, row)["metadata"])


def test_progress_by_class(client: TestClient, session: ReviewSession) -> None:
    decide(client, session.rows.ids[0], "trash")
    found = client.get("/api/progress").json()
    assert (found["total"], found["decided"]) == (len(session.rows), 1)
    (line,) = [line for line in found["classes"] if line["class"] == session.rows.labels[0][0]]
    assert (line["decided"], line["trash"]) == (1, 1)


def test_the_blind_share_sees_no_suggestion(toml: Path, tmp_path: Path) -> None:
    row = session_of(toml, tmp_path / "log").rows.ids[0]
    name = next(f"r{n}" for n in range(10_000) if is_blind(0, f"r{n}", row))
    session = session_of(toml, tmp_path / "log", name)
    card = session.card(row)
    assert card["blind"]
    assert card["suggestion"] is None
    assert card["findings"] == []
    assert card["source"] == ""
    assert {option["probability"] for option in card["likely"]} == {None}
    session.decide({"event": uuid.uuid4().hex, "kind": "keep", "row": row})
    shown = session.live.state.latest(name)[0].shown
    assert shown is not None
    withheld = suggestion_of(session.rows, session.rows.position(row))
    assert withheld is not None
    # what was withheld is logged: after another training it could not be told any more
    assert (shown.blind, shown.suggestion) == (True, tuple(withheld["label"]))
    assert shown.probability == withheld["probability"]


def test_a_queue_sees_what_another_process_decided(client: TestClient, session: ReviewSession, toml: Path) -> None:
    first, second, *_ = queue(client, n=50)
    other = session_of(toml, session.live.log.path)
    other.decide({"event": uuid.uuid4().hex, "kind": "keep", "row": second["row"]})
    decide(client, first["row"])
    left = {card["row"] for card in queue(client, n=50)}
    assert not left & {first["row"], second["row"]}
    other.undo(uuid.uuid4().hex)
    assert second["row"] not in {card["row"] for card in queue(client, n=50)}
    assert client.get("/api/progress").json()["decided"] == 1
    assert first["row"] in {card["row"] for card in queue(client, n=50, decision="all")}


def test_filter_by_finding(client: TestClient, session: ReviewSession) -> None:
    assert [card["row"] for card in queue(client, finding="EH109")] == [session.rows.ids[0]]


def test_a_decision_is_on_disk_when_it_is_answered(client: TestClient, session: ReviewSession) -> None:
    row = session.rows.ids[0]
    to = [session.rows.classes[-1]]
    assert decide(client, row, "relabel", to=to, seconds=1.5, order="by_class").status_code == 200
    (event,), _ = DecisionLog(session.live.log.path).events()
    assert (event.kind, event.row, list(event.to), event.reviewer) == ("relabel", row, to, "ada")
    assert event.from_ == session.rows.labels[0]
    assert event.shown is not None
    assert (event.shown.source, event.shown.probability) == ("out_of_fold", pytest.approx(0.9))
    assert event.seconds == 1.5


def test_a_suggestion_that_came_after_the_card_was_not_shown(client: TestClient, session: ReviewSession) -> None:
    row = next(row for row in session.rows.ids if not session.blind(row))
    assert decide(client, row, suggested=False).status_code == 200
    shown = session.live.state.latest("ada")[0].shown
    assert shown is not None
    assert (shown.suggestion, shown.probability, shown.source, shown.blind) == (None, None, None, False)
    assert decide(client, row, suggested=True).status_code == 200
    shown = session.live.state.latest("ada")[0].shown
    assert shown is not None
    assert shown.suggestion is not None


def test_the_same_event_twice_is_one_decision(client: TestClient, session: ReviewSession) -> None:
    body = {"event": uuid.uuid4().hex, "kind": "trash", "row": session.rows.ids[0]}
    for _ in range(2):
        assert client.post("/api/decisions", json=body).json()["counts"]["decided"] == 1
    assert len(DecisionLog(session.live.log.path).events()[0]) == 1


def test_undo_and_redo(client: TestClient, session: ReviewSession) -> None:
    first, second = session.rows.ids[:2]
    decide(client, first, "trash")
    decide(client, second, "keep")
    undone = step(client, "undo")
    assert undone["card"]["row"] == second
    assert undone["card"]["mine"] is None
    assert undone["counts"]["decided"] == 1
    redone = step(client, "redo")
    assert redone["card"]["mine"]["kind"] == "keep"
    assert [entry["row"] for entry in redone["recent"]] == [second, first]
    for _ in range(2):
        step(client, "undo")
    assert step(client, "undo")["card"] is None
    assert "nothing to undo" in step(client, "undo")["said"]


def test_another_process_goes_on_where_this_one_was(client: TestClient, session: ReviewSession, toml: Path) -> None:
    rows = session.rows.ids
    decide(client, rows[0], "unsure")
    other = session_of(toml, session.live.log.path)
    assert other.standing()["counts"]["decided"] == 1
    other.decide({"event": uuid.uuid4().hex, "kind": "keep", "row": rows[1]})
    assert step(client, "undo")["card"]["row"] == rows[1]
    # a second reviewer decides for themselves
    assert session_of(toml, session.live.log.path, "bob").standing()["counts"]["decided"] == 0


def test_a_dispute_is_shown_where_it_is_asked_for_and_settled_by_a_third_look(
    client: TestClient, session: ReviewSession, toml: Path
) -> None:
    row, other = str(session.rows.ids[0]), session.rows.classes[-1]
    ben = session_of(toml, session.live.log.path, "ben")
    decide(client, row, "keep")
    decide(client, row, "note", note="sure")
    ben.decide({"event": uuid.uuid4().hex, "kind": "relabel", "row": row, "to": [other]})
    # elsewhere nobody is led by what others decided, and a decision settles nothing
    assert client.get("/api/card", params={"row": row}).json()["dispute"] == []
    cy = session_of(toml, session.live.log.path, "cy")
    (card,) = cy.cards(View.of("by_class", {"decision": "disputed"}))
    assert [(one["reviewer"], one["kind"], one["to"], one["note"]) for one in card["dispute"]] == [
        ("ada", "keep", None, "sure"),
        ("ben", "relabel", [other], None),
    ]
    for kind in ("note", "unsure"):
        cy.decide({"event": uuid.uuid4().hex, "kind": kind, "row": row, "note": "?", "resolves": True})
        assert cy.live.state.is_disputed(row)
    assert cy.undo(uuid.uuid4().hex, "disputed")["card"]["dispute"] == card["dispute"]
    cy.decide({"event": uuid.uuid4().hex, "kind": "relabel", "row": row, "to": [other], "resolves": True})
    decided = cy.live.state.decision(row)
    assert decided is not None
    assert (decided.resolved, decided.reviewers) == (True, ("ben", "cy"))
    assert queue(client, decision="disputed") == []
    # a row that nobody disputes is not settled, whatever the page says
    second = session.rows.ids[1]
    cy.decide({"event": uuid.uuid4().hex, "kind": "keep", "row": second, "resolves": True})
    assert not cy.live.state.latest("cy")[0].resolves


def test_planted_rows_are_kept_with_the_session_and_not_marked(toml: Path, tmp_path: Path) -> None:
    rows = session_of(toml, tmp_path / "log").rows
    row, own, other = str(rows.ids[0]), rows.labels[0][0], rows.classes[-1]
    table = tmp_path / "known.csv"
    table.write_text(f"id,label,shown\n{row},{own},{other}\n", encoding="utf-8")
    open_session(toml, folder=tmp_path / "s", reviewer="ada", planted=table)
    table.unlink()
    session = open_session(toml, folder=tmp_path / "s", reviewer="ada").session
    card = session.card(row)
    assert card["label"] == [other]
    assert own not in str(card["name"])
    assert "planted" not in card
    assert session.picture(row, 32).content  # by the path that the file has
    session.decide({"event": uuid.uuid4().hex, "kind": "keep", "row": row})
    event = session.live.state.latest("ada")[0]
    assert event.shown is not None
    assert (event.shown.planted, event.from_) == (True, (other,))
    assert session.live.state.decision(row) is None
    with pytest.raises(DataError, match="not among"):
        open_session(toml, folder=tmp_path / "s", planted=_table(tmp_path, "nobody", own))
    with pytest.raises(DataError, match="no class named"):
        open_session(toml, folder=tmp_path / "s", planted=_table(tmp_path, row, "no such class"))


def _table(folder: Path, row: str, label: str) -> Path:
    path = folder / "bad.csv"
    path.write_text(f"id,label\n{row},{label}\n", encoding="utf-8")
    return path


def test_notes_stay_with_the_row(client: TestClient, session: ReviewSession) -> None:
    row = session.rows.ids[0]
    assert decide(client, row, "note", note="blurred <i>").status_code == 200
    card = client.get("/api/card", params={"row": row}).json()
    assert card["note"] == "blurred <i>"
    assert card["mine"] is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"row": "../../etc/passwd"}, "no row with the id"),
        ({"row": None}, "must name a row"),
        ({"kind": "delete"}, "no decision named"),
        ({"kind": "relabel", "to": ["no such class"]}, "no class named"),
        ({"kind": "relabel", "to": "red"}, "list of class names"),
        ({"kind": "relabel"}, "list of class names"),
        ({"kind": "relabel", "to": []}, "A row of these data has one class, and 0 were given"),
        ({"event": "1"}, "UUID"),
        ({"seconds": -1}, "a number from 0"),
    ],
)
def test_what_is_not_a_decision_is_refused_in_words(
    client: TestClient, session: ReviewSession, change: dict[str, object], words: str
) -> None:
    body = {"event": uuid.uuid4().hex, "kind": "keep", "row": session.rows.ids[0], **change}
    answer = client.post("/api/decisions", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert len(session.live.state) == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b" " * 300_000])
def test_bodies_that_are_not_json(client: TestClient, content: bytes) -> None:
    answer = client.post("/api/decisions", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"] or "bytes" in answer.json()["error"]


def test_a_form_is_refused(client: TestClient) -> None:
    assert client.post("/api/undo", data={"event": "0" * 32}).status_code == 400


def test_pictures_come_by_id_alone(client: TestClient, session: ReviewSession) -> None:
    answer = client.get("/api/picture", params={"row": session.rows.ids[0], "side": "64"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/")
    assert client.get("/api/picture", params={"row": session.rows.frame["path"].iloc[0] + "x"}).status_code == 404


def test_a_picture_that_cannot_be_decoded_is_said(toml: Path, tmp_path: Path) -> None:
    place = shutil.copytree(toml.parent, tmp_path / "copy")
    session = session_of(place / toml.name, tmp_path / "log")
    path = session.rows.frame["path"].iloc[0]
    broken = next(file for file in place.rglob(Path(path).name) if file.as_posix().endswith(path))
    broken.write_bytes(b"not a picture")
    access = Access.on(PORT)
    client = TestClient(build_app(session, access), base_url=f"http://127.0.0.1:{PORT}")
    client.get(access.address)
    row = {"row": session.rows.ids[0]}
    assert client.get("/api/picture", params=row).status_code == 404
    reason = client.get("/api/picture-fault", params=row).json()["reason"]
    assert reason.startswith(f"No picture of {path}, which is not a JPEG")
    assert client.get("/api/picture-fault", params={"row": "nobody"}).status_code == 422


@pytest.mark.parametrize("query", [{"order": "no"}, {"decision": "no"}, {"after": "no"}])
def test_queues_that_there_are_not(client: TestClient, query: dict[str, str]) -> None:
    answer = client.get("/api/queue", params=query)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_near_rows_come_with_their_labels_but_not_for_a_blind_row(
    client: TestClient, session: ReviewSession, toml: Path, tmp_path: Path
) -> None:
    row = session.rows.ids[1]
    found = client.get("/api/nearest", params={"row": row}).json()
    assert found["rows"][0]["row"] != row
    assert found["rows"][0]["agrees"] == (found["rows"][0]["label"] == list(session.rows.labels[1]))
    assert found["words"].startswith("Nearest by probabilities: ")
    assert client.get("/api/nearest", params={"row": "nobody"}).status_code == 422
    name = next(f"r{n}" for n in range(10_000) if is_blind(0, f"r{n}", row))
    assert session_of(toml, tmp_path / "log", name).near(row) == {"rows": [], "words": ""}


def test_the_grid_is_a_list_in_which_every_row_keeps_its_place(client: TestClient, session: ReviewSession) -> None:
    rows = [card["row"] for card in queue(client, n=50)]
    begun = client.get("/api/grid").json()
    assert (begun["total"], begun["start"]) == (len(rows), 0)
    asked = {"grid": begun["grid"], "start": 2, "n": 3}
    tiles = client.get("/api/tiles", params=asked).json()["tiles"]
    assert [tile["row"] for tile in tiles] == rows[2:5]
    card = client.get("/api/card", params={"row": rows[2]}).json()
    assert tiles[0] == {name: card[name] for name in ("row", "name", "label", "suggestion", "mine")}
    decide(client, rows[3], "trash")
    tiles = client.get("/api/tiles", params=asked).json()["tiles"]
    assert [tile["row"] for tile in tiles] == rows[2:5]
    assert [tile["mine"] and tile["mine"]["kind"] for tile in tiles] == [None, "trash", None]
    # another list begins where this reviewer was, or at a row, without what is decided
    begun = client.get("/api/grid").json()
    assert (begun["total"], begun["start"]) == (len(rows) - 1, 3)
    assert client.get("/api/grid", params={"near": rows[1]}).json()["start"] == 1
    assert client.get("/api/tiles", params={"grid": begun["grid"], "start": 10**8}).json()["tiles"] == []
    gone = client.get("/api/tiles", params={"grid": "0" * 16})
    assert gone.status_code == 422
    assert "open the grid again" in gone.json()["error"]


def test_tiles_of_blind_rows_have_no_suggestion(client: TestClient, session: ReviewSession) -> None:
    every = client.get("/api/tiles", params={"grid": client.get("/api/grid").json()["grid"], "n": 99}).json()[
        "tiles"
    ]
    assert [tile["suggestion"] is None for tile in every] == [session.blind(tile["row"]) for tile in every]


def test_half_an_emoji_in_a_note_is_kept_and_shown(client: TestClient, session: ReviewSession) -> None:
    row = str(session.rows.ids[0])
    note = "cut \ud83d"  # as a browser cuts at its limit of characters
    body = json.dumps({"event": uuid.uuid4().hex, "kind": "note", "row": row, "note": note})
    headers = {"Content-Type": "application/json"}
    assert client.post("/api/decisions", content=body, headers=headers).status_code == 200
    assert client.get("/api/card", params={"row": row}).json()["note"] == note
