"""The section [scanlines]: what is read of a scan, and how its lines become arrays of one width."""

from __future__ import annotations

from typing import Literal

from evenhand.base.settings.section import Section, option

Flatten = Literal["none", "offset", "slope", "median_difference"]


class ScanLinesConfig(Section):
    """How scans become lines of one width, in the order of time."""

    width: int = option(128, ge=8, le=4096, unit="values", description="Values of a line after resampling.")
    max_lines: int = option(128, ge=4, le=8192, unit="lines", description="Most lines of a scan.")
    longer: Literal["average", "first"] = option(
        "average",
        description="What happens to scans planned with more than max_lines: neighbouring lines are averaged, or "
        "only the first are read.",
    )
    directions: Literal["forward", "both"] = option(
        "forward",
        description="Directions of the fast axis that are read as channels: forward, or forward and backward.",
    )
    channel: str = option("Z", description="Channel that is read of files with several (.sxm, .gwy).")
    first_line: Literal["top", "bottom"] = option(
        "top",
        description="Which line was scanned first, in files that do not say so (PNG, TIFF, npy, npz, .gsf, .gwy).",
    )
    flatten: Flatten = option(
        "slope",
        description="What is removed from each line: nothing, its median, a straight line, or the sum of the "
        "median differences of the lines up to it.",
    )
    clip: float = option(
        8.0,
        ge=0,
        le=100,
        description="Robust deviations from a line's median beyond which values are clipped; 0 is off.",
    )
    normalise: Literal["line", "scan", "none"] = option(
        "line",
        description="What gets mean 0 and deviation 1: every line, or the whole scan (of which a model that "
        "predicts after every line would then know the end), or nothing: heights in the unit of the file (EH121).",
    )
    minirocket: bool = option(
        False, description="Whether a linear model on MiniRocket features is in the scores (extra [minirocket])."
    )
    seconds: float = option(
        10.0, gt=0, le=3600, unit="s", description="Processor time after which a file is given up."
    )
    memory_mib: int = option(
        1024, ge=64, le=1 << 20, unit="MiB", description="Memory beyond which a file is given up."
    )
    max_pixels: int = option(
        50_000_000, ge=1, unit="px", description="Larger scans are refused before they are decoded."
    )
    max_bytes: int = option(500_000_000, ge=1, unit="bytes", description="Larger files are refused unread.")
