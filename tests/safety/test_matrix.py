"""Every command on damaged files ends with a sentence: a sample of the cases of `benchmarks/damage.py`."""

from collections.abc import Callable

import pytest

from .commands import COMMANDS
from .matrix import Bench

pytestmark = pytest.mark.slow

CHEAP = ("evaluate", "evaluate-table", "runs", "runs-rank", "doctor", "compare-tables", "journal", "cache", "init")
"""Commands that end in a second; the others are in the sample of EVENHAND_TESTS=full."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("damage"))


def test_damaged_files_end_in_sentences(bench: Bench, size: Callable[[int, int], int]) -> None:
    full = size(0, 1)
    cases = bench.sample(size(90, 2000), tuple(COMMANDS) if full else CHEAP)
    again = [
        bench.run(case) if (done := bench.run(case)).fault == "hang" else done for case in cases
    ]  # a busy machine
    faults = [f"{done.fault}: {done.case}" for done in again if done.fault]
    assert not faults, "\n".join(["repeat with: python benchmarks/damage.py --case CASE", *faults])


def test_every_command_reads_files_that_are_damaged(bench: Bench, size: Callable[[int, int], int]) -> None:
    names = tuple(COMMANDS) if size(0, 1) else CHEAP
    assert all(bench.files(name) for name in names)
