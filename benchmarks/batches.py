"""Batches of normalised floats from the store beside decoding anew, and what the first encoding costs.

    python benchmarks/batches.py [--photos FOLDER] [--rows 256] [--rounds 5] [--threads 1]

A batch is 64 photos in random order as normalised floats (b, 3, h, w), ready for a network, once at the size the
photos of grocery have (224 px, so that nothing is resized and a float more is all there is to save) and once at
half of it. Beside ours: Pillow (open, resize the shorter side, crop the middle) and torchvision (read, decode,
resize, crop), each made floats and normalised as torchvision does it. The first encoding (decode, resize, write
into the store) stands beside simplejpeg decoding the same files and nothing else. Files are in the system's cache
for all. With one thread, processor time is what the clock would show on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import simplejpeg
import timing
import torch
import torchvision
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional

from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.store import Store
from evenhand.modalities.images.image_inputs import ImageInputs
from evenhand.modalities.photos.config import PhotosConfig
from evenhand.modalities.photos.kind import Photos
from evenhand.models.acceleration.malloc import kept_memory
from evenhand.models.normalize import normalised

PHOTOS = Path(__file__).parents[2] / "shared" / "data" / "grocery"
SIZES, BATCH = (224, 112), 64
KEPT, PLAIN = "ours, freed memory kept", "ours"
Found = dict[str, list[timing.Spent]]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


@dataclass(frozen=True)
class Files:
    """The photos, the side that a model wants them at, and how many threads work."""

    paths: list[Path]
    size: int
    threads: int

    def batches(self, seed: int) -> Iterator[np.ndarray]:
        """Yield positions, each photo once."""
        order = np.random.default_rng(seed).permutation(len(self.paths))
        for start in range(0, len(order), BATCH):
            yield np.sort(order[start : start + BATCH])

    def each(self, work: Callable[[Path], Tensor], rows: np.ndarray) -> list[Tensor]:
        """Return what a function gives for some photos, by threads where there are several."""
        paths = [self.paths[row] for row in rows]
        if self.threads == 1:
            return [work(path) for path in paths]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(work, paths))


def from_store(files: Files, entry: StoreEntry, seed: int) -> None:
    """Make every batch from encoded rows."""
    inputs = ImageInputs(entry["image"], lambda x: normalised(x, MEAN, STD), lambda batch, profile, draws: batch)
    for rows in files.batches(seed):
        inputs.batch(torch.from_numpy(rows), None)


def memory_kept(files: Files, entry: StoreEntry, seed: int) -> None:
    """Make every batch from encoded rows while freed memory is kept, as in the pass of a frozen encoder."""
    with kept_memory():
        from_store(files, entry, seed)


def by_pillow(files: Files, seed: int) -> None:
    """Make every batch by opening and resizing with Pillow."""
    for rows in files.batches(seed):
        torch.stack(files.each(partial(opened, size=files.size), rows))


def by_torchvision(files: Files, seed: int) -> None:
    """Make every batch by torchvision's decoder and resizing."""
    for rows in files.batches(seed):
        torch.stack(files.each(partial(decoded, size=files.size), rows))


def opened(path: Path, size: int) -> Tensor:
    """Return (3, size, size) normalised floats by Pillow."""
    image = Image.open(path).convert("RGB")
    scale = size / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)))
    left, top = (image.width - size) // 2, (image.height - size) // 2
    cropped = functional.pil_to_tensor(image.crop((left, top, left + size, top + size)))
    return functional.normalize(functional.to_dtype(cropped, torch.float32, scale=True), MEAN, STD)


def decoded(path: Path, size: int) -> Tensor:
    """Return (3, size, size) normalised floats by torchvision."""
    raw = torchvision.io.read_file(str(path))
    image = torchvision.io.decode_jpeg(raw, torchvision.io.ImageReadMode.RGB)
    cropped = functional.center_crop(functional.resize(image, [size], antialias=True), [size, size])
    return functional.normalize(functional.to_dtype(cropped, torch.float32, scale=True), MEAN, STD)


def encode_all(files: Files, folder: Path) -> StoreEntry:
    """Encode the photos into a store as a run does."""
    kind, own = Photos(), PhotosConfig(size=files.size)
    settings = kind.settings(own, files.size)
    contents = [path.name for path in files.paths]
    return Store(folder).rows(
        settings,
        contents,
        lambda row: kind.encode(files.paths[row].read_bytes(), settings),
        workers=files.threads,
    )


def encode_anew(files: Files, _: int) -> timing.Spent:
    """Return what encoding into an empty store takes."""
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
        return timing.spent(lambda: encode_all(files, Path(folder)))


