import pytest

from evenhand.modalities.beats.reading.units import millivolts


@pytest.mark.parametrize(
    "unit",
    [
        "uV",
        "UV",
        "uv",
        "µV",
        "μV",
        "ÂµV",
        "Î¼V",
        "ìV",
        "?V",
        "�V",
        "[µV]",
        "microvolts",
        "µVolt",
        "uVolts",
        "μvolts",
        "?Volts",
        "ÂµVolt",
        "\ufffdVolt",
    ],
)
def test_microvolts_in_every_spelling(unit: str) -> None:
    assert millivolts(unit) == 1e-3


@pytest.mark.parametrize(
    ("unit", "size"),
    [
        ("mV", 1),
        ("MV", 1),
        ("millivolt", 1),
        ("V", 1e3),
        ("volts", 1e3),
        ("nV", 1e-6),
        ("mVolt", 1),
        ("nVolts", 1e-6),
    ],
)
def test_other_units_of_voltage(unit: str, size: float) -> None:
    assert millivolts(unit) == size


@pytest.mark.parametrize("unit", ["mmHg", "NU", "", "?", "µ", "bpm", "µg"])
def test_what_is_no_voltage_has_no_size(unit: str) -> None:
    assert millivolts(unit) is None


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "mac_roman"])
def test_no_encoding_turns_micro_into_volts(encoding: str) -> None:
    for read_as in ("utf-8", "latin-1", "cp1252", "ascii"):
        assert millivolts("µV".encode(encoding).decode(read_as, errors="replace")) == 1e-3
