"""Every command on every file that it reads, damaged in every way: what ends otherwise than by a sentence.

    python benchmarks/damage.py [--slots 2] [--every 1] [--cases N] [--minutes 600] [--commands report predict]
    python benchmarks/damage.py --log damage.jsonl     # what it has is not run again: stop and resume as you like
    python benchmarks/damage.py --log damage.jsonl --summary
    python benchmarks/damage.py --case "report|runs/a/predictions.parquet|flip|17"

The cases are those of `tests/safety/`: each runs in a forked child with a deadline of 60 s and 2 GiB. At fault is
one that hangs, needs more, prints a traceback or "Something went wrong inside", is killed by a signal, fails
without a word, or changes a figure silently where a checksum could tell. Faults are printed as they are found,
each with the name by which `--case` repeats it, then a line of JSON with the counts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))


def work(slot: int, slots: int, folder: Path, wanted: argparse.Namespace, counted: Any) -> None:
    """Run every so many-th case in a folder of this slot, until the time is over."""
    matrix = importlib.import_module("safety.matrix")
    commands = wanted.commands or tuple(matrix.COMMANDS)
    bench, ends = matrix.Bench(folder / f"slot{slot}"), time.monotonic() + 60 * wanted.minutes
    if unread := [name for name in commands if not bench.files(name)]:
        sys.exit(f"no file is read, so that none can be damaged: {', '.join(unread)}")
    cases, logged = bench.sample(wanted.cases, commands), {line["case"] for line in _logged(wanted.log)}
    done: Counter[str] = Counter()
    for case in cases[slot :: slots * wanted.every]:
        if time.monotonic() > ends:
            break
        if str(case) in logged:
            continue
        result = bench.run(case)
        if result.fault == "hang":  # once more: the machine may have been busy
            result = bench.run(case)
        done["cases"] += 1
        done["cpu seconds"] += round(result.ended.cpu_seconds, 2)
        done["largest, MiB"] = max(done["largest, MiB"], result.ended.peak_bytes >> 20)
        if wanted.log:
            _append(wanted.log, result)
        if result.fault:
            done[result.fault] += 1
            print(f"{result.fault}: {case}\n{said(result.ended)}", flush=True)
    counted.put(({**done}, len(cases)))


def _logged(log: Path | None) -> list[dict[str, Any]]:
    """Return the results in a log, of each case the last."""
    if log is None or not log.exists():
        return []
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return list({line["case"]: line for line in lines}.values())


def _append(log: Path, result: Any) -> None:
    """Add a result to the log: one short write, so that slots share the file."""
    ended = result.ended
    document = {
        "case": str(result.case), "fault": result.fault, "code": ended.code,
        "said": said(ended)[-600:] if result.fault else "",
        "cpu_seconds": round(ended.cpu_seconds, 2), "seconds": round(ended.seconds, 2),
        "mib": ended.peak_bytes >> 20,
    }  # fmt: skip
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(document) + "\n")


def summarise(log: Path) -> None:
    """Print what a log holds: cases, commands, files, ways of damage, faults."""
    lines = _logged(log)
    names = [line["case"].split("|") for line in lines]
    print(
        json.dumps(
            {
                "cases": len(lines),
                "command lines": len({name[0] for name in names}),
                "files": len({name[1] for name in names}),
                "files x commands": len({tuple(name[:2]) for name in names}),
                "damages": len({tuple(name[2:]) for name in names}),
                "cases by exit code": dict(sorted(Counter(str(line["code"]) for line in lines).items())),
                "faults": dict(Counter(line["fault"] for line in lines if line["fault"])),
                "longest, s": max((line["seconds"] for line in lines), default=0),
                "largest, MiB": max((line["mib"] for line in lines), default=0),
            }
        )
    )


def said(ended: Any) -> str:
    """Return the end of what a child printed."""
    return "".join(f"    {line}\n" for line in (ended.err + ended.out[-400:]).splitlines()[-6:])


def main() -> None:
    """Run one case, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", help="Run this case only, and print all of its output.")
    parser.add_argument("--commands", nargs="*", help="Names of tests/safety/commands.py; all by default.")
    parser.add_argument("--slots", type=int, default=2, help="Processes that run cases.")
    parser.add_argument("--every", type=int, default=1, help="Run one of so many cases.")
    parser.add_argument("--cases", type=int, default=10**9, help="Run so many cases, as many of each command.")
    parser.add_argument("--minutes", type=float, default=600, help="Stop after this time.")
    parser.add_argument("--log", type=Path, help="Add a line of JSON per case to this file; skip those it has.")
    parser.add_argument("--summary", action="store_true", help="Print the counts of the log, and run nothing.")
    parser.add_argument("--folder", type=Path, help="Where to work; data that are there are used again.")
    wanted = parser.parse_args()
    if wanted.summary:
        if wanted.log is None:
            parser.error("--summary needs --log.")
        summarise(wanted.log)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = wanted.folder or Path(temporary)
        if wanted.case:
            matrix = importlib.import_module("safety.matrix")
            result = matrix.Bench(folder / "slot0").run(matrix.Case.parse(wanted.case))
            print(result.ended.out, result.ended.err, sep="\n")
            print(f"exit code {result.ended.code}, {result.ended.cpu_seconds:.1f} s of processor time: ", end="")
            print(result.fault or "no fault")
            return
        run_all(folder, wanted)


def run_all(folder: Path, wanted: argparse.Namespace) -> None:
    """Run the cases in all slots and print the counts."""
    counted: Any = multiprocessing.Queue()
    slots = [
        multiprocessing.Process(target=work, args=(slot, wanted.slots, folder, wanted, counted))
        for slot in range(wanted.slots)
    ]
    for slot in slots:
        slot.start()
    counts: Counter[str] = Counter()
    largest = total = 0
    for slot in slots:
        slot.join()
        if slot.exitcode:
            sys.exit(f"a slot ended with {slot.exitcode}")
        one, total = counted.get()
        largest = max(largest, one.pop("largest, MiB", 0))
        counts.update(one)
    print(json.dumps({"cases there are": total, **counts, "largest, MiB": largest}))


if __name__ == "__main__":
    main()
