"""`learning_curves`: what the epochs of a run or of a foreign log show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from evenhand.base.errors import DataError
from evenhand.base.storage.manifest import MANIFEST
from evenhand.base.storage.record import Record
from evenhand.curves.logs.column_names import refuse_unknown_columns
from evenhand.curves.logs.read_log import is_log, read_log
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory, histories_of
from evenhand.diagnosis.examination import Examination
from evenhand.diagnosis.examine import examine
from evenhand.diagnosis.rule import RULES
from evenhand.diagnosis.rules.training.eh302_stuck_at_chance import stuck
from evenhand.pipeline.curves.curves_result import LearningCurves
from evenhand.pipeline.resuming.lost_tasks import lost_tasks

CODES = ("EH302", "EH306", "EH307", "EH311", "EH316", "EH320")
"""Rules that read curves: all that apply to a foreign log."""


def learning_curves(
    source: str | Path | Record, *, columns: Mapping[str, str] = MappingProxyType({})
) -> LearningCurves:
    r"""Return the learning curves of a run or of a log by another program, with what they show.

    Parameters
    ----------
    source
        A record or its folder; or a CSV of epochs, Lightning's metrics.csv, trainer_state.json of Hugging Face, a
        Keras history (JSON or CSVLogger), or event files of TensorBoard (a file, or a folder that holds some).
    columns
        For a log: name of a column -> what it is read as, such as {"valid_acc_total": "val/accuracy"}; "epoch",
        "step", "model", "fold" and "seed" too.

    Raises
    ------
    RecordError, DataError
        If it is none of these, holds no values of a loss or metric by epoch, or has no column that `columns` names.
    MissingExtraError
        If it is an event file and tensorboard is not installed.

    Examples
    --------
    >>> import tempfile
    >>> rows = [f"{e},{1.4 * 0.7**e},{0.9 * 0.7**e + 0.5 + 0.05 * e}" for e in range(12)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "log.csv")
    ...     _ = path.write_text("epoch,train_loss,val_loss\n" + "\n".join(rows) + "\n")
    ...     curves = learning_curves(path)
    >>> print(curves)
    log.csv: 12 epochs; the validation loss rises after epoch 7; stop at epoch 6
    """
    curves = read_curves(source, columns)
    if any(fit.columns for fit in curves.fits):
        refuse_unknown_columns(columns, [name for fit in curves.fits for name in fit.columns])
    else:
        refuse_columns_of_runs(columns)
    return curves


def read_curves(source: str | Path | Record, columns: Mapping[str, str]) -> LearningCurves:
    """Return what `learning_curves` does, of a log with those of the named columns that it has."""
    lost: tuple[str, ...] = ()
    if not isinstance(source, Record) and is_log(Path(source)):
        fits = read_log(source, columns)
        histories = tuple(TrainingHistory.of_log(fit) for fit in fits)
        name = str(source)
    else:
        record = Record.open(source)
        histories = histories_of(record)
        fits, name = tuple(history.curves for history in histories), str(record.path)
        lost = lost_tasks(record)
    evidence = Evidence(histories=histories or None)
    found = examine(evidence, CODES).findings
    return LearningCurves(name, fits, tuple(found), frozenset(_at_chance(histories)), lost)


def has_curves(source: str | Path) -> bool:
    """Return whether a path is one run or log, not a folder of runs.

    A folder with event files is a log, a file that is none is told apart when it is read.
    """
    path = Path(source)
    return any((path / name).is_file() for name in ("resolved.toml", MANIFEST)) or is_log(path)


def refuse_columns_of_runs(columns: Mapping[str, str]) -> None:
    """Raise `DataError` if columns are named where nothing but a run is read."""
    if columns:
        raise DataError("Columns are named for logs by other programs (--column); the epochs of a run are known.")


def examine_log(path: str | Path, columns: Mapping[str, str] = MappingProxyType({})) -> Examination:
    """Return what the rules about curves find in a foreign log.

    Raises
    ------
    DataError, MissingExtraError
        As `learning_curves`.
    """
    fits = read_log(path, columns)
    refuse_unknown_columns(columns, [name for fit in fits for name in fit.columns])
    histories = tuple(TrainingHistory.of_log(fit) for fit in fits)
    return examine(Evidence(histories=histories), CODES)


def _at_chance(histories: Iterable[TrainingHistory]) -> list[tuple[str, int | None, int | None]]:
    """Return model, fold and seed of the fits that EH302 finds at chance by the information of their outputs."""
    limits = RULES.get("EH302").thresholds
    limits.pop("fell")  # for logs, whose curves alone decide
    return [(one.model, one.fold, one.seed) for one in histories if one.log is None and stuck(one, **limits)]
