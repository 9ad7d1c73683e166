"""The rankings of cleanlab, on request: run by `review.py` with the interpreter of cleanlab's own environment.

    PYTHON review_peers.py GIVEN.npz ORDERS.npz

GIVEN holds labels (n,) and out-of-fold probabilities (n, k). ORDERS gets an array (n,) of rows for each ranking,
the most suspicious first: each of its scores alone, and the labels that `find_label_issues` lists, ranked by the
normalised margin, before the others by the same score.
"""

from __future__ import annotations

import sys

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

METHODS = ("self_confidence", "normalized_margin")


def main() -> None:
    given = np.load(sys.argv[1])
    labels, probabilities = given["labels"], given["probabilities"]
    orders = {}
    for method in METHODS:
        order = np.argsort(get_label_quality_scores(labels, probabilities, method=method), kind="stable")
        orders[f"cleanlab {method}"] = order
    listed = find_label_issues(labels, probabilities, return_indices_ranked_by="normalized_margin", n_jobs=1)
    orders["cleanlab find_label_issues"] = np.concatenate([listed, order[~np.isin(order, listed)]])
    np.savez(sys.argv[2], **orders)


if __name__ == "__main__":
    main()
