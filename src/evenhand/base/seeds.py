"""Seeds: every random draw comes from a generator whose seed is derived from its purpose."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_from(*parts: int | str) -> int:
    """Return a seed in [0, 2**63) that depends on all parts and on nothing else.

    Similar parts give unrelated seeds, so (seed, model, fold, epoch, batch) can be passed as it is.

    >>> seed_from(0, "lite0", 1) == seed_from(0, "lite0", 1), seed_from(0, "lite0", 1) == seed_from(0, "lite0", 2)
    (True, False)
    """
    # Types and a separator go in, so that (1, "2"), ("1", 2) and (12,) get different seeds.
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    # 63 bits, which fit a signed integer anywhere; the builtin `hash` of a text differs between processes.
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(*parts: int | str) -> np.random.Generator:
    """Return a NumPy generator seeded by `parts` (see `seed_from`)."""
    return np.random.default_rng(seed_from(*parts))
