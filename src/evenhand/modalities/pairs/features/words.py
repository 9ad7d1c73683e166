"""Words of texts in any script, for measures that need no model."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from evenhand.base.values import Floats

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{2,}")
"""Scripts written without spaces: Thai, Lao, Burmese, Khmer, kana, Han."""


def words_of(text: str) -> list[str]:
    """Return the words of a text without case; of scripts written without spaces, pairs of characters.

    >>> words_of("Men's T-Shirt 2"), words_of("青い帽子")
    (['men', 's', 't', 'shirt', '2'], ['青い', 'い帽', '帽子'])
    """
    out: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        rest = word
        for run in _UNSPACED.findall(word):
            out += [run[at : at + 2] for at in range(len(run) - 1)]
            rest = rest.replace(run, " ")
        out += rest.split()
    return out


def common_words(texts: Sequence[str], *, most: int = 200, least: int = 5) -> tuple[tuple[str, ...], Floats]:
    """Return the words of most texts, and (n, w) which text has which.

    Parameters
    ----------
    most
        Number of words.
    least
        Fewest texts of a word.
    """
    sets = [frozenset(words_of(text)) for text in texts]
    counts = Counter(word for words in sets for word in words)
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    kept = [word for word in ordered if least <= counts[word] < len(texts)][:most]
    found = np.array([[word in words for word in kept] for words in sets], dtype=np.float64)
    return tuple(kept), found.reshape(len(texts), len(kept))
