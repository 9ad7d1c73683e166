from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch

from evenhand.base.errors import TaskError
from evenhand.models.io.network_files import load_network
from evenhand.models.io.tensor_io import read_arrays
from evenhand.training.monitor.scorer import Score
from evenhand.training.tasks import soup as soup_task
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.fit_fold import run_task, task_spec
from evenhand.training.tasks.initial_network import fresh_network
from evenhand.training.tasks.soup import make_soup, run_soup
from evenhand.training.tasks.task_files import summary_of, write_task

Make = Callable[..., SimpleNamespace]


def trained(make_record: Make, how: str = "uniform", **model: Any) -> SimpleNamespace:
    made = make_record(model={"seeds": [0, 1, 2], **model}, train={"soup": how})
    for seed in (0, 1, 2):
        run_task(**made.call(seed=seed))
    return made


def test_a_soup_that_is_no_better_is_not_kept(make_record: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = trained(make_record)
    monkeypatch.setattr(soup_task, "make_soup", lambda *given: SimpleNamespace(members=(0, 1), score=Score(0.0)))
    found = run_soup(**made.common, fold=0, threads=1)
    assert found["kept"] is False
    assert found["score"] == 0.0 < found["alone"]
    folder = made.record.task_folder("m", 0, 0).parent / "soup"
    assert [path.name for path in folder.iterdir()] == ["soup.json"]
    assert run_soup(**made.common, fold=0, threads=1) == found


def test_a_soup_that_is_better_is_kept_with_its_predictions(
    make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = trained(make_record, tune="all")

    def better(*given: Any) -> Any:
        return SimpleNamespace(members=make_soup(*given).members, score=Score(2.0))

    monkeypatch.setattr(soup_task, "make_soup", better)
    found = run_soup(**made.common, fold=0, threads=1)
    assert (found["kept"], found["members"], found["score"]) == (True, [0, 1, 2], 2.0)
    folder = made.record.task_folder("m", 0, 0).parent
    soup, seed = (pd.read_parquet(folder / name / "predictions.parquet") for name in ("soup", "seed0"))
    assert soup[["id", "set"]].equals(seed[["id", "set"]])
    weights = folder / "soup" / "weights.safetensors"
    before = {name: array.clone() for name, array in read_arrays(weights).items()}  # which are mapped
    whole, said = weights.read_bytes(), []
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert run_soup(**made.common, fold=0, threads=1, progress=said.append) == found
    assert said == [
        {
            "message": "soup.json lists weights.safetensors, which does not match its checksum. "
            "The weights are averaged again."
        }
    ]
    assert all(torch.equal(array, before[name]) for name, array in read_arrays(weights).items())
    assert not soup["p:a"].equals(seed["p:a"])


def test_a_soup_is_corrected_as_its_seeds_were(make_record: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    balance = {"weights": {"name": "downweight", "class": "a", "factor": 0.5}, "weights_from": 9}
    made = make_record(model={"seeds": [0, 1], "tune": "all"}, train={"soup": "uniform"}, balance=balance)
    shifts = [[0.0, 0.0, 1.0], None]
    for seed, shift in enumerate(shifts):
        assert run_task(**made.call(seed=seed))["correction"] is None
        folder = made.record.task_folder("m", 0, seed)
        write_task(folder, {**summary_of(folder), "correction": shift}, folder / "none shared")

    def better(spec: Any, *given: Any) -> Any:
        assert spec.stages[-1].balance.shift(0).tolist() == [0.0, 0.0, 0.5]
        return SimpleNamespace(members=(0, 1), score=Score(2.0))

    monkeypatch.setattr(soup_task, "make_soup", better)
    assert run_soup(**made.common, fold=0, threads=1)["correction"] == [0.0, 0.0, 0.5]


@pytest.mark.parametrize(("how", "alike"), [("greedy", True), ("none", False)])
def test_seeds_of_a_soup_begin_alike(make_record: Make, how: str, alike: bool) -> None:
    made = make_record(model={"seeds": [3, 4]}, train={"soup": how})
    context = TaskContext.of(**made.common)
    one, two = ([p.detach().clone() for p in fresh_network(context, seed).head.parameters()] for seed in (3, 4))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True)) == alike


def test_seeds_must_be_trained_first(make_record: Make) -> None:
    made = make_record(model={"seeds": [0, 1]}, train={"soup": "greedy"})
    with pytest.raises(TaskError, match="Model m, fold 0: seed 0 is not trained yet"):
        run_soup(**made.common, fold=0, threads=1)


def test_without_a_soup_nothing_is_tried(make_record: Make) -> None:
    made = trained(make_record, how="none")
    assert run_soup(**made.common, fold=0, threads=1)["kept"] is False


def test_a_soup_of_product_quantizers_is_judged_by_its_codes(make_record: Make) -> None:
    options = {"subspaces": 2, "bits": 2, "width": 8}
    made = trained(make_record, head="product_quantizer", head_options=options, head_width=8)
    found = run_soup(**made.common, fold=0, threads=1)
    folder = made.record.task_folder("m", 0, 0).parent
    context = TaskContext.of(**made.common)
    scored = context.samples.ids[context.parts(0).scored]
    spec = task_spec(context, context.parts(0), ("again", "m", 0), 0, pretrain=False)

    def score(name: str) -> float:
        table = pd.read_parquet(folder / name / "predictions.parquet").set_index("id").loc[scored]
        return spec.scorer(table.filter(like="p:").to_numpy()).value

    assert found["alone"] == pytest.approx(max(score(f"seed{seed}") for seed in range(3)))
    if found["kept"]:
        network = load_network(folder / "soup" / "weights.safetensors", shared=folder.parent)
        assert bool(network.head[1].fitted)
        assert score("soup") == pytest.approx(found["score"])
    assert found["kept"] == (found["score"] > max(found["alone"], found["mean"]))
