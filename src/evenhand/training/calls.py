"""Calls to worker processes: each a value that names its function. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from evenhand.data.store.store import StorePlace
from evenhand.engines.call import FunctionCall


@dataclass(frozen=True, kw_only=True)
class PrepareCall(FunctionCall):
    """Compute the activations of a model's frozen parts (`prepare_model`)."""

    function: ClassVar[str] = "evenhand.training.tasks.fit_fold:prepare_model"
    record: str
    store: StorePlace
    model: str
    threads: int


@dataclass(frozen=True, kw_only=True)
class CheckWeightsCall(FunctionCall):
    """Build the network of a model, so that weights that cannot be used are known (`check_weights`)."""

    function: ClassVar[str] = "evenhand.training.tasks.fit_fold:check_weights"
    record: str
    store: StorePlace
    model: str
    threads: int


@dataclass(frozen=True, kw_only=True)
class EmulationCall(FunctionCall):
    """Ask whether bf16 is emulated on the device (`emulation_notes`)."""

    function: ClassVar[str] = "evenhand.training.emulated:emulation_notes"
    device: str
    keys: Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class TrainCall(FunctionCall):
    """Fit one model on one fold with one seed (`run_task`)."""

    function: ClassVar[str] = "evenhand.training.tasks.fit_fold:run_task"
    record: str
    store: StorePlace
    model: str
    fold: int
    seed: int
    threads: int
    watcher: str | None = None


@dataclass(frozen=True, kw_only=True)
class SoupCall(FunctionCall):
    """Average the weights of the seeds of one model on one fold (`run_soup`)."""

    function: ClassVar[str] = "evenhand.training.tasks.soup:run_soup"
    record: str
    store: StorePlace
    model: str
    fold: int
    threads: int


@dataclass(frozen=True, kw_only=True)
class PredictCall(FunctionCall):
    """Predict new rows by one network of a record (`predict_fold`)."""

    function: ClassVar[str] = "evenhand.training.tasks.prediction.predict_fold:predict_fold"
    record: str
    store: StorePlace
    entry: str
    model: str
    fold: int
    seed: int
    threads: int
    out: str
    sizes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FeaturesCall(FunctionCall):
    """Write the activations of a model's frozen part (`write_features`)."""

    function: ClassVar[str] = "evenhand.training.tasks.stored_features:write_features"
    record: str
    store: StorePlace
    model: str
    threads: int
    out: str
    entry: str | None = None
    stored_only: bool = False


@dataclass(frozen=True, kw_only=True)
class NetworkFeaturesCall(FunctionCall):
    """Write the features of rows in one network of a record (`write_network_features`)."""

    function: ClassVar[str] = "evenhand.training.tasks.prediction.network_features:write_network_features"
    record: str
    store: StorePlace
    entry: str
    rows: list[int]
    model: str
    fold: int
    seed: int
    threads: int
    out: str


@dataclass(frozen=True, kw_only=True)
class RowVectorsCall(NetworkFeaturesCall):
    """Write embeddings and codes of rows in one network of a record (`write_row_vectors`)."""

    function: ClassVar[str] = "evenhand.training.tasks.prediction.network_features:write_row_vectors"


@dataclass(frozen=True, kw_only=True)
class SpeedCall(FunctionCall):
    """Time a few batches of a model (`measure_speed`)."""

    function: ClassVar[str] = "evenhand.training.machine_speed:measure_speed"
    model: Mapping[str, Any]
    size: int
    threads: int


@dataclass(frozen=True, kw_only=True)
class DeviceTrialsCall(FunctionCall):
    """Try the graphics cards that a process sees (`device_trials`)."""

    function: ClassVar[str] = "evenhand.training.devices:device_trials"


@dataclass(frozen=True, kw_only=True)
class PredictPrefixesCall(FunctionCall):
    """Predict the first steps of rows of a run by one of its networks (`predict_prefixes`)."""

    function: ClassVar[str] = "evenhand.training.tasks.prediction.predict_fold:predict_prefixes"
    record: str
    store: StorePlace
    model: str
    fold: int
    seed: int
    rows: list[int] = field(repr=False)
    steps: list[int]
    threads: int
    out: str
