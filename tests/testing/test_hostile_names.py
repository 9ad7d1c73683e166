"""Two hundred hostile names as classes, groups and ids of prediction files: figures as with plain names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import evenhand
from evenhand.base.text.cells import spelling
from evenhand.testing.hostile_names import hostile_names, plain_names


def ids_of(names: Sequence[str]) -> list[str]:
    """Return four ids of each name, the name itself among them."""
    return [name if turn == 0 else f"{name} {turn}" for turn in range(4) for name in names]


def write(folder: Path, names: Sequence[str], ending: str, called: Callable[[str], str]) -> list[Path]:
    """Write predictions of two models, four rows of each class, with names as they are called."""
    k = len(names)
    truth, group = np.arange(4 * k) % k, np.random.default_rng(0).integers(0, k, 4 * k)
    folder.mkdir()
    paths = []
    for seed, skill in enumerate((0.1, 0.3)):
        rng = np.random.default_rng(seed)
        told = (1 - skill) * rng.dirichlet(np.full(k, 0.05), 4 * k) + skill * np.eye(k)[truth]
        columns = {
            "id": [called(i) for i in ids_of(names)],
            "fold": np.arange(4 * k) // k,
            "truth": [called(names[int(t)]) for t in truth],
            "group": [called(names[int(g)]) for g in group],
        }
        frame = pd.DataFrame({**columns, **{f"p:{called(c)}": told[:, j] for j, c in enumerate(names)}})
        paths.append(folder / f"m{seed}.{ending}")
        frame.to_csv(paths[-1], index=False, lineterminator="\r\n") if ending == "csv" else frame.to_parquet(
            paths[-1], index=False
        )
    return paths


def differences(found: Any, plain: Any, called: Callable[[str], str], where: str = "") -> list[str]:
    """Return where two documents differ in more than names."""
    if isinstance(plain, dict) and len(found) == len(plain):
        keys = [
            f"{where}: {one!r}" for one, other in zip(found, plain, strict=True) if other not in (one, called(one))
        ]
        pairs = zip(found.values(), plain.items(), strict=True)
        return keys + [d for one, (key, other) in pairs for d in differences(one, other, called, f"{where}/{key}")]
    if isinstance(plain, (list, tuple)) and len(found) == len(plain):
        return [
            d
            for i, two in enumerate(zip(found, plain, strict=True))
            for d in differences(*two, called, f"{where}/{i}")
        ]
    if found == plain or found != found or (isinstance(found, str) and called(found) == plain):
        return []
    return [f"{where}: {found!r} for {plain!r}"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_figures_are_those_of_plain_names(tmp_path: Path, ending: str, step: int) -> None:
    names = sorted({spelling(name) for name in hostile_names()})[::step]  # names are compared in one spelling
    new = plain_names(ids_of(names))

    def called(text: str) -> str:
        return new.get(text, text)

    hostile = write(tmp_path / "hostile", names, ending, lambda name: name)
    plain = write(tmp_path / "plain", names, ending, called)
    verbs: tuple[Callable[[list[Path]], Any], ...] = (
        lambda files: evenhand.compare(*files, metrics=["accuracy", "macro_f1"], draws=200).document(),
        lambda files: evenhand.ensemble(*files, methods=["equal", "nnls"], draws=200).document(),
        lambda files: evenhand.audit(files[1], metric="accuracy").document(),
    )
    for verb in verbs:
        assert differences(verb(hostile), verb(plain), called) == []


def test_names_are_two_hundred_and_of_every_kind() -> None:
    names = hostile_names()
    assert len(set(names)) == 200
    for part in ("[/]", "\x1b", "\0", "\u202e", "NA", "=1+1", "<script>", "../..", "\n", "x" * 1000):
        assert any(part in name for name in names), part
    with pytest.raises(ValueError, match="not 100000"):
        hostile_names(100_000)
