"""How many cores may be used."""

import os
from pathlib import Path

import pytest

from evenhand.base.cores import thread_share, usable_cores


@pytest.mark.parametrize(
    ("text", "cores"), [("100000 100000\n", 1), ("50000 100000\n", 1), ("max 100000\n", None), ("broken", None)]
)
def test_quota_of_a_container_narrows_the_cores(tmp_path: Path, text: str, cores: int | None) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(text)
    assert usable_cores(file) == (cores or len(os.sched_getaffinity(0)))


def test_affinity_narrows_the_cores(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cores(tmp_path / "none") == 1
    finally:
        os.sched_setaffinity(0, before)


def test_every_worker_has_a_thread() -> None:
    assert thread_share(1000) == 1
    assert thread_share(0, cores=4) == 4
