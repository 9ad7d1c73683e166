"""From the bytes of a photo to an array of one size, without torch."""
