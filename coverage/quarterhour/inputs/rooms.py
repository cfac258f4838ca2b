"""Rooms: what facilities and premises both say about the rooms they have.

A *storey* counts from 1 at street level; -1 is the first basement, and there is no storey 0. Of
several storeys the one nearest the street counts, because that is where one comes in.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.positions import optional
from quarterhour.inputs.tables import Sheet, texts, yes_no

MOST_STOREYS = 150
FIELDS = ("floor_area_m2", "storey", "lift", "step_free", "tenure", "address")
_DIGITS = {sign: n for n, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_PART = re.compile(
    r"(?P<below>负|地下|BASEMENT|B|-)?第?(?:F|L|LEVEL|FLOOR)?"
    r"(?P<n>\d{1,3}(?:\.0+)?|[零〇一二两三四五六七八九十]{1,3})"
    r"(?:ST|ND|RD|TH)?(?:层|楼|FLOOR|STOREY|F)?"
    r"|(?P<street>首层|底层|底楼|临街|平街层?|整栋|整幢|独栋|GROUND(?:FLOOR)?|GF?)"
)
_BETWEEN = re.compile(r"(?P<range>[-~—–至到])|[、,/和及&+;]")


@dataclass(frozen=True, slots=True, eq=False)
class Rooms:
    """What is known of the rooms; one entry per record, as in ``Facilities``."""

    floor_area_m2: NDArray[np.float64]
    storey: NDArray[np.float64]
    lift: NDArray[np.int8]
    step_free: NDArray[np.int8]
    tenure: tuple[str, ...]
    address: tuple[str, ...]


def read_rooms(sheet: Sheet, found: Mapping[str, str], faults: list[Fault]) -> Rooms:
    """Return what a table says about rooms.

    Parameters
    ----------
    sheet, found
        The table, and the headers of its fields.
    faults
        Receives negative areas, storeys that are none, and answers that are neither yes nor no.
    """
    return Rooms(
        floor_area_m2=optional(sheet, found.get("floor_area_m2"), faults),
        storey=read_storeys(sheet, found.get("storey"), faults),
        lift=yes_no(sheet, found.get("lift"), faults=faults),
        step_free=yes_no(sheet, found.get("step_free"), faults=faults),
        tenure=texts(sheet, found.get("tenure")),
        address=texts(sheet, found.get("address")),
    )


def read_storeys(sheet: Sheet, column: str | None, faults: list[Fault]) -> NDArray[np.float64]:
    """Return the storey of each record, ``nan`` where unknown; what is no storey is a fault."""
    out = np.full(len(sheet.frame), np.nan)
    for at, text in enumerate(texts(sheet, column)):
        if not text:
            continue
        storey = storey_of(text)
        if storey is None:
            values = {"value": text}
            faults.append(sheet.fault("facility.not_a_storey", values, at=at, column=column or ""))
        else:
            out[at] = storey
    return out


def storey_of(text: str) -> int | None:
    """Return the storey that a text names, or ``None`` where it names none.

    Examples
    --------
    >>> storey_of("3楼"), storey_of("1-2层"), storey_of("负一层"), storey_of("B1至3F")
    (3, 1, -1, 1)
    """
    said = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    storeys: list[int] = []
    at, spans = 0, False
    while part := _PART.match(said, at):
        storey = 1 if part["street"] else _number(part["n"])
        if not 1 <= storey <= MOST_STOREYS:
            return None
        storeys.append(-storey if part["below"] else storey)
        if spans and storeys[-2] < 0 < storeys[-1]:
            storeys.append(1)  # a range from a basement upwards passes the street
        at = part.end()
        if at == len(said):
            return min(storeys, key=lambda s: (abs(s), s < 0))
        between = _BETWEEN.match(said, at)
        if between is None:
            return None
        at, spans = between.end(), between["range"] is not None
    return None


def _number(text: str) -> int:
    """Return a number below a hundred that is written in digits or in Chinese."""
    if text[0].isdigit():
        return int(float(text))
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS[sign]) for sign in text))
    # More than one sign on a side of the ten, as in 十五六, is no number.
    high, low = _DIGITS.get(tens, -1) if tens else 1, _DIGITS.get(ones, -1) if ones else 0
    return 10 * high + low if min(high, low) >= 0 else 0
