"""From the decisions of a session to a table of corrections, and from there to the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import write_frame
from evenhand.base.storage.record import Record
from evenhand.data.roots.root import root_of
from evenhand.review.apply import carry_out as carried
from evenhand.review.apply.carry_out import Change
from evenhand.review.apply.export import corrections_of
from evenhand.review.apply.plan import Plan
from evenhand.review.apply.plan import plan as plan_of
from evenhand.review.apply.written_rows import PathAndClasses, written_rows
from evenhand.review.log.live_review import LiveReview
from evenhand.review.log.replay import ReviewState
from evenhand.review.log.session_files import APPLIED, CORRECTIONS, FOLDER, LOG, refuse_links_out, remove_parts
from evenhand.review.rows.from_config import ReviewedData, from_config
from evenhand.review.rows.from_record import from_record
from evenhand.review.rows.reported import checked_findings
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.reviewed_source import check_source
from evenhand.settings.load import Settings, load


@dataclass(frozen=True)
class Exported:
    """A table of corrections: its path, the number of rows by action, and how many are disputed and not in it."""

    path: Path
    actions: Mapping[str, int]
    disputed: int


@dataclass(frozen=True, eq=False)
class SessionChanges:
    """What the decisions of a session change.

    Attributes
    ----------
    settings
        The configuration of the data.
    source, changes, run
        What was reviewed: the folder of a run, or a configuration with assignments over it, and a run beside it.
    folder
        The folder of the session.
    """

    settings: Settings
    source: Path
    changes: Sequence[str]
    run: Path | None
    folder: Path

    @classmethod
    def of(
        cls,
        source: Path,
        *,
        changes: Sequence[str] = (),
        folder: Path | None = None,
        run: Path | None = None,
    ) -> SessionChanges:
        """Return the changes of a session.

        Parameters
        ----------
        source
            The folder of a run, or a configuration (TOML), as in `open_session`.
        changes
            `KEY=VALUE` assignments over a configuration.
        folder
            The folder of the session; by default "review" beside the runs.
        run
            With a configuration: a run whose findings count too, in views that leave rows out for them.

        Raises
        ------
        EvenhandError
            If the record or the configuration cannot be read, or there are no decisions.
        """
        check_source(source, changes=changes, run=run)
        if source.is_dir():
            record = Record.open(source)
            settings, place = load(record.resolved()), record.path.parent / FOLDER
        else:
            settings = load(source, changes=changes)
            place = Path(settings.output) / FOLDER
        place = folder or place
        if not (place / LOG).is_file():
            raise DataError(
                f"{place}: there are no decisions of a review. Make some with `evenhand review {source}`, "
                "or name the folder of the session."
            )
        refuse_links_out(place)
        remove_parts(place)
        return cls(settings, source, changes, run, place)

    @cached_property
    def rows(self) -> ReviewRows:
        """The rows that were reviewed; read after `recover`, as half a change leaves tables that name no files.

        Raises
        ------
        EvenhandError
            If they cannot be read.
        """
        if self.source.is_dir():
            return from_record(Record.open(self.source))
        reported = () if self.run is not None else checked_findings(Path(self.settings.output))
        return from_config(self.source, changes=self.changes, record=self.run, reported=reported)

    @property
    def state(self) -> ReviewState:
        """What was decided, read anew."""
        return LiveReview(self.folder / LOG).state

    def export(self) -> Exported:
        """Write the decisions as corrections.csv of the session, and return what is in it."""
        state = self.state
        table = corrections_of(state, self.rows, self.uncorrected)
        path = self.folder / CORRECTIONS
        write_frame(table, path)
        return Exported(path, Counter(table["action"]), len(state.disputed))

    def plan(self) -> Plan:
        """Return what carrying out corrections.csv of the session would change; raises as `plan` does."""
        return plan_of(self.settings, self.folder / CORRECTIONS)

    def recover(self) -> list[str]:
        """Finish or undo changes that were killed; return a sentence for each."""
        return carried.recover(self.folder / APPLIED, self._written, self._places)

    def refuse_half_a_change(self) -> None:
        """Raise `DataError` where a change was killed: of a record, which may name any data, it waits."""
        halves = [
            one for one in carried.changes(self.folder / APPLIED) if one.journal.state in ("doing", "undoing")
        ]
        if halves:
            raise DataError(
                f"{halves[0].folder}: a change of {self.settings.data.root} was interrupted. `evenhand review "
                f"{self.source} --apply` finishes it or undoes it."
            )

    def carry_out(self, planned: Plan) -> Change | None:
        """Change files and table as planned, all or nothing; None if there is nothing to change."""
        return carried.carry_out(planned, self.folder / APPLIED, self._written, self._places)

    def unapply(self) -> Change | None:
        """Undo the latest change that stands, bit for bit; None if there is none."""
        return carried.unapply(self.folder / APPLIED, self._written, self._places)

    @property
    def _places(self) -> list[Path]:
        """The root of the data, and their table, which lies below it or anywhere."""
        root, table = Path(self.settings.data.root), self.settings.data.table
        return [root] if table is None else [root, Path(table), root / table]

    @cached_property
    def uncorrected(self) -> dict[str, tuple[str, ...]] | None:
        """Return the classes of all rows as the data have them, if the rows under review were corrected."""
        data = self.settings.data
        if data.corrections is None:
            return None
        plain = ReviewedData.model_validate({**data.model_dump(), "min_count": 1, "corrections": None})
        samples, _ = self.settings.kind.samples(root_of(plain), plain, self.settings.kind_config)
        found = ReviewRows.of(samples)
        return dict(zip(map(str, found.ids), found.labels, strict=True))

    def _written(self) -> list[PathAndClasses]:
        return written_rows(self.settings).pairs
