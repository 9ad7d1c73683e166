import pytest

from evenhand.base.errors import ConfigError
from evenhand.data.wfdb_calls import as_data_error, import_wfdb
from evenhand.modalities.beats.classes import ANNOTATIONS
from evenhand.settings.load import load


def faults(**beats: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load({"data": {"kind": "beats", "root": "."}, "beats": beats})
    return str(caught.value)


def test_faults_say_what_is_allowed() -> None:
    assert "two edges, the lower one first" in faults(band=[40.0, 0.5])
    assert "below half of sampling_rate" in faults(sampling_rate=60.0)
    assert "each from 0 to 5000" in faults(window=[-1.0, 300.0])
    assert "names a lead, or several by preference" in faults(leads=["MLII|"])
    assert 'the symbol "N" is in two classes' in faults(mapping={"a": ["N"], "b": ["N", "V"]})


def test_a_window_holds_some_samples() -> None:
    told = faults(sampling_rate=20.0, band=[], window=[10.0, 10.0])
    assert (
        "window holds 0 samples at sampling_rate = 20 Hz; at least 8 are needed: make it 400 ms or longer" in told
    )
    settings = load({"data": {"kind": "beats", "root": "."}, "beats": {"window": [0.0, 45.0]}})
    assert settings.kind_config.window == [0.0, 45.0]


def test_a_lead_is_asked_for_first_by_one_channel() -> None:
    for leads in (["MLII", "MLII"], ["MLII|V1", "V5", " mlii|V2"]):
        assert '"MLII" is the first choice of two channels, but a lead fills only one; name another' in faults(
            leads=leads
        )
    settings = load({"data": {"kind": "beats", "root": "."}, "beats": {"leads": ["V1|MLII", "MLII", "*", "*"]}})
    assert len(settings.kind_config.alternatives) == 4


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({}, "name at least one symbol"),
        ({"N": ["N"], "X": []}, 'the class "X" has no symbol; give it at least one, or remove the class'),
        ({" ": ["N"]}, "the name of a class is empty"),
        ({"N": ["N", ""]}, '"" is not a symbol of WFDB annotations, which are ! "'),
        ({"N": ["Normal"]}, '"Normal" is not a symbol of WFDB annotations'),
    ],
)
def test_a_class_without_a_symbol_is_told(mapping: dict[str, list[str]], words: str) -> None:
    assert words in faults(mapping=mapping)


def test_symbols_are_those_of_wfdb() -> None:
    with as_data_error("cannot be read"):
        import_wfdb()
        from wfdb.io.annotation import ann_label_table
    assert {symbol for symbol in ann_label_table["symbol"] if symbol.strip()} == ANNOTATIONS


def test_the_band_can_be_turned_off() -> None:
    assert load({"data": {"kind": "beats", "root": "."}, "beats": {"band": []}}).kind_config.band == []
