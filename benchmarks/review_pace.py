"""The review page with 100,000 photos: key to next card, memory, start, the grid, and a long log.

    python benchmarks/review_pace.py [--rows 100000] [--decisions 300] [--starts 5] [--folder FOLDER]

Photos of 64 px lie in a zip with a table. `evenhand review` runs as a process of its own; playwright drives
Debian's chromium. A card counts as painted two frames after its picture is decoded; keys come `--every` so many ms.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import scale
import timing

SIZE = {"width": 1440, "height": 900}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
JUMPS, SCREENS_A_SECOND, SCROLLED_S = 40, 3, 20

# playwright's own waiting compiles text in the page, which the page's policy forbids: these wait by themselves
PAINTED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const [picture, label, stage] = ["picture", "row-label", "stage"].map((id) => document.getElementById(id));
  const there = () => label.textContent && picture.complete && picture.naturalWidth && stage.ariaBusy === "false";
  while (!there()) await frame();
  await picture.decode();
  await frame(); await frame();
  return performance.timeOrigin + performance.now();
}"""
TIMED = """() => {
  const frame = () => new Promise(requestAnimationFrame);
  const [picture, name] = ["picture", "row-name"].map((id) => document.getElementById(id));
  window.paces = [];
  let shown = name.textContent;
  // on the window, after the page has taken the key
  addEventListener("keydown", async (event) => {
    while (name.textContent === shown) await frame();
    shown = name.textContent;
    await picture.decode().catch(() => {});
    await frame(); await frame();
    window.paces.push(performance.now() - event.timeStamp);
  });
}"""
MOVED = """async ([seconds, screens, jumps]) => {
  const scroller = document.getElementById("grid-scroller");
  const frame = () => new Promise(requestAnimationFrame);
  const list = document.getElementById("tiles");
  const found = {empty: 0, tiles: 0, filled: []};
  let since = null;
  function look() {
    const box = scroller.getBoundingClientRect();
    let seen = 0, filled = 0;
    for (const tile of list.children) {
      const {top, bottom} = tile.getBoundingClientRect();
      if (bottom <= box.top + 1 || top >= box.bottom - 1) continue;
      const image = tile.querySelector("img");
      seen += 1;
      filled += Number(image.hasAttribute("src") && image.complete && image.naturalWidth > 0);
    }
    const now = performance.now();
    if (filled) since = null;
    else { since ??= now; found.empty = Math.max(found.empty, now - since); }
    found.tiles = Math.max(found.tiles, list.children.length);
    return seen > 0 && filled === seen;
  }
  let last = performance.now();
  for (const start = last; last - start < 1000 * seconds;) {
    await frame();
    const now = performance.now();
    scroller.scrollTop += screens * scroller.clientHeight * (now - last) / 1000;
    last = now;
    look();
  }
  const scrolled = found.empty;
  found.empty = 0;
  for (const share of jumps) {
    scroller.scrollTop = share * (scroller.scrollHeight - scroller.clientHeight);
    const start = performance.now();
    let whole = null;
    while (performance.now() - start < 700) {
      await frame();
      if (look()) whole ??= performance.now() - start;
    }
    found.filled.push(whole ?? 700);
  }
  return {...found, scrolled};
}"""


