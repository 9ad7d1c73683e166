"""Pictures of rows as bytes, as the kind of data draws them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from cachetools import LRUCache
from pydantic import ValidationError

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.settings.section import Section
from evenhand.base.storage.record import Record
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import Root, root_of
from evenhand.data.roots.zip_root import ZipRoot
from evenhand.modalities import KINDS, Kind
from evenhand.modalities.recorded_files import recorded_picture
from evenhand.review.rows.kept_rows import Reviewed
from evenhand.review.rows.review_rows import ReviewRows

if TYPE_CHECKING:  # a second to import, which rows that are kept do not need
    from evenhand.settings.load import Settings

CACHE_BYTES = 128 << 20


@dataclass(frozen=True)
class Picture:
    """The bytes of a picture, and their media type ("image/jpeg")."""

    media_type: str
    content: bytes


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of the rows of a review, the latest kept in memory. Threads may share it.

    Rows are named by their ids alone, so no path that a browser sends is ever opened.

    Attributes
    ----------
    kind, root, rows
        The kind of data, where the files are, and the rows.
    section
        Of the rows of a run: the section of their kind. A picture is drawn only if its file is the run's.
    limit_bytes
        How much is kept.
    """

    kind: Kind
    root: Root
    rows: ReviewRows
    section: Section | None = None
    limit_bytes: int = CACHE_BYTES
    _kept: LRUCache[tuple[int, int], Picture] = field(init=False, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        kept: LRUCache[tuple[int, int], Picture] = LRUCache(self.limit_bytes, getsizeof=lambda p: len(p.content))
        object.__setattr__(self, "_kept", kept)

    @classmethod
    def of_settings(cls, settings: Settings, rows: ReviewRows) -> Pictures:
        """Return the pictures of rows that a configuration names."""
        return cls(settings.kind, root_of(settings.data), rows)

    @classmethod
    def of_reviewed(cls, reviewed: Reviewed, *, recorded: bool) -> Pictures:
        """Return the pictures of rows that were read from a configuration or a run, now or before.

        Parameters
        ----------
        recorded
            Whether they are rows of a run, so that a picture is drawn only if its file is the run's.

        Raises
        ------
        DataError
            If the data are not where they were.
        """
        kind = KINDS.get(reviewed.kind)
        section = kind.config.model_validate(reviewed.section)
        kind = kind.configured(section)
        root = root_of(DataConfig.model_validate(reviewed.data))
        if isinstance(root, ZipRoot) and reviewed.entries:
            root = replace(root, known=reviewed.entries)
        return cls(kind, root, reviewed.rows, section if recorded else None)

    @classmethod
    def of_record(cls, record: Record, rows: ReviewRows) -> Pictures:
        """Return the pictures of the rows of a run.

        Raises
        ------
        DataError
            If its data are not where they were.
        """
        kind, data, section = sections_of(record)
        return cls.of_reviewed(Reviewed(rows, kind, data.plain(), section.plain()), recorded=True)

    def of(self, row: str, side: int) -> Picture:
        """Return the picture of a row, its longer side at most `side` px.

        Raises
        ------
        EvenhandError
            If there is no such row, or its file is missing or cannot be decoded.
        """
        at = self.rows.position(row)
        with self._lock:
            if (at, side) in self._kept:
                return self._kept[at, side]
        # Without the lock: decoding takes milliseconds, and other threads have other rows to decode.
        cells = self._cells(at)
        try:
            if self.section is None:
                made = from_uri(self.kind.picture_of(self.root, cells, side))
            else:
                made = from_uri(recorded_picture(self.kind, self.section, self.root, cells, side))
        except OSError as error:  # of the disk: the row is there, and can be decided without a picture
            raise DataError(f"cannot be read ({error.strerror or error})") from None
        if len(made.content) <= self.limit_bytes:
            with self._lock:
                self._kept[at, side] = made
        return made

    def _cells(self, at: int) -> Mapping[str, Any]:
        frame = self.rows.samples.frame
        return dict(zip(map(str, frame.columns), frame.iloc[at], strict=True))


def sections_of(record: Record) -> tuple[str, DataConfig, Section]:
    """Return the kind of data of a run, its section [data] and that of the kind.

    Raises
    ------
    DataError
        If the record does not hold them.
    """
    resolved, name = record.resolved(), str(record.data()["kind"])
    try:
        data = DataConfig.model_validate(resolved.get("data", {}))
        return name, data, KINDS.get(name).config.model_validate(resolved.get(name, {}))
    except ValidationError:
        raise DataError(
            f"{record.path}: its configuration does not say how its data were read. Give the configuration "
            "instead of the record."
        ) from None


def from_uri(uri: str) -> Picture:
    """Return the media type and the bytes of a `data:` URI (RFC 2397).

    >>> from_uri("data:image/svg+xml,%3Csvg/%3E")
    Picture(media_type='image/svg+xml', content=b'<svg/>')

    Raises
    ------
    EvenhandError
        If it is not one.
    """
    head, comma, body = uri.partition(",")
    kind, *options = head.removeprefix("data:").split(";")
    if not comma or not head.startswith("data:"):
        raise EvenhandError("A picture must be a data: URI; this kind of data returned something else.")
    try:
        content = base64.b64decode(body, validate=True) if "base64" in options else unquote_to_bytes(body)
    except binascii.Error:
        raise EvenhandError("A picture is not valid base64.") from None
    return Picture(kind or "text/plain", content)
