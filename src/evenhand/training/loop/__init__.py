"""The loop: fit, epoch, step, and what it needs to start, recover and go on."""