@dataclass
class Server:
    """A running `evenhand review`, when it was started (seconds since 1970), and the address that it printed."""

    process: subprocess.Popen[str]
    started: float
    address: str

    def memory(self) -> float:
        """Return the highest memory so far, MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


@contextlib.contextmanager
def served(config: Path, session: Path) -> Iterator[Server]:
    """Give a server of a session, which is stopped at the end as a person would."""
    command = [sys.executable, "-m", "evenhand", "review", str(config), "--no-open", "--port", "0"]
    # with compiled modules, as an installed package has them
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.time()
    process = subprocess.Popen(
        [*command, "--session", str(session), "--reviewer", "ann"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    said = ""
    try:
        while not (address := re.search(r"Open (http\S+)", said)):
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"The server ended: {said}")
            said += line
        yield Server(process, started, address[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def write_photos(folder: Path, rows: int) -> Path:
    """Write photos and a configuration, and return the path of the latter."""
    scale.write_zip(folder / "photos.zip", rows)
    config = folder / "evenhand.toml"
    config.write_text(
        '[data]\nkind = "photos"\nroot = "photos.zip"\ntable = "labels.csv"\ngroup = "group"\n', encoding="utf-8"
    )
    return config


def write_log(path: Path, events: int) -> None:
    """Write a log of decisions about rows that there are not, as a page would have sent them."""
    from evenhand.review.log.event import Event, Shown

    shown = Shown("by_class", "card", ("class01",), 0.83, "out_of_fold")
    kinds = random.Random(0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for number in range(events):
            to = ["class01"] if kinds.random() < 0.1 else None
            more: dict[str, Any] = {"to": to, "seconds": 0.7, "shown": shown}
            event = Event.new("keep" if to is None else "relabel", "bob", f"row{number}", ["class00"], **more)
            file.write(f"{event.to_json()}\n")


def first_card(browser: Any, config: Path, session: Path) -> float:
    """Return seconds from the start of the process to the first card that is painted."""
    with served(config, session) as server:
        page = browser.new_page(viewport=SIZE)
        page.goto(server.address, wait_until="commit")
        painted = page.evaluate(PAINTED) / 1000
        page.close()
        return float(painted - server.started)


def paces(page: Any, decisions: int, every: float) -> list[float]:
    """Return milliseconds from each key to the next card painted; keys as a reviewer mixes them."""
    page.evaluate(PAINTED)
    page.evaluate(TIMED)
    keys = random.Random(0).choices(["Space", "x", "u"], [8, 1, 1], k=decisions)
    start = time.perf_counter()
    for number, key in enumerate(keys):
        page.keyboard.press(key)
        page.wait_for_timeout(max(0.0, 1000 * (start + (number + 1) * every - time.perf_counter())))
    page.wait_for_timeout(1000)
    return [float(one) for one in page.evaluate("window.paces")]


def grid(page: Any) -> dict[str, Any]:
    """Return the longest times in ms without any picture on the screen, by scrolling and by jumping."""
    page.keyboard.press("g")
    page.wait_for_timeout(1500)
    draws = random.Random(0)
    jumps = [draws.random() for _ in range(JUMPS)]
    return dict(page.evaluate(MOVED, [SCROLLED_S, SCREENS_A_SECOND, jumps]))


def log_opened(log: Path) -> float:
    """Return the seconds that opening a log takes in a fresh process."""
    program = (
        "import sys, time; from evenhand.review.log.live_review import LiveReview; t = time.perf_counter(); "
        "LiveReview(sys.argv[1]); print(time.perf_counter() - t)"
    )
    return float(subprocess.check_output([sys.executable, "-c", program, str(log)], text=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that a share of all values does not exceed.

    >>> percentile([5, 1, 2, 3, 4], 0.95), percentile([1, 2, 3, 4], 0.5)
    (5, 2)
    """
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def measure(folder: Path, asked: argparse.Namespace) -> list[list[object]]:
    """Return the rows of the table."""
    from playwright.sync_api import sync_playwright

    config, session = write_photos(folder, asked.rows), folder / "session"
    write_log(folder / "log" / "decisions.jsonl", asked.rows)
    chromium = shutil.which("chromium") or sys.exit("Debian's chromium is not installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        timing.say("  first card, cold")
        cold = first_card(browser, config, session)
        timing.say("  first card, warm")
        warm = [first_card(browser, config, session) for _ in range(asked.starts)]
        with served(config, session) as server:
            page = browser.new_page(viewport=SIZE)
            page.goto(server.address)
            timing.say("  deciding")
            began = time.perf_counter()
            found = paces(page, asked.decisions, asked.every / 1000)
            rate = 60 * len(found) / (time.perf_counter() - began)
            timing.say("  the grid")
            moved = grid(page)
            memory = server.memory()
        browser.close()
    logs = [log_opened(folder / "log" / "decisions.jsonl") for _ in range(3)]
    p95 = percentile(found, 0.95)
    filled = statistics.median(moved["filled"])
    return [
        ["decisions a minute", f"{rate:.0f}", timing.verdict(rate, 90, at_least=True)],
        ["key to next card painted, median", f"{statistics.median(found):.0f} ms", ""],
        [f"the same, p95 of {len(found)}", f"{p95:.0f} ms", timing.verdict(p95, 50)],
        ["highest memory of the server", f"{memory:.0f} MiB", timing.verdict(memory, 1024)],
        ["start to first card, rows not kept", f"{cold:.1f} s", ""],
        [
            f"start to first card, rows kept, median of {len(warm)}",
            f"{statistics.median(warm):.2f} s ({min(warm):.2f} to {max(warm):.2f})",
            timing.verdict(statistics.median(warm), 2),
        ],
        [
            f"grid, {SCREENS_A_SECOND} screens a second: longest without a picture",
            f"{moved['scrolled']:.0f} ms",
            timing.verdict(moved["scrolled"], 200),
        ],
        [
            f"grid, {JUMPS} jumps anywhere: longest without a picture",
            f"{moved['empty']:.0f} ms",
            timing.verdict(moved["empty"], 200),
        ],
        ["grid, jump to all pictures on the screen, median", f"{filled:.0f} ms", ""],
        ["grid, most tiles in the document", f"{moved['tiles']}", ""],
        [f"opening a log of {asked.rows:,} events", f"{statistics.median(logs):.1f} s", ""],
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--decisions", type=int, default=300)
    parser.add_argument("--every", type=float, default=150.0, help="ms between two keys")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where room is; a temporary folder otherwise")
    asked = parser.parse_args()
    print(timing.machine())
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-", dir=asked.folder) as folder:
        rows = measure(Path(folder), asked)
    print("\n" + timing.table([f"{asked.rows:,} photos", "figure", "target"], rows))


if __name__ == "__main__":
    main()
