"""Kinds of data: one folder each, or another package under the entry-point group `evenhand.modalities`."""

from evenhand.base.registry import Registry
from evenhand.modalities.file_rows import FileRows
from evenhand.modalities.kind import Kind

KINDS: Registry[Kind] = Registry("kind of data", group="evenhand.modalities", package="evenhand.modalities")

__all__ = ["KINDS", "FileRows", "Kind"]
