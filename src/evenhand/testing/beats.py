"""Small records of heartbeats: generated ones, and ones whose every beat is specified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from evenhand.base.seeds import generator
from evenhand.data.wfdb_calls import as_data_error, import_wfdb
from evenhand.modalities.beats.example.records import SHARES, RecordPlan, write_records


def write_beats(
    folder: Path,
    *,
    rows: int = 3000,
    records: int = 12,
    shares: Mapping[str, float] = SHARES,
    difficulty: float = 0.4,
    seed: int = 0,
) -> Path:
    """Write ECG-like WFDB records of the classes N, S, V and O into `folder`; return the TOML that trains on them.

    Parameters
    ----------
    rows
        Beats of all records together, exactly.
    records
        Records, each of a patient of its own; `patients.csv` names them.
    shares
        Class -> share of the beats; every class has at least two beats, in two records.
    difficulty
        0 (early and broad beats stand out) to 1 (hardly early, hardly broad, noisy).
    seed
        Seed of everything random: the same arguments give the same bytes.
    """
    plan = RecordPlan(rows, records, dict(shares), difficulty)
    return write_records(
        plan, generator("beats", rows, records, repr(dict(shares)), repr(difficulty), seed), folder
    )


def write_record(
    folder: Path,
    name: str,
    marks: Sequence[tuple[int, str]],
    *,
    leads: Sequence[str] = ("MLII",),
    rate: int = 250,
    length: int | None = None,
    units: str = "mV",
    annotator: str | None = "atr",
) -> Path:
    """Write one WFDB record with a spike at every annotation, (sample, symbol) each, and return its header.

    Parameters
    ----------
    leads
        Names of the signals; signal j is j + 1 times the first.
    rate
        Samples per second.
    length
        Samples; None for a second after the last annotation.
    annotator
        Ending of the annotation file; None for none.
    """
    wfdb = import_wfdb()
    folder.mkdir(parents=True, exist_ok=True)
    count = length or max((at for at, _ in marks), default=0) + rate
    t = np.arange(count) / rate
    signal = 0.05 * np.sin(2 * np.pi * t)
    for at, _ in marks:
        signal += np.exp(-((t - at / rate) ** 2) / (2 * 0.02**2))
    values = np.stack([signal * (j + 1) for j in range(len(leads))], axis=1)
    with as_data_error("cannot be written"):
        wfdb.wrsamp(
            name,
            fs=rate,
            units=[units] * len(leads),
            sig_name=list(leads),
            p_signal=values,
            fmt=["16"] * len(leads),
            write_dir=str(folder),
        )
        if annotator is not None and marks:
            places = np.array([at for at, _ in marks])
            wfdb.wrann(name, annotator, places, symbol=[symbol for _, symbol in marks], write_dir=str(folder))
    return folder / f"{name}.hea"
