"""Drawings of LibreCAD: the example beside a random forest and a graph network of PyTorch Geometric, on its folds.

    python benchmarks/drawings.py [--config ../examples/librecad.toml] [--set KEY=VALUE …]
    python benchmarks/drawings.py --speed        batches against single drawings, an epoch against PyG's

The random forest reads statistics per drawing of what nodes hold (no absolute size, position, layers or colours);
the floor reads counts of entities alone. `pyg_sage` is three layers of `torch_geometric.nn.SAGEConv`, a mean over
nodes and a linear layer, trained on the same graphs with the same epochs, batches and optimizer; its row is left
out with a message where PyTorch Geometric is not installed. All predictions are out of fold, without any selection
on the held-out fold; verdicts are paired, on the same rows, over groups of equal drawings.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import timing
import torch
from sklearn.ensemble import RandomForestClassifier
from torch import Tensor, nn

import evenhand
from evenhand.base.storage.record import ROW
from evenhand.base.values import Predictions
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import row_shape
from evenhand.evaluation.reading.from_record import of_record
from evenhand.modalities.drawings import torch_half
from evenhand.modalities.drawings.encoders.geometry import EDGE_MEASURES, edge_measures, node_measures
from evenhand.modalities.drawings.inputs import DrawingInputs
from evenhand.modalities.drawings.vocabulary import EDGE_TYPES, LENGTH, NODE_TYPES
from evenhand.models.config import SizedModel
from evenhand.models.network import build_network
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.stages.source import read
from evenhand.settings.load import Settings, load

EXAMPLE = Path(__file__).parents[1] / "examples" / "librecad.toml"
METRICS = ("macro_f1", "accuracy", "top_2", "weighted_f1")
EPOCHS, BATCH, WIDTH = 30, 32, 96


@dataclass(frozen=True)
class Rows:
    """The drawings of a run: their graphs, labels and folds, in the order of its samples."""

    inputs: DrawingInputs
    entry: StoreEntry
    at: Tensor
    labels: np.ndarray[Any, Any]
    fold: np.ndarray[Any, Any]
    like: Predictions


def rows_of(settings: Settings, run: evenhand.Run) -> Rows:
    source = read(settings, Silent())
    like = of_record(run.record)[0]
    place = dict(zip(source.samples.ids, source.samples.frame[ROW], strict=True))
    at = np.array([place[name] for name in like.ids])
    return Rows(DrawingInputs(source.entry), source.entry, torch.from_numpy(at), like.truth, like.fold, like)


def statistics(rows: Rows) -> np.ndarray[Any, Any]:
    """Return (n, d) statistics per drawing of the features of nodes, and counts of types."""
    out = []
    for at in rows.at:
        batch = rows.inputs.look(at.view(1))
        nodes = torch.cat([batch["nodes"], node_measures(batch["strokes"])], dim=1).numpy()
        measures = nodes[:, len(NODE_TYPES) :]
        relations = batch["relations"].numpy()
        out.append(
            np.concatenate(
                [
                    counts_of(nodes),
                    measures.mean(axis=0),
                    measures.std(axis=0),
                    *np.percentile(measures, [0, 25, 50, 75, 100], axis=0),
                    relations.sum(axis=0) / len(nodes),
                ]
            )
        )
    return np.array(out)


def counts_of(nodes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    counts = nodes[:, : len(NODE_TYPES)].sum(axis=0)
    return np.append(np.log1p(counts), np.log1p(len(nodes)))


def forest(rows: Rows, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return (n, k) out-of-fold probabilities of a random forest of 400 trees."""
    out = np.zeros((len(x), len(rows.like.classes)))
    for fold in np.unique(rows.fold):
        inside = rows.fold != fold
        trees = RandomForestClassifier(400, random_state=0, n_jobs=-1).fit(x[inside], rows.labels[inside])
        out[np.ix_(~inside, trees.classes_)] = trees.predict_proba(x[~inside])
    return out


def pyg_sage(rows: Rows, epochs: int) -> np.ndarray[Any, Any]:
    """Return (n, k) out-of-fold probabilities of three GraphSAGE layers of PyTorch Geometric."""
    from torch_geometric.loader import DataLoader

    graphs = pyg_graphs(rows)
    k = len(rows.like.classes)
    out = np.zeros((len(graphs), k))
    for fold in np.unique(rows.fold):
        torch.manual_seed(int(fold))
        inside, held = np.flatnonzero(rows.fold != fold), np.flatnonzero(rows.fold == fold)
        network = PygSage(graphs[0].x.shape[1], k)
        loader = DataLoader([graphs[i] for i in inside], batch_size=BATCH, shuffle=True)
        optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.05)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 2e-3, total_steps=epochs * len(loader), pct_start=0.1
        )
        for _ in range(epochs):
            network.train()
            for batch in loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(network(batch), batch.y, label_smoothing=0.05).backward()
                optimizer.step()
                schedule.step()
        network.eval()
        with torch.no_grad():
            parts = [network(batch).softmax(1) for batch in DataLoader([graphs[i] for i in held], batch_size=64)]
        out[held] = torch.cat(parts).double().numpy()
    return out


