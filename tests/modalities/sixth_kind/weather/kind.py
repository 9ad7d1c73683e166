"""Weather logs as a kind of data: a text file of hourly temperatures per row."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.settings.section import Section, option
from evenhand.base.storage.code_hash import source_mark
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import Root
from evenhand.data.tables.samples import file_samples, unlabelled_samples
from evenhand.modalities import FileRows
from evenhand.modalities.views import PLAIN, View


class WeatherConfig(Section):
    """How logs become arrays."""

    hours: int = option(24, ge=4, unit="hours", description="Hours that are read from the start of a log.")


def reversed_in_time(row: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return row[::-1]


class Weather(FileRows):
    """Temperatures over a day: "signal" (hours,) float32, in degrees Celsius."""

    name = "weather"
    suffixes: Sequence[str] = (".log",)
    config: type[Section] = WeatherConfig
    torch_module = "weather.torch_half"
    encoder = "day"
    tune = "all"
    profiles: Sequence[str] = ("none", "warmer")
    view_profile = "warmer"
    test_views: Mapping[str, Sequence[View]] = {"both": (PLAIN, View("reversed", reversed_in_time, "signal"))}

    def samples(self, root: Root, data: DataConfig, kind_config: WeatherConfig) -> tuple[Samples, list[Finding]]:
        return file_samples(root, data, kind=self.name, suffixes=self.suffixes)

    def unlabelled(self, root: Root, data: DataConfig, kind_config: WeatherConfig) -> tuple[Samples, list[Finding]]:
        return unlabelled_samples(root, kind=self.name, suffixes=self.suffixes)

    def settings(self, kind_config: WeatherConfig, size: int | None) -> dict[str, Any]:
        return {"kind": self.name, "code": source_mark(__name__), "hours": kind_config.hours}

    def encode(self, raw: bytes, settings: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
        try:
            values = np.array([float(word) for word in raw.decode("utf-8").split()], dtype=np.float32)
        except (UnicodeDecodeError, ValueError):
            raise DataError("is not a log of temperatures") from None
        if len(values) < settings["hours"]:
            raise DataError(f"has {len(values)} hours of {settings['hours']}")
        return {"signal": values[: settings["hours"]]}

    def facts(self, raw: bytes) -> dict[str, Any]:
        hours = len(raw.split())
        if not hours:
            raise DataError("is empty")
        return {"hours": hours, "bytes": len(raw)}

    def picture(self, raw: bytes, side: int) -> str:
        signal = self.encode(raw, {"hours": 4})["signal"]
        points = " ".join(f"{at * side / len(signal):.0f},{side / 2 - t:.0f}" for at, t in enumerate(signal))
        drawn = f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}"><polyline points="{points}"/></svg>'
        return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode("ascii")

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        lines = ["path,label,station"]
        for row in range(rows):
            label = ("été", "winter", "monsoon")[0 if row % 2 else 1 + (row % 3 == 0)]
            station = f"станция {row // 4}"
            height = {"été": 24.0, "winter": -4.0, "monsoon": 15.0}[label]
            day = height + 5 * np.sin(np.linspace(0, 2 * np.pi, 24)) + rng.normal(0, 2, 24)
            (folder / f"{row:03d}.log").write_text("\n".join(f"{t:.2f}" for t in day), encoding="utf-8")
            lines.append(f"{row:03d}.log,{label},{station}")
        (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        toml = folder / "weather.toml"
        toml.write_text(
            f"output = {str(folder / 'runs')!r}\n[data]\nkind = 'weather'\nroot = '.'\ntable = 'labels.csv'\n"
            "group = 'station'\n\n[folds]\nk = 2\n\n[[model]]\nname = 'day'\nencoder = 'day'\ntune = 'all'\n",
            encoding="utf-8",
        )
        return toml
