"""Networks over drawings: graphs of primitives, strokes, and a small raster beside either."""
