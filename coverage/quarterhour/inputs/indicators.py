"""Indicators: the district's own figures by area, which the scorecard is reckoned from.

A figure that the table leaves out, or marks as not known (待补充, 不详, -), is unknown; it is never
taken for zero. Sizes are square metres, whatever unit of area the header names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.columns import units_of
from quarterhour.inputs.names import match_areas
from quarterhour.inputs.places import known_only
from quarterhour.inputs.positions import optional
from quarterhour.inputs.tables import (
    Sheet,
    find_columns,
    plainly,
    read_sheet,
    required_texts,
    synonyms,
    total_rows,
)
from quarterhour.inputs.units import scale_of

# A part, and the whole that it cannot exceed.
_PARTS = (
    ("communities_with_facility", "communities"), ("nursing_beds", "beds"),
    ("villages", "communities"), ("villages_with_point", "villages"),
)  # fmt: skip
_SQUARE_METRES = frozenset(("平方米", "平米", "m2", "sqm", "squaremetres"))
# A sum may differ from a stated total by this share: figures are rounded.
_TOLERANCE = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Indicators:
    """Figures by area, in the order of the study's areas; ``nan`` where unknown.

    Attributes
    ----------
    areas
        Name of each area.
    communities, communities_with_facility
        Communities and villages (社区、村), and those of them that have a facility.
    households
        Households.
    elder_care_land_m2
        Land for elder care (养老服务设施用地).
    service_floor_m2
        Floor area of facilities that serve communities (城乡社区综合服务设施面积).
    beds, nursing_beds
        Beds for elders, and those of them for nursing (护理型床位).
    villages, villages_with_point
        Those of the communities that are villages (行政村), and those of them that have a
        mutual-aid point (互助养老点).
    care_floor_m2
        Floor area of the elder-care facilities of communities (社区养老服务设施建筑面积).
    registered_elders
        Registered residents of 60 and more (户籍老年人口), who need not live there.
    """

    areas: tuple[str, ...]
    communities: NDArray[np.float64]
    communities_with_facility: NDArray[np.float64]
    households: NDArray[np.float64]
    elder_care_land_m2: NDArray[np.float64]
    service_floor_m2: NDArray[np.float64]
    beds: NDArray[np.float64]
    nursing_beds: NDArray[np.float64]
    villages: NDArray[np.float64]
    villages_with_point: NDArray[np.float64]
    care_floor_m2: NDArray[np.float64]
    registered_elders: NDArray[np.float64]

    def total(self, field: str) -> float:
        """Return the sum of a figure over all areas, ``nan`` where that of any is unknown."""
        return float(np.sum(getattr(self, field)))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area."""
        figures = {field: getattr(self, field) for field in FIELDS}
        return pd.DataFrame({"area": self.areas, **figures})


FIELDS = tuple(f.name for f in fields(Indicators) if f.name != "areas")


