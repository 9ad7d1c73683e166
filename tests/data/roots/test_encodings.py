import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.data.roots.encodings import decode, guess

NAMES = {
    "cp866": ["Яблоки/яблоко_001.jpg", "груша.jpg", "кот.png", "щука", "Съёмка 2", "июль"],
    "cp1251": ["Яблоки/яблоко_001.jpg", "груша.jpg", "кот.png", "щука", "цех", "эхо"],
    "gbk": ["苹果/1.jpg", "香蕉/2.jpg", "螺栓", "垫圈", "葡萄", "向日葵", "训练集/猫.png"],
    "cp932": ["りんご/1.jpg", "バナナ/写真.jpg", "六角ボルト"],
    "big5": ["蘋果/1.jpg", "香蕉/2.jpg", "螺絲釘"],
    "euc_kr": ["사과/1.jpg", "바나나/2.jpg", "고양이", "강아지"],
    "cp437": ["Möhre/1.jpg", "café.png", "Größe"],
    "cp1252": ["Möhre/1.jpg", "café.png", "Größe", "Äpfel"],
    "utf-8": ["Яблоки", "苹果", "café", "😀.jpg", "ไทย", "עברית", "e\u0301"],
}


@pytest.mark.parametrize("encoding", NAMES)
def test_names_of_one_archive_are_read_rightly(encoding: str) -> None:
    raw = [name.encode(encoding) for name in NAMES[encoding]]
    assert [decode(name, guess(raw)) for name in raw] == NAMES[encoding]


@pytest.mark.parametrize("name", ["Яблоко", "ГРУША", "кот", "фото/собака_12.png", "Классы/Яблоки - красные/№1.jpg"])
def test_a_single_russian_name_is_enough(name: str) -> None:
    assert guess([name.encode("cp866")]) == "cp866"


@pytest.mark.parametrize("name", ["苹果", "香蕉", "螺栓", "训练集", "郁金香", "葡萄"])
def test_a_single_chinese_name_is_enough(name: str) -> None:
    assert guess([name.encode("gbk")]) == "gbk"


def test_plain_names_need_no_guess() -> None:
    assert guess([b"a.jpg", b"b/c.png"]) == "utf-8"
    assert guess([]) == "utf-8"


def test_bytes_that_mean_nothing_fall_back() -> None:
    assert guess([b"\xb0\xb1\xb2\xdb\x80"], default="cp437") == "cp437"


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_any_bytes_become_text(raws: list[bytes]) -> None:
    encoding = guess(raws)
    for raw in raws:
        assert decode(raw, encoding).isascii() or not raw.isascii()
