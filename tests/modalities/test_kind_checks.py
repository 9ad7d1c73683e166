"""What a kind of data cannot do is refused when the configuration is read."""

from pathlib import Path

import pytest

from evenhand.base.errors import ConfigError
from evenhand.settings.load import load

TEXT = """
[data]
kind = "drawings"
root = "."
[[model]]
name = "m"
encoder = "edge_sage"
tune = "all"
{model}
[train]
{train}
"""


def refused(folder: Path, model: str = "", train: str = "") -> str:
    path = folder / "c.toml"
    path.write_text(TEXT.format(model=model, train=train), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value)


def test_drawings_cannot_be_blended(tmp_path: Path) -> None:
    found = refused(tmp_path, train="mixup = 0.2")
    assert "found 0.2, but rows of drawings cannot be blended" in found
    assert "set 0" in found


def test_patches_of_drawings_cannot_be_swapped(tmp_path: Path) -> None:
    found = refused(tmp_path, train="cutmix = 0.5")
    assert "rows of drawings are not pictures" in found
    assert "mixup" not in found, "must not advise what is refused too"


def test_options_are_those_of_the_encoder(tmp_path: Path) -> None:
    assert 'Did you mean "width"' in refused(tmp_path, model="options = { widht = 32 }")
    assert "heads" in refused(tmp_path, model="options = { heads = 2 }")


def test_options_that_do_not_fit_together_are_named_by_their_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"model\[0\]\.options: .*width = 96 cannot be divided among .*heads = 7"):
        load(
            {"data": {"kind": "drawings", "root": str(tmp_path)}, "model": [{"name": "m", "encoder": "strokes",
             "tune": "all", "options": {"heads": 7}}]}
        )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "own"), [("drawings", "edge_sage"), ("beats", "resnet1d"), ("scanlines", "scan_cnn2d, .*scan_picture")]
)
def test_networks_for_pictures_are_refused_where_rows_are_none(tmp_path: Path, kind: str, own: str) -> None:
    with pytest.raises(ConfigError, match=rf'model\[0\]\.encoder.*"timm:resnet18".*rows of {kind} are not.*{own}'):
        load(
            {"data": {"kind": kind, "root": str(tmp_path)}, "model": [{"name": "m", "encoder": "timm:resnet18",
             "tune": "all"}]}
        )  # fmt: skip
