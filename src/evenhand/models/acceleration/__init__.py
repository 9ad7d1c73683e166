"""Faster networks on a CPU: fused operations, frozen layers, memory."""
