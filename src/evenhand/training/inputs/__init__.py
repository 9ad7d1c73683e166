"""Order of batches, inputs and targets of a network; and inference."""
