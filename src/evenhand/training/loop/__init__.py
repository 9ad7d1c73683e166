"""The training loop: fit, epoch, step; how a fit starts, recovers and resumes."""
