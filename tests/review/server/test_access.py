"""Who gets in: the browser that was opened with the token, and nobody else."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from evenhand.review.server.access import HEADERS, Access
from evenhand.review.server.app import build_app, page_files
from evenhand.review.server.session import ReviewSession

from .conftest import PORT

BASE = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def stranger(session: ReviewSession, access: Access) -> TestClient:
    return TestClient(build_app(session, access), base_url=BASE)


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=wrong", "/page/main.js", "/api/session", "/nowhere"])
def test_nothing_without_the_token(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "evenhand review" in answer.text
    assert "set-cookie" not in answer.headers


def test_the_token_opens_the_page_and_is_kept_in_a_cookie(stranger: TestClient, access: Access) -> None:
    answer = stranger.get(access.address)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert stranger.get("/api/session").status_code == 200
    # the token opens the page alone; what the page asks for brings the cookie
    stranger.cookies.clear()
    assert stranger.get(f"/api/session?token={access.token}").status_code == 401


@pytest.mark.parametrize("other", ['x={"a": 1}; ', "two words=1; ", 'x="; ', ""])
def test_cookies_of_other_servers_on_this_machine_lock_nobody_out(access: Access, other: str) -> None:
    headers = {"host": f"127.0.0.1:{PORT}", "cookie": f"{other}{access.cookie}={access.token}; last"}
    assert access.refusal("GET", "/api/session", "", headers) is None
    refused = access.refusal("GET", "/api/session", "", {**headers, "cookie": f"{other}{access.cookie}=wrong"})
    assert refused is not None
    assert refused[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": f"evil.example:{PORT}"},  # a name made to resolve to this machine
        {"Host": "127.0.0.1:1"},
        {"Host": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # another port of this machine
    ],
)
def test_other_sites_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/api/session", headers=headers).status_code == 403


def test_another_host_does_not_get_the_cookie(stranger: TestClient, access: Access) -> None:
    answer = stranger.get(access.address, headers={"Host": f"evil.example:{PORT}"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", f"https://127.0.0.1:{PORT}"]
)
def test_decisions_of_other_origins_are_refused(
    client: TestClient, session: ReviewSession, origin: str | None
) -> None:
    del client.headers["Origin"]
    headers = {} if origin is None else {"Origin": origin}
    body = {"event": "0" * 32, "kind": "trash", "row": session.rows.ids[0]}
    assert client.post("/api/decisions", json=body, headers=headers).status_code == 403
    assert len(session.live.state) == 0


@pytest.mark.parametrize(
    "path",
    ["/page/../session.py", "/page/..%2fsession.py", "/page/%2e%2e/session.py", "/page//etc/passwd", "/page/"],
)
def test_no_file_but_those_of_the_page(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_every_answer_has_the_headers(client: TestClient, session: ReviewSession) -> None:
    picture = f"/api/picture?row={session.rows.ids[0]}"
    for path in ("/", "/page/main.js", "/api/session", "/nowhere", picture):
        answer = client.get(path)
        assert "unsafe-inline" not in answer.headers["content-security-policy"].partition("script-src")[2]
        for name in ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Resource-Policy"):
            assert answer.headers[name] == HEADERS[name]
    assert "sandbox" in client.get(picture).headers["content-security-policy"]


def test_the_page_needs_nothing_from_elsewhere() -> None:
    for name, content in page_files().items():
        text = content.decode().replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, name
        assert "innerHTML" not in text, name
    assert {"index.html", "main.js", "style.css"} <= set(page_files())


def test_every_module_is_loaded_at_once() -> None:
    files = page_files()
    for name in files:
        if name.endswith(".js"):
            assert f'"/page/{name}"' in files["index.html"].decode(), name
