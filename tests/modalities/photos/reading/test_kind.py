import base64
import io
from pathlib import Path

from PIL import Image

from evenhand.base.storage.code_hash import source_mark, sources
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.modalities.photos import Photos
from evenhand.modalities.photos.config import PhotosConfig
from evenhand.modalities.photos.reading import read
from evenhand.testing.pictures import picture, scene


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_models_own_size_comes_before_the_sections() -> None:
    kind = Photos()
    assert kind.settings(PhotosConfig(size=64), None)["size"] == 64
    assert kind.settings(PhotosConfig(size=64), 96)["size"] == 96


def test_stored_photos_are_made_anew_where_the_code_that_reads_them_changes() -> None:
    code = sources(read.__name__, within="evenhand.modalities.photos")
    for part in ("read", "exif", "resize", "open_image", "rgb"):
        assert f"evenhand.modalities.photos.reading.{part}" in code
    assert Photos().settings(PhotosConfig(), None)["code"] == source_mark(
        read.__name__, within="evenhand.modalities.photos"
    )


def test_every_format_is_found_in_folders(tmp_path: Path) -> None:
    write(tmp_path, "a/1.jpg", "a/2.PNG", "a/3.webp", "b/4.TIF", "b/5.bmp", "b/6.gif", "b/7.jpeg", "b/8.txt")
    samples, findings = Photos().samples(open_root(tmp_path), DataConfig(root="."), PhotosConfig())
    assert len(samples) == 7
    assert not findings


def test_formats_that_are_not_read_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a/1.jpg", "a/2.jpg", "b/3.jpg", "b/4.jpg", "b/5.HEIC", "b/6.cr2")
    _, findings = Photos().samples(open_root(tmp_path), DataConfig(root="."), PhotosConfig())
    assert '2 files were left out: "b/5.HEIC", "b/6.cr2"; their format is not supported' in findings[0].message


def test_photos_without_classes(tmp_path: Path) -> None:
    samples, _ = Photos().unlabelled(
        open_root(write(tmp_path, "1.jpg", "x/2.png", "x/3.txt")), DataConfig(root="."), PhotosConfig()
    )
    assert list(samples.frame["path"]) == ["1.jpg", "x/2.png"]


def test_pictures_are_small_jpegs() -> None:
    uri = Photos().picture(picture(scene(300, 200)), 48)
    image = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    assert (image.format, image.size) == ("JPEG", (48, 32))