def pyg_graphs(rows: Rows) -> list[Any]:
    from torch_geometric.data import Data

    out = []
    for at, label in zip(rows.at, rows.labels, strict=True):
        one = rows.inputs.look(at.view(1))
        x = torch.cat([one["nodes"], node_measures(one["strokes"])], dim=1)
        features = torch.cat(
            [one["relations"], edge_measures(one["strokes"], one["nodes"][:, LENGTH], one["edges"])], dim=1
        )
        out.append(Data(x=x, edge_index=one["edges"], edge_attr=features, y=torch.tensor([int(label)])))
    return out


class PygSage(nn.Module):
    """Three layers of GraphSAGE, a mean over nodes, a linear layer."""

    def __init__(self, features: int, k: int) -> None:
        super().__init__()
        from torch_geometric.nn import SAGEConv

        widths = [features, WIDTH, WIDTH, WIDTH]
        self.layers = nn.ModuleList(SAGEConv(a, b) for a, b in pairwise(widths))
        self.head = nn.Linear(WIDTH, k)

    def forward(self, batch: Any) -> Tensor:
        from torch_geometric.nn import global_mean_pool

        x = batch.x
        for layer in self.layers:
            x = torch.relu(layer(x, batch.edge_index))
        return self.head(global_mean_pool(x, batch.batch))  # type: ignore[no-any-return]


def scores(config: Path, changes: list[str]) -> None:
    started = time.perf_counter()
    run = evenhand.run(config, changes=changes)
    seconds = time.perf_counter() - started
    settings = load(config, changes=changes)
    rows = rows_of(settings, run)
    ours = {one.model: one for one in of_record(run.record)}
    others = {"forest: statistics": forest(rows, statistics(rows))}
    counts = np.array([counts_of(rows.inputs.look(at.view(1))["nodes"].numpy()) for at in rows.at])
    others["forest: counts of entities"] = forest(rows, counts)
    if find_spec("torch_geometric") is None:
        print("PyTorch Geometric is not installed: its row is left out.")
    else:
        others["pyg_sage"] = pyg_sage(rows, settings.train.epochs)
    made = {
        name: replace(rows.like, probabilities=table, model=name, logits=None) for name, table in others.items()
    }
    best = max(
        ours, key=lambda name: float(evenhand.evaluate(ours[name], metrics=["macro_f1"])["macro_f1"].estimate)
    )
    table = []
    for name, one in {**ours, **made}.items():
        found = evenhand.evaluate(one, metrics=list(METRICS))
        cells = [f"{found[m].estimate:.3f} [{found[m].low:.3f}, {found[m].high:.3f}]" for m in METRICS]
        verdict = "" if name in ours else str(evenhand.compare(one, ours[best], metrics=["macro_f1"]).verdicts[0])
        table.append([name, *cells, verdict])
    print(f"{timing.machine()}; the run took {seconds:.0f} s; the best of ours is {best}.\n")
    print(timing.table(["out of fold", *METRICS, f"{best} against it"], table))
    print("\n" + per_class(ours[best]))


def per_class(p: Predictions) -> str:
    predicted = p.probabilities.argmax(axis=1)
    lines = []
    for c, name in enumerate(p.classes):
        true, said = p.truth == c, predicted == c
        both = int((true & said).sum())
        f1 = 2 * both / max(1, int(true.sum() + said.sum()))
        lines.append([name, int(true.sum()), f"{both / max(1, int(true.sum())):.2f}", f"{f1:.2f}"])
    return timing.table(["class", "n", "recall", "f1"], lines)


# Speed


