"""How the beats of a record are found: in its annotations, or by a detector; each record once per process."""

from __future__ import annotations

from evenhand.base.errors import DataError
from evenhand.modalities.beats.classes import BEATS, class_of
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.detect import detected
from evenhand.modalities.beats.header import Head
from evenhand.modalities.beats.kept import Kept
from evenhand.modalities.beats.leads import choose
from evenhand.modalities.beats.marks import Marks, beats_among
from evenhand.modalities.beats.records import Find
from evenhand.modalities.beats.wfdb_files import Files, read_annotations

_KEPT: Kept[Marks] = Kept(4096)


def annotated(own: BeatsConfig) -> Find:
    """Return what finds the beats of a record in its annotations."""
    kinds = BEATS | set(class_of(own.mapping))

    def find(files: Files, head: Head, content: str) -> Marks:
        def read() -> Marks:
            found = read_annotations(files, own.annotator, head.rate)
            return beats_among(found.at, found.symbols, head.length, kinds, clock=found.clock)

        return _KEPT.get(("annotated", content, own.annotator, kinds), read)

    return find


def annotated_or_detected(own: BeatsConfig) -> Find:
    """Return what finds the beats of a record in its annotations or, where there are none, in its signals."""
    marked = annotated(own)

    def find(files: Files, head: Head, content: str) -> Marks:
        if files.there(f"{files.stem}.{own.annotator}"):
            found = marked(files, head, content)
            if len(found.peaks):
                return found
        chosen = choose(head.leads, own.alternatives)
        if isinstance(chosen, str):
            raise DataError(f"has no lead {chosen}")
        return _KEPT.get(("detected", content, chosen.signals), lambda: detected(files, head, chosen.signals))

    return find


def forget() -> None:
    """Forget the beats that were found."""
    _KEPT.clear()
