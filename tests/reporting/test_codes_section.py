"""Bits of codes in the report: a chart that stays small, counts of every fit, and nothing without codes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from evenhand.base.storage.record import Record
from evenhand.reporting.write_html import rendered


def bits(n: int, fits: int = 2) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    measures = {name: rng.random(n).tolist() for name in ("share of ones", "largest correlation", "saturated")}
    rows = [
        {"fold": f, "seed": 0, "n": 90, "constant": 3, "saturated": 2, "copies": 5, "mean_correlation": 0.31}
        for f in range(fits)
    ]
    return {"model": "<b>хеш</b>", "unit": "bit", "bits": n, "place": "fold 0, seed 0", "measures": measures,
            "fits": rows}  # fmt: skip


def section(record: Record, found: list[dict[str, Any]]) -> str:
    record.write_json("code_bits.json", found)
    page = rendered(record)
    start = page.index('<section id="codes"')
    return page[start : page.index("</section>", start)]


@pytest.mark.parametrize("n", [1, 64, 512])
def test_every_bit_has_a_bar_in_each_panel(record: Record, n: int) -> None:
    html = section(record, [bits(n)])
    assert "could not be drawn" not in html
    assert html.count('aria-roledescription="bar"') in (0, 3 * n)
    for title in ("share of ones", "largest correlation", "saturated"):
        assert re.search(rf"<text[^>]*>{title}</text>", html)
    assert "3 of " in html
    assert "0.31" in html
    assert "&lt;b&gt;хеш" in html
    assert "<b>" not in html
    assert len(html) < 600_000


def test_parts_of_a_product_quantiser_have_centroids(record: Record) -> None:
    measures = {"most common centroid": [0.2, 0.9], "effective centroids": [12.5, 1.4]}
    fit = {"fold": 0, "seed": 0, "n": 90, "constant": 0, "mean_correlation": None}
    one = {"model": "pq", "unit": "part", "bits": 2, "place": "fold 0, seed 0", "measures": measures, "fits": [fit]}
    html = section(record, [one])
    assert "pq: 2 parts" in html
    assert "as many equally common ones have the same entropy" in html
    assert "saturated" not in html


def test_a_run_without_codes_has_no_section(record: Record) -> None:
    page = rendered(record)
    assert 'id="codes"' not in page
    assert "#codes" not in page
