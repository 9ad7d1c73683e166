"""Names that the root itself lists are files, however odd; nobody typed them."""

import unicodedata
import zipfile

import pytest

from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.data.tables.samples import file_samples

NAMES = [
    "A: good/1.jpg", " good/2.jpg", "good/3.jpg", "good/x\\y.jpg", "C:/4.jpg", "~/5.jpg", "a b /6.jpg", "%20/7.jpg",
    "good/ 8.jpg", unicodedata.normalize("NFC", "café") + "/9.jpg", unicodedata.normalize("NFD", "café") + "/9.jpg",
    unicodedata.normalize("NFD", "café") + "/10.jpg", "..good/11.jpg"[2:], "1.0/12.jpg", "1/13.jpg", "NA/14.jpg",
]  # fmt: skip


@pytest.mark.parametrize("zipped", [False, True])
def test_every_file_is_a_row(tmp_path, zipped):
    folder = tmp_path / "root"
    names = [name for name in NAMES if not (zipped and ("\\" in name or name.startswith("C:/")))]
    for at, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes([at]))
    where = folder
    if zipped:
        where = tmp_path / "root.zip"
        with zipfile.ZipFile(where, "w") as file:
            for at, name in enumerate(names):
                file.writestr(name, bytes([at]))
    root = open_root(where)

    samples, findings = file_samples(
        root, DataConfig(root=str(where), min_count=1), kind="photos", suffixes=[".jpg"]
    )

    assert sorted(samples.frame["path"]) == sorted(names)
    assert findings == []
    assert all(root.read(path) for path in samples.frame["path"])
    assert {"A: good", " good", "good", "a b", "1", "1.0", "NA"} <= set(samples.classes)
    assert sum(unicodedata.normalize("NFC", name) == "café" for name in samples.classes) == 1
