"""Photos: JPEG, PNG, WebP, TIFF, BMP and GIF files, one row per file."""

from evenhand.modalities.photos.kind import Photos

__all__ = ["Photos"]
