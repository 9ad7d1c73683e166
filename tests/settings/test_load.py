"""The joined configuration: sections of all rooms, overrides of models, paths."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import ConfigError
from evenhand.base.values import Samples
from evenhand.pipeline.stages.source import fingerprint
from evenhand.settings.load import load

TEXT = """
[data]
root = "photos"
table = "photos.csv"
[[model]]
name = "a"
encoder = "timm:resnet18"
[model.train]
epochs = 3
[[model]]
name = "b"
encoder = "package:efficientnet-lite0"
[train]
epochs = 9
learning_rate = 0.01
"""


def written(folder: Path, text: str = TEXT) -> Path:
    path = folder / "sub" / "mine.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_start_from_the_file(tmp_path: Path) -> None:
    path = written(tmp_path)
    (path.parent / "photos.csv").write_text("")
    settings = load(path)
    assert settings.data.root == str(path.parent / "photos")
    assert settings.data.table == str(path.parent / "photos.csv")
    assert settings.output == "runs"


@pytest.mark.parametrize(
    ("encoder", "becomes"),
    [
        ("file:net.safetensors", "file:{sub}/net.safetensors"),
        ("fused:file:net.pth+timm:resnet18", "fused:file:{sub}/net.pth+timm:resnet18"),
        ("timm:resnet18", "timm:resnet18"),
    ],
)
def test_files_of_weights_start_from_the_file_too(tmp_path: Path, encoder: str, becomes: str) -> None:
    path = written(tmp_path, TEXT.replace("timm:resnet18", encoder))
    assert load(path).model[0].encoder == becomes.format(sub=path.parent)


PAIRS = """
[data]
kind = "pairs"
root = "."
table = "shop.csv"
label = "tags"
[[model]]
name = "m"
encoder = "{encoder}"
{options}
"""


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("siglip2:towers/own", "siglip2:{sub}/towers/own"),
        ("clip:./towers/own", "clip:{sub}/towers/own"),
        ("clip:../nowhere", "clip:{above}/nowhere"),
        ("file:net.pth", "file:{sub}/net.pth"),
        ("siglip2:google/siglip2-base-patch16-224", "siglip2:google/siglip2-base-patch16-224"),
        ("package:towers", "package:towers"),
    ],
)
def test_folders_of_towers_start_from_the_file_too(tmp_path: Path, name: str, becomes: str) -> None:
    path = written(
        tmp_path, PAIRS.format(encoder="pair", options=f'options = {{ image = "{name}", text = "tfidf" }}')
    )
    (path.parent / "towers" / "own").mkdir(parents=True)
    expected = becomes.format(sub=path.parent, above=path.parent.parent)
    assert load(path).model[0].options == {"image": expected, "text": "tfidf"}
    if name.startswith(("siglip2:", "clip:")):
        path = written(tmp_path, PAIRS.format(encoder=name, options=""))
        assert load(path).model[0].encoder == expected


def test_a_part_is_frozen_where_any_stage_freezes_it(tmp_path: Path) -> None:
    staged = 'tune = "all"\n[model.train]\nstage = [{ epochs = 1, tune = "head" }, { epochs = 1 }]'
    whole = load(written(tmp_path, TEXT.replace('resnet18"', 'resnet18"\ntune = "all"')))
    assert [whole.has_frozen_part(model) for model in whole.model] == [False, True]
    text = TEXT.replace('resnet18"\n[model.train]\nepochs = 3', f'resnet18"\n{staged}')
    part = load(written(tmp_path, text))
    assert part.has_frozen_part(part.model[0])


def test_models_override_sections(tmp_path: Path) -> None:
    settings = load(written(tmp_path))
    a, b = settings.model
    assert (settings.train_of(a).epochs, settings.train_of(a).learning_rate) == (3, 0.01)
    assert settings.train_of(b).epochs == 9
    assert [m["train"]["epochs"] for m in settings.resolved()["model"]] == [3, 9]


def test_what_is_resolved_can_be_loaded_again(tmp_path: Path) -> None:
    settings = load(written(tmp_path))
    assert load(settings.resolved()).resolved() == settings.resolved()


def test_a_patch_and_changes_are_applied(tmp_path: Path) -> None:
    settings = load(written(tmp_path), changes=["model.b.head=mlp"], patch={"folds.k": 3})
    assert settings.model[1].head == "mlp"
    assert settings.folds.k == 3


def test_the_kinds_own_section_is_checked_with_the_rest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"photos\.sise: is not a key.*Did you mean \"size\""):
        load(written(tmp_path, TEXT + "[photos]\nsise = 3\n"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT.replace('"b"', '"a"'), r'line 11: model\[1\]\.name: found "a" again'),
        (TEXT.replace('"b"', '"A"'), r'line 11: model\[1\]\.name: found "A" again.*more than case'),
        (TEXT.replace("epochs = 3", "epoch = 3"), r"line 9: model\[0\]\.train\.epoch.*\"epochs\""),
        ('[data]\nkind = "fotos"\nroot = "x"', "line 2: data.kind.*photos"),
        (
            TEXT + "[score]\nmacro_f1_rair = 1\n[classes]\nrare = ['a']",
            'line 17: score.macro_f1_rair.*"macro_f1_rare"',
        ),
        ('[data]\nroot = "x"\n[ensemble]\nmethods = ["nmls"]', "line 4: ensemble.methods"),
    ],
)
def test_faults_that_only_the_whole_shows(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load(written(tmp_path, text))


def test_test_views_and_the_gate_are_checked_with_the_rest() -> None:
    values = {
        "data": {"root": "."},
        "model": [{"name": "m", "encoder": "small", "test_views": "geo6"}],
        "submit": {"metric": "macro_f2"},
    }
    with pytest.raises(ConfigError) as error:
        load(values)
    text = str(error.value)
    assert "model[0].test_views" in text
    assert 'Did you mean "geo' in text
    assert "submit.metric" in text


def test_what_is_wrong_with_the_balance_of_a_stage_is_told_with_its_key() -> None:
    stages = [{"epochs": 1}, {"epochs": 1, "balance": {"sampler": "balancd"}}]
    values = {"data": {"root": "."}, "model": [{"name": "m", "encoder": "small", "train": {"stage": stages}}]}
    with pytest.raises(ConfigError, match=r'stage\[1\].balance.sampler.*Did you mean "balanced"'):
        load(values)


def test_a_model_names_another_sampler_without_the_options_of_the_first() -> None:
    settings = load(
        {
            "data": {"root": "."},
            "balance": {"sampler": {"name": "target_mix", "shares": [0.5, 0.5]}, "warmup_epochs": 2},
            "model": [{"name": "m", "encoder": "small", "balance": {"sampler": {"name": "power", "power": 0.3}}}],
        }
    )
    own = settings.balance_of(settings.model[0])
    assert own.sampler == {"name": "power", "power": 0.3}
    assert own.warmup_epochs == 2
    assert settings.stage_balances_of(settings.model[0]) == [own]


BEATS = """
[data]
kind = "beats"
root = "r"
[[model]]
name = "a"
encoder = "resnet1d"
tune = "all"
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.cutmix=1.0", r"train.cutmix.*found 1, but rows of beats are not pictures.*use mixup"),
        ("train.augment=no_color", r"train.augment.*no profile of augmentations for beats.*no_color"),
        ("data.label_pattern=(?P<label>a)", r"data.label_pattern.*rows of beats are parts of files.*remove it"),
        ('data.weight="n"', r"data.weight.*rows of beats are parts of files.*remove it"),
        ("model[0].train.augment=full2", r"model\[0\].train.augment.*profile of augmentations.*full"),
        ("model[0].view_profile=geometry", r"model\[0\].view_profile.*profile of augmentations for beats"),
        ("model[0].test_views=flip", r"model\[0\].test_views.*set of test views for beats"),
    ],
)
def test_what_a_kind_does_not_have_is_found_when_the_configuration_is_read(
    tmp_path: Path, change: str, message: str
) -> None:
    key, _, value = change.partition("=")
    text = BEATS + "views = 2\n"
    if key.startswith("model[0].train."):
        text += f'[model.train]\n{key.rpartition(".")[2]} = "{value}"\n'
    elif key.startswith("model[0]."):
        name, value = key.rpartition(".")[2], value.strip('"')
        text = text.replace('tune = "all"\n', "") if name == "tune" else text
        text += f'{name} = "{value}"\n'
    changes = [change] if key.startswith(("train.", "data.")) else []
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text), changes=changes)
    assert re.search(message, " ".join(str(caught.value).split()))
    assert len(caught.value.faults) == 1


