"""The store: a cache of encoded rows and activations on disk, computed once and memory-mapped from then on."""
