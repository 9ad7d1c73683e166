"""The section [train]: how one model is fitted on one fold."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator, model_validator

from evenhand.base.settings.section import Section, option


class DistillConfig(Section):
    """A finished record whose out-of-fold predictions a model learns from, beside the labels."""

    record: str = option(
        says="Folder of the teacher's finished run, relative to where you stand; it has the same rows and folds.",
        min_length=1,
    )
    model: str = option(says="The teacher: a model or an ensemble of that record.", min_length=1)
    temperature: float = option(
        2.0, gt=0, le=100, says="What logits of both are divided by: above 1, second choices are heard too."
    )
    weight: float = option(0.5, gt=0, le=1, says="The teacher's share of the loss; the rest is the labels'.")
    start_epoch: int = option(0, ge=0, unit="epochs", says="First epoch in which the teacher is heard.")
    pause: list[int] = option(
        [],
        unit="epochs",
        says="First epoch of a pause in which only the labels are heard, and the first one after it: [8, 12].",
    )

    @field_validator("pause")
    @classmethod
    def _from_to(cls, pause: list[int]) -> list[int]:
        if pause and not (len(pause) == 2 and 0 <= pause[0] < pause[1]):
            raise ValueError("give the first epoch of the pause and the first one after it, or [] for none")
        return pause

    def hears(self, epoch: int) -> bool:
        """Whether the teacher is heard in an epoch."""
        paused = bool(self.pause) and self.pause[0] <= epoch < self.pause[1]
        return epoch >= self.start_epoch and not paused


class StageConfig(Section):
    """One stage of fitting; a stage goes on from the best weights of the stage before it."""

    tune: str | None = option(
        None, says='What is tuned: "head", "all" or "from:STAGE"; without it, what the model\'s own `tune` says.'
    )
    epochs: int = option(5, ge=1, unit="epochs", says="Passes over the training rows.")
    learning_rate_factor: float = option(1.0, gt=0, says="The stage's share of train.learning_rate.")
    size: int | None = option(None, ge=16, unit="px", says="Side of the picture; without it, the model's own.")
    balance: dict[str, Any] = option(
        {}, says='Overrides of [balance] for this stage, such as { sampler = "balanced_subset", weights = "none" }.'
    )


class TrainConfig(Section):
    """How one model is fitted on one fold."""

    epochs: int = option(20, ge=1, unit="epochs", says="Passes over the training rows (where no stage is given).")
    batch_size: int = option(
        64, ge=1, unit="rows", says="Rows per step; batches of an epoch differ by one at most."
    )
    optimizer: Literal["adamw", "sgd"] = option("adamw", says="What turns gradients into steps.")
    learning_rate: float = option(1e-3, gt=0, says="Peak of the schedule.")
    weight_decay: float = option(
        0.01, ge=0, says="Pull of weights to zero; biases and normalisation are left alone."
    )
    momentum: float = option(0.9, ge=0, lt=1, says="Share of the last step that sgd keeps.")
    schedule: Literal["constant", "step", "plateau", "cosine"] = option(
        "cosine", says="How the learning rate falls after the warm-up."
    )
    warmup_epochs: float = option(
        1.0, ge=0, unit="epochs", says="Time in which the rate rises from zero; half of a stage at most."
    )
    floor: float = option(0.0, ge=0, le=1, says="Share of the peak at which the cosine ends.")
    step_epochs: int = option(10, ge=1, unit="epochs", says="Time between the falls of schedule step.")
    step_factor: float = option(0.1, gt=0, lt=1, says="What a fall of schedule step leaves of the rate.")
    plateau_epochs: int = option(2, ge=1, unit="epochs", says="Epochs without a better one before a plateau falls.")
    plateau_factor: float = option(0.3, gt=0, lt=1, says="What a fall of schedule plateau leaves of the rate.")
    clip: float | None = option(None, gt=0, says="Largest norm of the gradient of one step.")
    label_smoothing: float = option(0.0, ge=0, lt=1, says="Share of the target spread evenly over the classes.")
    mixup: float = option(0.0, ge=0, says="Alpha of mixup (rows blended in pairs); 0 is off.")
    cutmix: float = option(0.0, ge=0, says="Alpha of CutMix (patches swapped in pairs, pictures only); 0 is off.")
    sam: float = option(0.0, ge=0, says="Radius of sharpness-aware steps, which cost twice the time; 0 is off.")
    ema: float = option(0.0, ge=0, lt=1, says="Decay of a moving average of the weights, per step; 0 is off.")
    swa_from: int | None = option(
        None, ge=0, unit="epochs", says="Epoch from which on weights are averaged once an epoch; none is off."
    )
    soup: Literal["none", "uniform", "greedy"] = option(
        "none", says="Whether the weights of a fold's seeds are averaged into one model, where that scores better."
    )
    stage: list[StageConfig] = option([], says="Stages fitted one after the other, such as head, then all.")
    augment: str = option(
        "none",
        says="Profile of augmentations where a model is tuned whole: none, geometry, no_color, full. "
        "Below a frozen part, the model's views take its place.",
        min_length=1,
    )
    freeze_norm: bool = option(False, says="Whether batch normalisation keeps the statistics it came with.")
    precision: Literal["auto", "float32", "bf16", "fp16"] = option(
        "auto", says="Arithmetic of the forward pass; auto is bf16 where a GPU has it, else float32."
    )
    early_stop: int = option(
        5,
        ge=0,
        unit="epochs",
        says="Epochs without a better one before a stage ends; 0 is off, and so is swa_from.",
    )
    choose_by: Literal["score", "loss"] = option(
        "score", says="What makes one epoch better than another: [score], or the validation loss."
    )

    on_collapse: Literal["warn", "stop", "fix"] = option(
        "warn",
        says="What is done when a training collapses, is stuck at chance or has no numbers left: tell it, stop "
        "with the best weights, or soften what is to blame and go on from weights of before it began.",
    )
    judge_generalization_every: int = option(
        5, ge=1, unit="epochs", says="Epochs from one look at [data.generalization] to the next; never selected on."
    )

    distill: DistillConfig | None = option(
        None, says="A teacher: { record, model, temperature, weight, start_epoch, pause }; none is off."
    )

    @model_validator(mode="after")
    def _together(self) -> TrainConfig:
        if self.distill is not None and (self.mixup or self.cutmix):
            raise ValueError("distill speaks of single rows; it does not work with mixup or cutmix")
        if self.sam and self.precision == "fp16":
            raise ValueError('sam and precision = "fp16" do not work together; use "bf16" or "float32"')
        last = sum(stage.epochs for stage in self.stage) or self.epochs
        if self.swa_from is not None and self.swa_from >= last:
            raise ValueError(f"swa_from = {self.swa_from} lies after the last epoch; the first of {last} is 0")
        return self
