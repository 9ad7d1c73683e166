"""An environment for the libraries that we are compared with, apart from the project's own.

    python benchmarks/peers.py --make FOLDER        makes them (also baycomp, mlxtend, cleanlab) and AutoGluon's
    EVENHAND_PEERS=FOLDER python benchmarks/epoch.py

Lightning, skorch and fastai get the project's torch: a .pth file puts the site-packages of this interpreter after
their own, which saves five gigabytes and makes sure that all use the same torch. AutoGluon pins an older torch and
gets an environment with its own; `--without-autogluon` leaves it out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

VARIABLE = "EVENHAND_PEERS"
FITS = ("lightning", "skorch", "fastai")
HONESTY = ("baycomp", "mlxtend")
LABELS = ("cleanlab",)
GLUON = ("autogluon.tabular[all]",)


def python_of(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    return folder / "bin" / "python"


def found(folder: str | None, *, name: str = "fits") -> Path | None:
    """Return the interpreter of an environment made here, or None where there is none.

    Parameters
    ----------
    folder
        Where the environments were made; None for what EVENHAND_PEERS names.
    name
        "fits" (Lightning, skorch, fastai), "honesty" (baycomp, mlxtend), "labels" (cleanlab) or
        "autogluon".
    """
    folder = folder or os.environ.get(VARIABLE)
    if folder is None:
        return None
    python = python_of(Path(folder) / name)
    return python if python.exists() else None


def make(folder: Path, packages: tuple[str, ...], *, share: bool) -> None:
    """Make an environment and install packages in it.

    Parameters
    ----------
    share
        Whether the packages of this interpreter are seen from it, after its own.
    """
    if not python_of(folder).exists():
        venv.create(folder, with_pip=True, symlinks=True)
    if share:
        own = subprocess.check_output(
            [python_of(folder), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
        (Path(own) / "zz_shared.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    subprocess.check_call([python_of(folder), "-m", "pip", "install", "--quiet", *packages])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--make", type=Path, metavar="FOLDER", required=True)
    parser.add_argument("--without-autogluon", action="store_true")
    asked = parser.parse_args()
    make(asked.make / "fits", FITS, share=True)
    make(asked.make / "honesty", HONESTY, share=True)
    make(asked.make / "labels", LABELS, share=True)
    if not asked.without_autogluon:
        make(asked.make / "autogluon", GLUON, share=False)
    print(f"Made. Now: {VARIABLE}={asked.make} {Path(sys.executable).name} benchmarks/epoch.py")


if __name__ == "__main__":
    main()
