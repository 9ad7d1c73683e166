"""What a network is given: batches in order, inputs, targets; and its answers."""
