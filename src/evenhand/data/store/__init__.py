"""The store: encoded rows and activations on disk, made once and memory-mapped from then on."""
