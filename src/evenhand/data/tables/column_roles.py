"""Profiles of the columns of a table: how many values each has, and whether it could be a group."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

_WORDS = """
group groups patient subject person sender user client customer donor animal participant author
writer speaker photographer series session record recording product title item sequence scene video
clip visit study shop store site hospital farm field plot device camera scanner batch lot slide
specimen tile plate well sku
"""
GROUP_WORDS = frozenset(_WORDS.split())
"""Words that mark a column as a group by its name, if its values recur."""
CHINESE_GROUP_WORDS = ("患者", "病人", "受试者", "用户", "客户", "订单", "项目", "批次", "系列", "设备")
"""The same in Chinese, which writes no spaces between words: they are looked for anywhere in the name."""


@dataclass(frozen=True)
class ColumnProfile:
    """A column of a table: its name, its rows with a value, and its number of distinct values.

    Attributes
    ----------
    whole
        Whether every value could be a name: text or a whole number, not a measurement with decimals.
    """

    name: str
    rows: int
    values: int
    whole: bool = True

    @property
    def unique(self) -> bool:
        """Whether every row has a distinct value."""
        return self.rows > 1 and self.values == self.rows

    @property
    def named_as_group(self) -> bool:
        """Whether the name suggests a group ("sender_id", "session date", "订单号")."""
        english = GROUP_WORDS & set(re.split(r"[^a-z]+", self.name.lower()))
        return bool(english) or any(word in self.name for word in CHINESE_GROUP_WORDS)

    def looks_like_group(self, *, least: int = 2, recurring: float = 1.1) -> bool:
        """Return whether the column is named as a group and its values recur."""
        return self.named_as_group and self._recurs(least, recurring)

    def could_be_group(self, *, least: int = 20, recurring: float = 2.0) -> bool:
        """Return whether the values alone look like groups, whatever the name: many values, several rows each."""
        return self.whole and self._recurs(least, recurring)

    def _recurs(self, least: int, recurring: float) -> bool:
        return self.values >= least and self.rows >= recurring * self.values


def column_profiles(frame: pd.DataFrame) -> list[ColumnProfile]:
    """Return a profile of every column, in their order."""
    return [_profile(str(name), frame[name]) for name in frame.columns]


def _profile(name: str, column: pd.Series) -> ColumnProfile:
    known = column.dropna().astype(str)
    known = known[known != ""]
    # "3.0" counts as whole: pandas writes integers so in a column with gaps.
    whole = not known.str.fullmatch(r"[-+]?\d*[.,]\d*[1-9]\d*(e[-+]?\d+)?").any()
    return ColumnProfile(name, len(known), int(known.nunique()), whole)


def group_candidates(
    profiles: Iterable[ColumnProfile], frame: pd.DataFrame, label: str, *, others: Sequence[str] = ()
) -> list[ColumnProfile]:
    """Return the columns that look like groups: those named so first, then by descending number of values.

    A column that is a function of the class (a coarser class, its number) is not a group.

    Parameters
    ----------
    label
        The column of the class.
    others
        Columns with another role: path, id, split, levels.
    """
    found = [
        one
        for one in profiles
        if one.name not in (label, *others)
        and (one.looks_like_group() or one.could_be_group())
        and not _follows(frame, label, one.name)
    ]
    return sorted(found, key=lambda one: (not one.looks_like_group(), -one.values))


def _follows(frame: pd.DataFrame, label: str, column: str) -> bool:
    """Return whether the column is a function of the class."""
    if label not in frame:
        return False
    values = frame.groupby(label, observed=True)[column].nunique()
    return bool(values.max() <= 1)
