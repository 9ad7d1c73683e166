from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from evenhand.base.seeds import generator
from evenhand.base.values import Finding, Predictions
from evenhand.modalities import KINDS
from evenhand.review.log.live_review import LiveReview
from evenhand.review.rows.from_config import from_config
from evenhand.review.rows.pictures import Pictures
from evenhand.review.rows.source import ProbabilitySource
from evenhand.review.rows.with_predictions import with_predictions
from evenhand.review.server.access import Access
from evenhand.review.server.app import build_app
from evenhand.review.server.session import ReviewSession
from evenhand.settings.load import load

from .browsing import Served

ROWS = 12
PORT = 8797


@pytest.fixture(scope="session")
def toml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return KINDS.get("photos").example(generator("review page"), ROWS, tmp_path_factory.mktemp("photos"))


@pytest.fixture
def session(toml: Path, tmp_path: Path) -> ReviewSession:
    return session_of(toml, tmp_path / "decisions.jsonl")


def session_of(toml: Path, log: Path, reviewer: str = "ada") -> ReviewSession:
    """Return a session whose model gives each row its label with 0.6, but the first one another class with 0.9."""
    rows = from_config(toml)
    p = np.full((len(rows), rows.k), 0.4 / (rows.k - 1))
    p[np.arange(len(rows)), rows.samples.labels] = 0.6
    p[0] = 0.1 / (rows.k - 1)
    p[0, (rows.samples.labels[0] + 1) % rows.k] = 0.9
    finding = Finding("EH109", "warning", "<b>suspicious</b>", ids=(str(rows.ids[0]),))
    rows = from_config(toml, reported=[finding])
    rows = with_predictions(rows, Predictions(rows.ids, rows.classes, p, model="m"), ProbabilitySource.OUT_OF_FOLD)
    return ReviewSession(rows, Pictures.of_settings(load(toml), rows), LiveReview(log), reviewer, "by_class")


@pytest.fixture
def access() -> Access:
    return Access.on(PORT)


@pytest.fixture
def client(session: ReviewSession, access: Access) -> TestClient:
    """Return a browser in which the address with the token was opened."""
    base = f"http://127.0.0.1:{PORT}"
    found = TestClient(build_app(session, access), base_url=base, headers={"Origin": base})
    assert found.get(access.address).status_code == 200
    return found


@pytest.fixture
def served(toml: Path, tmp_path: Path) -> Iterator[Served]:
    found = Served(session_of(toml, tmp_path / "decisions.jsonl"))
    yield found
    found.stop()
