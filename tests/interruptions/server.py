"""A process that has imported everything and forks commands, since imports are most of the time of a tiny run.

Requests and answers are lines of JSON. A fork can be killed after some seconds with its group, and with `faults.c`
loaded at an operation on files.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any, NoReturn

IMPORTED = (
    "evenhand.cli.app", "torch", "pandas", "pyarrow.parquet", "scipy.stats", "sklearn.linear_model", "PIL.Image",
    "timm", "wfdb",
    "evenhand.pipeline.verbs.run", "evenhand.pipeline.verbs.report", "evenhand.pipeline.verbs.predict",
    "evenhand.pipeline.verbs.check", "evenhand.training.tasks.fit_fold", "evenhand.training.tasks.soup",
    "evenhand.reporting.write_html", "evenhand.modalities.photos.torch_half",
    "evenhand.modalities.beats.torch_half",
)  # fmt: skip
DEADLINE_SECONDS = 600.0


def main() -> None:
    """Serve requests until the end of the input."""
    for name in IMPORTED:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
    _save_after_every_epoch()
    _start_no_interpreters()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        answers.write(json.dumps(_serve(json.loads(line))) + "\n")
        answers.flush()


def _save_after_every_epoch() -> None:
    """Tiny fits would end before the first state is saved."""
    from evenhand.training.loop import checkpoint
    from evenhand.training.tasks import fit_fold

    def often(*given: Any, **options: Any) -> checkpoint.Checkpointer:
        return checkpoint.Checkpointer(*given, **options, every_s=0.0, share=1e9)

    fit_fold.Checkpointer = often  # type: ignore[assignment,misc]


def _start_no_interpreters() -> None:
    """Charts and records of other formats have processes of their own, which write nothing."""
    from evenhand.engines.call import resolve
    from evenhand.engines.isolated import ISOLATED
    from evenhand.reporting.chart_process import DRAWING

    chart = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9"></svg>'
    DRAWING.start = lambda: None  # type: ignore[method-assign]
    DRAWING.svg = lambda spec: chart  # type: ignore[method-assign]

    def here(function: str, arguments: Any, *, seconds: float, memory: int) -> Any:
        return resolve(function)(**arguments)

    ISOLATED.call = here  # type: ignore[method-assign]


def _serve(asked: dict[str, Any]) -> dict[str, Any]:
    start = time.monotonic()
    seen, tells = os.pipe()
    child = os.fork()
    if not child:
        os.close(seen)
        _child(asked, tells)
    os.close(tells)
    descriptor = os.pidfd_open(child)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    limit = asked.get("kill_after") or DEADLINE_SECONDS
    working = not poll.poll(limit * 1000)
    if working:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    os.close(descriptor)
    with os.fdopen(seen, "r") as pipe:
        operations = pipe.read()
    return {
        "code": os.waitstatus_to_exitcode(status),
        "hung": working and not asked.get("kill_after"),
        "seconds": time.monotonic() - start,
        "cpu": used.ru_utime + used.ru_stime,
        "operations": int(operations or 0),
    }


def _child(asked: dict[str, Any], tells: int) -> NoReturn:
    from safety.forked_child import detach, exit_code  # beside this one only where this is run as a program

    library = ctypes.CDLL(asked["faults"]) if "faults" in asked else None

    def work() -> None:
        detach(asked["folder"], asked["out"], asked["err"])
        os.environ.update(asked.get("environment", {}))
        if "file_bytes" in asked:
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["file_bytes"],) * 2)
        from evenhand.cli.app import app

        sys.argv = ["evenhand", *asked["arguments"]]
        if library is not None:
            library.faults_set(
                os.fsencode(asked["below"]), ctypes.c_long(asked.get("operation", 0)), asked.get("error", 0),
                int(asked.get("lasting", False)),
            )  # fmt: skip
        app(list(asked["arguments"]))

    code = exit_code(work)
    if library is not None:
        os.write(tells, str(library.faults_seen()).encode())
    os._exit(code)


if __name__ == "__main__":
    main()
