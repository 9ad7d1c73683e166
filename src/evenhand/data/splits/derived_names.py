"""What a file name says about its origin: `shaft_rot90` was made from `shaft`.

A name says so by what stands at its end after a separator (`_rot90`, `_aug_3`, `_v2`, ` - Copy`), in the words of
programs that make copies: file managers in several languages, CAD programs, packages for augmentation. Bare numbers
say nothing: img_001 and img_002 are two pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evenhand.base.text.cells import spelling

LONGEST = 255
"""Longer names, which no file system writes, are taken as they are."""

_NUMBER = r"[-_.=]?\(?[-+]?\d+(?:[.,p]\d+)?\)?"
_ANGLE = rf"(?:(?:[-_]?[xyz])?{_NUMBER})?(?:[-_ ]?(?:°|度|deg(?:rees?)?))?"
_WAY = r"(?:horizontal(?:ly)?|vertical(?:ly)?|hv|xy|lr|ud|[xy][-_]?axis|[hvxy])"
# Words that say so alone, with a number or without.
_CHANGES = rf"""
(?:(?:rand|auto)?aug(?:ment(?:ed|ation)?)? | augmix | transform(?:ed)? | affine | elastic | transposed?
| translated? | shifted | shear(?:ed)? | skew(?:ed)? | warp(?:ed)? | distort(?:ed)? | perturb(?:ed)?
| jit(?:ter(?:ed)?)?
| (?:rand(?:om)?[-_]?)?crop(?:ped)? | zoom(?:ed)? | synth(?:etic)? | inverted | (?:re)?scaled | gr[ae]yscale
| (?:gauss(?:ian)?[-_]?)?(?:nois[ey]|blur(?:red)?)
)(?:{_NUMBER})?
| (?:c?cw[-_]?)?rot(?:at(?:ed?|ion))?[-_]?(?:c?cw)?{_ANGLE}(?:[-_]?c?cw)? | (?:turned|angle){_NUMBER}(?:°|deg)?
| c?cw[-_]?\d+ | \d+[-_]?(?:°|deg(?:rees?)?)(?:[-_]?c?cw)? | \d+[-_]?c?cw
| (?:{_WAY}[-_]?)?(?:flip(?:p?ed)?|mirror(?:ed)?)(?:[-_]?{_WAY})?(?:{_NUMBER})? | mir[-_]?[hvxy]
| scal(?:e|ing){_NUMBER}(?:x|%|pct)? | resized?(?:[-_]?\d+(?:x\d+)?)? | shift[-_]?[hvxy]?{_NUMBER}
| (?:bright(?:ness|en(?:ed)?)?|contrast|gamma){_NUMBER}
| (?:gespiegelt|gedreht|miroir|espejo) (?:{_NUMBER})? | drehung{_NUMBER}
| (?:поворот|повернут\w?|зеркал\w{{0,4}}|отражени[ея]|отражен\w{{0,2}}){_ANGLE}
"""
# "v" alone, or a word of German such as "rot", would be ordinary: hence the numbers.
_VERSIONS = rf"""
(?:v|ver|version|верси[яи]|вер|ред|изм)[-_.\ ]?\d+(?:[._]\d+)*[a-z]?
| (?:rev|revision)[-_.\ ]?(?:\d+(?:[._]\d+)*|[a-z]\d*)
| (?:final | backup | bak | edit(?:ed)? | (?:re)?saved | recover(?:ed)? | modif(?:ied)? | orig(?:inal)?
| dup(?:e|l|licate)?) (?:{_NUMBER})?
"""
_WORDS = r"""
cop(?:y|ie) | kop(?:ie|ia|i|io|ya) | c[oó]pia | másolat | коп(?:ия|ія|ие) | bản\ sao | αντιγραφή
"""
# Written without a separator too.
_CJK = r"""
[的の]?(?:副本|复本|複本|复制|複製|复件|拷贝|拷貝|备份|備份|コピー|복사본|사본)
| 旋[转轉] | 回転 | 회전 | [镜鏡]像 | 翻[转轉] | 反転 | 増強 | 增[强強] | 修[改订訂] | 最[终終]版
| 第\d+版 | 版本\d+
"""
_SUFFIX = re.compile(
    rf"""(?:[-_.\ –—+]+ | (?<=[\w)])(?=\( | {_CJK}))
    \(?(?:
    {_CHANGES} | {_VERSIONS}
    | (?:{_WORDS})[-_\ ]*(?:\(?\d+\)?)?
    | (?:{_CJK})[-_\ ]*(?:[(（]?\d+[)）]?)?[度°]?
    )\)?$""",
    re.VERBOSE,
)
# Exports of Roboflow: shaft_jpg.rf.0123456789abcdef0123456789abcdef
_ROBOFLOW = re.compile(r"[._](?:jpe?g|png|bmp|webp|tiff?)\.rf\.[0-9a-z]{16,}$")
_PREFIX = re.compile(
    r"""^(?:
    (?:copy|kopie|copie|c[oó]pia|kopi)(?:\ \(\d+\))?\ (?:of|von|van|de|di|da|af|av)
    | (?:копия|копія|副本|复件|複件|コピー|복사본)(?:\ \(\d+\))?(?:\ ～)?
    | aug(?:mented)?\d* | rot(?:ated)?\d+ | rotated | [hv]?flip(?:ped)?
    )[-_ ]+""",
    re.VERBOSE,
)
_NUMBERED = re.compile(r"[-_ ]?[(（\[]\d{1,3}[)）\]]$")


def base_name(name: str, taken: Iterable[str] = ()) -> str:
    """Return the name that a file name (without its suffix) says it was derived from, or the name itself.

    Parameters
    ----------
    name
        A name, whose case is ignored.
    taken
        Names beside it, in lower case. "x (2)" is a copy of "x" only if that is there: whole folders are
        numbered so.

    Examples
    --------
    >>> [base_name(name) for name in ("shaft_12_rot90_flip", "Lime 3 - Copy (2)", "img_001", "part-2", "轴-副本")]
    ['shaft_12', 'lime 3', 'img_001', 'part-2', '轴']
    >>> base_name("x (2)"), base_name("x (2)", ["x"])
    ('x (2)', 'x')
    """
    name = folded(name)
    if len(name) > LONGEST:
        return name
    while True:
        shorter = _shortened(name, taken)
        if shorter == name:
            return name
        name = shorter


def folded(name: str) -> str:
    """Return a name in the spelling in which names are compared."""
    return spelling(name).casefold()


def unnumbered(name: str) -> str:
    """Return a folded name without a number in brackets at its end, or "" if there is none.

    >>> unnumbered("x (2)"), unnumbered("x_2")
    ('x', '')
    """
    plain = _NUMBERED.sub("", name).strip()
    return plain if plain != name else ""


def _shortened(name: str, taken: Iterable[str]) -> str:
    for pattern in (_SUFFIX, _ROBOFLOW, _PREFIX):
        shorter = pattern.sub("", name).strip()
        # a name that consists of such words ("copy", "v2") is a name
        if shorter and shorter != name and re.search(r"\w", shorter):
            return shorter
    plain = unnumbered(name)
    return plain if plain and (plain in taken or _shortened(plain, ()) != plain) else name
