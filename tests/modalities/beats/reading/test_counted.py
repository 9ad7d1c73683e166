"""Counters of beats, from the facts in headers."""

import pandas as pd

from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.counted import counted

FACTS = pd.DataFrame({"rate_hz": [180.0, 360.0, 70.0], "leads": ["MLII+V5", "V5+V2", "MLII"]})


def test_other_rates_other_leads_and_bands_beyond_the_rate_are_counted():
    values = counted(FACTS, BeatsConfig(leads=["MLII|V5"]))
    assert values.tolist() == [[0, 0, 0], [1, 1, 0], [1, 0, 1]]


def test_without_a_band_or_an_alternative_nothing_of_them_acts():
    assert counted(FACTS, BeatsConfig(band=[])).tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0]]


def test_windows_cut_elsewhere_count_nothing():
    assert counted(pd.DataFrame({"windows": [3]}), BeatsConfig()) is None
