"""The section [compute]: processes, threads, device and store."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import field_validator

from evenhand.base.cores import usable_cores
from evenhand.base.errors import did_you_mean
from evenhand.base.settings.section import Section, option

# without leading zeros, so that a card has one name
_DEVICES = re.compile(r"auto|cpu|mps(:0)?|cuda(:(0|[1-9][0-9]{0,2}))?")
_NUMBERED = re.compile(r"(?:(?:cuda|gpu|nvidia)?:?)?0*([0-9]{1,3})", re.ASCII | re.IGNORECASE)
_ALLOWED = '"auto", "cpu", "cuda", "cuda:NUMBER" and "mps"'


def checked_device(name: str) -> str:
    """Return the name of a supported device.

    Raises
    ------
    ValueError
        If it is not supported, with those that are.
    """
    if not _DEVICES.fullmatch(name):
        raise ValueError(f"allowed are {_ALLOWED}.{_meant(name)}")
    return name


def _meant(found: object) -> str:
    """Return the question that proposes a device for what is none, or ""; other libraries number the cards."""
    numbers = found if isinstance(found, list) and found else [found]
    cards = [_NUMBERED.fullmatch(str(one)) for one in numbers]
    if all(cards):
        names = [f"cuda:{int(card[1])}" for card in cards if card]
        texts = ", ".join(f'"{name}"' for name in dict.fromkeys(names))
        return f" Did you mean {f'[{texts}]' if isinstance(found, list) else texts}?"
    return did_you_mean(found, ["auto", "cpu", "cuda", "mps"]) if isinstance(found, str) else ""


class ComputeConfig(Section):
    """Processes, threads, device and store.

    No key changes what is computed, but some change its rounding: threads and device change the order of sums, and
    so the last bits of a result, as compiling does, and TF32 the fourth digit of a product.
    """

    workers: int | None = option(
        None,
        ge=0,
        le=1024,
        description="Processes that decode, and that train on the CPU; default: one per usable core; 0: run in "
        "this process, for debuggers.",
        unit="processes",
    )
    threads: int | None = option(
        None, ge=1, le=1024, description="Threads of each worker; default: its share of the cores.", unit="threads"
    )
    device: str | list[str] = option(
        "auto",
        description="auto: every NVIDIA GPU that passes a trial, or an Apple one, else the CPU; cuda: NVIDIA or "
        "an error; cpu; mps; or the cards to use: cuda:1, or a list of such names.",
    )
    deterministic: bool = option(
        True,
        description="Deterministic algorithms on a GPU, where it has them; false is faster for small networks. A "
        "CPU is deterministic either way.",
    )
    float32_matmul_precision: Literal["highest", "high"] = option(
        "highest",
        description="As in torch.set_float32_matmul_precision, for convolutions too: high is TF32 on NVIDIA GPUs "
        "since Ampere, faster with 10 of 23 bits of the mantissa; nothing changes elsewhere.",
    )
    compile: bool = option(
        False,
        description="Whether tuned blocks run through torch.compile, for training and prediction; it takes a "
        "compiler, and half a minute for each network before its first step.",
    )
    head_device: Literal["auto", "cpu", "device"] = option(
        "auto",
        description="Where heads on stored features are trained and predict: cpu, device (as `device` says), or "
        "auto: small ones on the CPU beside an NVIDIA GPU, whose steps would wait for their calls.",
    )
    per_device: int = option(
        1,
        ge=1,
        le=64,
        description="Tasks that train or predict on one GPU at a time; `workers` decides on the CPU alone.",
        unit="tasks",
    )
    store: str | None = option(
        None, description="Folder of the store of encoded rows; default: the user's cache folder.", min_length=1
    )
    store_limit_gb: float = option(
        20.0,
        gt=0,
        le=1e6,
        unit="GB",
        description="Size of the store above which the least recently used entries are removed.",
    )

    @field_validator("device", mode="before")
    @classmethod
    def _named_device(cls, device: object) -> object:
        """Refuse what is neither a name nor a list of names, such as the number of a card, in one sentence."""
        names = device if isinstance(device, list) else [device]
        if not names:
            raise ValueError("at least 1 card is needed")
        if not all(isinstance(name, str) for name in names):
            raise ValueError(f"allowed are {_ALLOWED}, or a list of cards.{_meant(device)}")
        return device

    @field_validator("device")
    @classmethod
    def _known_device(cls, device: str | list[str]) -> str | list[str]:
        if isinstance(device, str):
            return checked_device(device)
        for name in device:
            if not name.startswith("cuda:"):
                raise ValueError('a list holds cards only: "cuda:0", "cuda:1", …')
            checked_device(name)
        if repeated := next((name for name in device if device.count(name) > 1), None):
            raise ValueError(f'"{repeated}" is listed twice; per_device says how many tasks share a card')
        return device

    @property
    def devices(self) -> tuple[str, ...]:
        """What `device` names."""
        return (self.device,) if isinstance(self.device, str) else tuple(self.device)

    @property
    def cores(self) -> int:
        """Processes on the CPU, or decoding threads of one process, that may work at the same time."""
        return usable_cores() if self.workers is None else max(1, self.workers)

    def processes(self, calls: int) -> int:
        """Return the number of worker processes on the CPU for a number of calls; 0: this process runs them."""
        return 0 if self.workers == 0 else min(self.cores, calls)
