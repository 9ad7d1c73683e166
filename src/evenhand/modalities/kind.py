"""The protocol of a kind of data, and what holds for a kind that does not say otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.settings.section import Section
from evenhand.base.values import Finding, Floats, Ints, Mask, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.content_hash import hash_files
from evenhand.data.roots.equal_contents import equal_pairs
from evenhand.data.roots.root import Root
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.counters import Counter
from evenhand.modalities.references import ReferenceFeatures
from evenhand.modalities.streams import StepStream
from evenhand.modalities.views import View

Encoded = dict[str, np.ndarray[Any, Any]]
"""One encoded row as it is stored: named arrays, of the same shape for all rows or of any shape."""

Reader = Callable[[int], Encoded]
"""Position of a row -> the encoded row; called from threads. Raises `DataError` with the reason."""


@dataclass(frozen=True)
class Draft:
    """The parts of a first configuration that depend on the kind of data.

    Attributes
    ----------
    data
        Lines of [data] after kind and root.
    test
        The line of [folds] that locks a test.
    kind_section
        Text of the section of the kind, or "".
    """

    data: tuple[str, ...]
    test: str
    kind_section: str = ""


@dataclass(frozen=True)
class Demo:
    """Data for a complete run, written somewhere.

    Attributes
    ----------
    toml
        Their configuration.
    credit
        Where they come from and under which licence, for a person.
    """

    toml: Path
    credit: str


class Kind(Protocol):
    """One kind of data.

    A row is a file, or a part of one (a beat of a record); its `path` names the file. Rows of one file are
    consecutive in the samples, so that a reader can decode a file once for all of them.

    Attributes
    ----------
    suffixes
        Suffixes of its files, in lower case with the dot (".jpg").
    name
        Value of `[data] kind`; also the name of the kind's section of the configuration.
    config
        The class of that section.
    test_views
        Sets of views for test-time augmentation, besides "none" (see `modalities/views.py`).
    pictures
        Whether a row is one picture, the array "image". CutMix and the keys `size` and `form` of `[[model]]` need
        pictures.
    profiles, view_profile
        Names of the kind's augmentation profiles, with "none"; and the default profile of random views.
    torch_module
        Name of the module with the part that needs torch (`modalities/torch_half.py`); it is imported only to train
        or predict.
    holds_labels
        Whether files hold the labels of their rows, so that keys of [data] about columns of labels do nothing.
    proposed
        Whether `init` proposes it for a folder with files of its suffixes, even where nobody names it.
    encoder, tune
        Defaults of a first configuration: the name of an encoder, and which part of it is trained.
    shown
        Columns of the frame, beside the path, that identify a row for a person.
    mixable
        Whether rows can be blended (mixup): every part of a batch is a tensor of (b, ...).
    encoder_options
        Name of an encoder of the kind's own -> the section of its options, `[[model]] options`.
    sources
        Sources of encoders (what stands before the colon) that take the kind's rows, those of pictures apart; what
        stands behind is a name, or a folder that the configuration gives relative to itself.
    sequence
        Names of the arrays of an encoded row whose first axis is time, so that the first steps of a row can be
        predicted alone (`evenhand earliness`); empty where rows are not sequences.
    counters
        What reading counts, in the order of the columns of the array "counters"; empty if nothing.
    report_queries
        Number of held-out rows whose nearest rows the report shows; 0 where rows are not meant to be searched.
    moved
        What rows of one of its `families` are, after "are equal to others" or "that are equal".
    """

    name: str
    suffixes: Sequence[str]
    config: type[Section]
    torch_module: str
    pictures: bool
    profiles: Sequence[str]
    view_profile: str
    test_views: Mapping[str, Sequence[View]]
    shown: Sequence[str]
    mixable: bool
    encoder_options: Mapping[str, type[Section]]
    sources: Sequence[str]
    sequence: Sequence[str]
    counters: Sequence[Counter]
    report_queries: int
    moved: str
    holds_labels: bool
    proposed: bool
    encoder: str
    tune: str

    def configured(self, kind_config: Any) -> Kind:
        """Return the kind whose facts and pictures are of what its section reads of a file; often itself."""

    def samples(self, root: Root, data: DataConfig, kind_config: Any) -> tuple[Samples, list[Finding]]:
        """Return the samples and findings about the data; decodes nothing."""

    def unlabelled(self, root: Root, data: DataConfig, kind_config: Any) -> tuple[Samples, list[Finding]]:
        """Return every row below a root without classes, for prediction.

        `data` is the section of the run; what it says of its root and its labels does not hold for other roots.
        """

    def with_text(self, samples: Samples | None, text: str) -> Samples | None:
        """Return rows with another text, or one row of a text alone; None where rows of the kind have no text."""

    def same_content(self, samples: Samples, root: Root, rows: Samples) -> Ints:
        """Return (p, 2) positions in `rows`, which are read from `root`, and of the samples that hold the same.

        Where rows have parts, to hold one of them is enough. A search for a row leaves these samples out.
        """

    def settings(self, kind_config: Any, size: int | None) -> dict[str, Any]:
        """Return everything that determines the encoded bytes, with a hash of the code (`source_mark`)."""

    def reader(self, root: Root, frame: pd.DataFrame, settings: Mapping[str, Any]) -> Reader:
        """Return a function that encodes rows of a frame."""

    def facts_of(self, root: Root, path: str) -> Mapping[str, Any]:
        """Return the metadata in a file's header (size, format, mode), without decoding it; raises `DataError`."""

    def contents(self, root: Root, frame: pd.DataFrame, kind_config: Any) -> Sequence[str | DataError]:
        """Return (n,) the column `content` of rows as their files are now, or why a file cannot be read.

        It holds a hash of all that a row is read from. A record of somebody else may name any files; they are read
        only where they have the content that the run found (`modalities/recorded_files.py`).
        """

    def picture_of(self, root: Root, row: Mapping[str, Any], side: int) -> str:
        """Return a picture of a row of the frame as a `data:` URI, its longer side at most `side` px."""

    def copies(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        """Return sets of rows of equal content in files that may differ, as `families` does (EH103, EH104)."""

    def families(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        """Return sets of rows that show the same thing in another place, size or orientation (EH114).

        Parameters
        ----------
        rows
            (n,) positions in the entry; what is returned are positions among them, two or more in each set.
        """

    def near_pictures(self, entry: StoreEntry, rows: Ints) -> Ints | None:
        """Return (p, 2) positions among `rows` whose pictures are nearly identical (EH105).

        None for kinds whose rows are pictures, which are searched anyway, and for rows without one.
        """

    def wrapping(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
        """Return what comes with a row and is not its content: name -> (n, d) measures.

        A label that can be predicted from them is given away (EH113). Names complete the sentence "classes can be
        predicted from …". Of kinds with pictures, `facts` holds the image statistics too
        (`image_statistics.picture_traits`).
        """

    def traits(self, entry: StoreEntry, rows: Ints) -> pd.DataFrame | None:
        """Return (n, d) float32 measures of how rows look, with columns "aspect: measure" (EH110).

        None for kinds with pictures, whose image statistics are taken, and where there are none.
        """

    def blank(self, entry: StoreEntry, rows: Ints) -> tuple[str, Mask] | None:
        """Return what a blank row is, in words that follow "blank", and (n,) bool, which are (EH102).

        None for kinds with pictures, and where no row can be blank.
        """

    def floor_features(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> tuple[str, Floats] | None:
        """Return a name and (n, d) trivial features, whose score stands beside those of models as their floor."""

    def references(self, entry: StoreEntry, rows: Ints) -> Sequence[ReferenceFeatures]:
        """Return features that the section asks for as further references; often none.

        Parameters
        ----------
        rows
            Positions of the rows that are not locked; what is learned without labels is learned from them.
        """

    def input_moments(self, entry: StoreEntry, rows: Ints) -> Mapping[str, Floats]:
        """Return mean and deviation of what an encoder receives: name of a channel -> (n, 2), a line for each row.

        Empty where encoders scale their inputs themselves, or inputs are no measured values (EH121).
        """

    def unread(self, entry: StoreEntry, rows: Ints, model: Mapping[str, Any]) -> tuple[str, Mask] | None:
        """Return the only part of a row that a model reads ("text"), and (n,) bool, which rows lack it (EH122).

        `model` is its entry of [[model]] as plain values. None where every row has something that it reads.
        """

    def counted(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame, kind_config: Any) -> Ints | None:
        """Return (n, c) int64, how often each of `counters` acted on each row; None if nothing was counted."""

    def stream(self, settings: Mapping[str, Any], planned: int | None) -> StepStream | None:
        """Return a reader of rows that arrive step by step as text; None if rows of the kind do not.

        Parameters
        ----------
        settings
            What `settings` returns for the run's section of the kind.
        planned
            Steps that every row will have; None if that is not known.
        """

    def draft(self, root: Root) -> Draft | None:
        """Return the kind's parts of a first configuration; None if the rows are files, with a table or folders."""

    def section_for(self, frame: pd.DataFrame, taken: Sequence[str]) -> str:
        """Return the kind's section of a first configuration for a table of (n, …) rows, or "".

        Parameters
        ----------
        taken
            Columns with another role: path, label, group and split.
        """

    def content_columns(self, frame: pd.DataFrame) -> Sequence[str]:
        """Return the columns of a table that hold what a row shows, such as its text: they are no groups."""

    def alone(self, source: Path) -> Root:
        """Return a root for a path that is neither a folder nor a zip, such as one file; raises `DataError`."""

    def predicted_files(self, frame: pd.DataFrame, folder: Path) -> list[Path]:
        """Return the files that `write_predicted` writes for rows, often none."""

    def write_predicted(
        self,
        root: Root,
        frame: pd.DataFrame,
        classes: Sequence[str],
        data: DataConfig,
        kind_config: Any,
        folder: Path,
    ) -> list[Path]:
        """Write the predicted classes (n,) in a format of this kind of data; return the files, often none.

        `data` and `kind_config` are sections of the run, which determine the names of the classes.
        """

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        """Write small realistic data into `folder` and return the path of a configuration for it."""

    def demo(self, folder: Path) -> Demo | None:
        """Write what `evenhand demo` runs on into `folder`; None to run on the example."""


class KindDefaults:
    """Defaults of a kind: no augmentations, no views, rows that are not pictures."""

    pictures: bool = False
    profiles: Sequence[str] = ("none",)
    view_profile: str = "none"
    test_views: Mapping[str, Sequence[View]] = MappingProxyType({})
    shown: Sequence[str] = ()
    mixable: bool = True
    encoder_options: Mapping[str, type[Section]] = MappingProxyType({})
    sources: Sequence[str] = ()
    sequence: Sequence[str] = ()
    counters: Sequence[Counter] = ()
    report_queries: int = 0
    moved: str = "after moving, scaling, turning or mirroring"
    holds_labels: bool = True
    proposed: bool = True

    def configured(self, kind_config: Any) -> Self:
        """Return the kind itself: facts and pictures are of whole files."""
        return self

    def with_text(self, samples: Samples | None, text: str) -> Samples | None:
        """Return None: rows have no text."""
        return None

    def same_content(self, samples: Samples, root: Root, rows: Samples) -> Ints:
        """Return positions of rows and samples of equal bytes, by the column `content`; none without it."""
        if "content" not in samples.frame or "content" not in rows.frame:
            return np.zeros((0, 2), dtype=np.int64)
        return equal_pairs(rows.frame["content"].astype(str), samples.frame["content"].astype(str))

    def contents(self, root: Root, frame: pd.DataFrame, kind_config: Any) -> Sequence[str | DataError]:
        """Return the hash of the whole file of each row."""
        return hash_files(root, frame["path"].astype(str).tolist())

    def copies(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        """Return no copies: files of equal bytes, and pictures of equal pixels, are found for every kind."""
        return []

    def families(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        """Return no families: those that names of files speak of are found for every kind."""
        return []

    def near_pictures(self, entry: StoreEntry, rows: Ints) -> Ints | None:
        """Return None: rows have no picture beside other parts."""
        return None

    def wrapping(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
        """Return the length of the file alone."""
        return {"the size of the file": np.log1p(facts[["bytes"]].to_numpy(np.float64))} if "bytes" in facts else {}

    def traits(self, entry: StoreEntry, rows: Ints) -> pd.DataFrame | None:
        """Return None: no measures of how rows look."""
        return None

    def blank(self, entry: StoreEntry, rows: Ints) -> tuple[str, Mask] | None:
        """Return None: nothing is known of blank rows."""
        return None

    def floor_features(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> tuple[str, Floats] | None:
        """Return None: no floor beside the scores."""
        return None

    def references(self, entry: StoreEntry, rows: Ints) -> Sequence[ReferenceFeatures]:
        """Return none."""
        return ()

    def input_moments(self, entry: StoreEntry, rows: Ints) -> Mapping[str, Floats]:
        """Return nothing: what encoders receive is not known here."""
        return {}

    def unread(self, entry: StoreEntry, rows: Ints, model: Mapping[str, Any]) -> tuple[str, Mask] | None:
        """Return None: rows have no parts that may be missing."""
        return None

    def counted(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame, kind_config: Any) -> Ints | None:
        """Return the array "counters" that reading wrote, or None."""
        return np.asarray(entry["counters"][rows], dtype=np.int64) if "counters" in entry else None

    def stream(self, settings: Mapping[str, Any], planned: int | None) -> StepStream | None:
        """Return None: rows are whole files."""
        return None

    def draft(self, root: Root) -> Draft | None:
        """Return None: a table or folders give the classes."""
        return None

    def section_for(self, frame: pd.DataFrame, taken: Sequence[str]) -> str:
        """Return no section: tables say nothing about it."""
        return ""

    def content_columns(self, frame: pd.DataFrame) -> Sequence[str]:
        """Return none: rows are files."""
        return ()

    def demo(self, folder: Path) -> Demo | None:
        """Return None: the demo runs on the example."""
        return None

    def predicted_files(self, frame: pd.DataFrame, folder: Path) -> list[Path]:
        """Return none: the table of predictions is enough."""
        return []

    def write_predicted(
        self,
        root: Root,
        frame: pd.DataFrame,
        classes: Sequence[str],
        data: DataConfig,
        kind_config: Any,
        folder: Path,
    ) -> list[Path]:
        """Write nothing: the table of predictions is enough."""
        return []
