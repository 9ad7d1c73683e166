"""Write a diagnosis: a page with pictures, and a table of rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import write_frame, write_text
from evenhand.base.storage.files.output_file import output_file
from evenhand.reporting.diagnose_page import Picture, diagnose_page

if TYPE_CHECKING:
    from evenhand.pipeline.diagnose.diagnose_result import DiagnoseResult

PAGE, TABLE = "diagnose.html", "diagnose.csv"


def refuse_existing(folder: Path, *, force: bool = False) -> None:
    """Raise an `EvenhandError` if the folder holds a diagnosis already, unless `force`."""
    there = [str(folder / name) for name in (PAGE, TABLE) if (folder / name).exists()]
    if there and not force:
        raise EvenhandError(
            f"{' and '.join(there)} already exist{'s' if len(there) == 1 else ''}. Give another folder with --to, "
            "or overwrite with --force."
        )


def write_diagnosis(found: DiagnoseResult, folder: Path, *, force: bool = False) -> tuple[Path, Path]:
    """Write diagnose.html and diagnose.csv into a folder and return their paths (see `DiagnoseResult.write`)."""
    refuse_existing(folder, force=force)
    folder.mkdir(parents=True, exist_ok=True)
    page, table = folder / PAGE, folder / TABLE
    write_text(output_file(page, force=True), diagnose_page(found.document(), pictures_of(found)))
    write_frame(found.table, output_file(table, force=True))
    return page, table


def pictures_of(found: DiagnoseResult, *, side: int = 160) -> Picture:
    """Return a function from the id of a row to its picture as a `data:` URI, or to None where none can be made."""
    kind, root, frame = found.prediction.settings.kind, found.prediction.root, found.prediction.samples.frame
    names = [str(name) for name in frame.columns]
    place = {str(name): at for at, name in enumerate(frame["id"])}

    def picture(row: str) -> str | None:
        cells: Mapping[str, Any] = dict(zip(names, frame.iloc[place[row]], strict=True))
        try:
            return kind.picture_of(root, cells, side)
        except EvenhandError:
            return None

    return picture
