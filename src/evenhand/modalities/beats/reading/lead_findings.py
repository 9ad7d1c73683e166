"""Findings about the leads and units of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from evenhand.base.values import Finding
from evenhand.data.roots.file_names import some
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.records import OpenRecord
from evenhand.modalities.beats.reading.units import millivolts


def lead_findings(opened: Sequence[OpenRecord], kind_config: BeatsConfig, source: str) -> list[Finding]:
    """Return findings about substituted leads, unusual positions of leads, units, clocks and lost beats."""
    return [
        *_instead(opened, source),
        *_elsewhere(opened, source),
        *_units(opened, source),
        *_clocks(opened, source),
        *_outside(opened, source),
    ]


def _instead(opened: Sequence[OpenRecord], source: str) -> list[Finding]:
    used: dict[tuple[str, str], list[str]] = defaultdict(list)
    for record in opened:
        for asked, taken in record.chosen.instead.items():
            used[asked, taken].append(record.files.name)
    return [
        Finding(
            "EH111",
            "warning",
            f"{source}: {taken} replaces {asked} in {len(names):,} of {len(opened):,} records ({some(names)}), "
            "as beats.leads allows; beats look different in another lead.",
            about=f"{asked}: {taken}",
            evidence={"asked": asked, "taken": taken, "records": names, "of": len(opened)},
        )
        for (asked, taken), names in used.items()
    ]


def _elsewhere(opened: Sequence[OpenRecord], source: str) -> list[Finding]:
    places: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for record in opened:
        places[record.chosen.signals].append(record.files.name)
    if len(places) < 2:
        return []
    usual = max(places, key=lambda signals: len(places[signals]))
    return [
        Finding(
            "EH111",
            "note",
            f"{source}: in {len(names):,} of {len(opened):,} records ({some(names)}) the selected leads are signal "
            f"{_numbers(signals)}, in most signal {_numbers(usual)}; they were selected by name, not by position.",
            evidence={"signals": list(signals), "usual": list(usual), "records": names, "of": len(opened)},
        )
        for signals, names in places.items()
        if signals != usual
    ]


def _units(opened: Sequence[OpenRecord], source: str) -> list[Finding]:
    units: dict[str, list[str]] = defaultdict(list)
    for record in opened:
        for at in record.chosen.signals:
            units[record.head.units[at]].append(record.files.name)
    odd = {unit: sorted(set(names)) for unit, names in units.items() if millivolts(unit) is None}
    if not odd or len(units) < 2:
        return []
    listed = "; ".join(f"{unit}: {some(names)}" for unit, names in odd.items())
    message = f"{source}: some signals have a unit that is not a voltage ({listed}); they are used unconverted."
    return [Finding("EH111", "warning", message, evidence={"units": {unit: len(n) for unit, n in units.items()}})]


def _clocks(opened: Sequence[OpenRecord], source: str) -> list[Finding]:
    other = {
        record.files.name: {"annotations": record.marks.clock, "signals": record.head.rate}
        for record in opened
        if record.marks.clock is not None and record.marks.clock != record.head.rate
    }
    if not other:
        return []
    first = next(iter(other.values()))
    message = (
        f"{source}: the annotations of {len(other):,} of {len(opened):,} records ({some(other)}) have a time "
        f"resolution of their own (in the first {first['annotations']:g} Hz, its signals {first['signals']:g} Hz); "
        "it was used to place the beats."
    )
    return [Finding("EH111", "note", message, evidence={"records": other, "of": len(opened)})]


def _outside(opened: Sequence[OpenRecord], source: str) -> list[Finding]:
    lost = {record.files.name: record.marks.outside for record in opened if record.marks.outside}
    if not lost:
        return []
    message = (
        f"{source}: {sum(lost.values()):,} beats of {len(lost):,} records ({some(lost)}) are annotated beyond the "
        "end of the signals or twice at one sample; they were left out."
    )
    return [Finding("EH101", "warning", message, evidence={"beats": sum(lost.values()), "records": lost})]


def _numbers(signals: Sequence[int]) -> str:
    return "+".join(map(str, signals))
