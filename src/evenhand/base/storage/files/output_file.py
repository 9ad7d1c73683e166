"""A file that a person names to be written: not over another unasked, and through a link rather than over it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import remove_abandoned_parts


def output_file(path: Path, *, force: bool = False, option: str = "--to", endings: Sequence[str] = ()) -> Path:
    """Return where a named file is to be written: the path itself, or the target of the link that it is.

    Parameters
    ----------
    force
        Allow to overwrite a file.
    option
        The option that names it, for the message.
    endings
        Endings of the name that say how it is written, such as ".csv"; any if empty.

    Raises
    ------
    EvenhandError
        If there is a file and not `force`, or something that is not a file, or the name has another ending.
    """
    if endings and path.suffix.lower() not in endings:
        raise EvenhandError(
            f"{path}: tables can be written as {' or '.join(endings)}. "
            f"Choose a name with {'this ending' if len(endings) == 1 else 'one of these endings'} ({option})."
        )
    # not by pathlib, which raises a RuntimeError where links go round in a circle
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    remove_abandoned_parts(target.parent, target.name)
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return target
    except OSError as error:
        raise EvenhandError(
            f"{path}: cannot be written ({error.strerror}). Give another name ({option})."
        ) from None
    if stat.S_ISDIR(mode):
        raise EvenhandError(f"{path}: this is a folder. Name a file in it ({option}).")
    if stat.S_ISLNK(mode):
        raise EvenhandError(f"{path}: is a link that leads back to itself. Give another name ({option}).")
    if not stat.S_ISREG(mode):
        raise EvenhandError(
            f"{path}: is not a regular file, and is not replaced by one. Give another name ({option})."
        )
    if not force:
        raise EvenhandError(f"{path} already exists. Give another name ({option}), or overwrite it with --force.")
    return target
