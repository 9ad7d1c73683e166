from pathlib import Path

import pytest

from evenhand.testing.beats import write_beats


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the TOML of 240 generated beats in 4 records."""
    return write_beats(tmp_path_factory.mktemp("beats"), rows=240, records=4)


def regular(count: int, *, rr: int = 200, start: int = 200, symbols: str = "N") -> list[tuple[int, str]]:
    """Return `count` beats, `rr` samples apart, whose symbols repeat."""
    return [(start + rr * at, symbols[at % len(symbols)]) for at in range(count)]
