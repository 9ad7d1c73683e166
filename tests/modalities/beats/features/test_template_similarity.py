import numpy as np
import pytest

from evenhand.modalities.beats.features.template_similarity import likeness, names, resting

RATE, PEAK = 180.0, 54


def beat(p: float = 0.15, qrs: float = 1.0) -> np.ndarray:
    """Return a window of 300 ms before to 500 ms after the R peak with a P wave, a QRS complex and a T wave."""
    ms = (np.arange(144) - PEAK) / RATE * 1000
    waves = ((p, -160, 25), (qrs, 0, 12), (0.3, 280, 50))
    return sum(h * np.exp(-0.5 * ((ms - at) / width) ** 2) for h, at, width in waves)


def record(
    odd: dict[int, np.ndarray], n: int = 30, leads: int = 1, noise: float = 0.005
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    windows = np.stack([odd.get(i, beat()) for i in range(n)])[:, None].repeat(leads, axis=1)
    before = np.full(n, 0.8)
    before[list(odd)] = 0.5
    return (windows + noise * rng.normal(size=windows.shape)).astype(np.float32), before


def told(windows: np.ndarray, before: np.ndarray) -> dict[str, np.ndarray]:
    found = likeness(windows, before, PEAK, RATE)
    return dict(zip(names(windows.shape[1]), found.T, strict=True))


def test_an_atrial_ectopic_beat_differs_in_its_p_wave_alone() -> None:
    found = told(*record({12: beat(p=-0.15)}))
    assert found["like resting p"][12] < 0 < 0.9 < np.delete(found["like resting p"], 12).min()
    assert found["like resting qrs"][12] > 0.95


def test_a_ventricular_ectopic_beat_differs_in_its_qrs() -> None:
    found = told(*record({12: beat(p=0, qrs=-1.0)}))
    assert found["apart resting qrs"].argmax() == 12
    assert found["apart -1 qrs"][13] > 0.2
    assert found["apart +1 qrs"][11] > 0.2


def test_what_noise_sets_apart_in_every_beat_of_a_record_does_not_count() -> None:
    clean, noisy = (told(*record({12: beat(p=0, qrs=-1.0)}, noise=noise)) for noise in (0.005, 0.15))
    usual = [np.delete(found["apart/quiet resting qrs"], 12).max() for found in (clean, noisy)]
    assert np.median(noisy["apart resting qrs"]) > 10 * np.median(clean["apart resting qrs"])
    assert max(usual) < 0.5
    assert noisy["apart/quiet resting qrs"][12] > 2 * max(usual)


def test_the_resting_beat_is_that_of_late_beats_even_where_most_are_early() -> None:
    windows, before = record({i: beat(p=-0.15) for i in range(40) if i % 4}, n=40)
    assert np.allclose(resting(windows, before)[0], beat(), atol=0.02)


def test_every_lead_is_compared() -> None:
    windows, before = record({3: beat(p=-0.15)}, leads=2)
    found = likeness(windows, before, PEAK, RATE)
    assert found.shape == (30, len(names(2)))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("samples", [1, 20, 60])
def test_parts_outside_the_window_are_not_compared(samples: int) -> None:
    windows = np.random.default_rng(0).normal(size=(5, 1, samples)).astype(np.float32)
    found = likeness(windows, np.full(5, 0.8), 0, RATE)
    assert np.isfinite(found).all()
    assert not found[:, names().index("like resting p")].any()


@pytest.mark.parametrize("n", [0, 1])
def test_a_record_of_hardly_any_beats(n: int) -> None:
    found = likeness(np.zeros((n, 1, 144), np.float32), np.full(n, np.nan), PEAK, RATE)
    assert found.shape == (n, len(names()))
    assert np.isfinite(found).all()
