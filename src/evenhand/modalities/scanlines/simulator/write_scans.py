"""Sets of scans with labels, in the layout of the published set of Gordon and Landon (2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.seeds import generator
from evenhand.base.storage.files.atomic import write_frame
from evenhand.base.values import Floats
from evenhand.modalities.scanlines.simulator.raters import BOXES, draw_raters, looks_of, state_of, ticks
from evenhand.modalities.scanlines.simulator.scan_files import FORMATS, write_scan
from evenhand.modalities.scanlines.simulator.session import Planned, draw_session, scans_of
from evenhand.modalities.scanlines.simulator.simulate import Scan, simulate


@dataclass(frozen=True)
class LabelledScan:
    """A scan of a session, and what raters ticked.

    Attributes
    ----------
    scan
        The scan.
    session_date
        ISO date of its session.
    run, cycle
        Its place in the session; scans of one run follow one another in one frame.
    shares
        (6,) share of the raters who ticked each of `BOXES`.
    raters
        How many they were.
    """

    scan: Scan
    session_date: str
    run: int
    cycle: int
    shares: Floats
    raters: int

    @property
    def state(self) -> str:
        """The box ticked most often, or "none"."""
        return state_of(self.shares)[0]


def labelled_scans(
    *,
    rows: int = 400,
    sessions: int = 10,
    lines: int = 96,
    pixels: int = 96,
    upward: bool = False,
    difficulty: float = 1.0,
    seed: int = 0,
) -> Iterator[LabelledScan]:
    """Yield scans of several sessions, session by session; the same arguments give the same scans.

    Parameters
    ----------
    rows
        Scans of all sessions together, exactly; sessions differ by one at most.
    sessions
        Number of sessions, at most `rows`.
    lines, pixels
        Size of a frame, at least 16 each.
    upward
        Whether every second scan begins at the bottom; otherwise none does.
    difficulty
        1 for scans as dirty and noisy as the published ones, down to 0 for clean and narrow frames.
    seed
        Seed of everything random. A session does not depend on how many others there are.

    Raises
    ------
    EvenhandError
        If there are fewer rows than sessions, no sessions, or frames that are too small.
    """
    if not 1 <= sessions <= rows or min(lines, pixels) < 16:
        raise EvenhandError(
            "Simulated scans need at least one session, a scan for each, and 16 lines of 16 pixels; "
            f"found {sessions} sessions, {rows} scans, {lines} lines and {pixels} pixels."
        )
    for number, indices in enumerate(np.array_split(np.arange(rows), sessions)):
        found = scans_of_session(
            number, lines=lines, pixels=pixels, upward=upward, difficulty=difficulty, seed=seed
        )
        yield from islice(found, len(indices))


def scans_of_session(
    number: int, *, lines: int, pixels: int, upward: bool = False, difficulty: float = 1.0, seed: int = 0
) -> Iterator[LabelledScan]:
    """Yield the labelled scans of one session, without end; see `labelled_scans`."""
    session = draw_session(number, generator("scans", "session", number, seed), difficulty=difficulty)
    settings = generator("scans", "settings", number, seed)
    for at, plan in enumerate(scans_of(session, settings, lines=lines, pixels=pixels)):
        rng = generator("scans", "scan", number, at, seed)
        yield _labelled(plan, session.date, upward and at % 2 == 1, rng)


def write_scans(
    folder: Path,
    *,
    rows: int = 400,
    sessions: int = 10,
    lines: int = 96,
    pixels: int = 96,
    formats: Sequence[str] = (".png",),
    upward: bool = False,
    difficulty: float = 1.0,
    seed: int = 0,
) -> Path:
    """Write scans and `labels.csv` into `folder`, and return the path of the table.

    Columns are those of the published set: path, session_date, state, the six boxes (shares of raters),
    n_raters, n_tied, split (test for the last fifth of the sessions), series, run, cycle, orig_width,
    orig_height; and what only a simulator knows: tip_line, the first line of a new tip in the order of time
    (empty for none), and width_nm.

    Parameters
    ----------
    formats
        Suffixes, taken in turn: ".png", ".npy", ".npz", ".gsf", ".gwy", ".sxm".
    rows, sessions, lines, pixels, upward, difficulty, seed
        See `labelled_scans`. Only .sxm says whether a scan begins at the bottom.
    """
    strange = [one for one in formats if one not in FORMATS]
    if strange or not formats:
        raise EvenhandError(unknown("format of scans", strange[0] if strange else "", list(FORMATS)))
    held, table = max(1, sessions // 5) if sessions > 1 else 0, []
    dates: list[str] = []
    found = labelled_scans(
        rows=rows, sessions=sessions, lines=lines, pixels=pixels, upward=upward, difficulty=difficulty, seed=seed
    )
    (folder / "scans").mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(found):
        if one.session_date not in dates:
            dates.append(one.session_date)
        name = f"scans/{one.session_date}-{one.run}_{one.cycle}{formats[number % len(formats)]}"
        write_scan(one.scan, folder / name)
        split = "test" if len(dates) > sessions - held else "train"
        table.append(_row(one, name, split))
    write_frame(pd.DataFrame(table), folder / "labels.csv")
    return folder / "labels.csv"


def _labelled(plan: Planned, date: str, upward: bool, rng: np.random.Generator) -> LabelledScan:
    """Simulate a planned scan and have it rated."""
    scan = simulate(replace(plan.setting, upward=upward), rng)
    raters = draw_raters(rng)
    return LabelledScan(scan, date, plan.run, plan.cycle, ticks(looks_of(scan), raters, rng).mean(axis=0), raters)


def _row(one: LabelledScan, path: str, split: str) -> dict[str, object]:
    """Return the row of a scan."""
    state, tied = state_of(one.shares)
    shares = {box: round(float(share), 4) for box, share in zip(BOXES, one.shares, strict=True)}
    setting, changes = one.scan.setting, [line for line in one.scan.tip_changes if line < one.scan.scanned]
    return {
        "path": path,
        "session_date": one.session_date,
        "state": state,
        **shares,
        "n_raters": one.raters,
        "n_tied": tied,
        "split": split,
        "series": f"{one.session_date}-{one.run}",
        "run": one.run,
        "cycle": one.cycle,
        "orig_width": setting.pixels,
        "orig_height": one.scan.scanned,
        "tip_line": str(changes[0]) if changes else "",
        "width_nm": round(setting.size_nm[0], 3),
    }
