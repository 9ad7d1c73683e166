"""`tfidf`: weighted counts of words and of runs of characters, reduced by an SVD; fitted without labels.

Terms are known by their hash (`sklearn.feature_extraction.text.HashingVectorizer`), so that what is fitted are
arrays of fixed shapes, which are kept with the network as weights are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn

from evenhand.base.values import Floats, Ints
from evenhand.modalities.pairs.options import PairOptions
from evenhand.modalities.pairs.towers.half import Half, texts_of
from evenhand.models.config import ModelConfig
from evenhand.models.feature_extractor import FeatureExtractor

HASHES = 1 << 20
"""Numbers that a term can have: twenty thousand terms seldom share one."""
FREE = 2 * HASHES
"""Stands where there are fewer terms than room for them; above all others, so that terms are sorted."""


class Tfidf(nn.Module):
    """A batch of pairs -> (b, components) float32; zeros until it is fitted, and for texts of unknown terms.

    Words and pairs of words, and runs of 2 to 5 characters within words: 1 + log of the count, times the inverse
    document frequency (Salton & Buckley 1988), each block of length √½, multiplied by the right singular
    vectors of the rows that it was fitted on (latent semantic analysis, Deerwester et al. 1990).

    Attributes
    ----------
    terms
        (2 t,) int64 hashes of the terms, sorted; those of runs of characters lie above those of words.
    rarity
        (2 t,) float32 inverse document frequencies.
    vectors
        (2 t, components) float32.
    """

    def __init__(self, terms: int, components: int) -> None:
        super().__init__()
        self.most = terms
        self.terms: Tensor
        self.rarity: Tensor
        self.vectors: Tensor
        self.register_buffer("terms", torch.full((2 * terms,), FREE, dtype=torch.int64))
        self.register_buffer("rarity", torch.zeros(2 * terms))
        self.register_buffer("vectors", torch.zeros(2 * terms, components))
        self.fitted_on = ""

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        terms, rarity = self.terms.cpu().numpy(), self.rarity.float().cpu().numpy()
        table = weighted(counted(texts_of(batch)), terms, rarity)
        used = np.unique(table.indices)
        some = torch.from_numpy(table[:, used].toarray().astype(np.float32)).to(self.vectors.device)
        return some @ self.vectors[torch.from_numpy(used).to(self.vectors.device)].float()

    def put(self, arrays: Floats) -> None:
        """Take what was fitted: (2 t, 2 + components) float64, a line of term, rarity and vector for each term."""
        fitted = torch.from_numpy(np.array(arrays))
        with torch.no_grad():
            self.terms.copy_(fitted[:, 0].to(torch.int64))
            self.rarity.copy_(fitted[:, 1])
            self.vectors.copy_(fitted[:, 2:])


def tfidf(options: PairOptions, model: ModelConfig, told: Mapping[str, Any]) -> Half:
    """Return the tower, to be fitted (`fitting.fit_encoder`) or filled with weights that were kept."""
    about = {"encoder": "tfidf", "components": options.components, "terms": options.terms}
    return Half(FeatureExtractor([Tfidf(options.terms, options.components)], [(0, nn.Identity())]), about)


def fitted(texts: Sequence[str], most: int, components: int) -> Floats:
    """Return what `Tfidf.put` takes, fitted on texts: (2 most, 2 + components) float64.

    Equal texts give equal numbers. Components beyond the rank of the table are zeros.
    """
    from sklearn.utils.extmath import randomized_svd  # once for a run

    out = np.zeros((2 * most, 2 + components))
    out[:, 0] = FREE
    if not len(texts):
        return out
    counts = counted(texts)
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    kept = np.sort(np.concatenate([_commonest(frequency, block, most) for block in (0, 1)]))
    if not len(kept):
        return out
    rarity = np.log((1 + len(texts)) / (1 + frequency[kept])) + 1
    out[: len(kept), 0], out[: len(kept), 1] = kept, rarity
    table = weighted(counts, out[:, 0].astype(np.int64), out[:, 1])[:, : len(kept)]
    d = min(components, *table.shape)
    _, _, vectors = randomized_svd(table, d, n_iter=5, random_state=0)
    out[: len(kept), 2 : 2 + d] = vectors.T
    return out


def _commonest(frequency: Ints, block: int, most: int) -> Ints:
    """Return the hashes of one block that most texts have, at most so many."""
    here = np.flatnonzero(frequency[block * HASHES : (block + 1) * HASHES]) + block * HASHES
    order = np.argsort(-frequency[here], kind="stable")[:most]
    return here[order]


def counted(texts: Sequence[str]) -> sp.csr_matrix:
    """Return (n, 2 HASHES) counts of hashed words and pairs of words, then of runs of characters."""
    from sklearn.feature_extraction.text import HashingVectorizer  # here: tasks on stored features need none

    plain: dict[str, Any] = {"n_features": HASHES, "alternate_sign": False, "norm": None}
    words = HashingVectorizer(analyzer="word", token_pattern=r"(?u)\b\w+\b", ngram_range=(1, 2), **plain)
    runs = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **plain)
    return sp.csr_matrix(sp.hstack([vectorizer.transform(texts) for vectorizer in (words, runs)], format="csr"))


def weighted(counts: sp.csr_matrix, terms: Ints, rarity: Floats) -> sp.csr_matrix:
    """Return (n, len(terms)) weights of the terms from counts: each block has length √½, or is 0."""
    place = np.searchsorted(terms, counts.indices)
    known = terms[np.minimum(place, len(terms) - 1)] == counts.indices
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))[known]
    place = place[known]
    values = (1 + np.log(counts.data[known])) * rarity[place]
    block = 2 * rows + (terms[place] >= HASHES)
    square = np.bincount(block, weights=values**2, minlength=2 * counts.shape[0])
    values *= (2 * square[block]) ** -0.5
    return sp.csr_matrix((values, (rows, place)), shape=(counts.shape[0], len(terms)))
