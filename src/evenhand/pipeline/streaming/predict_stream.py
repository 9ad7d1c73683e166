"""`predict --stream`: predictions after every step of rows that arrive step by step, such as lines of a scan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evenhand.base.errors import DataError, EvenhandError, ModelError
from evenhand.base.storage.record import Record
from evenhand.base.values import Floats
from evenhand.data.store.store import StorePlace
from evenhand.evaluation.core.evaluated_rows import THRESHOLD
from evenhand.evaluation.figures.calibration import row_confidence
from evenhand.evaluation.reading.from_record import best_model
from evenhand.modalities.streams import Step, StepStream, StreamItem
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.stages.predictor import Predictor, predictor_for
from evenhand.pipeline.stages.source import readers_store
from evenhand.pipeline.streaming.deciding import DecisionRule
from evenhand.pipeline.streaming.streamed_step import Decision, StreamedStep
from evenhand.pipeline.streaming.text_lines import TextLine
from evenhand.settings.load import Settings, load

if TYPE_CHECKING:
    from evenhand.training.tasks.prediction.step_network import StepNetworks


def predict_stream(
    record: str | Path | Record,
    lines: Iterable[str | TextLine],
    *,
    model: str | None = None,
    planned: int | None = None,
    precision: float | None = None,
    strict: bool = False,
    store: str | Path | None = None,
) -> Iterator[StreamedStep]:
    """Return an iterator of predictions, one for each line of text, by the fold models of a run.

    What a prediction is after a line is what `predict` says of a file that ends with it. Cost and memory of a line
    do not depend on how many came before.

    Parameters
    ----------
    record
        A finished run of a kind of data whose rows arrive step by step.
    lines
        Lines of text: of scans, a list of numbers each, as JSON (``[1.5, 2]``, or ``{"forward": […], "backward":
        […]}``) or separated by commas or spaces. A blank line or ``{"end": true}`` ends a row, ``{"end":
        "stream"}`` everything.
    model
        A model or `ensemble:METHOD` of the run whose networks read step by step; by default the one with the best
        out-of-fold score.
    planned
        Steps that every row will have, if known.
    precision
        Decide each row as early as `earliness` found for this share of right decisions; None decides nothing.
    strict
        Raise an error at the first line that cannot be used, instead of yielding it as a fault.
    store
        Folder of the store of encoded rows, which a blend with features reads; None for the user's own.

    Raises
    ------
    EvenhandError
        If the kind has no streams, the model needs whole rows, or no threshold is known for the precision. With
        `strict`, `DataError` for a line.
    """
    run = Record.open(record)
    settings = load(run.resolved())
    kind = settings.kind
    reader = kind.stream(kind.settings(settings.kind_config, None), planned)
    if reader is None:
        raise EvenhandError(
            f"Rows of {kind.name} do not arrive step by step: predict their files, without --stream."
        )
    several = settings.data.several
    if precision is not None and several:
        raise EvenhandError("Rows may have several labels: no single decision is taken (leave out --precision).")
    chosen = model or best_model(run)
    rows_store = readers_store(store)
    predictor = predictor_for(run, settings, chosen, Silent(), rows_store)
    networks = _networks(run, settings, predictor, chosen, rows_store.place())
    rule = None if precision is None else DecisionRule.of(run, chosen, precision)
    stream = _Stream(reader, networks, predictor, tuple(run.data()["classes"]), several, rule)
    return _results(stream, lines, strict=strict)


def _networks(
    run: Record, settings: Settings, predictor: Predictor, chosen: str, store: StorePlace
) -> StepNetworks:
    """Return the networks that a model or blend needs; raises `ModelError` if one cannot be used."""
    # torch, which the help of the shell must not wait for
    from evenhand.training.tasks.context import TaskContext
    from evenhand.training.tasks.prediction.step_network import StepNetworks

    if predictor.features:
        raise ModelError(f"{chosen} uses stored features of whole rows, which a stream does not have.")
    try:
        return StepNetworks({name: TaskContext.of(str(run.path), store, name) for name in predictor.needed})
    except ModelError as error:
        others = ", ".join(f"{model.name} ({model.encoder})" for model in settings.model)
        raise ModelError(f"{error} Choose a model of the run with --model: {others}.") from None


@dataclass(eq=False)
class _Stream:
    """A stream with its place: the line, the row, the line of the row, the last prediction and the decision."""

    reader: StepStream
    networks: StepNetworks
    predictor: Predictor
    classes: tuple[str, ...]
    several: bool
    rule: DecisionRule | None
    line: int = 0
    row: int = 1
    row_line: int = 0
    latest: Floats | None = None
    last_step: int = 0
    decision: Decision | None = None

    def after(self, item: StreamItem) -> StreamedStep | None:
        """Return what comes of a line; None for an end where no row has begun."""
        if item.ends:
            return self.end()
        self.row_line += 1
        if item.step is not None:
            self._predict(item.step)
        fault = f"line {self.line:,} {item.fault}." if item.fault else ""
        return self._result(None if fault else self.latest, fault=fault)

    def end(self) -> StreamedStep | None:
        """Return the end of the present row, and begin the next; None if it has not begun."""
        if not self.row_line:
            return None
        self._decide(last=True)
        out = self._result(None, end=True)
        self.networks.begin()
        self.row, self.row_line, self.last_step = self.row + 1, 0, 0
        self.latest, self.decision = None, None
        return out

    def _predict(self, step: Step) -> None:
        found = self.predictor.of(self.networks.after(step), self.classes)
        self.latest, self.last_step = found[0], step.number
        if step.kept:
            self._decide()

    def _decide(self, *, last: bool = False) -> None:
        if self.rule is not None and self.decision is None and self.latest is not None:
            best = int(self.latest.argmax())
            confidence = float(self.latest[best])
            found = self.rule.decided(self.classes[best], confidence, self.last_step, last=last)
            self.decision = None if found is None else Decision(found.predicted, self.row_line)

    def _result(self, probabilities: Floats | None, *, fault: str = "", end: bool = False) -> StreamedStep:
        out = StreamedStep(self.line, self.row, self.row_line, {}, decision=self.decision, fault=fault, end=end)
        if probabilities is None:
            return out
        several = self.several
        held = probabilities >= THRESHOLD if several else np.arange(len(probabilities)) == probabilities.argmax()
        return replace(
            out,
            probabilities=dict(zip(self.classes, probabilities.tolist(), strict=True)),
            predicted=tuple(name for name, holds in zip(self.classes, held, strict=True) if holds),
            confidence=float(row_confidence(probabilities[None], several=several)[0]),
        )


def _results(stream: _Stream, lines: Iterable[str | TextLine], *, strict: bool) -> Iterator[StreamedStep]:
    for line in lines:
        stream.line += 1
        text = line if isinstance(line, TextLine) else TextLine(line)
        item = stream.reader.missed(text.fault) if text.fault else stream.reader.read(text.text)
        result = stream.after(item)
        if result is not None and result.fault and strict:
            raise DataError(f"{result.fault[0].upper()}{result.fault[1:]}")
        if result is not None:
            yield result
        if item.ends == "stream":
            return
    if (result := stream.end()) is not None:
        yield result
