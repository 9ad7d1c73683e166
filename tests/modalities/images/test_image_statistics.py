import numpy as np
import pandas as pd
import pytest

from evenhand.modalities.images.image_statistics import aspect_of, border_pixels, picture_traits


def pictures(n=4, side=48):
    return np.random.default_rng(0).integers(60, 180, (n, side, side, 3), dtype=np.uint8)


def blurred(shown):
    wide = shown.astype(float)
    return (sum(np.roll(wide, (y, x), (1, 2)) for y in (-1, 0, 1) for x in (-1, 0, 1)) / 9).astype(np.uint8)


@pytest.mark.parametrize(
    ("change", "measure", "sign"),
    [
        (lambda p: p // 2, "brightness: mean", -1),
        (lambda p: p // 2, "contrast: spread", -1),
        (lambda p: p.mean(axis=3, keepdims=True).astype(np.uint8).repeat(3, 3), "colour: saturation", -1),
        (blurred, "sharpness: 1 against 2 px", -1),
        (blurred, "fine detail: at 1 px", -1),
        (lambda p: np.pad(p[:, 4:-4, 4:-4], ((0, 0), (4, 4), (4, 4), (0, 0))), "border colour: brightness", -1),
        (lambda p: np.minimum(p, [255, 60, 255]).astype(np.uint8), "colour: red against green", 1),
        (lambda p: np.minimum(p, [255, 255, 60]).astype(np.uint8), "colour: blue against yellow", -1),
    ],
)
def test_a_change_moves_the_measure_that_is_named_for_it(change, measure, sign):
    before, after = picture_traits(pictures())[measure], picture_traits(change(pictures()))[measure]
    assert (np.sign(after - before) == sign).all()


def test_values_of_a_known_picture():
    shown = np.zeros((1, 64, 64, 3), dtype=np.uint8)
    shown[:, :, 32:] = 255
    traits = picture_traits(shown).iloc[0]
    assert traits["brightness: mean"] == pytest.approx(0.5, abs=1e-4)
    assert traits["contrast: black pixels"] == pytest.approx(0.5)
    assert traits["colour: saturation"] == pytest.approx(0)
    assert traits["layout: light in cell 2/3"] == pytest.approx(0.5, abs=0.02)


def test_facts_add_size_shape_and_compression():
    facts = pd.DataFrame({"width": [400] * 4, "height": [200] * 4, "bytes": [10_000] * 4, "format": list("JJPJ")})
    traits = picture_traits(pictures(), facts)
    assert traits["picture size: area"].tolist() == pytest.approx([np.log2(80_000)] * 4)
    assert traits["picture shape: width to height"].tolist() == [1.0] * 4
    assert traits["compression: bits per pixel"].tolist() == [0.0] * 4
    assert traits["file format: J"].tolist() == [1, 1, 0, 1]


@pytest.mark.parametrize("side", [1, 2, 3, 8, 224])
def test_pictures_of_any_size_give_finite_measures(side):
    shown = np.random.default_rng(0).integers(0, 255, (3, side, side, 3), dtype=np.uint8)
    assert np.isfinite(picture_traits(shown).to_numpy()).all()


def test_chunks_and_threads_change_nothing():
    shown = pictures(n=10)
    pd.testing.assert_frame_equal(
        picture_traits(shown, chunk=3, threads=2), picture_traits(shown, chunk=100, threads=1), atol=1e-5
    )


def test_every_measure_has_an_aspect():
    assert {aspect_of(name) for name in picture_traits(pictures())} == {
        "brightness", "contrast", "colour", "fine detail", "sharpness", "border colour", "layout",
    }  # fmt: skip


def test_the_border_of_a_small_picture_is_its_outermost_pixels():
    shown = np.arange(9, dtype=np.uint8).reshape(1, 3, 3, 1).repeat(3, axis=3)
    assert sorted(border_pixels(shown)[0, :, 0].tolist()) == [0, 1, 2, 3, 5, 6, 7, 8]
