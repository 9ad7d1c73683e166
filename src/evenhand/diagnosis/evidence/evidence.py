"""The evidence that rules check; what several rules need is computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.base.errors import DataError
from evenhand.base.storage.record import ROW
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import TEST, Floats, Folds, Ints, Mask, Predictions, Samples, Strings, Verdict
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.group_joins import joined
from evenhand.data.splits.group_sampling import METHOD
from evenhand.data.splits.make_folds import sample_other_tests
from evenhand.data.store.entry import StoreEntry
from evenhand.diagnosis.evidence import data_parts
from evenhand.diagnosis.evidence.copies import pairs_within, set_numbers
from evenhand.diagnosis.evidence.held_out_codes import HeldOutCodes
from evenhand.diagnosis.evidence.name_words import name_words
from evenhand.diagnosis.evidence.reading_counts import ReadingCounts
from evenhand.diagnosis.evidence.sampling import whole_groups
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.evaluation.comparison.compare import Comparison
from evenhand.evaluation.selection.selection_report import NestedEvaluation
from evenhand.modalities.kind import Kind, KindDefaults

SUBSAMPLE_ROWS = 6000
"""Rows that rules about the appearance of images use; more would change little and cost minutes."""
OF_ROWS_ALONE = (
    "blank",
    "copies",
    "near_pairs",
    "near_pictures",
    "duplicate_pairs",
    "duplicate_sets",
    "name_families",
    "label_words",
    "label_matrix",
)
"""Cached properties that do not depend on the folds."""


@dataclass(frozen=True)
class UnreadableRow:
    """A row that could not be decoded: its id, its path and the reason as text."""

    id: str
    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Evidence:
    """Evidence about one data set or one run; a part that is None is not known.

    Attributes
    ----------
    samples
        The n rows that could be decoded.
    folds
        The fold of each of them.
    config
        The configuration as plain nested values ({"data": {...}, "folds": {...}}).
    failures
        The rows that could not be decoded and are not among the samples; None where nothing was decoded.
    facts
        Frame of n rows about the files: columns among width, height (px), mode (as Pillow names it),
        format ("JPEG"), bytes.
    pictures
        (n, h, w, 3) uint8 as stored (may be memory-mapped).
    kind, entry
        The kind of data, and the store entry of its encoded rows.
    counters
        What reading counted, or None where the kind counts nothing.
    same_contents
        Sets of rows that the kind of data calls equal, beyond bytes and pixels.
    moved_contents
        Sets of rows that it calls equal after a motion.
    features
        (n, d) float32 of an encoder.
    predictions
        Predictions of models, for the rules about estimates.
    histories
        Training histories, for the rules about training.
    codes
        Codes of the held-out rows of fits whose heads have codes.
    ledgers
        Balance ledgers: corrections for class imbalance and the effective prior they imply.
    openings
        ISO times at which the locked test was evaluated, oldest first; None where nothing is locked.
    nested
        The nested evaluation of models and blends.
    comparisons
        Paired comparisons of models or runs.
    best
        Name of the model or blend of the headline; "" where none is chosen.
    floor
        Metric -> what the floor of the run, a small forest on trivial features, reaches on the same folds.
    floor_comparison
        The best model or blend compared with the floor, metric by metric; None where the run has no floor.
    """

    samples: Samples | None = None
    folds: Folds | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    failures: tuple[UnreadableRow, ...] | None = None
    facts: pd.DataFrame | None = None
    pictures: npt.NDArray[np.uint8] | None = None
    kind: Kind | None = None
    entry: StoreEntry | None = None
    counters: ReadingCounts | None = None
    same_contents: tuple[Ints, ...] = ()
    moved_contents: tuple[Ints, ...] = ()
    features: npt.NDArray[np.float32] | None = None
    predictions: tuple[Predictions, ...] | None = None
    histories: tuple[TrainingHistory, ...] | None = None
    codes: tuple[HeldOutCodes, ...] | None = None
    ledgers: tuple[BalanceLedger, ...] | None = None
    openings: tuple[str, ...] | None = None
    nested: NestedEvaluation | None = None
    comparisons: tuple[Comparison, ...] | None = None
    best: str = ""
    floor: Mapping[str, float] | None = None
    floor_comparison: Comparison | None = None

    def __post_init__(self) -> None:
        for name in ("facts", "pictures", "counters", "features"):
            part = getattr(self, name)
            if part is not None and len(part) != len(self.rows):
                raise DataError(f"The evidence has {len(part)} {name} for {len(self.rows)} rows.")

    def with_folds(self, folds: Folds, ledgers: tuple[BalanceLedger, ...] | None = None) -> Evidence:
        """Return the evidence with folds and their balance ledgers, keeping what was computed from rows alone."""
        divided = replace(self, folds=folds, ledgers=ledgers)
        # `cached_property` stores its value in the instance's __dict__ under its own name: copying it there keeps
        # near-duplicate search, minutes on large data, from running a second time.
        divided.__dict__.update({name: self.__dict__[name] for name in OF_ROWS_ALONE if name in self.__dict__})
        return divided

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts on differences between models."""
        compared = [verdict for one in self.comparisons or () for verdict in one.verdicts]
        return (*compared, *(self.nested.verdicts if self.nested else ()))

    @property
    def rows(self) -> Samples:
        """The samples, for rules that need them."""
        if self.samples is None:
            raise DataError("The evidence has no samples.")
        return self.samples

    @property
    def _shown(self) -> npt.NDArray[np.uint8]:
        if self.pictures is None:
            raise DataError("The evidence has no pictures.")
        return self.pictures

    def setting(self, key: str, default: Any = None) -> Any:
        """Return the configured value at a dotted key, or `default`."""
        value: Any = self.config
        for part in key.split("."):
            if not isinstance(value, Mapping) or value.get(part) is None:
                return default
            value = value[part]
        return value

    @cached_property
    def fold(self) -> npt.NDArray[np.int16]:
        """(n,) the fold of each row."""
        if self.folds is None:
            raise DataError("The evidence has no folds.")
        return self.folds.of(self.rows.ids)

    @cached_property
    def sides(self) -> Strings | None:
        """(n,) the part of the data that each row belongs to, or None where the data have one part."""
        return data_parts.sides(self.rows, self.folds)

    @cached_property
    def compared(self) -> data_parts.ComparedParts | None:
        """The parts whose images are compared, or None where there are fewer than two."""
        return data_parts.compared(self.rows, self.folds)

    @cached_property
    def sampled_test(self) -> FoldsConfig | None:
        """The section [folds] by which the locked test was sampled; None where it was predefined, or there is none.

        None also where the folds do not record the current sampling method: tests resampled by one method are not
        a null distribution for a test made by another.
        """
        fraction, file = self.setting("folds.test.fraction"), self.setting("folds.file")
        if fraction is None or file is not None or self.folds is None or not (self.folds.fold == TEST).any():
            return None
        if self.folds.how.get("test_method") != METHOD:
            return None
        return FoldsConfig.model_validate(self.config["folds"])

    def resampled_tests(self, count: int) -> npt.NDArray[np.bool_]:
        """Return (n, count) bool: members of resampled locked tests (`make_folds.sample_other_tests`)."""
        if self.sampled_test is None:
            raise DataError("The locked test was not sampled at random.")
        ids = self.rows.ids
        copies = [list(ids[rows]) for rows in self.duplicate_sets]
        moved = [list(ids[rows]) for rows in self.moved_contents]
        return sample_other_tests(self.rows, self.sampled_test, copies, families=moved, count=count)

    @cached_property
    def subsample(self) -> Ints:
        """Positions of the rows that costly rules use: all, or about `SUBSAMPLE_ROWS` in whole groups.

        Each part of the data gets an equal budget, except where the test was sampled at random: there the
        subsample must not depend on which test was drawn, or it could not be compared with resampled ones.
        """
        given = self.compared if self.sampled_test is None else None
        apart = np.zeros(len(self.rows), dtype=object) if given is None else given.part
        return whole_groups(apart, self.rows.groups, SUBSAMPLE_ROWS)

    @cached_property
    def stored(self) -> Ints:
        """(n,) the position of each row in the entry."""
        frame = self.rows.frame
        return frame[ROW].to_numpy(np.int64) if ROW in frame else np.arange(len(frame))

    @cached_property
    def wrapping(self) -> Mapping[str, Floats]:
        """Measures of what comes with rows of `subsample` and is not content: name -> (m, d); empty if unknown."""
        if self.kind is None or self.entry is None or self.facts is None:
            return {}
        rows = self.subsample
        facts = self.facts.iloc[rows].reset_index(drop=True)
        if self.pictures is not None:  # image statistics take minutes of large data, and EH110 needs them as well
            facts = pd.concat([facts, self.traits.reset_index(drop=True)], axis=1)
        return self.kind.wrapping(self.entry, self.stored[rows], facts)

    @cached_property
    def input_moments(self) -> Mapping[str, Floats]:
        """Channel -> (m, 2) mean and deviation of encoders' inputs, rows of `subsample`; empty if unknown."""
        if self.kind is None or self.entry is None or self.samples is None:
            return {}
        return self.kind.input_moments(self.entry, self.stored[self.subsample])

    @cached_property
    def unread(self) -> Mapping[str, tuple[str, Mask]]:
        """Model -> the only part of a row that it reads, and (n,) bool, which rows lack it; others left out."""
        if self.kind is None or self.entry is None or self.samples is None:
            return {}
        found = {str(m["name"]): self.kind.unread(self.entry, self.stored, m) for m in self.setting("model", [])}
        return {name: one for name, one in found.items() if one is not None}

    @cached_property
    def name_words(self) -> tuple[tuple[str, ...], Floats]:
        """Words in names of files of `subsample` that are not those of a class; (m, words) which row has which."""
        if "path" not in self.rows.frame:
            return (), np.zeros((len(self.subsample), 0))
        renamed = self.setting("data.rename", {})
        coarse = [name for names in self.rows.levels.values() for name in names]
        return name_words(self.paths(self.subsample), [*self.rows.classes, *renamed, *coarse])

    @cached_property
    def joined_groups(self) -> Ints:
        """(n,) numbers of groups, those that share copies or a family joined (whatever [folds] keeps)."""
        names, number = unique_names(self.rows.groups)
        families = pairs_within([*self.moved_contents, *self.name_families])
        pairs = np.concatenate([self.duplicate_pairs, families])
        return np.asarray(set_numbers(joined(number[pairs], len(names)), len(names))[number])

    @cached_property
    def training(self) -> Mask:
        """(n,) the rows that may be trained on: all but the locked test."""
        if self.folds is None:
            return np.ones(len(self.rows), dtype=bool)
        return np.asarray(self.fold != TEST)

    @cached_property
    def traits(self) -> pd.DataFrame:
        """Measures of how the rows of `subsample` look, indexed by row: of pictures, image statistics.

        Without columns where there are none.
        """
        from evenhand.modalities.images.image_statistics import picture_traits

        rows = self.subsample
        if self.pictures is None:
            of_kind = (
                None if self.kind is None or self.entry is None else self.kind.traits(self.entry, self.stored[rows])
            )
            return pd.DataFrame(index=rows) if of_kind is None else of_kind.set_axis(rows, axis=0)
        facts = None if self.facts is None else self.facts.iloc[rows].reset_index(drop=True)
        shown = self._shown if len(rows) == len(self.rows) else self._shown[rows]
        return picture_traits(shown, facts).set_axis(rows, axis=0)

    @cached_property
    def blank(self) -> Mask:
        """(n,) bool: blank images."""
        from evenhand.modalities.images.blank import blank_pictures

        return blank_pictures(self._shown)

    @cached_property
    def blank_rows(self) -> tuple[str, Mask] | None:
        """What a blank row is and (n,) bool, which are, of a kind without pictures; None if nothing is known."""
        if self.pictures is not None or self.kind is None or self.entry is None:
            return None
        return self.kind.blank(self.entry, self.stored)

    @cached_property
    def copies(self) -> list[Ints]:
        """Sets of rows with the same bytes, pixels or contents, each sorted, largest first."""
        from evenhand.diagnosis.evidence.copies import exact_copies

        blank = None if self.pictures is None else self.blank
        return exact_copies(self.rows, self.pictures, blank, self.same_contents)

    @cached_property
    def name_families(self) -> list[Ints]:
        """Sets of rows whose files are copies or versions of one another by their names."""
        from evenhand.data.splits.name_families import families_by_name

        place = {name: row for row, name in enumerate(self.rows.ids)}
        return [np.sort([place[name] for name in names]) for names in families_by_name(self.rows)]

    @property
    def noun(self) -> str:
        """What rows are called: pictures, or the name of their kind."""
        return "pictures" if self.pictures is not None else self.rows.kind

    @property
    def moved(self) -> str:
        """In which way rows of `moved_contents` are equal, in words that follow "equal"."""
        return KindDefaults.moved if self.kind is None else self.kind.moved

    @cached_property
    def near_pairs(self) -> Ints:
        """(p, 2) pairs of near-duplicate rows."""
        from evenhand.modalities.images.near_duplicates import near_duplicates

        return near_duplicates(self._shown)

    @cached_property
    def near_pictures(self) -> Ints:
        """(p, 2) rows with nearly identical pictures, of a kind whose rows are more than a picture."""
        found = None
        if self.pictures is None and self.kind is not None and self.entry is not None:
            found = self.kind.near_pictures(self.entry, self.stored)
        return np.zeros((0, 2), dtype=np.int64) if found is None else found

    @cached_property
    def duplicate_pairs(self) -> Ints:
        """(p, 2) rows that are copies or near-duplicates of each other, the smaller one first, sorted."""
        from evenhand.diagnosis.evidence.copies import pairs_within

        found = [pairs_within(self.copies)]
        if self.pictures is not None:
            found.append(self.near_pairs)
        return np.unique(np.sort(np.concatenate(found), axis=1), axis=0)

    @cached_property
    def duplicate_sets(self) -> list[Ints]:
        """Connected components of copies and near-duplicates, largest first; folds should keep each whole."""
        from evenhand.data.splits.group_joins import joined

        return joined(self.duplicate_pairs, len(self.rows))

    def paths(self, rows: Ints | Mask) -> list[str]:
        """Return the paths of rows (their ids where the source has no paths)."""
        frame = self.rows.frame
        return [str(p) for p in frame["path" if "path" in frame else "id"].to_numpy(dtype=object)[rows]]

    @cached_property
    def label_words(self) -> Strings:
        """(n,) the label of each row as text: its class, its classes joined by "|", or "" where unknown."""
        names = np.array([*self.rows.classes, ""], dtype=object)
        if not self.rows.multi_label:
            return np.asarray(names[self.rows.labels])
        held = self.rows.matrix() >= 0.5
        return np.array(["|".join(names[:-1][row]) for row in held], dtype=object)

    @cached_property
    def label_matrix(self) -> Floats:
        """(n, k) labels as a matrix, unknown rows zero."""
        return self.rows.matrix()
