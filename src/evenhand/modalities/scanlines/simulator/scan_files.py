"""Scans as files: PNG, npy and npz, and the formats of the field, .gsf, .sxm and .gwy, with units in their headers.

.gsf and .gwy are written by `gsffile` and `gwyfile`. No library writes .sxm; it is a text header of ":KEY:"
lines and, after "SCANIT_END" and the bytes 1A 04, float32 in big-endian order: for each channel the forward
image, then the backward one, each with its lines in the order of time and its pixels in that too, so that
backward lines are mirrored.

References: Gwyddion user guide, "Format of Gwyddion Files" and "Gwyddion Simple Field"; Nanonis file formats
(SPECS), "SXM scan files".
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import EvenhandError, MissingExtraError, unknown
from evenhand.base.storage.files.atomic import replacing
from evenhand.modalities.scanlines.simulator.simulate import Scan, picture

_NM = 1e-9
_PURPOSE = "Writing files of scans"
_CHANNELS = """\
\tChannel\tName\tUnit\tDirection\tCalibration\tOffset
\t14\tZ\tm\tboth\t1.000E-9\t0.000E+0
"""


def write_scan(scan: Scan, path: Path) -> Path:
    """Write a scan in the format that the suffix names, and return the path.

    PNG keeps the picture of the scanned lines alone: no unit, no backward lines. npy holds (2, l, p) nm, npz
    `forward` and `backward` in nm with `pixel_m` and `unit`; both with NaN in lines that were not scanned,
    lines in the order of time. gsf holds the forward heights, gwy both directions, as a picture, the top line
    first, in metres. sxm holds both directions.

    Raises
    ------
    EvenhandError
        If there is no such format.
    MissingExtraError
        If the library of a format is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise EvenhandError(unknown("format of scans", suffix, list(FORMATS)))
    raw = FORMATS[suffix](scan)
    with replacing(path) as part:
        part.write_bytes(raw)
    return path


def _png(scan: Scan) -> bytes:
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError("pillow", "scanlines", _PURPOSE) from None
    out = io.BytesIO()
    Image.fromarray(picture(_as_picture(scan, scan.forward))).save(out, "PNG")
    return out.getvalue()


def _npy(scan: Scan) -> bytes:
    out = io.BytesIO()
    np.save(out, np.stack([scan.forward, scan.backward]), allow_pickle=False)
    return out.getvalue()


def _npz(scan: Scan) -> bytes:
    out = io.BytesIO()
    pixel = np.array(_pixel_m(scan))
    np.savez(out, forward=scan.forward, backward=scan.backward, pixel_m=pixel, unit=np.array("nm"))
    return out.getvalue()


def _gsf(scan: Scan) -> bytes:
    try:
        from gsffile import write_gsf
    except ImportError:
        raise MissingExtraError("gsffile", "scanlines", _PURPOSE) from None
    width, height = scan.setting.size_nm
    header = {
        "XReal": f"{width * _NM:.9e}",
        "YReal": f"{height * _NM:.9e}",
        "XYUnits": "m",
        "ZUnits": "m",
        "Title": "Z",
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.gsf"  # the library writes to paths only
        write_gsf(path, np.ascontiguousarray(_as_picture(scan, scan.forward) * np.float32(_NM)), header)
        return path.read_bytes()


def _gwy(scan: Scan) -> bytes:
    try:
        from gwyfile.objects import GwyContainer, GwyDataField
    except ImportError:
        raise MissingExtraError("gwyfile", "scanlines", _PURPOSE) from None
    width, height = scan.setting.size_nm
    container = GwyContainer()
    for number, (title, heights) in enumerate((("Z (Forward)", scan.forward), ("Z (Backward)", scan.backward))):
        rows = _as_picture(scan, heights)
        missing = ~np.isfinite(rows)
        container[f"/{number}/data/title"] = title
        field: Any = GwyDataField(
            np.where(missing, 0.0, rows.astype(np.float64) * _NM),
            xreal=width * _NM,
            yreal=height * _NM,
            si_unit_xy="m",
            si_unit_z="m",
        )
        container[f"/{number}/data"] = field
        if missing.any():  # Gwyddion has no missing values; it masks
            container[f"/{number}/mask"] = GwyDataField(
                missing.astype(np.float64), xreal=width * _NM, yreal=height * _NM, si_unit_xy="m", si_unit_z=""
            )
    out = io.BytesIO()
    container.tofile(out)
    return out.getvalue()


def _sxm(scan: Scan) -> bytes:
    setting = scan.setting
    width, height = setting.size_nm
    line = setting.scanner.line_time_s
    keys = {
        "NANONIS_VERSION": "2",
        "SCANIT_TYPE": f"{'FLOAT':>14}{'MSBFIRST':>16}",
        "REC_DATE": " 03.03.2031",
        "REC_TIME": "12:00:00",
        "REC_TEMP": f"{290.0:>18.10f}",
        "ACQ_TIME": f"{line * scan.scanned:>12.1f}",
        "SCAN_PIXELS": f"{setting.pixels:>8}{setting.lines:>8}",
        "SCAN_FILE": "scan.sxm",
        "SCAN_TIME": f"{line / 2:>20.3E}{line / 2:>16.3E}",
        "SCAN_RANGE": f"{width * _NM:>20.6E}{height * _NM:>16.6E}",
        "SCAN_OFFSET": f"{0.0:>20.6E}{0.0:>16.6E}",
        "SCAN_ANGLE": f"{0.0:>15.3E}",
        "SCAN_DIR": "up" if setting.upward else "down",
        "BIAS": f"{-2.0:>12.3E}",
        "DATA_INFO": _CHANNELS,
    }
    header = "".join(f":{key}:\n{value}\n" for key, value in keys.items()) + ":SCANIT_END:\n\n\n"
    images = np.stack([scan.forward, scan.backward[:, ::-1]]) * np.float32(_NM)
    return header.encode("utf-8") + b"\x1a\x04" + images.astype(">f4").tobytes()


def _as_picture(scan: Scan, heights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return (l, p) heights with the top line first."""
    return heights[::-1] if scan.setting.upward else heights


def _pixel_m(scan: Scan) -> tuple[float, float]:
    """Return the size of a pixel along and across the lines."""
    (width, height), setting = scan.setting.size_nm, scan.setting
    return width * _NM / setting.pixels, height * _NM / setting.lines


FORMATS: Mapping[str, Callable[[Scan], bytes]] = {
    ".png": _png,
    ".npy": _npy,
    ".npz": _npz,
    ".gsf": _gsf,
    ".gwy": _gwy,
    ".sxm": _sxm,
}
"""Suffix -> the bytes of a scan."""
