"""The whole configuration: the sections of all rooms, joined and checked together.

Each room owns its section. Input paths are relative to the configuration file, so that it moves with its data;
`output` is relative to the working directory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError, create_model

from evenhand.balance.config import BalanceConfig
from evenhand.base.errors import ConfigError, EvenhandError, Fault
from evenhand.base.settings.section import Section, check, merged, option, put, read_file, read_toml, set_dotted
from evenhand.base.settings.toml_lines import Key
from evenhand.base.text.toml_text import toml_document
from evenhand.blending.config import EnsembleConfig
from evenhand.blending.label_faults import label_faults
from evenhand.data.config import DataConfig, FoldsConfig
from evenhand.engines.config import ComputeConfig
from evenhand.evaluation.config import ClassesConfig, EvaluateConfig, ScoreConfig
from evenhand.evaluation.metrics.metric_names import metric_faults
from evenhand.modalities import KINDS, Kind
from evenhand.modalities.kind_checks import kind_faults, with_view_profile
from evenhand.modalities.views import views_of
from evenhand.models.baseline import baseline_of
from evenhand.models.config import ModelConfig
from evenhand.settings.ablation import AblationConfig
from evenhand.settings.absolute_paths import with_absolute_paths
from evenhand.settings.submit import SubmitConfig
from evenhand.training.config import TrainConfig


class Settings(Section):
    """A whole configuration."""

    name: str = option(
        "", description="Name of the run, shown by `evenhand runs` and in the report.", max_length=80
    )
    note: str = option(
        "", description="Purpose of the run; kept in its record, without effect on results.", max_length=2000
    )
    tags: list[str] = option([], description="Words to find the run by in the journal, without effect on results.")
    output: str = option("runs", description="Folder of the records, relative to the working directory.")
    data: DataConfig = option(description="The data.")
    folds: FoldsConfig = option(FoldsConfig(), description="How rows are held out.")
    model: list[ModelConfig] = option([], description="One entry per model; every model is trained on every fold.")
    train: TrainConfig = option(TrainConfig(), description="How a model is trained on one fold.")
    balance: BalanceConfig = option(BalanceConfig(), description="Corrections for skewed classes.")
    classes: ClassesConfig = option(ClassesConfig(), description="Named sets of classes.")
    score: ScoreConfig = option(ScoreConfig(), description="The metric to maximise.")
    evaluate: EvaluateConfig = option(EvaluateConfig(), description="How intervals of metrics are computed.")
    ensemble: EnsembleConfig = option(EnsembleConfig(), description="How models are blended.")
    submit: SubmitConfig = option(SubmitConfig(), description="When a submission may be uploaded, and how.")
    ablation: AblationConfig | None = option(
        None, description="Changes to try one at a time, by `evenhand ablation`."
    )
    compute: ComputeConfig = option(ComputeConfig(), description="Processes, threads and the store.")

    @property
    def kind(self) -> Kind:
        """The kind of data, as its section asks it to read."""
        return KINDS.get(self.data.kind).configured(self.kind_config)

    @property
    def kind_config(self) -> Any:
        """The section of the kind of data."""
        return getattr(self, self.data.kind)

    @property
    def baseline(self) -> ModelConfig | None:
        """The logistic regression that is the baseline in every table, or None."""
        return baseline_of(self.model) if self.evaluate.logistic_regression else None

    @property
    def fitted(self) -> list[ModelConfig]:
        """The models, then the baseline: everything that is trained and predicts."""
        return [*self.model, *([self.baseline] if self.baseline else [])]

    def train_of(self, model: ModelConfig) -> TrainConfig:
        """Return [train] with the overrides of the model; of a solved head, the keys about its inputs."""
        found = TrainConfig.model_validate(merged(self.train.model_dump(), model.train))
        if model.is_solved:
            # of one set of weights none is selected
            return TrainConfig(batch_size=found.batch_size, precision=found.precision, choose_by="last")
        return found

    def balance_of(self, model: ModelConfig) -> BalanceConfig:
        """Return [balance] with the overrides of the model; of a solved head, its prior correction."""
        found = self.balance.overridden(model.balance)
        if model.is_solved:
            return BalanceConfig(correct_to=found.correct_to, adjust=found.adjust)
        return found

    def stage_balances_of(self, model: ModelConfig) -> list[BalanceConfig]:
        """Return [balance] in each stage of a model; one entry if it has no stages."""
        base = self.balance_of(model)
        return [base.overridden(stage.balance) for stage in self.train_of(model).stage] or [base]

    def sizes_of(self, model: ModelConfig) -> dict[str, int | None]:
        """Return the input sizes of a model: NAME -> its size, NAME@SIZE -> other sizes of its stages."""
        stages = {stage.size for stage in self.train_of(model).stage} - {None, model.size}
        return {model.name: model.size} | {f"{model.name}@{size}": size for size in sorted(stages, key=str)}

    def has_frozen_part(self, model: ModelConfig) -> bool:
        """Return whether a part of a model stays frozen in any stage of its training."""
        stages = self.train_of(model).stage
        return any((stage.tune or model.tune) != "all" for stage in stages) if stages else model.tune != "all"

    def resolved(self) -> dict[str, Any]:
        """Return the whole configuration as plain values, with the overrides of each model filled in."""
        out = self.plain()
        for entry, model in zip(out["model"], self.model, strict=True):
            entry["train"] = self.train_of(model).plain()
            entry["balance"] = self.balance_of(model).plain()
        return out


def load(
    source: str | Path | Mapping[str, Any], *, changes: Sequence[str] = (), patch: Mapping[str, Any] | None = None
) -> Settings:
    """Return the settings of a TOML file, or of plain values.

    Parameters
    ----------
    source
        The path of a TOML file, or a nested mapping of the same shape.
    changes
        `KEY=VALUE` assignments, in order (`--set` on the command line).
    patch
        Dotted key -> value, as proposed by findings.

    Raises
    ------
    ConfigError
        With all faults: the key, what was found, what is allowed, the nearest name, the line.
    """
    lines: dict[Key, int] = {}
    if isinstance(source, Mapping):
        name, base = "configuration", Path()
        # Through TOML, so that a mapping is checked exactly like a file.
        values, _ = read_toml(toml_document(source), name)
    else:
        name, base = str(source), Path(source).parent
        values, lines = read_toml(read_file(Path(source)), name)
    for change in changes:
        set_dotted(values, change)
    for key, value in (patch or {}).items():
        # a copy: a later key may be put below this one, and the patch is the caller's
        put(values, key.split("."), deepcopy(value))
    settings = check(_class_for(values, name, lines), values, name, lines)
    models = [with_view_profile(settings.kind, model) for model in settings.model]
    settings = settings.model_copy(update={"model": models})
    # Last: these checks compare sections, and need each of them to be valid by itself.
    _check_models(settings, name, lines)
    return with_absolute_paths(settings, base)


def config_text(source: str | Path | Mapping[str, Any]) -> str:
    """Return the configuration as written by the user, as TOML text."""
    if isinstance(source, Mapping):
        return toml_document(source)
    return read_file(Path(source))


def _class_for(values: Mapping[str, Any], name: str, lines: Mapping[Key, int]) -> type[Settings]:
    """Return `Settings` extended by the section of the kind of data."""
    data = values.get("data")
    word = data.get("kind", "photos") if isinstance(data, Mapping) else "photos"
    try:
        kind = KINDS.get(str(word))
    except EvenhandError as error:
        raise ConfigError(name, [Fault("data.kind", str(error), "name one", lines.get(("data", "kind")))]) from None
    section: Any = (kind.config, option(kind.config(), description=f"Options of {kind.name}."))
    return cast("type[Settings]", create_model("Settings", __base__=Settings, **{kind.name: section}))


def _check_models(settings: Settings, name: str, lines: Mapping[Key, int]) -> None:
    """Check what involves several sections: overrides of models, metrics, labels, unique names."""
    faults: list[Fault] = []
    for position, model in enumerate(settings.model):
        try:
            views_of(settings.kind, model.test_views)
        except EvenhandError as error:
            line = lines.get(("model", position, "test_views"))
            faults.append(Fault(f"model[{position}].test_views", str(error), "name one of these", line))
        for key, cls, base in (
            ("train", TrainConfig, settings.train),
            ("balance", BalanceConfig, settings.balance),
        ):
            try:
                values = merged(base.model_dump(), getattr(model, key))
                check(cls, values, name, lines, ("model", position, key), type(settings))
            except ConfigError as error:
                faults += error.faults
        faults += _stage_faults(settings, model, name, lines)
        faults += _kind_faults(settings, position, lines)
    for fault in metric_faults(list(settings.score.weights), "score", settings.classes.sets, settings.data.levels):
        key = fault.key.removeprefix("score.")
        faults.append(replace(fault, line=lines.get(("score", key), fault.line)))
    faults += _label_faults(settings, lines)
    if settings.submit.metric:
        wrong = metric_faults([settings.submit.metric], "submit", settings.classes.sets, settings.data.levels)
        where = lines.get(("submit", "metric"))
        faults += [replace(fault, key="submit.metric", line=where) for fault in wrong]
    names = [model.name.casefold() for model in settings.model]
    for position, word in enumerate(names):
        if word in names[:position]:
            line, found = lines.get(("model", position, "name")), settings.model[position].name
            allowed = "names must differ by more than case, as each becomes a folder"
            faults.append(Fault(f"model[{position}].name", f'found "{found}" again', allowed, line))
    if faults:
        raise ConfigError(name, faults)


def _label_faults(settings: Settings, lines: Mapping[Key, int]) -> Iterator[Fault]:
    """Yield settings that the labels of the rows do not allow."""
    multi_label = settings.data.several
    found = label_faults(
        list(settings.score.weights),
        settings.ensemble.recipes(models=len(settings.model)),
        several=multi_label,
        sets=settings.classes.sets,
        levels=settings.data.levels,
    )
    for fault in found:
        yield replace(fault, line=lines.get(tuple(fault.key.split(".")), fault.line))
    if settings.kind.holds_labels:
        # such rows carry their labels; without a word, these keys would do nothing
        for key in ("label_pattern", "label_columns", "tag_columns", "weight"):
            if getattr(settings.data, key):
                rows = f"rows of {settings.kind.name} are parts of files, which hold their labels"
                yield Fault(
                    f"data.{key}", f"needs rows that are files; {rows}", "remove it", lines.get(("data", key))
                )
    yield from _block_faults(settings, lines)
    for position, model in enumerate(settings.model) if multi_label else ():
        with suppress(ValidationError):
            if settings.train_of(model).distill is not None:
                message = "needs one class per row, and these rows are multi-label (data.task)"
                yield Fault(
                    f"model[{position}].train.distill", message, "leave it out", lines.get(("train", "distill"))
                )


def _block_faults(settings: Settings, lines: Mapping[Key, int]) -> Iterator[Fault]:
    """Yield what keeps the probabilities of a block (`blocks = "softmax"`) from a sum of 1."""
    for position, model in enumerate(settings.model):
        if model.blocks != "softmax":
            continue
        line = lines.get(("model", position, "blocks"))
        key = f"model[{position}].blocks"
        if not settings.data.exclusive:
            found = 'found "softmax", but data.exclusive names no classes that exclude each other'
            yield Fault(key, found, 'name them there, or set "sigmoid"', line)
        with suppress(ValidationError):
            balance, train = settings.balance_of(model), settings.train_of(model)
            changed = [
                *([] if balance.sampler == "none" else ["balance.sampler"]),
                *([] if balance.correct_to in ("natural", "trained") else ["balance.correct_to"]),
                *([] if not train.label_smoothing else ["train.label_smoothing"]),
            ]
            if changed:
                found = f'found "softmax" with {", ".join(changed)}, which corrects each class by itself'
                yield Fault(key, found, 'remove it, or set "sigmoid"', line)


def _kind_faults(settings: Settings, position: int, lines: Mapping[Key, int]) -> Iterator[Fault]:
    """Yield settings of a model that its kind of data does not support."""
    model = settings.model[position]
    try:
        train = settings.train_of(model)
    except ValidationError:
        return  # reported already, with the invalid section
    tunes = [stage.tune or model.tune for stage in train.stage] or [model.tune]
    for key, message, allowed in kind_faults(
        settings.kind,
        model,
        augment=train.augment,
        mixup=train.mixup,
        cutmix=train.cutmix,
        frozen=[tune for tune in tunes if tune != "all"],
    ):
        words: Key = tuple(key.split("."))
        inherited = words[0] == "train" and words[1] not in model.train
        where, written = (words, key) if inherited else (("model", position, *words), f"model[{position}].{key}")
        yield Fault(written, message, allowed, lines.get(where))


def _stage_faults(settings: Settings, model: ModelConfig, name: str, lines: Mapping[Key, int]) -> list[Fault]:
    """Return the faults in the overrides of [balance] in the stages of a model."""
    faults: list[Fault] = []
    try:
        train, balance = settings.train_of(model), settings.balance_of(model)
    except ValidationError:
        return []  # reported already, with the invalid section
    above: Key = ("model", settings.model.index(model), "train") if "stage" in model.train else ("train",)
    for number, stage in enumerate(train.stage):
        try:
            check(BalanceConfig, merged(balance.model_dump(), stage.balance), name, lines,
                  (*above, "stage", number, "balance"), type(settings))  # fmt: skip
        except ConfigError as error:
            faults += error.faults
    return faults
