"""Probabilities for rows that were not in the run, made while the page is in use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.text.counted import count
from evenhand.base.values import Mask
from evenhand.evaluation.reading.from_record import best_model
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.review.log.session_files import NEW_ROWS
from evenhand.review.rows.kept_predictions import KeptPredictions
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.server.session import ReviewSession

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class NewRows:
    """The rows of a session that its run has not predicted.

    Attributes
    ----------
    record
        The run.
    rows
        The rows as they were read, not as planted ones are shown.
    kept
        The file in which their probabilities are kept.
    asked
        (n,) bool, rows that its models were asked about before.
    left
        (n,) bool, rows that they are still to be asked about.
    """

    record: Record
    rows: ReviewRows
    kept: KeptPredictions
    asked: Mask
    left: Mask

    @classmethod
    def of(cls, rows: ReviewRows, record: Record, folder: Path) -> tuple[ReviewRows, NewRows | None]:
        """Return rows with the probabilities that a session kept, and its new rows, if models can be run."""
        if rows.predicted.all() or not (record.has("predictions.parquet") and record.has("scores.json")):
            return rows, None
        kept = KeptPredictions(folder / NEW_ROWS, record.path.name, rows.model or best_model(record))
        rows, asked = kept.fill(rows)
        return rows, cls(record, rows, kept, asked, ~rows.predicted & ~asked)

    def start(self, session: ReviewSession, say: Say) -> threading.Thread | None:
        """Run the models in a worker process, and hand the session their probabilities; None if no row is left.

        Nobody waits for it: the page shows rows without probabilities meanwhile.

        Parameters
        ----------
        say
            Receives a sentence when it starts and when it ends, from another thread.
        """
        n = int(self.left.sum())
        if not n:
            return None
        say(f"{count(n, 'row was', 'rows were')} not in the run; its models predict them in the background.")
        session.predicting = True
        # A daemon, so that Ctrl+C need not wait; workers end with this process.
        thread = threading.Thread(target=self._run, args=(session, say), daemon=True)
        thread.start()
        return thread

    def _run(self, session: ReviewSession, say: Say) -> None:
        # Imported here: half of what a run imports, and the first card need not wait for it.
        from evenhand.review.rows.fold_ensemble import with_fold_ensemble

        try:
            rows = with_fold_ensemble(
                self.rows,
                self.record,
                session.pictures.root,
                skip=self.asked,
                model=self.kept.model,
                changes=["compute.workers=1"],  # in another process, and with the other cores left to the page
                watcher=_Messages(say),
            )
            self.kept.keep(rows, self.asked | self.left)
            session.use(
                replace(
                    session.rows,
                    classes=rows.classes,
                    model=rows.model,
                    probabilities=rows.probabilities,
                    source=rows.source,
                )
            )
            say(f"{count(int((self.left & rows.predicted).sum()), 'new row')} predicted.")
        except (EvenhandError, OSError) as error:
            say(f"New rows stay without probabilities: {error}")
        finally:
            session.predicting = False


class _Messages(Silent):
    """A watcher that passes on sentences."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def message(self, text: str) -> None:
        """Pass a sentence on."""
        self._say(text)
