"""The section [train]: how one model is fitted on one fold."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator, model_validator

from evenhand.base.settings.key_faults import KeyFaults
from evenhand.base.settings.named_choice import Choice, checked_choice
from evenhand.base.settings.section import Section, option
from evenhand.training.older_keys import translated
from evenhand.training.optim.schedules.registry import SCHEDULES


class DistillConfig(Section):
    """A finished record whose out-of-fold predictions a model learns from, beside the labels."""

    record: str = option(
        description="Folder of the teacher's finished run with the same rows and folds, relative to where you are.",
        min_length=1,
    )
    model: str = option(description="The teacher: a model or an ensemble of that record.", min_length=1)
    temperature: float = option(
        2.0, gt=0, le=100, description="Temperature of both distributions: above 1, less likely classes weigh more."
    )
    weight: float = option(0.5, gt=0, le=1, description="The teacher's share of the loss; the rest is the labels'.")
    start_epoch: int = option(0, ge=0, unit="epochs", description="First epoch with the teacher, counted from 0.")
    pause: list[int] = option(
        [],
        unit="epochs",
        description="First epoch of a pause without the teacher, and the first one after it, counted from 0: [8, "
        "12].",
    )

    @field_validator("pause")
    @classmethod
    def _from_to(cls, pause: list[int]) -> list[int]:
        if pause and not (len(pause) == 2 and 0 <= pause[0] < pause[1]):
            raise ValueError("give the first epoch of the pause and the first one after it, or [] for none")
        return pause

    def is_active(self, epoch: int) -> bool:
        """Whether the teacher is part of the loss in an epoch."""
        paused = bool(self.pause) and self.pause[0] <= epoch < self.pause[1]
        return epoch >= self.start_epoch and not paused


class StageConfig(Section):
    """One training stage; it starts from the best weights of the stage before."""

    tune: str | None = option(
        None, description='What is tuned: "head", "all" or "from:BLOCK"; without it, the `tune` of the model.'
    )
    epochs: int = option(5, ge=1, le=1_000_000, unit="epochs", description="Passes over the training rows.")
    learning_rate_factor: float = option(1.0, gt=0, description="Factor on train.learning_rate in the stage.")
    size: int | None = option(
        None, ge=16, le=4096, unit="px", description="Side of the picture; without it, that of the model."
    )
    balance: dict[str, Any] = option(
        {},
        description='Overrides of [balance] for this stage, such as { sampler = "balanced_subset", weights = '
        '"none" }.',
    )


class TrainConfig(Section):
    """How one model is fitted on one fold."""

    epochs: int = option(
        20, ge=1, le=1_000_000, unit="epochs", description="Passes over the training rows (without stages)."
    )
    batch_size: int = option(
        64, ge=1, unit="rows", description="Rows per batch; batches of an epoch differ by one at most."
    )
    accumulate_grad_batches: int = option(
        1,
        ge=1,
        le=100_000,
        unit="batches",
        description="Batches whose gradients are added up before the optimizer steps (gradient accumulation): "
        "a step then sees this many times batch_size rows, in the memory of one batch.",
    )
    optimizer: Literal["adamw", "sgd"] = option("adamw", description="The optimizer.")
    learning_rate: float = option(1e-3, gt=0, description="Peak of the schedule.")
    weight_decay: float = option(0.01, ge=0, description="Weight decay; biases and normalisation layers have none.")
    momentum: float = option(0.9, ge=0, lt=1, description="Momentum of sgd.")
    schedule: Choice = option(
        "cosine",
        description="How the learning rate falls after the warm-up: constant, cosine, step or plateau, with "
        "options.",
    )
    warmup_epochs: float = option(
        1.0, ge=0, unit="epochs", description="Linear warm-up of the learning rate; half of a stage at most."
    )
    clip: float | None = option(None, gt=0, description="Largest norm of the gradient; larger ones are clipped.")
    label_smoothing: float = option(
        0.0, ge=0, lt=1, description="Share of the target spread evenly over the classes."
    )
    mixup: float = option(0.0, ge=0, description="Alpha of mixup (rows blended in pairs); 0 is off.")
    cutmix: float = option(
        0.0, ge=0, description="Alpha of CutMix (patches swapped in pairs, pictures only); 0 is off."
    )
    sam: float = option(
        0.0, ge=0, description="Radius of sharpness-aware minimisation, which doubles the time; 0 is off."
    )
    ema: float = option(
        0.0, ge=0, lt=1, description="Decay of a moving average of the weights, per step; 0 is off."
    )
    swa_from: int | None = option(
        None,
        ge=0,
        unit="epochs",
        description="Epoch, counted from 0, from which weights are averaged once per epoch; none is off.",
    )
    soup: Literal["none", "uniform", "greedy"] = option(
        "none",
        description="Whether the weights of a fold's seeds are averaged into one model, where that scores better.",
    )
    stage: list[StageConfig] = option([], description="Training stages in order, such as head, then all.")
    augment: str = option(
        "none",
        description="Augmentation profile where the whole model is tuned: none, geometry, no_color, full. "
        "With a frozen part, the model's views are used instead.",
        min_length=1,
    )
    freeze_norm: bool = option(False, description="Whether batch normalisation keeps its pretrained statistics.")
    precision: Literal["auto", "float32", "bf16", "fp16"] = option(
        "auto",
        description="Arithmetic of the forward pass; auto is bf16 on NVIDIA GPUs since Ampere, fp16 on Volta and "
        "Turing, else float32.",
    )
    early_stop: int = option(
        5,
        ge=0,
        unit="epochs",
        description="Epochs without improvement before a stage ends; 0, swa_from and choose_by = last turn it off.",
    )
    choose_by: Literal["score", "loss", "last"] = option(
        "score",
        description="What selects the epoch: [score], the validation loss, or nothing: last keeps the last one "
        "(and turns early_stop off), so that out-of-fold figures owe nothing to the selection.",
    )

    on_collapse: Literal["warn", "stop", "fix"] = option(
        "warn",
        description="What to do when training collapses, is stuck at chance or the loss is not finite: report it, "
        "stop with the best weights, or soften the cause and resume from weights saved before it.",
    )
    generalization_every: int = option(
        5,
        ge=1,
        unit="epochs",
        description="Epochs between two evaluations of [data.generalization]; never selected on.",
    )

    distill: DistillConfig | None = option(
        None, description="A teacher: { record, model, temperature, weight, start_epoch, pause }; none is off."
    )

    @model_validator(mode="before")
    @classmethod
    def _of_older_versions(cls, values: Any) -> Any:
        return translated(values)

    @field_validator("schedule", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        return checked_choice(SCHEDULES, value)

    @property
    def effective_batch_size(self) -> int:
        """Rows that an optimizer step sees at most."""
        return self.batch_size * self.accumulate_grad_batches

    @model_validator(mode="after")
    def _together(self) -> TrainConfig:
        if self.distill is not None and (self.mixup or self.cutmix):
            raise KeyFaults(
                ("distill", "distill has a target for single rows; it does not work with mixup or cutmix")
            )
        last = sum(stage.epochs for stage in self.stage) or self.epochs
        if self.swa_from is not None and self.swa_from >= last:
            raise KeyFaults(
                ("swa_from", f"swa_from = {self.swa_from} lies after the last epoch; the first of {last} is 0")
            )
        return self


def bf16_keys(train: TrainConfig, frozen_precision: str) -> list[str]:
    """Return the keys of a model that are set to bf16, of those that say how its parts compute."""
    keys = {"train.precision": train.precision, "frozen_precision": frozen_precision}
    return [key for key, value in keys.items() if value == "bf16"]