def test_further_views_are_made_by_the_profile_of_the_kind(tmp_path: Path) -> None:
    settings = load(written(tmp_path, BEATS + "views = 2\n"))
    assert settings.resolved()["model"][0]["view_profile"] == "gentle"
    assert load(written(tmp_path, TEXT)).model[0].view_profile == "geometry"


def test_patches_are_not_swapped_below_a_frozen_part(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='tune = "head" trains on activations'):
        load(written(tmp_path), changes=["train.cutmix=0.5"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            ["data.task=multi", "score.balanced_accuracy=1.0"],
            "score.balanced_accuracy: is not for rows that may have",
        ),
        (["score.hamming=1.0"], "score.hamming: is not for rows that have one label each"),
        (
            ["data.task=multi", 'ensemble.methods=["equal", "greedy"]'],
            '"greedy" is for rows with one label each',
        ),
        (["data.task=multi", 'ensemble.methods=["nnls+vector"]'], '"nnls\\+vector" is for rows'),
        (
            ["data.task=multi", 'train.distill={record="r", model="a"}'],
            r"model\[0\].train.distill: needs one class per row",
        ),
    ],
)
def test_what_several_labels_cannot_have_is_found_when_the_configuration_is_read(
    tmp_path: Path, changes: list[str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path), changes=changes)
    assert re.search(message, " ".join(str(caught.value).split()))


def test_several_labels_may_have_what_is_for_them(tmp_path: Path) -> None:
    changes = ["data.task=multi", "score.hamming=1.0", 'ensemble.methods=["equal", "nnls"]']
    assert load(written(tmp_path), changes=changes).data.several


def test_the_word_none_unsets_a_key(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT + "[folds]\ntest = { fraction = 0.2 }\n")
    assert load(path).folds.test is not None
    assert load(path, changes=["folds.test=none"]).folds.test is None
    assert load(path, changes=["data.table=none"]).data.table is None
    assert load(path, changes=['data.group="none"']).data.group == "none"  # a column may be called so
    assert load(path, changes=["balance.sampler=none"]).balance.sampler is not None
    assert load(path.parent / "mine.toml", changes=["name=none"]).name == "none"
    path.write_text(TEXT + '[folds]\ntest = "none"\n')
    assert load(path).folds.test is None


def test_name_and_note_decide_nothing(tmp_path: Path) -> None:
    bare, named = load(written(tmp_path)), load(written(tmp_path), changes=["name=my run", "note=about x=1"])
    assert (named.name, named.note) == ("my run", "about x=1")
    frame = pd.DataFrame({"id": ["a", "b"], "content": ["x", "y"]})
    samples = Samples(frame, ("k", "l"), np.array([0, 1]), kind="photos")
    assert fingerprint(bare.resolved(), samples) == fingerprint(named.resolved(), samples)
