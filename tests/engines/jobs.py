"""Functions for workers to run in the tests of engines."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.engines.call import RetryableError
from evenhand.engines.schedule import Remedy


def add(a: int, b: int = 0) -> int:
    return a + b


def echo(value: Any) -> Any:
    return value


def numbers() -> dict[str, Any]:
    return {"count": np.int64(3), "shares": np.array([0.5, 0.25]), "path": Path("a/b"), "nan": float("nan")}


def fill_the_disk() -> None:
    Path("/dev/full").write_text("no room")


def an_object() -> object:
    return object()


def environment() -> dict[str, Any]:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        "pid": os.getpid(),
        "threads": [os.environ[name] for name in names],
        "path": sys.path,
        "huge_pages": os.environ["THP_MEM_ALLOC_ENABLE"],
        "cublas": os.environ["CUBLAS_WORKSPACE_CONFIG"],
    }


def fail(how: str) -> None:
    if how == "known":
        raise DataError("labels.csv: has no rows. Add some.")
    if how == "exit":
        sys.exit(3)
    raise ZeroDivisionError("by hand")


def steps(count: int, progress: Callable[[Any], None]) -> int:
    for step in range(count):
        progress({"step": step})
    return count


def from_thread(progress: Callable[[Any], None]) -> str:
    thread = threading.Thread(target=progress, args=["said"])
    thread.start()
    thread.join()
    return "done"


def die(marker: str, times: int, number: int = signal.SIGKILL) -> str:
    """Die with a signal, as often as told over all processes; the file `marker` counts."""
    with Path(marker).open("a") as file:
        file.write(f"{os.getpid()}\n")
    if len(Path(marker).read_text().splitlines()) <= times:
        print("last words", file=sys.stderr, flush=True)
        os.kill(os.getpid(), number)
    return "survived"


def crash() -> None:
    ctypes.string_at(0)


def leave(code: int) -> None:
    os._exit(code)


def die_with_child() -> None:
    """Die while a forked child holds every file and socket of ours."""
    multiprocessing.get_context("fork").Process(target=time.sleep, args=[60], daemon=True).start()
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(pids: str, seconds: float = 600, stubborn: bool = False, child: bool = False) -> None:
    """Note our process id and sleep; a stubborn one does not mind being interrupted."""
    started = subprocess.Popen(["sleep", "600"]).pid if child else os.getpid()
    with Path(pids).open("a") as file:
        file.write(f"{os.getpid()}\n{started}\n")
    try:
        time.sleep(seconds)
    except KeyboardInterrupt:
        if stubborn:
            time.sleep(seconds)
        Path(pids).with_suffix(f".tidy{os.getpid()}").touch()
        raise


def hold_the_lock_of_python(pids: str) -> None:
    """Stay in compiled code that does not let any thread of ours run."""
    Path(pids).write_text(f"{os.getpid()}\n")
    ctypes.PyDLL(None).sleep(600)


def loop_for_ever() -> None:
    while True:
        pass


def wait_for_ever() -> None:
    threading.Event().wait()


def hold(size: int) -> int:
    return len(bytearray(size))


def placed() -> list[str | None]:
    return [os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "EVENHAND_PLACED_DEVICE")]


def fail_first(marker: str, remedy: Remedy, times: int = 1) -> int:
    """Fail so often over all processes, in a way that may succeed; return the process."""
    with Path(marker).open("a") as file:
        file.write(f"{os.getpid()}\n")
    if len(Path(marker).read_text().splitlines()) <= times:
        raise RetryableError("cuda:0 is full. Lower it.", remedy, brief="cuda:0 is full", detail="a traceback")
    return os.getpid()


KEPT: list[bytearray] = []


def hoard() -> int:
    """Keep memory that `release` gives back; return the process."""
    KEPT.append(bytearray(1))
    return os.getpid()


def release() -> None:
    KEPT.clear()


def refuse_to_release() -> None:
    raise RuntimeError("the device does not answer")


def threads_now() -> dict[str, Any]:
    """Return the process, how much it hoards, and the threads that its libraries really have."""
    from threadpoolctl import threadpool_info

    return {
        "pid": os.getpid(),
        "hoard": len(KEPT),
        "variable": os.environ["OMP_NUM_THREADS"],
        "pools": sorted({pool["num_threads"] for pool in threadpool_info()}),
    }
