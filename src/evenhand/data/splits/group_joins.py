"""Which rows must stay together: groups, joined if they share duplicates or a family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from evenhand.base.errors import FoldsError
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Ints, Samples, Strings


def join_groups(groups: Strings, ids: Strings, duplicates: Sequence[Sequence[str]]) -> Ints:
    """Return (n,) int64 group numbers 0..g-1; groups that share a set are merged.

    Numbers follow the sorted names, so that they do not depend on the order of the rows.

    Parameters
    ----------
    groups
        (n,) group of each row.
    ids
        (n,) id of each row.
    duplicates
        Sets of ids of the same content, or of one family.

    Raises
    ------
    FoldsError
        If a set names an unknown id.

    Examples
    --------
    >>> names = np.array(["a", "b", "c"], dtype=object)
    >>> join_groups(names, np.array(["1", "2", "3"], dtype=object), [["1", "3"]])
    array([0, 1, 0])
    """
    names, number = unique_names(groups)
    first, other = _links(number, ids, duplicates)
    if not len(first):
        return number
    # Joining is transitive: where a and b share a duplicate, and b and c, all three are one group.
    links = coo_array((np.ones(len(first)), (first, other)), shape=(len(names), len(names)))
    joined = connected_components(links, directed=False)[1].astype(np.int64)
    return np.asarray(joined[number])


def joined(pairs: Sequence[tuple[int, int]] | Ints, n: int) -> list[Ints]:
    """Return the connected components of pairs of 0..n-1, each sorted, the largest first.

    >>> [rows.tolist() for rows in joined([(0, 2), (2, 4), (1, 3)], 6)]
    [[0, 2, 4], [1, 3]]
    """
    links = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    if not len(links):
        return []
    graph = coo_array((np.ones(len(links), dtype=np.int8), (links[:, 0], links[:, 1])), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    held = np.unique(links)
    order = held[np.argsort(label[held], kind="stable")]
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    return sorted(np.split(order, cuts), key=lambda rows: (-len(rows), int(rows[0])))


def same_bytes(samples: Samples) -> list[list[str]]:
    """Return the sets of ids whose files have the same bytes, by the column `content`; none without it."""
    if "content" not in samples.frame:
        return []
    content = samples.frame["content"]
    twice = content.notna() & content.duplicated(keep=False)
    return [list(ids) for _, ids in samples.frame.loc[twice, "id"].groupby(content[twice], sort=True)]


def _links(number: Ints, ids: Strings, duplicates: Iterable[Sequence[str]]) -> tuple[Ints, Ints]:
    """Return pairs of group numbers to merge: in each set, the first with every other."""
    sets = [list(each) for each in duplicates if len(each) > 1]
    members = [i for each in sets for i in each]
    place = pd.Index(ids).get_indexer(pd.Index(members, dtype=object))
    if (place < 0).any():
        at = int(np.flatnonzero(place < 0)[0])
        raise FoldsError(
            f"{int((place < 0).sum())} ids among the duplicates are not among the samples "
            f'(first: "{members[at]}"). Search for duplicates in the samples that are split.'
        )
    sizes = np.array([len(each) for each in sets], dtype=np.int64)
    # The position of the first member of each set, for each member.
    # A star joins a set as well as all of its pairs would, with one link a member.
    heads = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return number[place[heads]], number[place]
