"""The tables and texts of a study folder: areas, residents, places, figures, study.toml.

Numbers and places are the same in both languages; only words differ. Nothing here carries a date
of the clock: the same arguments give the same bytes.
"""

import datetime
import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from .areas import Areas
from .beside import Point
from .figures import LACKS, Figures
from .names import KINDS, OTHER, ROWS, TENURES, TIERS, tier_of
from .people import Residents
from .places import Facility, Premise
from .projection import to_degrees
from .terrain import Land
from .texts import COLUMNS, DISTRICT, README, STATES, STUDY, TO_SUPPLY, YES_NO

_MADE = datetime.datetime(2026, 11, 1)  # any fixed day: a workbook must carry one
Cell = str | int | float


def write_areas(land: Land, areas: Areas, path: Path, *, language: str) -> None:
    """Write the subdistricts as GeoJSON in WGS 84."""
    name, kind = COLUMNS["areas"][language]
    kinds = {"zh": ("街道", "镇"), "en": ("subdistrict", "town")}[language]
    features = []
    for row, ring in zip(ROWS, areas.polygons(land), strict=True):
        corners = np.round(to_degrees(ring), 7)  # 1 cm
        features.append(
            {
                "type": "Feature",
                "properties": {name: row.label(language), kind: kinds[row.town]},
                "geometry": {"type": "Polygon", "coordinates": [corners.tolist()]},
            }
        )
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    title = json.dumps(DISTRICT[language], ensure_ascii=False)
    text = f'{{"type":"FeatureCollection","name":{title},"features":[\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def write_residents(residents: Residents, path: Path, *, language: str) -> None:
    """Write residents by subdistrict and age."""
    groups = (residents.all, residents.aged_60, residents.aged_65, residents.aged_80)
    rows: list[list[Cell]] = [
        [row.label(language), *(int(group[k]) for group in groups)] for k, row in enumerate(ROWS)
    ]
    _write_table(path, COLUMNS["residents"][language], rows, language=language)


def write_facilities(facilities: Sequence[Facility], path: Path, *, language: str) -> None:
    """Write the facilities, one row each: those of today, then those that are planned."""
    rows = _facility_rows(facilities, language)
    for facility, row in zip(facilities, rows, strict=True):
        tier = tier_of(facility.kind, facility.row)
        level = TIERS.get(tier, "") if language == "zh" else tier
        row += [_row_label(facility.row, language), level]
    _write_table(path, COLUMNS["facilities"][language], rows, language=language)


def write_neighbours(facilities: Sequence[Facility], path: Path, *, language: str) -> None:
    """Write the facilities of the districts around, one row each."""
    rows = _facility_rows(facilities, language)
    _write_table(path, COLUMNS["neighbours"][language], rows, language=language)


def _facility_rows(facilities: Sequence[Facility], language: str) -> list[list[Cell]]:
    degrees = np.round(to_degrees(np.array([f.place for f in facilities])), 7)
    rows: list[list[Cell]] = []
    for facility, (lon, lat) in zip(facilities, degrees.tolist(), strict=True):
        rows.append(
            [
                _facility_name(facility, language),
                KINDS[facility.kind][0] if language == "zh" else facility.kind,
                lon,
                lat,
                facility.capacity,
                facility.floor_area_m2,
                facility.storey,
                YES_NO[language][not facility.lift],
                facility.opened,
                STATES[language][facility.planned],
            ]
        )
    return rows


def write_fitness(points: Sequence[Point], path: Path, *, language: str) -> None:
    """Write the points for exercise, one row each."""
    degrees = np.round(to_degrees(np.array([p.place for p in points])), 7)
    rows: list[list[Cell]] = []
    for point, (lon, lat) in zip(points, degrees.tolist(), strict=True):
        row = ROWS[point.row]
        zh = f"示例{row.label('zh')}第{point.number}健身点"
        name = zh if language == "zh" else f"Demo {row.en} Fitness Point {point.number}"
        rows.append([name, lon, lat, row.label(language)])
    _write_table(path, COLUMNS["fitness"][language], rows, language=language)


def write_figures(figures: Figures, path: Path, *, language: str) -> None:
    """Write the district's own figures by subdistrict; some are to be supplied."""
    lacks = TO_SUPPLY[language]
    rows: list[list[Cell]] = []
    for k, row in enumerate(ROWS):
        cells: list[Cell] = [
            lacks if k in LACKS.get(field.name, ()) else int(getattr(figures, field.name)[k])
            for field in fields(Figures)
        ]
        rows.append([row.label(language), *cells])
    _write_table(path, COLUMNS["indicators"][language], rows, language=language)


def _row_label(row: int, language: str) -> str:
    if row == len(ROWS):
        return OTHER.zh if language == "zh" else OTHER.en
    return ROWS[row].label(language)


def _facility_name(facility: Facility, language: str) -> str:
    zh_kind, en_kind = KINDS[facility.kind]
    if facility.kind == "nursing_centre":
        return f"示例{zh_kind}" if language == "zh" else f"Demo {en_kind}"
    if facility.row < 0:
        zh = f"示例邻区第{facility.number}{zh_kind}"
        return zh if language == "zh" else f"Demo Neighbour {en_kind} {facility.number}"
    row = (*ROWS, OTHER)[facility.row]
    if language == "zh":
        where = "大学园区" if row is OTHER else row.label("zh")
        number = "" if facility.kind == "care_centre" else f"第{facility.number}"
        return f"示例{where}{number}{zh_kind}"
    where = "University Park" if row is OTHER else row.en
    number = "" if facility.kind == "care_centre" else f" {facility.number}"
    return f"Demo {where} {en_kind}{number}"


def write_premises(premises: Sequence[Premise], path: Path, *, language: str) -> None:
    """Write the premises for new sites, one row each."""
    degrees = np.round(to_degrees(np.array([p.place for p in premises])), 7)
    rows: list[list[Cell]] = []
    for premise, (lon, lat) in zip(premises, degrees.tolist(), strict=True):
        row = ROWS[premise.row]
        zh = f"示例{row.zh}备选用房{premise.number}号"
        rows.append(
            [
                zh if language == "zh" else f"Demo {row.en} Premises {premise.number}",
                lon,
                lat,
                row.label(language),
                premise.floor_area_m2,
                premise.storey,
                YES_NO[language][not premise.lift],
                TENURES[premise.tenure][language == "en"],
            ]
        )
    _write_table(path, COLUMNS["premises"][language], rows, language=language)


def _write_table(
    path: Path, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, language: str
) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": DISTRICT[language], "created": _MADE})
        head = book.add_format({"bold": True, "bottom": 1})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, len(columns) - 1, 14)
        sheet.write_row(0, 0, columns, head)
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, row)


def write_texts(folder: Path, *, language: str) -> Path:
    """Write README.txt and study.toml, and return the latter's path."""
    (folder / "README.txt").write_text(README[language], encoding="utf-8", newline="\n")
    study = folder / "study.toml"
    study.write_text(STUDY[language], encoding="utf-8", newline="\n")
    return study
