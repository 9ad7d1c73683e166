"""The context of a task: a record and a store, opened for one model. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.balance.config import BalanceConfig
from evenhand.base.errors import TaskError, unknown
from evenhand.base.storage.record import ROW, Record
from evenhand.base.values import TEST, TRUTH_THRESHOLD, Folds, Ints, Samples
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import row_shape
from evenhand.data.store.store import Store, StorePlace
from evenhand.evaluation.config import ClassesConfig, ScoreConfig
from evenhand.evaluation.reading.from_record import truth_threshold
from evenhand.modalities import KINDS, Kind
from evenhand.modalities.torch_half import torch_half
from evenhand.models.baseline import LOGISTIC_REGRESSION, baseline_of
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.training.config import TrainConfig


@dataclass(frozen=True, eq=False)
class TaskContext:
    """One model of a record, with everything its tasks read.

    Tasks count rows by the position of their sample; `rows` leads from there to the store, whose entries also hold
    rows that could not be decoded.

    Attributes
    ----------
    record, store
        Opened.
    samples, folds
        Of the record.
    model, train, balance, score, classes
        Sections of the configuration.
    device
        As in `compute.device`; of a list, the first. Where a worker process was placed, its own card counts
        (`device_of`).
    deterministic, float32_matmul_precision, head_device, compiles
        As in [compute] (`compile`).
    truth_threshold
        The degree from which on a soft label is true in [score].
    kind_config
        The section of the kind of data, as plain values.
    encoded
        Key of `data.json` that names the encoded rows: "encoded", or "encoded_generalization" for the second set.
    exclusive
        Sets of classes that exclude each other.
    """

    record: Record
    store: Store
    samples: Samples
    folds: Folds
    model: ModelConfig
    train: TrainConfig
    balance: BalanceConfig
    score: ScoreConfig
    classes: ClassesConfig
    device: str
    truth_threshold: float = TRUTH_THRESHOLD
    kind_config: Mapping[str, Any] = field(default_factory=dict)
    encoded: str = "encoded"
    exclusive: tuple[tuple[str, ...], ...] = ()
    deterministic: bool = True
    float32_matmul_precision: str = "highest"
    head_device: str = "auto"
    compiles: bool = False

    @classmethod
    def of(cls, record: str, store: StorePlace, model: str) -> TaskContext:
        """Return the context of one model.

        Raises
        ------
        RecordError
            If there is no such record, or its run stopped before this step.
        TaskError
            If it has no such model.
        """
        opened = Record.open(record)
        resolved = opened.resolved()
        torch_half(KINDS.get(opened.data()["kind"]))  # its import registers the kind's encoders
        found = {entry["name"]: entry for entry in resolved["model"]}
        if model == LOGISTIC_REGRESSION and model not in found:
            found |= _baseline(resolved)
        if model not in found:
            raise TaskError(unknown("model", model, found))
        compute = resolved.get("compute", {})
        return cls(
            record=opened,
            store=Store.at(store, also=_stores_named(resolved)),
            samples=opened.samples(),
            folds=opened.folds(),
            model=ModelConfig.model_validate(found[model]),
            train=TrainConfig.model_validate(found[model]["train"]),
            balance=BalanceConfig.model_validate(found[model]["balance"]),
            score=ScoreConfig.model_validate(resolved.get("score", {})),
            classes=ClassesConfig.model_validate(resolved.get("classes", {})),
            device=_device(compute.get("device", "auto")),
            truth_threshold=truth_threshold(opened),
            kind_config=resolved.get(opened.data()["kind"], {}),
            exclusive=_exclusive(opened, resolved),
            deterministic=bool(compute.get("deterministic", True)),
            float32_matmul_precision=str(compute.get("float32_matmul_precision", "highest")),
            head_device=str(compute.get("head_device", "auto")),
            compiles=bool(compute.get("compile", False)),
        )

    @property
    def generalization(self) -> TaskContext | None:
        """The same model on the rows of the second set, or None where there is none."""
        samples = self.record.generalization()
        if samples is None:
            return None
        return replace(self, samples=samples, encoded="encoded_generalization")

    @property
    def kind(self) -> Kind:
        """The kind of data."""
        return KINDS.get(self.samples.kind)

    @property
    def shared(self) -> Path:
        """The folder of files that all tasks of the model share."""
        return self.record.path / "models" / self.model.name

    def entry(self, size: int | None) -> StoreEntry:
        """Return the encoded rows at one size.

        Raises
        ------
        StoreError
            If they are no longer in the store.
        TaskError
            If the run did not encode them.
        """
        encoded = self.record.data()[self.encoded]
        own = size is None or size == self.model.size
        name = self.model.name if own else f"{self.model.name}@{size}"
        if name not in encoded:
            raise TaskError(
                f"{self.record.path}: its rows were not encoded at {size} px. Start the run with --fresh."
            )
        return self.store.open(encoded[name])

    def size_of_fold(self, fold: int, seed: int) -> int | None:
        """Return the size at which the network of a fold predicts: that of its last stage of training."""
        folder = self.record.task_folder(self.model.name, fold, seed).relative_to(self.record.path)
        size: int | None = self.record.object(f"{folder}/task.json").get("size")
        return size

    @property
    def sized(self) -> SizedModel:
        """The model with the shapes of its rows, -1 where they differ, and the section of their kind."""
        row = {name: row_shape(of) for name, of in self.entry(None).arrays.items()}
        own = {"row": row, "kind_config": dict(self.kind_config), "exclusive": self.blocks}
        return SizedModel.model_validate({**self.model.model_dump(), **own})

    @property
    def blocks(self) -> list[list[int]]:
        """Positions of the classes that share a softmax, set by set; empty where none do.

        Classes that are left out, since they have too few rows, leave their sets.
        """
        if self.model.blocks != "softmax" or not self.samples.multi_label:
            return []
        place = {name: at for at, name in enumerate(self.samples.classes)}
        sets = [[place[name] for name in names if name in place] for names in self.exclusive]
        return [found for found in sets if len(found) > 1]

    @property
    def rows(self) -> Ints:
        """(n,) the store's row of each sample."""
        frame = self.samples.frame
        return frame[ROW].to_numpy(np.int64, copy=True) if ROW in frame else np.arange(len(frame))

    @property
    def stage_balance(self) -> list[BalanceConfig]:
        """Section [balance] of each stage."""
        return [self.balance.overridden(stage.balance) for stage in self.train.stage] or [self.balance]

    def parts(self, fold: int) -> TaskRows:
        """Return the positions of the samples that one fold trains on, validates on and predicts."""
        of = self.folds.of(self.samples.ids)
        if fold not in range(self.folds.k):
            raise TaskError(f"There is no fold {fold}; the record has folds 0 to {self.folds.k - 1}.")
        return TaskRows(
            fit=np.flatnonzero((of != fold) & (of != TEST) & self.samples.known),
            scored=np.flatnonzero((of == fold) & self.samples.known),
            validation=np.flatnonzero(of == fold),
            test=np.flatnonzero(of == TEST),
        )


