"""Photos: JPEG, PNG, WebP, TIFF, BMP and GIF files, one row each."""

from evenhand.modalities.photos.kind import Photos

__all__ = ["Photos"]
