"""python -m safety.watched_child FOLDER: every hostile thing before its commands, watched; prints JSON lines."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import pickle
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from .audit_hook import Bait, Watch

CONFIG = """output = "runs"
[data]
kind = "photos"
root = "photos"
table = "labels.csv"
label = "class"
group = "series"
[folds]
k = 2
[photos]
size = 32
[[model]]
name = "m"
encoder = "small"
tune = "all"
[train]
epochs = 1
batch_size = 32
[evaluate]
draws = 200
logistic_regression = false
[compute]
store = "store"
workers = 0
threads = 1
"""


def prepare(own: Path, outside: Path) -> None:
    """Write data, a sound record and what lies outside; the whole work is watched too."""
    from evenhand.testing.kinds import generate

    from .hostile_files import write_module, write_outside

    generate("photos", own / "photos", rows=24)
    write_outside(outside, own / "photos")
    write_module(own / "modules")
    sys.path.append(str(own / "modules"))
    for name in ("new", "out", "tmp"):
        (own / name).mkdir(exist_ok=True)
    for path in sorted(path for path in (own / "photos").rglob("*") if path.suffix in (".png", ".jpg"))[:3]:
        (own / "new" / path.name).write_bytes(path.read_bytes())
    (own / "own.toml").write_text(CONFIG)
    rows = "".join(f"{path.name},a\n" for path in sorted((own / "new").iterdir()))
    (own / "sample.csv").write_text(f"id,class\n{rows}")
    code, said = command("run own.toml")
    if code not in (0, 1):
        raise RuntimeError(said)
    (record,) = (own / "runs").iterdir()
    record.rename(own / "sound")


def forbidden(outside: Path) -> dict[str, Callable[[], object]]:
    """Return what must be noticed, in the order of the test."""
    from .hostile_files import EVIL, Payload

    secret, second = outside / "secret.csv", outside / "precious" / "entries" / "2024" / "only copy.txt"
    payload = pickle.dumps(Payload())

    def change() -> None:
        times = secret.stat()
        descriptor = os.open(secret, os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, b"1")
        os.close(descriptor)
        os.utime(secret, ns=(0, times.st_mtime_ns))  # hidden from a look at the times

    return {
        "open": secret.read_text,
        "read": lambda: subprocess.run([sys.executable, "-Sc", f"open({str(secret)!r}).read()"], check=True),
        "remove": second.unlink,
        "change": change,
        "start": lambda: subprocess.run(["true"], check=True),
        "unpickle": lambda: pickle.loads(payload),
        "shell": lambda: pickle.loads(payload),
        "import": lambda: importlib.import_module(EVIL),
    }


def command(line: str) -> tuple[int, str]:
    """Return how a command line ended in this process, and what it printed."""
    from evenhand.cli.app import app

    said = io.StringIO()
    code = 0
    sys.argv = ["evenhand", *line.split()]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            app(line.split())
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            code = 99
    return code, said.getvalue()


def main() -> None:
    """Run all, or the cases that are named."""
    folder = Path(sys.argv[1]).resolve()
    names = sys.argv[2:]
    own, outside = folder / "own", folder / "outside"
    (own / "tmp").mkdir(parents=True, exist_ok=True)
    os.chdir(own)
    watch = Watch((), (), ("evil_module",))
    watch.install()
    watch.allow((), (own, outside))  # outside is written first
    prepare(own, outside)

    from .hostile_files import HOSTILE, Place

    watch.allow((), (own,))
    tell("sound", "", "run own.toml", watch.taken(), time.process_time())
    bait = Bait(outside)
    for line, act in forbidden(outside).items():
        bait.lay()
        watch.taken()
        act()
        tell("the watch", "", line, [*watch.taken(), *bait.touched(lambda path: False)], 0)
    (own / "ran").unlink()  # by the payloads of these
    bait = Bait(outside)
    for name, hostile in HOSTILE.items():
        if names and name not in names:
            continue
        allowed = [str(outside) + path for path in hostile.readable]
        watch.allow((), (own, outside))
        lines = hostile.make(Place(own, outside))
        watch.allow(allowed, (own,))
        watch.taken()
        for line in lines:
            bait.lay()
            watch.taken()  # laying it touches it
            start = time.process_time()
            code, said = command(line)
            faults = [*watch.taken(), *bait.touched(lambda path, roots=allowed: path.startswith(tuple(roots)))]
            if code not in (0, 1, 2, 3) or "Traceback" in said or "Something went wrong inside" in said:
                faults.append(f"ended with {code}")
            tell(name, f"{code} {said}", line, faults, time.process_time() - start)


def tell(name: str, said: str, line: str, faults: list[str], seconds: float) -> None:
    """Print what came of a command."""
    print(json.dumps({"name": name, "line": line, "said": said, "faults": faults, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
