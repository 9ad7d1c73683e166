"""From gradients to steps: optimizers, schedules, precision, averaging."""
