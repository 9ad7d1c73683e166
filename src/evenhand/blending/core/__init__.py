"""What methods share: cross-fitting, solvers, specifications."""
