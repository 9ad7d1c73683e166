import pytest

from evenhand.base.errors import ConfigError
from evenhand.settings import load


def faults(**beats: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load({"data": {"kind": "beats", "root": "."}, "beats": beats})
    return str(caught.value)


def test_faults_say_what_is_allowed() -> None:
    assert "two edges, the lower one first" in faults(band=[40.0, 0.5])
    assert "below half of sampling_rate" in faults(sampling_rate=60.0)
    assert "each 0 to 5000" in faults(window=[-1.0, 300.0])
    assert "names a lead, or several by preference" in faults(leads=["MLII|"])
    assert 'the symbol "N" stands in two classes' in faults(mapping={"a": ["N"], "b": ["N", "V"]})


def test_the_band_can_be_turned_off() -> None:
    assert load({"data": {"kind": "beats", "root": "."}, "beats": {"band": []}}).own.band == []
