"""Words that other libraries use for what a key or a value is called here; messages propose ours."""

from __future__ import annotations

from collections.abc import Mapping

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "bfloat16": ("bf16",),
    "bf16-mixed": ("bf16",),
    "float16": ("fp16",),
    "half": ("fp16",),
    "16-mixed": ("fp16",),
    "16": ("fp16",),
    "fp32": ("float32",),
    "f32": ("float32",),
    "full": ("float32",),
    "32-true": ("float32",),
    "32": ("float32",),
    "tf32": ("high",),
    "gpu": ("cuda", "device"),
    "gpus": ("device",),
    "nvidia": ("cuda",),
    "metal": ("mps",),
    "accelerator": ("device",),
    "amp": ("precision",),
    "mixed_precision": ("precision",),
    "lr": ("learning_rate",),
    "max_epochs": ("epochs",),
    "n_epochs": ("epochs",),
    "num_epochs": ("epochs",),
    "num_workers": ("workers",),
    "n_jobs": ("workers",),
    "num_threads": ("threads",),
    "n_splits": ("k",),
    "patience": ("early_stop",),
    "max_grad_norm": ("clip",),
    "gradient_clip_val": ("clip",),
    "gradient_accumulation_steps": ("accumulate_grad_batches",),
}
"""A word in lower case -> our words, of which those are proposed that are known where it was written."""
