"""What every registered kind of data must keep, the sixth too, unedited."""

import base64
import csv
import errno
import os
import re
from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.settings.section import Section
from evenhand.base.settings.toml_lines import key_lines
from evenhand.base.values import Ints, Samples
from evenhand.modalities import KINDS
from evenhand.modalities.kind_checks import kind_faults, with_view_profile
from evenhand.modalities.torch_half import torch_half
from evenhand.models.config import ModelConfig
from evenhand.testing.kinds import Generated, Spoilt, generate

ROWS = 48


@pytest.fixture(scope="module", params=KINDS.names())
def generated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(request.param, tmp_path_factory.mktemp(request.param), rows=ROWS)


def test_a_kind_is_filed_under_its_name(generated: Generated) -> None:
    kind = generated.kind
    assert KINDS.get(kind.name) is kind
    assert issubclass(kind.config, Section)
    assert callable(torch_half(kind).apply_profile)
    assert callable(torch_half(kind).inputs)


def test_its_section_has_defaults_and_says_what_they_do(generated: Generated) -> None:
    assert generated.kind.config() == generated.kind.config.model_validate({})
    assert all(field.description for field in generated.kind.config.model_fields.values())


def test_its_example_is_true_to_life(generated: Generated) -> None:
    samples = generated.samples()
    assert len(samples) == ROWS
    assert samples.k >= 2
    assert samples.grouped
    assert min(samples.groups_per_class().values()) >= 2
    assert samples.counts().max() > samples.counts().min(), "real classes are skewed"
    names = [*samples.classes, *samples.groups]
    assert not all(name.isascii() for name in names), "real names are of all scripts"
    assert key_lines(generated.toml.read_text(encoding="utf-8"))["data", "kind"]


def test_its_example_is_the_same_for_the_same_seed(generated: Generated, tmp_path: Path) -> None:
    again = generate(generated.kind.name, tmp_path / "again", rows=ROWS).samples()
    other = generate(generated.kind.name, tmp_path / "other", rows=ROWS, seed=1).samples()
    assert list(again.ids) == list(generated.samples().ids)
    assert list(other.ids) != list(again.ids)


def test_samples_are_the_same_every_time(generated: Generated) -> None:
    one, two = generated.samples(), generated.samples()
    assert one.frame.equals(two.frame)
    assert one.classes == two.classes
    np.testing.assert_array_equal(one.labels, two.labels)


def test_settings_decide_what_is_encoded(generated: Generated) -> None:
    kind, own = generated.kind, generated.kind_config
    settings = kind.settings(own, None)
    assert settings == kind.settings(own, None)
    assert settings["kind"] == kind.name
    assert len(settings["code"]) == 32, "a mark of the code, so that better encoders build stores anew"
    assert all(isinstance(value, (str, int, float, bool, list, type(None))) for value in settings.values())


def test_every_row_can_be_encoded_and_comes_out_the_same(generated: Generated) -> None:
    settings = generated.kind.settings(generated.kind_config, None)
    frame = generated.samples().frame
    read, again = (generated.kind.reader(generated.root, frame, settings) for _ in range(2))
    for position in range(len(frame)):
        row = read(position)
        assert row
        assert all(isinstance(array, np.ndarray) and array.dtype != object for array in row.values())
        assert all(np.array_equal(array, again(position)[part]) for part, array in row.items())


def test_rows_can_be_encoded_in_any_order(generated: Generated) -> None:
    frame = generated.samples().frame
    settings = generated.kind.settings(generated.kind_config, None)
    forwards, backwards = (generated.kind.reader(generated.root, frame, settings) for _ in range(2))
    rows = [forwards(position) for position in range(len(frame))]
    for position in reversed(range(len(frame))):
        assert all(np.array_equal(array, rows[position][part]) for part, array in backwards(position).items())


def test_rows_of_one_file_lie_together(generated: Generated) -> None:
    paths = generated.samples().frame["path"]
    assert (paths != paths.shift()).sum() == paths.nunique()


def test_every_row_is_found_without_labels_too(generated: Generated) -> None:
    found, _ = generated.kind.unlabelled(generated.root, generated.data, generated.kind_config)
    assert set(found.ids) >= set(generated.samples().ids)
    assert (found.labels < 0).all()


