"""Files of the field's formats, put together byte by byte from their descriptions, without the libraries.

- .gsf: Gwyddion user guide, "Gwyddion Simple Field".
- .gwy: the same, "Format of Gwyddion Files".
- .sxm: Nanonis file formats (SPECS), "SXM scan files".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np


def gsf(rows: np.ndarray, header: Mapping[str, object]) -> bytes:
    """Return rows from top to bottom: header lines, 1 to 4 NULs up to a multiple of four, little-endian float32."""
    keys = {"XRes": rows.shape[1], "YRes": rows.shape[0], **header}
    text = "Gwyddion Simple Field 1.0\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
    raw = text.encode("utf-8")
    return raw + b"\0" * (4 - len(raw) % 4) + b"".join(struct.pack("<f", value) for value in rows.ravel())


def gwy(parts: Mapping[str, object]) -> bytes:
    """Return a container of text, numbers and fields (dicts with xres, yres, data, …) by their keys."""
    return b"GWYP" + _object("GwyContainer", parts)


def _object(name: str, parts: Mapping[str, object]) -> bytes:
    body = b"".join(_component(key, value) for key, value in parts.items())
    return name.encode() + b"\0" + struct.pack("<I", len(body)) + body


def _component(key: str, value: object) -> bytes:
    start = key.encode() + b"\0"
    if isinstance(value, str):
        return start + b"s" + value.encode() + b"\0"
    if isinstance(value, int):
        return start + b"i" + struct.pack("<i", value)
    if isinstance(value, float):
        return start + b"d" + struct.pack("<d", value)
    if isinstance(value, np.ndarray):
        return start + b"D" + struct.pack("<I", value.size) + value.astype("<f8").tobytes()
    assert isinstance(value, dict)
    return start + b"o" + _object("GwySIUnit" if "unitstr" in value else "GwyDataField", value)


def field(rows: np.ndarray, size: tuple[float, float] = (4e-9, 2e-9), unit: str = "m") -> dict:
    """Return a data field of rows from top to bottom."""
    lines, width = rows.shape
    return {
        "xres": width,
        "yres": lines,
        "xreal": size[0],
        "yreal": size[1],
        "si_unit_xy": {"unitstr": "m"},
        "si_unit_z": {"unitstr": unit},
        "data": rows,
    }


def sxm(
    images: Sequence[np.ndarray],
    channels: Sequence[tuple[str, str, str]] = (("Z", "m", "both"),),
    *,
    direction: str = "down",
    order: str = ">",
    extent: str = "  4.000000E-9  2.000000E-9",
) -> bytes:
    """Return (l, w) images as the controller writes them: lines and pixels in the order of time.

    `channels` are name, unit and direction; `images` are forward and backward of each, in that order.
    """
    lines, width = images[0].shape
    table = "".join(
        f"\t{14 + n}\t{name}\t{unit}\t{way}\t1.0E+0\t0.0E+0\n" for n, (name, unit, way) in enumerate(channels)
    )
    head = (
        ":NANONIS_VERSION:\n2\n"
        f":SCANIT_TYPE:\n              FLOAT            {'MSBFIRST' if order == '>' else 'LSBFIRST'}\n"
        ":REC_DATE:\n 03.03.2031\n:REC_TIME:\n12:00:00\n:REC_TEMP:\n      290.0000000000\n:ACQ_TIME:\n       12.5\n"
        f":SCAN_PIXELS:\n       {width}       {lines}\n:SCAN_FILE:\na µ.sxm\n:SCAN_TIME:\n  1.0E-1  1.0E-1\n"
        + (f":SCAN_RANGE:\n{extent}\n" if extent else "")
        + ":SCAN_OFFSET:\n  0.0E+0  0.0E+0\n:SCAN_ANGLE:\n  0.0E+0\n"
        f":SCAN_DIR:\n{direction}\n:BIAS:\n  -2.0E+0\n"
        ":Z-CONTROLLER:\n\tName\ton\tSetpoint\n\tlog Current\t1\t2.0E-11 A\n:COMMENT:\na tip, : with colons\n\n"
        f":DATA_INFO:\n\tChannel\tName\tUnit\tDirection\tCalibration\tOffset\n{table}\n"
        ":SCANIT_END:\n\n\n"
    )
    return head.encode("utf-8") + b"\x1a\x04" + b"".join(image.astype(f"{order}f4").tobytes() for image in images)
