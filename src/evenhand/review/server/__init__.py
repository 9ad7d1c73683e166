"""The page on which a reviewer decides: a local server and what it sends to the browser (extra `[review]`)."""