def test_facts_are_plain(generated: Generated) -> None:
    for name in generated.samples().frame["path"].unique()[:3]:
        found = generated.kind.facts_of(generated.root, name)
        assert found
        assert all(isinstance(value, (str, int, float)) for value in found.values())
    with pytest.raises(DataError):
        generated.kind.facts_of(Spoilt(generated.root, b""), name)


@pytest.mark.parametrize("raw", [b"", b"\0" * 100, b"<!DOCTYPE html><p>404</p>"])
def test_what_cannot_be_encoded_is_a_reason(generated: Generated, raw: bytes) -> None:
    settings = generated.kind.settings(generated.kind_config, None)
    frame, spoilt = generated.samples().frame, Spoilt(generated.root, raw)
    with pytest.raises(DataError, match=r"^(is|has) "):
        generated.kind.reader(spoilt, frame, settings)(0)
    with pytest.raises(DataError):
        generated.kind.picture_of(spoilt, frame.iloc[0].to_dict(), 64)


@pytest.mark.parametrize("code", [errno.EIO, errno.EMFILE])
def test_an_error_of_the_disk_is_not_taken_for_damage(
    generated: Generated, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    settings = generated.kind.settings(generated.kind_config, None)
    frame = generated.samples().frame

    def failing(path: str, flags: int) -> int:
        raise OSError(code, os.strerror(code), path)

    monkeypatch.setattr("evenhand.data.roots.folder_root.opener", failing)
    with pytest.raises(OSError, match=os.strerror(code)) as raised:
        generated.kind.reader(generated.root, frame, settings)(0)
    assert Path(raised.value.filename).is_file()
    with pytest.raises(OSError, match=os.strerror(code)):
        generated.samples()


def test_a_picture_is_an_image_in_a_uri(generated: Generated) -> None:
    row = generated.samples().frame.iloc[0].to_dict()
    uri = generated.kind.picture_of(generated.root, row, 64)
    found = re.fullmatch(r"data:image/(png|jpeg|webp|svg\+xml);base64,([A-Za-z0-9+/]+=*)", uri)
    assert found
    assert len(base64.b64decode(found[2])) < 64 * 64 * 4


def test_profiles_that_configurations_may_name_are_there(generated: Generated) -> None:
    kind = generated.kind
    assert isinstance(kind.pictures, bool)
    assert "none" in kind.profiles
    assert kind.view_profile in kind.profiles
    model = ModelConfig(name="m", encoder=kind.encoder, tune=kind.tune, views=2)
    model = with_view_profile(kind, model)
    frozen = [] if kind.tune == "all" else [kind.tune]
    assert list(kind_faults(kind, model, augment="none", mixup=0.0, cutmix=0.0, frozen=frozen)) == []
    for profile in kind.profiles:
        assert list(kind_faults(kind, model, augment=profile, mixup=0.0, cutmix=0.0, frozen=frozen)) == []


def test_corrections_are_applied_as_its_rows_are_read(generated: Generated, tmp_path: Path) -> None:
    before = generated.samples()
    trashed, moved = str(before.ids[0]), int(np.flatnonzero(before.counts()[_first_label(before)] > 2)[-1])
    held, gained = _first_label(before)[moved], int(before.counts().argmax())
    other = gained if gained != held else (gained + 1) % before.k
    path = tmp_path / "corrections.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [(trashed, "trash", ""), (str(before.ids[moved]), "relabel", before.classes[other])]
        csv.writer(file).writerows([("id", "action", "to"), *rows])
    data = generated.data.model_copy(update={"corrections": str(path), "min_count": 1})
    after, findings = generated.kind.samples(generated.root, data, generated.kind_config)
    assert list(after.ids) == list(before.ids[1:])
    assert after.classes[_first_label(after)[moved - 1]] == before.classes[other]
    assert [one.about for one in findings if one.code == "EH109"] == ["corrections.csv"]


def _first_label(samples: Samples) -> Ints:
    """Return (n,) the first class of each row."""
    return np.asarray(samples.labels.argmax(axis=1) if samples.multi_label else samples.labels)