def read_indicators(
    path: Path,
    areas: Areas,
    *,
    aliases: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
) -> Indicators:
    """Read a table of indicators by area.

    Parameters
    ----------
    path
        Table with a column of areas and at least one of the figures; others may lack.
    areas
        Areas of the study.
    aliases
        Other names of areas.
    columns
        Headers by field (``area`` for the areas), where the synonym table does not know them.
    doubts
        Receives areas without a row, and totals that differ from their rows.

    Raises
    ------
    InputError
        With all faults: unknown or repeated areas, negative figures, more communities with a
        facility than communities, more beds for nursing than beds, units that are no area.
    """
    doubts = [] if doubts is None else doubts
    sheet = read_sheet(path, doubts=doubts)
    overrides = {("area_name" if k == "area" else k): v for k, v in (columns or {}).items()}
    found, faults = find_columns(
        sheet, ("area_name", *FIELDS), required=("area_name",), overrides=overrides
    )
    if not set(FIELDS) & set(found):
        values = {"found": ", ".join(map(str, sheet.frame.columns)),
                  "known": " / ".join(min(synonyms("column")[f], key=str.isascii)
                                      for f in FIELDS)}  # fmt: skip
        faults.append(Fault("facility.no_indicators", values, sheet.file, sheet.sheet))
    faults += _unit_faults(sheet, found)
    raise_if(faults)
    sheet = known_only(sheet, [found[f] for f in FIELDS if f in found])
    total = total_rows(sheet, found["area_name"])
    rows = sheet.take(~total)
    figures = {f: optional(rows, found[f], faults) for f in FIELDS if f in found}
    _report_totals(sheet.take(total), found, figures, doubts)
    area = _areas_of(rows, found["area_name"], areas, aliases or {}, faults)
    _check_parts(rows, found, figures, faults)
    raise_if(faults)
    lacking = [name for at, name in enumerate(areas.names) if at not in set(area.tolist())]
    if lacking:
        values = {"names": ", ".join(lacking)}
        key = "facility.area_without_indicators"
        doubts.append(Fault(key, values, sheet.file, sheet.sheet))
    by_area = {f: np.full(len(areas.names), np.nan) for f in FIELDS}
    for field, column in figures.items():
        by_area[field][area] = column
    return Indicators(areas=areas.names, **by_area)


def _unit_faults(sheet: Sheet, found: Mapping[str, str]) -> list[Fault]:
    """Find headers of areas in a unit that is none."""
    faults = []
    for field in FIELDS:
        if not field.endswith("_m2") or field not in found:
            continue
        header = found[field]
        for unit in units_of(header):
            if unit not in _SQUARE_METRES and scale_of(header) == 1:
                values = {"unit": unit}
                faults.append(Fault("facility.unit", values, sheet.file, sheet.sheet, None, header))
    return faults


def _areas_of(
    rows: Sheet, column: str, areas: Areas, aliases: Mapping[str, str], faults: list[Fault]
) -> NDArray[np.int32]:
    """Return the area of each row; unknown and repeated ones are faults."""
    names = required_texts(rows, column, faults)
    match = match_areas(names, areas.names, aliases=aliases)
    area = match.index
    seen: set[int] = set()
    for at, (name, row) in enumerate(zip(names, area.tolist(), strict=True)):
        if not name:
            continue
        if row < 0:
            key, values = match.fault_key(name), {"name": name, "near": match.near(name)}
            faults.append(rows.fault(key, values, at=at, column=column))
        elif row in seen:
            faults.append(rows.fault("input.twice", {"name": name}, at=at, column=column))
        seen.add(row)
    return area


def _check_parts(
    rows: Sheet,
    found: Mapping[str, str],
    figures: Mapping[str, NDArray[np.float64]],
    faults: list[Fault],
) -> None:
    for part, whole in _PARTS:
        if part not in figures or whole not in figures:
            continue
        for at in np.flatnonzero(figures[part] > figures[whole]).tolist():
            values = {"part": found[part], "many": plainly(figures[part][at]),
                      "whole": found[whole], "few": plainly(figures[whole][at])}  # fmt: skip
            faults.append(
                rows.fault("facility.part_above_whole", values, at=at, column=found[part])
            )


def _report_totals(
    totals: Sheet,
    found: Mapping[str, str],
    figures: Mapping[str, NDArray[np.float64]],
    doubts: list[Fault],
) -> None:
    """Compare a total with the sum of its rows, where all of them are known."""
    if len(totals.frame) != 1:
        return  # several totals are sums of blocks, and nothing says of which
    for field, column in figures.items():
        said, summed = optional(totals, found[field], []), float(column.sum())
        if np.isfinite(said[0] + summed) and abs(said[0] - summed) > _TOLERANCE * summed:
            values = {"group": found[field], "said": plainly(said[0]), "summed": plainly(summed)}
            doubts.append(totals.fault("input.total_differs", values, at=0, column=found[field]))