def speed(config: Path, changes: list[str], rounds: int, count: int) -> None:
    """Print the line of the 43 seconds, and an epoch beside PyTorch Geometric's."""
    torch.set_num_threads(1)
    settings = load(config, changes=changes)
    source = read(settings, Silent())
    inputs = DrawingInputs(source.entry, profile="none")
    rows = torch.from_numpy(source.samples.frame[ROW].to_numpy()[:900].copy())
    labels = torch.from_numpy(source.samples.labels[:900]).long()
    row = {name: row_shape(part) for name, part in source.entry.arrays.items()}
    model = SizedModel(name="m", encoder="edge_sage", tune="all", options={"strokes": False}, row=row)

    def epochs(size: int, count: int) -> timing.Spent:
        torch.manual_seed(0)
        network = build_network(model, source.samples.k, 0)
        optimizer = torch.optim.AdamW(network.parameters(), 1e-3)

        def work() -> None:
            for _ in range(count):
                for part in torch.randperm(len(rows)).split(size):
                    optimizer.zero_grad()
                    batch = inputs.batch(rows[part], None)
                    nn.functional.cross_entropy(network(batch), labels[part]).backward()
                    optimizer.step()

        return timing.spent(work)

    works: dict[str, Callable[[int], timing.Spent]] = {
        "batches": lambda _: epochs(BATCH, count),
        "single": lambda _: epochs(1, count),
    }
    if find_spec("torch_geometric") is not None:
        works["pyg"] = lambda _: pyg_epochs(source, inputs, rows, labels, count)
    found = timing.in_turns(works, rounds, warm=False)
    lines = [
        [f"{count} epochs one drawing at a time / in batches", *timing.ratios(found["single"], found["batches"])]
    ]
    if "pyg" in found:
        lines.append(
            [f"{count} epochs of PyG with the same layers / ours", *timing.ratios(found["pyg"], found["batches"])]
        )
    print(timing.machine() + "\n\n" + timing.table(["ratio", "clock", "processor time"], lines))


def pyg_epochs(source: Any, inputs: DrawingInputs, rows: Tensor, labels: Tensor, count: int) -> timing.Spent:
    """Return what epochs of the same layers take as PyTorch Geometric's message passing."""
    from torch_geometric.loader import DataLoader

    like = Rows(inputs, source.entry, rows, labels.numpy(), np.zeros(len(rows)), None)  # type: ignore[arg-type]
    loader = DataLoader(pyg_graphs(like), batch_size=BATCH, shuffle=True)
    torch.manual_seed(0)
    network = PygEdgeSage(len(EDGE_TYPES) + EDGE_MEASURES, source.samples.k)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)

    def work() -> None:
        for _ in range(count):
            for batch in loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(network(batch), batch.y).backward()
                optimizer.step()

    return timing.spent(work)


class PygEdgeSage(nn.Module):
    """The layers of `edge_sage` without strokes, written as PyTorch Geometric's users would."""

    def __init__(self, edge: int, k: int) -> None:
        super().__init__()
        from torch_geometric.nn import AttentionalAggregation, MessagePassing

        class Layer(MessagePassing):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__(aggr=["mean", "max"])
                self.norm = nn.LayerNorm(WIDTH)
                self.message_layer = nn.Sequential(nn.Linear(2 * WIDTH + edge, WIDTH), nn.ReLU())
                self.after = nn.Sequential(
                    nn.Linear(3 * WIDTH, WIDTH), nn.GELU(), nn.Dropout(0.1), nn.Linear(WIDTH, WIDTH)
                )

            def forward(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor) -> Tensor:
                z = self.norm(x)
                heard = self.propagate(edge_index, x=z, edge_attr=edge_attr)
                return x + self.after(torch.cat([z, heard], dim=1))  # type: ignore[no-any-return]

            def message(self, x_i: Tensor, x_j: Tensor, edge_attr: Tensor) -> Tensor:
                return self.message_layer(torch.cat([x_i, x_j, edge_attr], dim=1))  # type: ignore[no-any-return]

        self.start = nn.LazyLinear(WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(3))
        score = nn.Sequential(nn.Linear(WIDTH, WIDTH // 2), nn.Tanh(), nn.Linear(WIDTH // 2, 1))
        self.attention = AttentionalAggregation(score)
        self.head = nn.Sequential(nn.LayerNorm(3 * WIDTH), nn.Linear(3 * WIDTH, k))

    def forward(self, batch: Any) -> Tensor:
        from torch_geometric.nn import global_max_pool, global_mean_pool

        x = self.start(batch.x)
        for layer in self.layers:
            x = layer(x, batch.edge_index, batch.edge_attr)
        pools = [global_mean_pool(x, batch.batch), global_max_pool(x, batch.batch), self.attention(x, batch.batch)]
        return self.head(torch.cat(pools, dim=1))  # type: ignore[no-any-return]


assert torch_half  # importing it registers the encoders


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=EXAMPLE)
    parser.add_argument("--set", action="append", default=[], dest="changes")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=15, help="of a round of --speed; ratios hardly depend on it")
    options = parser.parse_args()
    if options.speed:
        speed(options.config, options.changes, options.rounds, options.epochs)
    else:
        scores(options.config, options.changes)


if __name__ == "__main__":
    main()
