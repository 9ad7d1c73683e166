"""Small realistic heartbeats: records of several patients, with occasional early, broad and fused beats."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import replacing, write_text
from evenhand.data.wfdb_calls import as_data_error, import_wfdb
from evenhand.modalities.beats.example.synthetic_ecg import RATE, Patient, draw_patient, signals

SHARES: Mapping[str, float] = {"N": 0.90, "S": 0.02, "V": 0.07, "O": 0.01}
"""Class -> share of the beats: the skew of the MIT-BIH Arrhythmia Database."""
SYMBOLS = {"N": "N", "S": "A", "V": "V", "O": "F"}
"""Class -> the annotation that is written; O is fusion, and [data] rename makes F into O."""

_SURNAMES = ("Иванова", "山田", "Müller", "García", "Øst", "Nguyễn", "Οικονόμου", "كريم")


@dataclass(frozen=True)
class RecordPlan:
    """Specification of generated records.

    Attributes
    ----------
    rows
        Beats of all records together.
    records
        Number of records, each of a different patient.
    shares
        Class -> share of the beats.
    difficulty
        0 (early and broad beats stand out) to 1 (hard to tell, noisy).
    """

    rows: int
    records: int
    shares: Mapping[str, float]
    difficulty: float = 0.4

    def __post_init__(self) -> None:
        strange = [name for name in self.shares if name not in SYMBOLS]
        if strange or not 0 <= self.difficulty <= 1 or not 2 <= self.records <= self.rows:
            raise EvenhandError(
                f"Generated beats have the classes {', '.join(SYMBOLS)}, a difficulty from 0 to 1, and at least 2 "
                f"records with a beat each; found {', '.join(self.shares)}, {self.difficulty:g} and {self.records}."
            )


def write_example(rng: np.random.Generator, rows: int, folder: Path) -> Path:
    """Write about `rows` beats of four classes in four records or more, a table of patients and a TOML."""
    return write_records(RecordPlan(max(rows, 24), max(4, rows // 250), SHARES), rng, folder)


def write_records(plan: RecordPlan, rng: np.random.Generator, folder: Path) -> Path:
    """Write WFDB records with annotations, `patients.csv` and `beats.toml`; return the path of the last.

    Every class has at least two beats, in at least two records; otherwise its beats are spread unevenly over the
    records, as in real data. Two leads are written, in every fourth record in reverse order. The same plan and
    generator give the same bytes.

    Raises
    ------
    MissingExtraError
        If wfdb is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    assigned = _assigned(plan, rng)
    names = [f"p{number:03d}" for number in range(1, plan.records + 1)]
    for at, (name, classes) in enumerate(zip(names, assigned, strict=True)):
        patient = draw_patient(rng, plan.difficulty)
        _write_record(folder, name, classes, patient, rng, swapped=at % 4 == 3)
    write_text(folder / "RECORDS", "".join(f"{name}\n" for name in names))
    with replacing(folder / "patients.csv") as part, part.open("w", encoding="utf-8", newline="") as file:
        people = [f"{_SURNAMES[at % len(_SURNAMES)]} {at + 1}" for at in range(plan.records)]
        csv.writer(file).writerows([("record", "person"), *zip(names, people, strict=True)])
    write_text(folder / "beats.toml", _TOML)
    return folder / "beats.toml"


_TOML = """# Generated heartbeats: normal (N), early (S), broad (V) and fused (O), about 90 : 2 : 7 : 1.
[data]
kind = "beats"
root = "."
table = "patients.csv"       # a row per record
group = "person"             # beats of one person stay in one fold
rename = { F = "O" }

[folds]
k = 2

[beats]
leads = ["MLII"]
sampling_rate = 100

[[model]]
name = "tiny"
encoder = "resnet1d"
tune = "all"

[train]
epochs = 2
batch_size = 32
"""


def _assigned(plan: RecordPlan, rng: np.random.Generator) -> list[list[str]]:
    """Return for each record the classes of its beats, in order."""
    counts = {name: max(2, round(plan.rows * share)) for name, share in plan.shares.items()}
    most = max(counts, key=lambda name: counts[name])
    counts[most] += plan.rows - sum(counts.values())
    assigned: list[list[str]] = [[] for _ in range(plan.records)]
    for name, count in counts.items():
        if name == most:
            continue
        weights = rng.dirichlet(np.full(plan.records, 0.7))
        sure = rng.permutation(plan.records)[:2]
        for record in [*sure, *rng.choice(plan.records, count - 2, p=weights)]:
            assigned[record].append(name)
    for _ in range(counts[most]):
        min(assigned, key=len).append(most)
    return [[part[at] for at in rng.permutation(len(part))] for part in assigned]


def _write_record(
    folder: Path, name: str, classes: Sequence[str], patient: Patient, rng: np.random.Generator, *, swapped: bool
) -> None:
    wfdb = import_wfdb()
    at, values = signals(classes, patient, rng)
    order = [1, 0] if swapped else [0, 1]
    leads: list[str] = [("MLII", "V1")[place] for place in order]
    digital: npt.NDArray[Any] = np.clip(np.round(values[:, order] * 200), -32000, 32000).astype(np.int16)
    symbols = np.array([SYMBOLS[each] for each in classes])
    with as_data_error("cannot be written"):
        wfdb.wrsamp(
            name, fs=RATE, units=["mV", "mV"], sig_name=leads, d_signal=digital, fmt=["16", "16"],
            adc_gain=[200.0, 200.0], baseline=[0, 0], write_dir=str(folder),
        )  # fmt: skip
        wfdb.wrann(name, "atr", at, symbol=symbols, fs=RATE, write_dir=str(folder))
