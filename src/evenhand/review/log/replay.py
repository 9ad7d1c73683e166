"""The state of a review: what the events of a log add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from evenhand.review.log.event import Event, Outcome


@dataclass(frozen=True)
class Decided:
    """The decision on a row.

    Attributes
    ----------
    event
        The decision; where several reviewers came to the same outcome, the latest of theirs.
    reviewers
        Those who decided so, in alphabetical order.
    resolved
        Whether it settled a dispute.
    """

    event: Event
    reviewers: tuple[str, ...]
    resolved: bool = False

    @property
    def row(self) -> str:
        """The id of the row."""
        return self.event.row

    @property
    def kind(self) -> str:
        """Return "keep", "relabel", "trash" or "unsure"."""
        return self.event.kind

    @property
    def from_(self) -> tuple[str, ...]:
        """The classes that the row had."""
        return self.event.from_

    @property
    def to(self) -> tuple[str, ...] | None:
        """The classes that a relabelling gives it; None of other kinds."""
        return self.event.to

    @property
    def outcome(self) -> Outcome:
        """What comes of it."""
        return self.event.outcome


@dataclass
class _Stack:
    """The decisions of a reviewer that stand, and those taken back; ids, the latest last."""

    done: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)


@dataclass
class ReviewState:
    """The state after some events. `apply` takes the next one; `replay` takes all of a log.

    Each reviewer has one stack of decisions over all rows, tabs and sessions. An undo takes back the decision that
    it names, a redo makes it again, and a new decision ends what could be redone. On each row the latest decision
    of a reviewer that stands counts. Where those of several reviewers come to different outcomes, the row is
    disputed: it has no decision until one that `resolves` follows, and again none if a later one differs from that.

    A decision on a row that was planted measures the reviewer: it can be undone like any other, but does not count
    for the row, whose class is known and which may have been shown under another one.

    Events count in the order of the log, whatever their times say. One whose id came before changes nothing, nor
    does an undo or redo whose target is not there to be taken back or made again.
    """

    _events: dict[str, Event] = field(default_factory=dict)
    _log: list[Event] = field(default_factory=list)
    _number: dict[str, int] = field(default_factory=dict)
    _stacks: dict[str, _Stack] = field(default_factory=dict)
    _standing: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # row -> reviewer -> ids, latest last
    _notes: dict[str, dict[str, Event]] = field(default_factory=dict)  # row -> reviewer -> note
    _decided: dict[str, Decided] = field(default_factory=dict)
    _disputed: set[str] = field(default_factory=set)

    def apply(self, event: Event) -> bool:
        """Take the next event and return whether it changed anything."""
        if event.event in self._events:
            return False
        self._number[event.event] = len(self._log)
        self._events[event.event] = event
        self._log.append(event)
        if event.kind == "note":
            return self._take_note(event)
        stack = self._stacks.setdefault(event.reviewer, _Stack())
        if event.decides:
            stack.undone.clear()
            self._set(stack, event)
            return True
        target = self._events.get(event.target or "")
        if target is None or not _holds(stack.done if event.kind == "undo" else stack.undone, target.event):
            return False
        if event.kind == "undo":
            self._take_back(stack, target)
        else:
            _remove(stack.undone, target.event)
            self._set(stack, target)
        return True

    def _set(self, stack: _Stack, decision: Event) -> None:
        stack.done.append(decision.event)
        self._standing.setdefault(decision.row, {}).setdefault(decision.reviewer, []).append(decision.event)
        self._settle(decision.row)

    def _take_back(self, stack: _Stack, decision: Event) -> None:
        _remove(stack.done, decision.event)
        stack.undone.append(decision.event)
        on_row = self._standing[decision.row]
        _remove(on_row[decision.reviewer], decision.event)
        if not on_row[decision.reviewer]:
            del on_row[decision.reviewer]
        if not on_row:
            del self._standing[decision.row]
        self._settle(decision.row)

    def _take_note(self, event: Event) -> bool:
        if event.note:
            self._notes.setdefault(event.row, {})[event.reviewer] = event
            return True
        return self._notes.get(event.row, {}).pop(event.reviewer, None) is not None

    def _settle(self, row: str) -> None:
        """Find the decision on a row, or that it is disputed, from the latest decision of each reviewer."""
        self._decided.pop(row, None)
        self._disputed.discard(row)
        of_all = self._standing.get(row, {})
        if len(of_all) == 1:  # nearly always: there is nobody to differ
            (name,) = of_all
            mine = self._events[of_all[name][-1]]
            if not _planted(mine):
                self._decided[row] = Decided(mine, (name,), resolved=mine.resolves)
                return
        latest = sorted(self.by_reviewer(row).values(), key=lambda one: self._number[one.event])
        if not latest:
            return
        settled = max((at for at, one in enumerate(latest) if one.resolves), default=None)
        counted = latest if settled is None else latest[settled:]
        if any(one.outcome != counted[0].outcome for one in counted):
            self._disputed.add(row)
            return
        agreed = tuple(sorted(one.reviewer for one in latest if one.outcome == counted[0].outcome))
        self._decided[row] = Decided(counted[-1], agreed, resolved=settled is not None)

    def decision(self, row: str) -> Decided | None:
        """Return the decision on a row; None if there is none, or if it is disputed."""
        return self._decided.get(row)

    @property
    def decided(self) -> dict[str, Decided]:
        """The rows with a decision, by id; disputed ones are not among them."""
        return dict(self._decided)

    @property
    def disputed(self) -> set[str]:
        """The ids of rows on which reviewers differ."""
        return set(self._disputed)

    @property
    def reviewers(self) -> tuple[str, ...]:
        """All who decided something that stands, in alphabetical order."""
        return tuple(sorted(name for name, stack in self._stacks.items() if stack.done))

    def is_disputed(self, row: str) -> bool:
        """Return whether reviewers differ on a row."""
        return row in self._disputed

    def of(self, reviewer: str, row: str) -> Event | None:
        """Return a reviewer's latest decision on a row that stands, planted or not; None if there is none."""
        found = self._standing.get(row, {}).get(reviewer)
        return self._events[found[-1]] if found else None

    def standing(self, row: str) -> list[Event]:
        """Return the decisions on a row that stand, also those since replaced, in the order of the log."""
        ids = [one for ids in self._standing.get(row, {}).values() for one in ids]
        return [self._events[one] for one in sorted(ids, key=self._number.__getitem__)]

    def by_reviewer(self, row: str) -> dict[str, Event]:
        """Return the decision of each reviewer that counts for a row: the latest one on it when not planted."""
        return self._latest(row, lambda one: not _planted(one))

    def independent(self, row: str) -> dict[str, Event]:
        """Return the latest decision of each reviewer on a row that does not settle a dispute, nor was planted.

        Who settles one has seen what others decided, and what they decided themselves before still tells how far
        reviewers agree.
        """
        return self._latest(row, lambda one: not one.resolves and not _planted(one))

    def on_planted(self, row: str) -> dict[str, Event]:
        """Return the latest decision of each reviewer on a row that was planted."""
        return self._latest(row, _planted)

    def _latest(self, row: str, counts: Callable[[Event], bool]) -> dict[str, Event]:
        found = {}
        for name, ids in self._standing.get(row, {}).items():
            latest = next((one for id in reversed(ids) if counts(one := self._events[id])), None)
            if latest is not None:
                found[name] = latest
        return found

    def rows_of(self, reviewer: str) -> Iterator[str]:
        """Yield the rows on which a decision of a reviewer stands."""
        return (row for row, by in self._standing.items() if reviewer in by)

    def rows(self) -> Iterator[str]:
        """Yield the rows on which a decision of anybody stands, disputed ones too."""
        return iter(self._standing)

    def notes(self, row: str) -> dict[str, str]:
        """Return the note of each reviewer on a row."""
        return {name: event.note or "" for name, event in self._notes.get(row, {}).items()}

    def latest(self, reviewer: str, n: int = 20) -> list[Event]:
        """Return the last decisions of a reviewer that stand, the latest first."""
        done = self._stacks.get(reviewer, _Stack()).done
        return [self._events[one] for one in done[: -n - 1 : -1]]

    def undo_target(self, reviewer: str) -> Event | None:
        """Return the latest decision of a reviewer that stands, which an undo takes back; None if there is none."""
        done = self._stacks.get(reviewer, _Stack()).done
        return self._events[done[-1]] if done else None

    def redo_target(self, reviewer: str) -> Event | None:
        """Return the decision that a redo of a reviewer makes again: the one taken back last; None if none."""
        undone = self._stacks.get(reviewer, _Stack()).undone
        return self._events[undone[-1]] if undone else None

    def event(self, id: str) -> Event | None:
        """Return an event of the log by its id."""
        return self._events.get(id)

    def since(self, n: int) -> list[Event]:
        """Return the events that were taken after the first n, to follow a state that others change too."""
        return self._log[n:]

    def __len__(self) -> int:
        return len(self._log)


def _planted(decision: Event) -> bool:
    return decision.shown is not None and decision.shown.planted


def _holds(ids: list[str], one: str) -> bool:
    return bool(ids) and (ids[-1] == one or one in ids)


def _remove(ids: list[str], one: str) -> None:
    """Remove an id, nearly always the last."""
    if ids[-1] == one:
        ids.pop()
    else:
        ids.remove(one)


def replay(events: Iterable[Event]) -> ReviewState:
    """Return the state after all events of a log, in its order."""
    state = ReviewState()
    for event in events:
        state.apply(event)
    return state
