"""Calls to worker processes: each names a function that is there and takes exactly what the call holds."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

import evenhand.training.calls
from evenhand.engines.call import FunctionCall, resolve
from evenhand.pipeline.verbs.run import WATCHER

CALLS = [one for one in vars(evenhand.training.calls).values() if isinstance(one, type)]
CALLS = [one for one in CALLS if issubclass(one, FunctionCall) and one is not FunctionCall]


def test_every_call_is_found() -> None:
    assert len(CALLS) >= 6
    assert set(FunctionCall.__subclasses__()) <= set(CALLS)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_a_call_names_a_function_and_fits_its_signature(call: type[FunctionCall]) -> None:
    parameters = dict(inspect.signature(resolve(call.function)).parameters)
    parameters.pop("progress", None)
    own = {field.name for field in fields(call)}  # type: ignore[arg-type]
    needed = {name for name, one in parameters.items() if one.default is inspect.Parameter.empty}
    assert needed <= own <= set(parameters)
    here = resolve(call.function)
    assert call.__doc__ is not None
    assert f"`{here.__name__}`" in call.__doc__


def test_the_watcher_of_a_training_is_there() -> None:
    assert callable(resolve(WATCHER))
