"""Detection of the legacy code page of short texts: the one that decodes them to words of one script.

Names in old archives and old tables carry no mark of their encoding and are far too short for the letter-pair
statistics of encoding detectors. The signs used here are coarse: a wrong code page gives box-drawing characters,
capitals in the middle of words, scripts mixed within a word, or rare characters.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

CANDIDATES = ("cp866", "gbk", "cp932", "big5", "euc_kr", "cp1251", "cp437", "cp850", "cp1252")
"""Code pages that are tried, likelier ones first; the first wins a tie."""

# Letters that make up about 90 % of Russian text.
_RUSSIAN = frozenset("оеаинтсрвлкмдпуяыьгзбчйхж")
# Among the most frequent characters of Chinese and Korean; they separate GBK from EUC-KR, whose bytes overlap.
_CHINESE = frozenset(
    "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天"
    "而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知果红白黑绿花水木"
    "树草叶鸟鱼狗猫马牛羊鸡车苹香梨桃瓜豆菜金火山石土类图片数据训练测试验证验集样本正常异常"
)
_KOREAN = frozenset(
    "이다는의에을가고지하기사로한인도나자리어를은시대들아부서만있일정라그전해수보으스장공주원상여동우유소조제구"
    "비마모성오안미신면과선무생요개국경게방실관민바진재적중년연명물문식회음양화학무새집개고양꽃나무사진자료훈련"
)
# Lead bytes of the common characters: these code pages sort their first level by use; rare characters come later.
_COMMON_LEADS = {"gbk": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "cp932": (0x88, 0x97)}


def guess(
    texts: Sequence[bytes],
    *,
    default: str = "cp437",
    least: float = 0.3,
    utf8_bonus: float = 0.8,
    most: int = 1000,
) -> str:
    """Return the most likely encoding of texts from one source.

    Parameters
    ----------
    texts
        Names or lines of one source, all assumed to be in the same encoding.
    default
        Returned if no candidate reaches `least`.
    least
        Lowest score (-1..1, the mean over non-ASCII characters) of an accepted candidate.
    utf8_bonus
        Added to the score of UTF-8, because text in another encoding is rarely valid UTF-8.
    most
        Most non-ASCII texts that are examined.

    Examples
    --------
    >>> guess(["Яблоки/груша".encode("cp866")]), guess(["苹果/香蕉".encode("gbk")])
    ('cp866', 'gbk')
    """
    examined = [text for text in texts if not text.isascii()][:most]
    if not examined:
        return "utf-8"
    found = [(_mean_score(examined, name), name) for name in CANDIDATES]
    score, name = max(found, key=lambda pair: pair[0])
    if _mean_score(examined, "utf-8") + utf8_bonus >= max(score, 0.0):
        return "utf-8"
    return name if score >= least else default


def plausibility(texts: Sequence[bytes], encodings: Sequence[str]) -> dict[str, float]:
    """Return how plausible texts are in each encoding in which all of them are valid, -1 to 1, best first.

    Examples
    --------
    >>> list(plausibility(["轴".encode("gbk")], ["gbk", "cp1251", "utf-8"]))
    ['cp1251', 'gbk']
    >>> [round(score, 2) for score in plausibility(["Фланец".encode("cp1251")], ["gbk", "cp1251"]).values()]
    [0.87, 0.38]
    """
    examined = [text for text in texts if not text.isascii()]
    found = {name: _mean_score(examined, name) for name in encodings}
    ranked = sorted(found.items(), key=lambda pair: -pair[1])
    return {name: score for name, score in ranked if score > -2.0}


def decode(text: bytes, encoding: str) -> str:
    """Return `text` decoded; undecodable bytes become backslash escapes."""
    return text.decode(encoding, errors="backslashreplace")


def _mean_score(texts: Sequence[bytes], encoding: str) -> float:
    points: list[float] = []
    for raw in texts:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            # below every possible mean, so that it never wins
            return -2.0
        points += [_char_score(char, encoding) for char in text if not char.isascii()]
        clashes = (_word_clash(*pair) for pair in itertools.pairwise(text))
        points += [clash for clash in clashes if clash]
    return sum(points) / len(points) if points else -2.0


def _word_clash(left: str, right: str) -> float:
    """Return a penalty for neighbours that do not fit in a word: a capital after a small letter, two scripts."""
    if not (left.isalpha() and right.isalpha()) or (left.isascii() and right.isascii()):
        return 0.0
    if left.islower() and right.isupper():
        return -1.0
    scripts = {_script(left), _script(right)}
    if len(scripts) == 1 or not scripts & {"CYRILLIC", "LATIN"}:
        return 0.0
    return -1.0 if "CYRILLIC" in scripts else -0.5


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    return unicodedata.name(char, "NONE").partition(" ")[0]


@lru_cache(maxsize=65536)
def _char_score(char: str, encoding: str) -> float:
    """Return how plausible a non-ASCII character is in a name: 1 for a common letter, -1 for no letter at all."""
    if not char.isalpha():
        none = ("Cc", "Co", "Cn") if encoding == "utf-8" else ("Cc", "Co", "Cn", "So", "Sm", "Sc", "Sk", "Zs")
        return -1.0 if unicodedata.category(char) in none else 0.0
    script = _script(char)
    if script == "CYRILLIC":
        low = 0.7 if char.isupper() else 1.0
        return low if char.lower() in _RUSSIAN else 0.6 if char.lower() in "эщшцюфёъіїєґў" else 0.0
    if script == "LATIN":
        return 0.4 if char.isupper() else 0.8
    if script in ("HIRAGANA", "KATAKANA"):
        return 1.0
    if script == "HANGUL":
        return 1.0 if char in _KOREAN else 0.6
    return _han_score(char, encoding) if script == "CJK" else 0.0


def _han_score(char: str, encoding: str) -> float:
    """Return the score of a Chinese character by its place in the code page, where common ones come first."""
    if encoding == "utf-8":
        return 0.75 if "一" <= char <= "鿿" else -0.5
    low, high = _COMMON_LEADS.get(encoding, (0x100, 0x100))
    raw = char.encode(encoding)
    if encoding == "gbk" and raw[-1] < 0xA1:
        return 0.1
    if not low <= raw[0] <= high:
        return 0.2
    return 1.0 if char in _CHINESE else 0.75
