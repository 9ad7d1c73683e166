"""The bytes of a file to a scan: by their first bytes, whatever the file is called."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.errors import DataError, EvenhandError, MissingExtraError
from evenhand.base.storage.files.disk_errors import raise_disk_fault
from evenhand.base.storage.numpy_files import load_arrays
from evenhand.engines.isolated import ISOLATED, IsolatedCallError
from evenhand.modalities.scanlines.reading.arrays import NPY, ZIP, read_npy, read_npz
from evenhand.modalities.scanlines.reading.gsf import GSF, read_gsf
from evenhand.modalities.scanlines.reading.gwyddion import GWY, read_gwy
from evenhand.modalities.scanlines.reading.nanonis import SXM, read_sxm
from evenhand.modalities.scanlines.reading.pictures import PNG, png_facts, read_png
from evenhand.modalities.scanlines.reading.scan import Scan, in_time
from evenhand.modalities.scanlines.reading.tiff import TIFF, read_tiff

SUFFIXES = (".png", ".tif", ".tiff", ".npy", ".npz", ".gsf", ".gwy", ".sxm")
"""Suffixes of files that are taken for scans if there is no table."""

_KNOWN = "PNG, TIFF, npy, npz, gsf, gwy or sxm"

PACKAGES = {**dict.fromkeys(TIFF, "tifffile"), GSF: "gsffile", GWY: "gwyfile", SXM: "nanonispy2"}
"""First bytes of formats that are parsed in isolation -> the package that does."""


def read_scan(raw: bytes, settings: Mapping[str, Any]) -> Scan:
    """Return the scan in some bytes, its lines in the order of time.

    Parameters
    ----------
    settings
        The section [scanlines] as plain values.

    Raises
    ------
    DataError
        With the reason why the bytes are not a scan, or cannot be decoded within the bounds.
    """
    most = settings["max_pixels"]
    if not raw:
        raise DataError("is empty (0 bytes)")
    if len(raw) > settings["max_bytes"]:
        raise DataError(f"has {len(raw):,} bytes, more than scanlines.max_bytes = {settings['max_bytes']:,}")
    if raw.startswith(PNG):
        scan = read_png(raw, most)
    elif raw.startswith(NPY):
        scan = read_npy(raw, most)
    elif raw.startswith(ZIP):
        scan = read_npz(raw, most)
    elif raw.startswith(tuple(PACKAGES)):
        scan = _isolated(raw, settings)
    else:
        start = raw[:12].decode("ascii", errors="replace")
        shown = "".join(char if char.isprintable() and char != "\ufffd" else "·" for char in start)
        raise DataError(f'is not a {_KNOWN}, or its header is damaged (it starts with "{shown}")')
    if scan.upward is None:
        bottom_first = settings["first_line"] == "bottom"
        scan = replace(scan, heights=in_time(scan.heights, bottom_first=bottom_first))
    if not np.isfinite(scan.heights).any():
        raise DataError("has no pixel that was scanned")
    return scan


def facts(raw: bytes, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file says about its scan: plain values, NaN or "" where it does not say.

    "stored", "width" and "height" in pixels, "directions", "channel", "unit", "pixel_m" (metres along a line),
    "line_m" (between lines), "first" ("top", "bottom" or "") and "bytes".

    Raises
    ------
    DataError
        As `read_scan` does.
    """
    if raw.startswith(PNG):  # pictures say no more than their header
        told: dict[str, Any] = {"directions": "forward", "channel": "", "unit": "", "first": ""}
        told |= png_facts(raw, settings["max_pixels"]) | {"pixel_m": float("nan"), "line_m": float("nan")}
    else:
        scan = read_scan(raw, settings)
        told = {
            "directions": "+".join(scan.directions),
            "channel": scan.channel,
            "unit": scan.unit,
            "first": "" if scan.upward is None else "bottom" if scan.upward else "top",
            "stored": scan.stored,
            "width": scan.heights.shape[2],
            "height": scan.heights.shape[1],
            "pixel_m": scan.pixel_m[0],
            "line_m": scan.pixel_m[1],
        }
    return {**told, "bytes": len(raw)}


def _isolated(raw: bytes, settings: Mapping[str, Any]) -> Scan:
    """Return the scan that a parser finds in a process that can be ended; raises `DataError` with the reason."""
    package = next(package for start, package in PACKAGES.items() if raw.startswith(start))
    if find_spec(package) is None:
        raise MissingExtraError(package, "scanlines", "Reading this format of scans")
    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        # by the suffix, `nanonispy2` tells scans from spectra
        source, target = Path(folder, "scan.sxm"), Path(folder, "scan.npz")
        source.write_bytes(raw)
        try:
            ISOLATED.call(
                f"{__name__}:parse_file",
                {"source": str(source), "target": str(target), "settings": dict(settings)},
                seconds=settings["seconds"],
                memory=settings["memory_mib"] * 2**20,
            )
        except IsolatedCallError as error:
            raise DataError(str(error)) from None
        held = load_arrays(target)
    about = json.loads(str(held["about"]))
    about["directions"], about["pixel_m"] = tuple(about["directions"]), tuple(about["pixel_m"])
    return Scan(heights=held["heights"], **about)


def parse_file(source: str, target: str, settings: dict[str, Any]) -> None:
    """Parse the scan in one file and write it into another (.npz); called in an isolated process.

    Raises
    ------
    DataError
        With the reason, whatever a damaged file does to a library.
    """
    try:
        scan = _parsed(Path(source), settings["channel"], settings["max_pixels"])
    except (EvenhandError, MemoryError):
        raise
    except Exception as error:
        raise_disk_fault(error)
        # in the words of a library: what does not fit what, without the names of its classes
        words = " ".join(str(error).split()) or "it ends too early"
        raise DataError(f"is damaged or cut off (its reader reports: {words:.90})") from error
    about = {name: value for name, value in vars(scan).items() if name != "heights"}
    np.savez(target, heights=scan.heights, about=np.array(json.dumps(about)))


def _parsed(path: Path, channel: str, most: int) -> Scan:
    raw = path.read_bytes()
    if raw.startswith(GSF):
        return read_gsf(path, most)
    if raw.startswith(GWY):
        return read_gwy(path, channel, most)
    if raw.startswith(SXM):
        return read_sxm(path, channel, most)
    return read_tiff(raw, most)
