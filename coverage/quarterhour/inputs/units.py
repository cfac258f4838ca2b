"""Units of a table: what stands in brackets or last in a header, and behind a number in a cell.

A *unit* is a word such as 人 or ㎡; a *scale* is what its numbers are multiplied by (10,000 for
万人). A scale is used only where it is written out; a unit that the column does not have is no
number.
"""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from quarterhour.inputs.columns import meaning, units_of, without_unit

_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "十万": 100_000, "百万": 1_000_000,
           "千万": 10_000_000, "亿": 100_000_000}  # fmt: skip
# Words that a scale may stand before; 千米 and 百分比 are words of their own.
_COUNTED = ("", "人", "口", "名", "位", "人次", "户", "元", "张", "床", "个", "座", "处", "栋",
            "平方米", "平米", "m2", "persons", "people")  # fmt: skip
# Sizes of land, in square metres.
_LAND = {"公顷": Decimal(10_000), "ha": Decimal(10_000), "亩": Decimal(10_000) / 15,
         "平方公里": Decimal(1_000_000), "km2": Decimal(1_000_000)}  # fmt: skip
# Words behind a number that say no more than the field itself does.
_PEOPLE = ("人", "口", "名", "位", "people", "persons")
_PLACES = ("张", "床", "个", "座", "位", "人", "beds", "seats")
_SQUARE_METRES = ("平方米", "平米", "m2")
_MONEY = ("元", "cny", "yuan", "rmb")
_PLAIN = {"capacity": _PLACES, "beds": _PLACES, "nursing_beds": _PLACES, "seats": _PLACES,
          "households": ("户", "households"), "build_cost": _MONEY,
          "yearly_cost": _MONEY}  # fmt: skip
_SCALED = re.compile(f"({'|'.join(sorted(_SCALES, key=len, reverse=True))})({'|'.join(_COUNTED)})")
# A unit without brackets at the end of a header: 常住人口/万人, 用地面积公顷. Behind a figure it is
# that figure's, and behind a word of rates it is what something is counted per.
_AT_END = re.compile(
    rf"(?P<what>.*?[^\d./_:,;、|-])(?P<mark>[/_:,;、|-]?)(?P<unit>{_SCALED.pattern}|{'|'.join(_LAND)})"
)
# What is counted by the year is counted in the same unit: 万元/年.
_BY_YEAR = re.compile("[/每]年$")
_RATE = re.compile("每|占|比|率|密度")
# After a slash a unit may be what these are counted per: 床位/千人, 人/公顷.
_PER_PEOPLE = re.compile("床|座|张|处|个|设施|机构|户|元|面积|beds|seats")
_PER_LAND = re.compile("人|口|户|床|座|设施|people|population|residents")
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_WITH_UNIT = re.compile(rf"({_NUMBER})\s*([^\d\s.,].*)?", re.ASCII)


def scale_of(header: object) -> Decimal:
    """Return what the numbers below a header are multiplied by; 1 where it names no scale."""
    unit = scaled_unit(header)
    if unit in _LAND:
        return _LAND[unit]
    found = _SCALED.fullmatch(unit)
    return Decimal(_SCALES[found[1]] if found else 1)


def scaled_unit(header: object) -> str:
    """Return the unit with a scale that a header names, in brackets or last; empty without one."""
    units = (*units_of(header), _unit_at_end(_BY_YEAR.sub("", without_unit(header))))
    units = tuple(_BY_YEAR.sub("", unit) for unit in units)
    return next((unit for unit in units if unit in _LAND or _SCALED.fullmatch(unit)), "")


def _unit_at_end(bare: str) -> str:
    found = _AT_END.fullmatch(bare)
    if found is None or _RATE.search(found["what"]):
        return ""
    what, mark, unit = found["what"], found["mark"], found["unit"]
    if not mark and (unit in _SCALES or unit.isascii()):
        return ""  # 秋千, Alpha: the end of a word
    if mark == "/" and unit.endswith(_PEOPLE):
        return "" if _PER_PEOPLE.search(what) else unit
    if mark == "/" and (unit in _LAND or unit.endswith(_SQUARE_METRES)):
        return "" if _PER_LAND.search(what) else unit
    return unit


def scale_in(text: str) -> str:
    """Return the unit of a line such as 单位：万人 where it names a scale; else an empty text."""
    bare = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    for said in re.findall(r"(?<!制表)(?<!填报)(?<!填表)(?<!主管)单位[:：]([^,;，；。()]*)", bare):
        if said.lower() in _LAND or _SCALED.fullmatch(said.lower()):
            return str(said)
    return ""


def number_in(text: str, header: object) -> float:
    """Return the number that a text below a header says; ``nan`` where it says none.

    ``1,234``, ``１２３`` and ``1.2万`` are numbers. A unit behind the number must be the column's.
    """
    found = _WITH_UNIT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return float("nan")
    number, unit = found[1].replace(",", ""), (found[2] or "").lower()
    scale, own, plain = _units_below(str(header))
    if not unit or unit in own:
        return _times(number, scale)
    said = _SCALED.fullmatch(unit)
    if said and scale == 1 and said[2] in ("", *plain):
        return _times(number, Decimal(_SCALES[said[1]]))
    return float(number) if scale == 1 and unit in plain else float("nan")


def _times(number: str, scale: Decimal) -> float:
    try:
        return float(Decimal(number) * scale)
    except ArithmeticError:  # 1e999999999: no number that anybody counts with
        return float("inf")


@lru_cache(maxsize=1024)
def _units_below(header: str) -> tuple[Decimal, tuple[str, ...], tuple[str, ...]]:
    """Return the scale of a header, its own units, and the unit words that say nothing new."""
    own = (*units_of(header), scaled_unit(header))
    bare = without_unit(header)
    field = meaning(bare, "column") or ""
    if meaning(bare, "group"):
        plain: tuple[str, ...] = _PEOPLE
    else:
        plain = _SQUARE_METRES if field.endswith("_m2") else _PLAIN.get(field, ())
    return scale_of(header), own, (*units_of(header), *plain)
