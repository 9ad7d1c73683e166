"""How often EH110 calls a test different that was drawn at random from the same groups: it should hardly ever.

    python benchmarks/drawn_tests.py [grocery=FOLDER/labels.csv:fine:group ...] [--seeds 30] [--fraction 0.2]
    python benchmarks/drawn_tests.py --worlds 5    # which tests can be drawn, over numbers of groups and classes

Each set gets `test = { fraction = 0.2 }` with 30 seeds; what the pictures look like is measured once. Beside the
alarms stands how often the largest group lies in the test, how many different tests there are, the largest
deviation of a class's share from the fraction, of how many classes one group gives most of the test rows
(the mean over tests), and the seconds that the rule took.
A set is NAME=TABLE:LABEL:GROUP, with a column `path` relative to the table's folder; the generated ones are always
there: pictures in series with a look of their own, one of which holds a tenth of all rows.

With `--worlds`, groups of lognormal sizes with Dirichlet mixes of classes are generated instead, and 600 tests are
drawn of each set: the rows that are in no test, the largest chance of a group, the different tests, their size, the
part that two tests share (the fraction where they are independent), the smallest mean share of a class in the test
among those of which no group holds more than half, and of how many classes one group gives most of the test rows.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.values import TEST, Folds, Samples
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.locked_test import different_tests, sample_tests
from evenhand.data.splits.make_folds import make_folds
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examine import examine
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.stages.source import read
from evenhand.pipeline.verbs.check import pictures
from evenhand.settings.load import load


def of_table(given: str, store: str) -> Evidence:
    """Return the case of the photos that a table names."""
    table, label, group = given.rsplit(":", 2)
    data = {"root": str(Path(table).parent), "table": table, "label": label, "group": group}
    settings = load({"data": data, "compute": {"store": store}})
    source = read(settings, Silent())
    return Evidence(source.samples, facts=source.facts, pictures=pictures(source), failures=source.failures)


def generated(mixed: bool, *, rows: int = 1500, groups: int = 150, classes: int = 5, side: int = 24) -> Evidence:
    """Return series of small pictures, each series with its own ground; the first holds a tenth of the rows."""
    rng = np.random.default_rng([11, mixed])
    rest = rng.pareto(1.5, groups - 1) + 0.5
    series = np.append(
        np.zeros(rows // 10, int), rng.choice(groups - 1, rows - rows // 10, p=rest / rest.sum()) + 1
    )
    label = rng.integers(0, classes, rows) if mixed else rng.integers(0, classes, groups)[series]
    ground, light = rng.uniform(40, 200, (groups, 3)), rng.normal(0, 25, groups)
    colour = rng.uniform(60, 230, (classes, 3))[label] + rng.normal(0, 20, (rows, 3))
    shown = np.tile(ground[series][:, None, None], (1, side, side, 1))
    shown[:, 6:18, 6:18] = colour[:, None, None]
    shown += light[series][:, None, None, None] + rng.normal(0, 6, shown.shape)
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(rows)], "group": [f"s{s}" for s in series]})
    samples = Samples(frame.assign(path=frame["id"]), tuple(f"class {c}" for c in range(classes)), label)
    return Evidence(samples, pictures=shown.clip(0, 255).astype(np.uint8), failures=())


@dataclass
class Tally:
    """What the drawn tests of one set were like."""

    fired: int = 0
    largest: int = 0
    one_group: float = 0.0
    off: float = 0.0
    rule_seconds: float = 0.0


def measure(case: Evidence, seeds: int, fraction: float) -> tuple[Tally, int]:
    """Return the tally over seeds, and how many different tests were drawn."""
    tally, tests = Tally(), set()
    traits = case.traits if len(case.rows) <= 6000 else None
    sets = [list(case.rows.ids[rows]) for rows in case.alike]
    for seed in range(seeds):
        config = FoldsConfig(test={"fraction": fraction}, seed=seed)
        settings = {"folds": config.model_dump()}
        folds = make_folds(case.rows, config, sets)
        divided = Evidence(case.samples, folds, settings, case.failures, case.facts, case.pictures)
        shared = {
            name: case.__dict__[name]
            for name in ("duplicate_sets", "duplicate_pairs", "copies")
            if name in case.__dict__
        }
        divided.__dict__.update(shared | ({} if traits is None else {"traits": traits}))
        start = time.perf_counter()
        found = examine(divided, ["EH110"]).findings
        tally.rule_seconds += time.perf_counter() - start
        tally.fired += bool(found)
        for finding in found:
            print(f"    seed {seed}: {finding.message}")
        add(tally, case, folds, fraction)
        tests.add((folds.fold == TEST).tobytes())
    return tally, len(tests)


def add(tally: Tally, case: Evidence, folds: Folds, fraction: float) -> None:
    locked, groups, labels = folds.fold == TEST, case.rows.groups, case.label_matrix
    names, sizes = np.unique(groups.astype(str), return_counts=True)
    tally.largest += bool(locked[groups == names[sizes.argmax()]].any())
    tally.off = max(tally.off, float(np.abs(labels[locked].sum(0) / labels.sum(0) - fraction).max()))
    held = pd.DataFrame(labels[locked]).groupby(groups[locked]).sum().to_numpy()
    tally.one_group += int((held.max(axis=0) > held.sum(axis=0) / 2).sum())


WORLDS = ((5, 3, 20), (6, 3, 5), (8, 4, 5), (12, 3, 20), (20, 8, 2), (25, 3, 5), (30, 20, 1), (50, 30, 1),
          (100, 40, 0.5), (300, 20, 0.5))  # fmt: skip
"""Groups, classes, and how evenly classes are mixed in a group."""


def world(groups: int, classes: int, even: float, seed: int) -> np.ndarray:
    """Return (g, k) rows of each class in each group; the rarest class is a hundredth of the commonest."""
    rng = np.random.default_rng([17, groups, classes, seed])
    sizes = np.maximum(1, rng.lognormal(np.log(60), 0.6, groups)).astype(int)
    share = np.geomspace(1, 0.01, classes)
    mixes = rng.dirichlet(share / share.sum() * classes * even, groups)
    counts = np.stack([rng.multinomial(size, mix) for size, mix in zip(sizes, mixes, strict=True)]).astype(float)
    return counts[:, counts.sum(axis=0) > 0]


def show_worlds(seeds: int, fraction: float, tests: int = 600) -> None:
    """Print what drawn tests are like, the mean over `seeds` sets of each kind."""
    head = ("groups", "classes", "in no test", "largest chance", "different tests", "size", "two tests share",
            "least share of a class", "one group gives most")  # fmt: skip
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for groups, classes, even in WORLDS:
        found = []
        for seed in range(seeds):
            counts = world(groups, classes, even, seed)
            rows, k = counts.sum(axis=1), min(5, groups - 2)
            drawn = sample_tests(counts, rows, fraction, k, np.random.default_rng([18, seed]), tests)
            often, half = drawn.mean(axis=0), tests // 2
            one, other = drawn[:half], drawn[half:]
            size, share = drawn @ rows / rows.sum(), drawn.astype(float) @ counts / counts.sum(axis=0)
            spread_out = (counts / counts.sum(axis=0)).max(axis=0) <= 0.5
            held = drawn[:, :, None] * counts
            found.append([rows[often == 0].sum() / rows.sum(), often.max(), different_tests(drawn), size.mean(),
                          size.std(), ((one & other) @ rows / (one @ rows)).mean(),
                          share.mean(axis=0)[spread_out].min(),
                          (held.max(axis=1) > held.sum(axis=1) / 2).mean()])  # fmt: skip
        never, chance, number, mean, spread, shared, least, most = np.mean(found, axis=0)
        print(f"| {groups} | {classes} | {never:.0%} | {chance:.2f} | {number:.0f} of {tests} | "
              f"{mean:.2f} ± {spread:.2f} | {shared:.2f} | {least:.2f} | {most:.0%} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", help="NAME=TABLE:LABEL:GROUP")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--fraction", type=float, default=0.2)
    parser.add_argument("--store", default=str(Path(tempfile.gettempdir()) / "evenhand-drawn-tests"))
    parser.add_argument("--worlds", type=int, default=0, help="Sets of each kind, instead of the pictures.")
    asked = parser.parse_args()
    if asked.worlds:
        show_worlds(asked.worlds, asked.fraction)
        return
    cases = {name: of_table(given, asked.store) for name, given in (each.split("=", 1) for each in asked.sets)}
    cases |= {"generated, one class per series": generated(False), "generated, mixed series": generated(True)}
    heads = (
        "set | rows | groups | EH110 | largest group in the test | different tests | worst share | one group | s"
    )
    print(f"| {heads} |\n" + "|---" * 9 + "|")
    for name, case in cases.items():
        tally, different = measure(case, asked.seeds, asked.fraction)
        print(f"| {name} | {len(case.rows):,} | {len(set(case.rows.groups)):,} | {tally.fired} of {asked.seeds} | "
              f"{tally.largest} | {different} | {tally.off:.3f} | {tally.one_group / asked.seeds:.1f} | "
              f"{tally.rule_seconds / asked.seeds:.1f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
