"""Counters of photos, from files of each sort."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evenhand.modalities import KINDS
from evenhand.modalities.photos.config import PhotosConfig
from evenhand.modalities.photos.counted import COUNTED, counted


def saved(array, form="PNG", mode=None, **options):
    buffer = io.BytesIO()
    Image.fromarray(array, mode).save(buffer, form, **options)
    return buffer.getvalue()


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(np.zeros((20, 20, 3), np.uint8), "JPEG", exif=exif)


FILES = {
    "plain": (saved(np.zeros((20, 20, 3), np.uint8), "JPEG"), set()),
    "oblong": (saved(np.zeros((20, 30, 3), np.uint8)), {"shaped"}),
    "transparent": (saved(np.zeros((20, 20, 4), np.uint8)), {"ground"}),
    "16 bits": (saved(np.zeros((20, 20), np.uint16)), {"tones"}),
    "turned": (turned(), {"turned"}),
}


@pytest.mark.parametrize("name", FILES)
def test_each_sort_of_file_is_counted(name):
    raw, acted = FILES[name]
    facts = pd.DataFrame([KINDS.get("photos").facts(raw)])
    values = counted(facts, PhotosConfig())
    assert {c.name for c, times in zip(COUNTED, values[0], strict=True) if times} == acted


def test_padding_shows_the_ground():
    facts = pd.DataFrame([KINDS.get("photos").facts(FILES["oblong"][0])])
    assert counted(facts, PhotosConfig(fit="pad"))[0].tolist() == [1, 1, 0, 0]


def test_facts_of_other_kinds_count_nothing():
    assert counted(pd.DataFrame({"bytes": [1]}), PhotosConfig()) is None