def _baseline(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of the baseline logistic regression by its name; empty where the run has none."""
    model = baseline_of(ModelConfig.model_validate(entry) for entry in resolved["model"])
    if model is None:
        return {}
    balance = BalanceConfig.model_validate(resolved.get("balance", {}))
    # A solver takes each row once: of the balance it needs what its probabilities stand for, not samplers and
    # weights.
    own = BalanceConfig(correct_to=balance.correct_to, adjust=balance.adjust)
    return {model.name: {**model.plain(), "train": TrainConfig().plain(), "balance": own.plain()}}


def _exclusive(record: Record, resolved: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Return the sets of classes that exclude each other: those named, or those that the labels show.

    Of the latter, those of which one holds in every row: a softmax has to give the row to one of them.
    """
    named = resolved.get("data", {}).get("exclusive", [])
    if named == "auto":
        return tuple(block.classes for block in record.samples().exclusive if block.complete)
    return tuple(tuple(names) for names in record.data().get("exclusive", named))


def _device(wanted: Any) -> str:
    return str(wanted[0] if isinstance(wanted, list) and wanted else wanted)


def _stores_named(resolved: Mapping[str, Any]) -> list[Path]:
    """Return the store's folder that a record names, to be read only; empty for the user's default store."""
    folder = resolved.get("compute", {}).get("store")
    return [Path(folder)] if folder else []


@dataclass(frozen=True, eq=False)
class TaskRows:
    """Positions of samples: trained on, scored (held out, with a label), held out, locked."""

    fit: Ints
    scored: Ints
    validation: Ints
    test: Ints
