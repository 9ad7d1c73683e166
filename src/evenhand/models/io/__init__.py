"""Networks, tensors and activations on disk."""
