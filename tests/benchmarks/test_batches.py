from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

Script = Callable[[str], ModuleType]

pytestmark = pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")  # torchvision's own decoder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    ramp = np.linspace(0, 255, 96 * 64 * 3).reshape(64, 96, 3).astype(np.uint8)
    for i in range(3):
        Image.fromarray(np.roll(ramp, 5 * i, axis=1)).save(tmp_path / f"{i}.jpg", quality=95)
    return tmp_path


def test_all_ways_give_about_the_same_floats(script: Script, photos: Path) -> None:
    batches = script("batches")
    path = batches.photos_in(photos, 3)[0]
    files = batches.Files([path], 32, 1)
    entry = batches.encode_all(files, photos / "store")
    ours = batches.normalised(torch.from_numpy(np.array(entry["image"])), batches.MEAN, batches.STD)[0]
    for other in (batches.opened(path, 32), batches.decoded(path, 32)):
        assert other.shape == ours.shape == (3, 32, 32)
        assert float((other - ours).abs().mean()) < 0.05


def test_the_tables_are_shown(script: Script, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    batches = script("batches")
    files = batches.Files(batches.photos_in(photos, 2), 32, 1)
    batches.show_batches(2, batches.measure_batches(files, photos / "store", 1))
    batches.show_encoding(2, batches.measure_encoding(files, 1))
    shown = capsys.readouterr().out
    assert "torchvision, decode and resize" in shown
    assert "simplejpeg, decode" in shown


def test_photos_are_made_as_large_as_a_cameras(script: Script, photos: Path) -> None:
    batches = script("batches")
    (large,) = batches.as_a_camera_gives_them(batches.photos_in(photos, 1), photos / "large", longer=960)
    with Image.open(large) as image:
        assert image.size == (960, 640)
