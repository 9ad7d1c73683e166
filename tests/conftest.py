"""What all tests share: the way to real data beside the checkout."""

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# test processes share the cores, and threads of numerical libraries that wait for each other spin for seconds
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# a task sets its own number of threads: where other test processes use the cores too, most of its time was waiting
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# a busy machine is no reason to fail: speed is measured in benchmarks
settings.register_profile("evenhand", deadline=None)
settings.load_profile("evenhand")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


LONGEST = ("test_kills_change_no_bit", "test_killed_tasks_end_with_the_same_bits")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests that take minutes first: at the end, all processes but one would wait for them."""
    items.sort(
        key=lambda item: item.name.partition("[")[0] not in LONGEST
    )  # stable: fixtures of modules stay together


@pytest.fixture(scope="session", autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give tests a cache folder of their own: readers of records keep what they decode there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def sixth_kind() -> Iterator[None]:
    """Install the kind of `modalities/sixth_kind` as a package is: on the path, with metadata, told to nobody."""
    from evenhand.modalities import KINDS

    name, place = "weather", str(Path(__file__).parent / "modalities" / "sixth_kind")
    sys.path.insert(0, place)
    importlib.invalidate_caches()
    KINDS._entry_points = None
    yield
    sys.path.remove(place)
    KINDS._entry_points = None
    KINDS._registered.pop(name, None)
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


@pytest.fixture
def size() -> Callable[[int, int], int]:
    """Return the size of a slow test: a small one, or with EVENHAND_TESTS=full that of the claim it stands for."""
    full = os.environ.get("EVENHAND_TESTS") == "full"
    return lambda small, whole: whole if full else small


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """Return the folder of a real data set, or skip where it is absent."""

    def folder(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"the real data set {name!r} is not beside this checkout")
        return path

    return folder


BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Give a real browser, Debian's chromium, or skip where it is absent."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        yield instance
        instance.close()
