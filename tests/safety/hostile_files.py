"""Records, stores, tables, weights and configurations made to do harm: each with the commands that meet it."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit
import torch

from evenhand.base.storage.files.checksums import append_checksum, mark_of
from evenhand.base.storage.manifest import _line
from evenhand.base.storage.record import Record
from evenhand.base.storage.sealed_json import read_sealed, write_sealed
from evenhand.data.roots.content_hash import content_hash
from evenhand.review.log.event import Event
from evenhand.review.log.log_file import DecisionLog
from evenhand.testing.archives import write_zip

EVIL = "evil_module"
"""A module on the path of the child that nobody may import."""


@dataclass(frozen=True)
class Place:
    """Folders: `own` of who runs the commands, `outside` what is not theirs to touch."""

    own: Path
    outside: Path

    def record(self, name: str) -> Record:
        """Return a new copy of the sound record."""
        (self.own / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.own / "sound", self.own / name, symlinks=True)
        return Record(self.own / name)


@dataclass(frozen=True)
class Hostile:
    """Something hostile.

    Attributes
    ----------
    make
        Writes it, and returns the command lines that meet it.
    readable
        What below `outside` docs/safety.md allows to be read, as ends of paths.
    """

    make: Callable[[Place], list[str]]
    readable: tuple[str, ...] = ()


def readers(record: Record, *names: str) -> list[str]:
    """Return the commands that read a record, or those of some names."""
    path = record.path
    lines = {
        "verify": f"verify {path}",
        "predict": f"predict {path} new --to out/p.csv --force",
        "report": f"report {path}",
        "audit": f"audit {path}",
        "compare": f"compare {path} sound",
        "retrieve": f"retrieve {path} --evaluate",
        "search": f"retrieve {path} new --html out/r.html --force",
        "review": f"review {path} --export --session out/session",
        "evaluate": f"evaluate {path}",
    }
    return [lines[name] for name in names or lines]


def change(record: Record, section: str, **values: Any) -> None:
    """Write other values into the configuration of a record, with its checksum as its author would."""
    asked = tomlkit.parse((record.path / "resolved.toml").read_text())
    asked[section].update(values)  # type: ignore[union-attr]
    record.write_text("resolved.toml", tomlkit.dumps(asked))


class Payload:
    """An object whose pickle runs a command where it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Return the command."""
        return os.system, ("touch ran",)


def _other_folders(place: Place) -> list[str]:
    record = place.record("folders")
    change(record, "data", root=str(place.outside / "photos"), table="../secret.csv", corrections="/etc/passwd")
    change(record, "compute", store=str(place.outside / "precious"), store_limit_gb=1e-9)
    change(record, "folds", file=str(place.outside / "secret.csv"))
    change(record, "submit", command=["touch", str(place.outside / "ran"), "{file}"])
    asked = tomlkit.parse((record.path / "resolved.toml").read_text())
    asked["output"] = str(place.outside / "output")
    record.write_text("resolved.toml", tomlkit.dumps(asked))
    return readers(record)


def _names_that_lead_out(place: Place) -> list[str]:
    record = place.record("names")
    samples = record.table("samples.parquet")
    names = ["../../outside/secret.csv", str(place.outside / "secret.csv"), "link/a.png", "C:\\secret.csv"]
    samples["path"] = [names[at % len(names)] for at in range(len(samples))]
    record.write_table("samples.parquet", samples)
    return readers(record, "report", "audit", "retrieve", "search", "review")


def _model_names(place: Place) -> list[str]:
    record = place.record("models")
    asked = tomlkit.parse((record.path / "resolved.toml").read_text())
    asked["model"][0]["name"] = "../../../outside/models"  # type: ignore[index]
    record.write_text("resolved.toml", tomlkit.dumps(asked))
    table = record.table("predictions.parquet")
    record.write_table("predictions.parquet", table.assign(model="../../outside/models"))
    return readers(record, "predict", "report", "audit", "evaluate")


def _module_names(place: Place) -> list[str]:
    out = []
    for at, (section, key) in enumerate((("data", "kind"), ("model", "encoder"), ("model", "loss"))):
        record = place.record(f"modules{at}")
        asked: Any = tomlkit.parse((record.path / "resolved.toml").read_text())
        (asked[section][0] if section == "model" else asked[section])[key] = f"{EVIL}:run"
        record.write_text("resolved.toml", tomlkit.dumps(asked))
        out += readers(record, *(("predict", "report") if at == 0 else ("predict",)))
    return out


def _weights(place: Place) -> list[str]:
    out = []
    evil = io.BytesIO()
    torch.save({"a": Payload()}, evil)
    raws = (evil.getvalue(), pickle.dumps(Payload()), struct.pack("<Q", 1 << 62) + b"{}", b"")
    for at, raw in enumerate(raws):
        record = place.record(f"weights{at}")
        for path in record.path.glob("models/*/fold*/seed*/weights.safetensors"):
            path.unlink()
            path.symlink_to(place.outside / "weights.safetensors") if not raw else path.write_bytes(raw)
            task = path.with_name("task.json")
            files = [task.parent / name for name in read_sealed(task).marks]
            write_sealed(task, read_sealed(task).content, [file for file in files if file.is_file()])
        out += readers(record, "predict")
    return out


def _links_where_readers_write(place: Place) -> list[str]:
    """Files that verbs write into a record are links out of it."""
    record = place.record("links")
    target = place.outside / "target.txt"
    for name in ("manifest.jsonl", "report.html", "submissions.jsonl", ".lock"):
        (record.path / name).unlink(missing_ok=True)
        (record.path / name).symlink_to(target)
    return [
        *readers(record, "verify", "predict", "report", "audit", "review"),
        f"ensemble {record.path} sound --to out/e.csv --force",
        f"predict {record.path} new --like sample.csv --to out/l.csv --force",
    ]


_READ_FROM = {
    "config.toml": ("report",),
    "resolved.toml": ("report", "verify"),
    "environment.json": ("report",),
    "samples.parquet": ("audit",),
    "predictions.parquet": ("evaluate", "compare"),
    "folds.csv": ("report",),
    "findings.jsonl": ("report", "review"),
    "models": ("report", "predict", "verify"),
    "models/m": ("predict",),
    "models/m/fold0/seed0/epochs.jsonl": ("report", "verify"),
    "models/m/fold0/seed0/task.json": ("predict",),
    "models/m/fold0/seed0/weights.safetensors": ("predict", "search"),
    "manifest.jsonl": ("report", "verify"),
}
"""A file or folder of a record -> what reads it."""


def _links_that_lead_out(place: Place) -> list[str]:
    """Each file that readers look into is a link out of the record, as an archive can hold it."""
    out = [f"runs {place.own / 'linked'}"]
    for at, (name, lines) in enumerate(_READ_FROM.items()):
        record = place.record(f"linked/{at}")
        (record.path / "manifest.jsonl").unlink()
        path = record.path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        path.symlink_to(
            place.outside / ("precious" if name.startswith("models") and not path.suffix else "secret.csv")
        )
        out += readers(record, *lines)
    return out


def _state(place: Place) -> list[str]:
    """A run that was interrupted, to be resumed from states that are objects."""
    record = place.record("runs/interrupted")
    for name in ("scores.json", "report.html"):
        (record.path / name).unlink()
    raws = (pickle.dumps(Payload()), _torch_file())
    for raw, folder in zip(raws, sorted(record.path.glob("models/*/fold*/seed*")), strict=False):
        for path in folder.iterdir():
            path.unlink()
        (folder / "state.pt").write_bytes(raw)
        append_checksum(folder / "state.pt")
    return ["run own.toml"]


def _torch_file() -> bytes:
    evil = io.BytesIO()
    torch.save({"fingerprint": "", "state": Payload()}, evil)
    return evil.getvalue()


def _session(place: Place, name: str, state: str = "") -> Path:
    """Write the session of a review, with a journal that moves what is outside."""
    folder = place.own / name
    folder.mkdir()
    log = DecisionLog(folder / "decisions.jsonl")
    log.append(Event.new("trash", "ann", "../../outside/secret.csv", ["x"]))
    if state:
        secret, target = place.outside / "secret.csv", place.outside / "target.txt"
        marks = [content_hash(path.read_bytes()) for path in (secret, target)]
        steps = [
            {"step": "folder", "path": str(place.outside / "made")},
            {"step": "move", "source": str(secret), "target": str(place.own / "stolen.csv"), "content": marks[0]},
            {"step": "table", "path": str(target), "before": str(secret), "after": str(secret),
             "before_content": marks[1], "after_content": marks[0]},
        ]  # fmt: skip
        (folder / "applied" / "0001").mkdir(parents=True)
        lines = [{"plan": steps, "rows": ""}, {"state": state}]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / "applied" / "0001" / "journal.jsonl").write_text(text)
    return folder


def _sessions(place: Place) -> list[str]:
    out = []
    for state in ("doing", "undoing", "finished"):
        folder = _session(place, f"session-{state}", state)
        out += [f"review own.toml {what} --session {folder}" for what in ("--export", "--unapply", "--apply --yes")]
    for name, target in (
        ("corrections.csv", "target.txt"),
        ("versions", "precious"),
        ("rows.parquet", "secret.csv"),
    ):
        folder = _session(place, f"session-{name}")
        (folder / name).symlink_to(place.outside / target)
        out.append(f"review own.toml --export --session {folder}")
    folder = _session(place, "session-lock")
    (folder / "applied").mkdir()
    (folder / "applied" / ".lock").symlink_to(place.outside / "made")
    return [
        *out,
        f"review own.toml --apply --yes --session {folder}",
        f"review own.toml --agreement --session {folder}",
    ]


def _submission(place: Place) -> list[str]:
    """A record with a command of its own and a log that speaks for it."""
    record = place.record("submitted")
    change(record, "submit", command=["touch", str(place.outside / "ran"), "{file}"])
    line = {"event": "written", "hash": "0" * 32, "file": str(place.outside / "secret.csv"), "model": "--config=x"}
    (record.path / "submissions.jsonl").write_text(json.dumps(line) + "\n")
    own = json.dumps([sys.executable, "-c", "pass", "{file}"])
    (place.own / "submit.toml").write_text((place.own / "own.toml").read_text() + f"[submit]\ncommand = {own}\n")
    return [
        f"submit submit.toml {record.path} sample.csv",
        f"predict {record.path} new --like sample.csv --to out/s.csv --force",
        f"submit submit.toml {record.path} out/s.csv --dry-run",
        f"submit submit.toml {record.path} out/s.csv",
        f"submit {record.path / 'config.toml'} {record.path} out/s.csv --dry-run",
    ]


def _checksums(place: Place) -> list[str]:
    """Lists of checksums that name what is outside, whose reader would say whether its content is known."""
    record = place.record("listed")
    secret = place.outside / "secret.csv"
    names = ("../../outside/secret.csv", str(secret), "models/../../../outside/secret.csv")
    with (record.path / "manifest.jsonl").open("a") as file:
        file.writelines(f"{_line(name, mark_of(secret))}\n" for name in names)
    store = place.own / "listed-store"
    shutil.copytree(place.own / "store", store)
    (store / "leak").symlink_to(secret)
    for path in sorted(store.glob("entries/*/entry.json")):
        found = read_sealed(path)
        write_sealed(path, {**found.content, "arrays": ["../../leak"]}, [path.parent / "../../leak"])
    (store / "entries" / ("e" * 32)).mkdir()
    (store / "entries" / ("e" * 32) / "entry.json").symlink_to(secret)
    (store / "building" / ("e" * 32 + ".lock")).symlink_to(place.outside / "made")
    linked = place.own / "linked-store"
    linked.mkdir()
    shutil.copy(store / "CACHEDIR.TAG", linked)
    (linked / "entries").symlink_to(place.outside / "precious" / "entries")
    return [
        *readers(record, "verify", "report"),
        f"verify {store}",
        f"env --store {store}",
        f"check own.toml --set compute.store={store}",
        f"cache --store {store} --clear",
        f"env --store {linked}",
        f"cache --store {linked} --clear",
    ]


def _store(place: Place) -> list[str]:
    """A store as handed over: objects, links and huge headers in place of its arrays, names beside it."""
    store = place.own / "their-store"
    shutil.copytree(place.own / "store", store)
    evil = io.BytesIO()
    np.save(evil, np.array([Payload()], dtype=object), allow_pickle=True)
    header = b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 31) + b"{'descr': '|O'"
    for at, path in enumerate(sorted(store.glob("entries/*/*.npy"))):
        path.unlink()
        path.write_bytes((evil.getvalue(), header)[at % 2])
        _seal_again(path.parent / "entry.json")
    for name in ("thesis.trash", "0" * 32 + ".12345678.trash"):
        (store / "building" / name).symlink_to(place.outside / "precious")
    (store / "entries" / ("f" * 32)).symlink_to(place.outside / "precious")
    return [
        f"verify {store}",
        f"cache --store {store}",
        "check own.toml --set compute.store=their-store",
        "predict sound new --store their-store --to out/p.csv --force",
        f"cache --store {store} --clear",
    ]


def _seal_again(path: Path) -> None:
    found = read_sealed(path)
    files = [path.parent / name for name in found.marks]
    write_sealed(path, found.content, [file for file in files if not file.is_symlink()])


def _no_store(place: Place) -> list[str]:
    elsewhere = place.outside / "precious"
    return [f"cache --store {elsewhere} --clear", f"check own.toml --set compute.store={elsewhere}"]


def _tables(place: Place) -> list[str]:
    data = place.own / "tables"
    shutil.copytree(place.own / "photos", data)
    rows = (data / "labels.csv").read_text().splitlines()
    names = (
        "../../outside/secret.csv",
        str(place.outside / "photos" / "a.png"),
        "link/a.png",
        "=cmd|' /C calc'!A0",
    )
    (data / "link").symlink_to(place.outside / "photos")
    at = rows[0].split(",").index("path")
    for number, name in enumerate(names, start=1):
        cells = rows[number].split(",")
        cells[at] = f'"{name}"'
        rows[number] = ",".join(cells)
    (data / "labels.csv").write_text("\n".join(rows) + "\n")
    (place.own / "evil.csv").write_bytes(pickle.dumps(Payload()))
    (place.own / "evil.parquet").write_bytes(
        b"PAR1" + pickle.dumps(Payload()) + struct.pack("<I", 1 << 31) + b"PAR1"
    )
    np.savez(place.own / "evil.npz", probabilities=np.array([Payload()], dtype=object), ids=np.array([Payload()]))
    return [
        "check own.toml --set data.root=tables",
        "run own.toml --set data.root=tables --set data.missing=drop",
        "evaluate evil.csv",
        "evaluate evil.parquet",
        "evaluate evil.npz",
    ]


def _zips(place: Place) -> list[str]:
    raw = next(place.own.glob("new/*")).read_bytes()
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    write_zip(place.own / "out.zip", {"../../outside/added.png": raw, "/tmp/added.png": raw, "good.png": raw})
    with zipfile.ZipFile(place.own / "link.zip", "w") as archive:
        archive.writestr(link, str(place.outside / "photos" / "a.png"))
        archive.writestr("good.png", raw)
    return [f"predict sound {name}.zip --to out/p.csv --force" for name in ("out", "link")]


def _configuration(place: Place) -> list[str]:
    """What a configuration names is meant, but it runs no code that it brings along."""
    evil = place.own / "evil.pth"
    torch.save({"a": Payload()}, evil)
    (place.own / "huge.safetensors").write_bytes(struct.pack("<Q", 1 << 62) + b"{}")
    settings = (
        f"data.kind={EVIL}",
        f"model.m.head={EVIL}:run",
        "model.m.encoder=file:evil.pth",
        "model.m.encoder=file:huge.safetensors",
        f"model.m.loss=os.system:{EVIL}",
        "data.table=../outside/secret.csv",
    )
    return [f"run own.toml --set {setting}" for setting in settings]


HOSTILE: Mapping[str, Hostile] = {
    # The files of its rows are hashed, to see that they are those of the run; a store is known by its marker.
    "other folders in a record": Hostile(_other_folders, ("/photos", "/precious/CACHEDIR.TAG")),
    "names that lead out in a record": Hostile(_names_that_lead_out),
    "names of models": Hostile(_model_names),
    "names of modules": Hostile(_module_names),
    "weights": Hostile(_weights),
    "links where readers write": Hostile(_links_where_readers_write),
    "links that lead out of a record": Hostile(_links_that_lead_out),
    "states of interrupted runs": Hostile(_state),
    "sessions": Hostile(_sessions),
    "a record to submit": Hostile(_submission),
    "lists of checksums": Hostile(_checksums),
    "a store": Hostile(_store),
    "a folder that is not a store": Hostile(_no_store, ("/precious",)),
    "tables": Hostile(_tables),
    "zips": Hostile(_zips),
    "a configuration": Hostile(_configuration, ("/secret.csv",)),
}


def write_module(folder: Path) -> None:
    """Write the module that nobody may import."""
    folder.mkdir()
    (folder / f"{EVIL}.py").write_text("import os\nos.system('touch ran')\n")


def write_outside(folder: Path, photos: Path) -> None:
    """Write what is not theirs to touch: photos, a table, weights, years of work in a folder like a store's."""
    shutil.copytree(photos, folder / "photos")
    (folder / "photos" / "a.png").write_bytes(next(photos.rglob("*.*")).read_bytes())
    (folder / "secret.csv").write_text("path,class,series\na.png,x,1\n")
    (folder / "target.txt").write_text(json.dumps({"years": "of work"}))
    (folder / "weights.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
    for name in ("building/thesis.trash", "entries/2024", "building/" + "0" * 32 + ".12345678.trash"):
        (folder / "precious" / name).mkdir(parents=True)
        (folder / "precious" / name / "only copy.txt").write_text("years of work")
