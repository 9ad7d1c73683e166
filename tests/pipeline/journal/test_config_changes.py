"""What differs between two configurations: each difference once, and nothing that results do not depend on."""

from __future__ import annotations

from typing import Any

from evenhand.pipeline.journal.config_changes import config_changes


def resolved(*models: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "x", "output": "runs", "data": {"root": "a"}, "model": list(models), **more}


def test_models_are_matched_by_name_and_what_they_inherit_is_listed_once() -> None:
    def of(epochs: int, rate: float) -> dict[str, Any]:
        a = {"name": "a", "encoder": "small", "train": {"epochs": epochs, "rate": rate}}
        b = {"name": "b", "encoder": "small", "train": {"epochs": epochs, "rate": 0.1}}
        return resolved(*((a, b) if epochs == 5 else (b, a)), train={"epochs": epochs, "rate": 0.1})

    assert config_changes(of(5, 0.1), of(9, 0.2)) == [
        ("model.a.train.rate", "0.1", "0.2"),
        ("train.epochs", "5", "9"),
    ]


def test_a_new_model_is_one_line() -> None:
    a, b = ({"name": name, "encoder": f"of {name}", "tune": "all", "train": {"epochs": 5}} for name in "ab")
    assert config_changes(resolved(a), resolved(a, b)) == [("model.b.encoder", "–", '"of b"')]
    assert config_changes(resolved(a, b), resolved(b)) == [("model.a.encoder", '"of a"', "–")]


def test_lists_of_tables_stay_on_one_line() -> None:
    (line,) = config_changes(resolved(train={}), resolved(train={"stage": [{"tune": "head"}, {"tune": "all"}]}))
    assert line == ("train.stage", "–", '[{"tune": "head"}, {"tune": "all"}]')


def test_names_paths_and_processes_are_no_difference() -> None:
    other = {**resolved(tags=["a"], compute={"workers": 3}), "name": "y", "data": {"root": "b"}, "output": "z"}
    assert config_changes(resolved(), other) == []