def decode_bare(files: Files, _: int) -> timing.Spent:
    """Return what simplejpeg's decoding of the same files takes, nothing kept."""
    return timing.spent(lambda: files.each(bare, np.arange(len(files.paths))))


def bare(path: Path) -> Tensor:
    """Return the whole photo, decoded."""
    return torch.from_numpy(simplejpeg.decode_jpeg(path.read_bytes(), "RGB"))


def as_a_camera_gives_them(paths: list[Path], folder: Path, *, longer: int = 4000) -> list[Path]:
    """Write the photos anew with a longer side of some px (12 megapixels at 4:3), and return where."""
    folder.mkdir(exist_ok=True)
    out = []
    for path in paths:
        with Image.open(path) as small:
            image = small.convert("RGB")
        scale = longer / max(image.size)
        large = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
        out.append(folder / f"{len(out)}.jpg")
        large.save(out[-1], quality=90)
    return out


def photos_in(folder: Path, rows: int) -> list[Path]:
    """Return `rows` JPEGs spread evenly over a folder and those below it."""
    found = sorted(folder.rglob("*.jpg"))
    return [found[i] for i in np.linspace(0, len(found) - 1, min(rows, len(found))).astype(int)] if found else []


def measure_batches(files: Files, folder: Path, rounds: int) -> Found:
    """Return what all batches by each way took, a round each."""
    entry = encode_all(files, folder)
    works = {
        KEPT: partial(memory_kept, files, entry),
        PLAIN: partial(from_store, files, entry),
        "Pillow, open and resize": partial(by_pillow, files),
        "torchvision, decode and resize": partial(by_torchvision, files),
    }
    timed = {name: lambda seed, work=work: apart(lambda: work(seed + 1)) for name, work in works.items()}
    return timing.in_turns(timed, rounds)


def apart(work: Callable[[], None]) -> timing.Spent:
    """Return what work takes the second time, in a process of its own: the allocator remembers what went before."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)

    def child() -> None:
        work()
        theirs.send(tuple(timing.spent(work)))

    process = context.Process(target=child)
    process.start()
    theirs.close()
    found = timing.Spent(*mine.recv())
    process.join()
    return found


def measure_encoding(files: Files, rounds: int) -> Found:
    """Return what encoding took, ours and bare, a round each."""
    works = {"ours, into the store": partial(encode_anew, files), "simplejpeg, decode": partial(decode_bare, files)}
    return timing.in_turns(works, rounds)


def show_batches(n: int, batches: Found) -> None:
    """Print how many photos a second become floats."""
    limits = {"Pillow, open and resize": 8.0, "torchvision, decode and resize": 5.0}
    rows = []
    for name, every in batches.items():
        limit = limits.get(name)
        against = [] if limit is None else [timing.ratios(every, batches[own])[1] for own in (KEPT, PLAIN)]
        targets = [timing.verdict(found.median, limit, at_least=True) for found in against if limit]
        rows.append([name, timing.rate(n, every), *(against or ["", ""]), "; ".join(dict.fromkeys(targets))])
    head = ["batches", "photos a second", "faster with memory kept", "faster without", "target"]
    print("\n" + timing.table(head, rows))


def show_encoding(n: int, encoding: Found) -> None:
    """Print how many photos a second are encoded."""
    rows = []
    for name, every in encoding.items():
        clock, processor = timing.ratios(encoding["ours, into the store"], every)
        own = name.startswith("ours")
        target = "" if own else timing.verdict(processor.median, 1.3)
        rows.append([name, timing.rate(n, every), "" if own else clock, "" if own else processor, target])
    head = ["first encoding", "photos a second", "ours by it, by the clock", "by processor time", "target"]
    print("\n" + timing.table(head, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    for name, value in {"rows": 256, "rounds": 5, "threads": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    timing.as_a_worker()
    paths = photos_in(asked.photos, asked.rows)
    if not paths:
        print(f"Skipped: there are no photos in {asked.photos}; name a folder of JPEGs by --photos.")
        return
    torch.set_num_threads(asked.threads)
    print(f"{timing.machine()}, {len(paths)} photos of {asked.photos.name}, {asked.threads} thread(s)")
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
        for size in SIZES:
            files = Files(paths, size, asked.threads)
            print(f"\nAt {size} px")
            show_batches(len(paths), measure_batches(files, Path(folder) / str(size), asked.rounds))
            show_encoding(len(paths), measure_encoding(files, asked.rounds))
        large = as_a_camera_gives_them(paths[:: max(1, len(paths) // 16)], Path(folder) / "large")
        print(f"\n{len(large)} photos of 12 megapixels, to {SIZES[0]} px")
        show_encoding(len(large), measure_encoding(Files(large, SIZES[0], asked.threads), asked.rounds))


if __name__ == "__main__":
    main()
