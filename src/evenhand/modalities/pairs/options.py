"""Options of the encoders of pairs; without torch."""

from __future__ import annotations

from collections.abc import Mapping

from evenhand.base.settings.section import Section, option


class PairSmallOptions(Section):
    """Options of `pair_small`."""

    width: int = option(32, ge=4, le=512, unit="features", description="Features of each half.")
    buckets: int = option(
        4096,
        ge=64,
        le=1 << 20,
        description="Vectors that runs of one to four bytes of the text share by their hash.",
    )


ENCODER_OPTIONS: Mapping[str, type[Section]] = {"pair_small": PairSmallOptions}
"""Name of an encoder -> the section of its options."""
