"""The section [beats]: leads, annotations, and the window around a beat."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from evenhand.base.settings.section import Section, option
from evenhand.modalities.beats.classes import AAMI, ANNOTATIONS
from evenhand.modalities.beats.reading.leads import ANY, plain

LEAST_SAMPLES = 8
"""Fewest samples of a window: the transformer makes one token of so many."""


class BeatsConfig(Section):
    """How records become beats: leads, annotations, and the window around each R peak."""

    annotator: str = option(
        "atr", description="Suffix of the annotation files.", min_length=1, pattern=r"^[A-Za-z0-9_]+$"
    )
    leads: list[str] = option(
        ["MLII"],
        min_length=1,
        max_length=16,
        description='Names of leads, one per input channel of a model; "MLII|V5" takes V5 if there is no MLII, '
        '"MLII|*" '
        "any lead that is left. Records without a required lead are left out.",
    )
    sampling_rate: float = option(
        180.0, ge=20, le=5000, unit="Hz", description="Rate to which every record is resampled."
    )
    band: list[float] = option(
        [0.5, 40.0], unit="Hz", description="Edges of the zero-phase band-pass; an empty list for none."
    )
    window: list[float] = option(
        [300.0, 500.0],
        min_length=2,
        max_length=2,
        unit="ms",
        description="Length of the window before and after the R peak.",
    )
    normalise: Literal["record", "none"] = option(
        "record",
        description="Whether a lead is divided by the amplitude of its typical beat, or kept in millivolts.",
    )
    neighbours: int = option(
        4,
        ge=0,
        le=64,
        unit="beats",
        description="Neighbouring beats before and after a beat that encoders may read.",
    )
    mapping: dict[str, list[str]] = option(
        {name: list(symbols) for name, symbols in AAMI.items()},
        description="Class -> symbols of annotations; the default is that of ANSI/AAMI EC57.",
    )
    leave_out: list[str] = option([], description="Names of records that are left out.")
    max_samples: int = option(
        200_000_000,
        ge=1,
        unit="samples",
        description="Records with more samples (over all signals) are refused unread.",
    )

    @field_validator("band")
    @classmethod
    def _two_edges(cls, band: list[float]) -> list[float]:
        if band and not (len(band) == 2 and 0 < band[0] < band[1]):
            raise ValueError("give two edges, the lower one first and above 0 Hz, or [] for no band-pass")
        return band

    @field_validator("window")
    @classmethod
    def _some_window(cls, window: list[float]) -> list[float]:
        if not (0 <= window[0] <= 5000 and 0 <= window[1] <= 5000 and sum(window) >= 20):
            raise ValueError("give the ms before and after the R peak: each from 0 to 5000, together at least 20")
        return window

    @field_validator("leads")
    @classmethod
    def _named(cls, leads: list[str]) -> list[str]:
        if any(not name.strip() for lead in leads for name in lead.split("|")):
            raise ValueError('every entry names a lead, or several by preference: "MLII|V5"')
        first = [lead.split("|")[0].strip() for lead in leads]
        names = [plain(name) for name in first]
        twice = next((name for name in first if name != ANY and names.count(plain(name)) > 1), None)
        if twice is not None:
            raise ValueError(
                f'"{twice}" is the first choice of two channels, but a lead fills only one; name another for one '
                f'of them, or "{ANY}" for any lead that is left'
            )
        return leads

    @field_validator("mapping")
    @classmethod
    def _each_once(cls, mapping: dict[str, list[str]]) -> dict[str, list[str]]:
        symbols = [symbol for listed in mapping.values() for symbol in listed]
        if not symbols:
            raise ValueError('name at least one symbol, such as N = ["N"]')
        if any(not name.strip() for name in mapping):
            raise ValueError("the name of a class is empty; give it one")
        for name, listed in mapping.items():
            if not listed:
                raise ValueError(f'the class "{name}" has no symbol; give it at least one, or remove the class')
        strange = next((symbol for symbol in symbols if symbol not in ANNOTATIONS), None)
        if strange is not None:
            known = " ".join(sorted(ANNOTATIONS))
            raise ValueError(f'"{strange}" is not a symbol of WFDB annotations, which are {known}')
        twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
        if twice:
            raise ValueError(f'the symbol "{twice[0]}" is in two classes')
        return mapping

    @model_validator(mode="after")
    def _band_below_nyquist(self) -> BeatsConfig:
        if self.band and self.band[1] >= self.sampling_rate / 2:
            raise ValueError(
                f"band ends at {self.band[1]:g} Hz; it must end below half of sampling_rate, "
                f"{self.sampling_rate / 2:g} Hz"
            )
        return self

    @model_validator(mode="after")
    def _samples_in_window(self) -> BeatsConfig:
        rate, least = self.sampling_rate, LEAST_SAMPLES
        samples = sum(round(ms * rate / 1000) for ms in self.window)
        if samples < least:
            raise ValueError(
                f"window holds {samples} samples at sampling_rate = {rate:g} Hz; at least {least} are needed: make "
                f"it {least * 1000 / rate:g} ms or longer, or raise sampling_rate"
            )
        return self

    @property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """(c,) for each input channel of a model, names of leads by preference."""
        return tuple(tuple(name.strip() for name in lead.split("|")) for lead in self.leads)
