"""TF-IDF and SVD as a tower of texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from evenhand.modalities.pairs.towers.tfidf import FREE, HASHES, Tfidf, counted, fitted, weighted

TITLES = (
    "Puma Men Blue Shirt",
    "Puma Women Shirt",
    "Nike Men Shoe",
    "Nike Women Blue Shoe",
    "赤い ドレス",
    "Hat 🎩",
)


def batch(texts: tuple[str, ...]) -> dict[str, torch.Tensor]:
    raw = [text.encode() for text in texts]
    longest = max(1, *(len(one) for one in raw))
    padded = [list(one.ljust(longest, b"\0")) for one in raw]
    return {"text": torch.tensor(padded, dtype=torch.uint8), "length": torch.tensor([len(one) for one in raw])}


def tower(texts: tuple[str, ...] = TITLES, terms: int = 500, components: int = 4) -> Tfidf:
    made = Tfidf(terms, components)
    made.put(fitted(texts, terms, components))
    return made


def test_weights_are_those_of_scikit_learn() -> None:
    plain: dict[str, Any] = {"sublinear_tf": True, "norm": "l2"}
    words = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", ngram_range=(1, 2), **plain).fit_transform(TITLES)
    runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **plain).fit_transform(TITLES)
    gram = 0.5 * (words @ words.T + runs @ runs.T).toarray()
    arrays = fitted(TITLES, 500, 4)
    table = weighted(counted(TITLES), arrays[:, 0].astype(np.int64), arrays[:, 1])
    np.testing.assert_allclose((table @ table.T).toarray(), gram, atol=1e-12)


def test_features_are_the_projection_on_the_first_components() -> None:
    arrays = fitted(TITLES, 500, 4)
    table = weighted(counted(TITLES), arrays[:, 0].astype(np.int64), arrays[:, 1])
    expected = TruncatedSVD(4, random_state=0).fit(table).transform(table)
    found = tower()(batch(TITLES)).numpy()
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-5)
    assert normalize(found).shape == (len(TITLES), 4)


def test_a_text_does_not_depend_on_those_beside_it() -> None:
    made = tower()
    whole = made(batch(TITLES))
    for row, text in enumerate(TITLES):
        torch.testing.assert_close(made(batch((text,)))[0], whole[row])
    assert not made(batch(("",))).any()
    assert not made(batch(("zzzz qqqq",))).any(), "terms that no text had"


@pytest.mark.parametrize("texts", [(), ("",), ("a",), ("!?", " ")])
def test_few_texts_fill_what_they_can(texts: tuple[str, ...]) -> None:
    arrays = fitted(texts, 16, 8)
    assert arrays.shape == (32, 10)
    assert np.isfinite(arrays).all()
    assert tower(texts, 16, 8)(batch(("a", "b"))).shape == (2, 8)


def test_the_commonest_terms_are_kept() -> None:
    arrays = fitted(TITLES, 16, 2)
    terms = arrays[:, 0]
    assert (np.diff(terms) >= 0).all()
    assert (terms < HASHES).sum() == 16
    assert ((terms >= HASHES) & (terms < FREE)).sum() == 16
    frequency = np.asarray((counted(TITLES) > 0).sum(axis=0)).ravel()
    dropped = np.setdiff1d(np.flatnonzero(frequency[:HASHES]), terms)
    assert frequency[terms[:16].astype(int)].min() >= frequency[dropped].max()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_any_text_has_finite_features_of_length_at_most_1(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    found = tower(tuple(texts), 64, 3)(batch(tuple(texts)))
    assert torch.isfinite(found).all()
    assert float(found.norm(dim=1).max()) <= 1 + 1e-5
