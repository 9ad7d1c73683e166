"""What tests of the log share."""

import os

import pytest


@pytest.fixture
def without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out fsync, which takes most of the time of tests about other things."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
