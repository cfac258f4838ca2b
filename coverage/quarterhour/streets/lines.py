"""A bureau's line layer: streets drawn in a GIS become streets of OpenStreetMap's kind.

A *row* is a feature of the layer, a *line* one of its parts. A *class word* is what the layer
calls a street's kind; ``_data/synonyms.toml`` says which ``highway`` it means, and which tags come
with it (人行天桥 is a footway on a bridge). What the words do not say is in ``columns`` of the
study. How lines are made to meet stands in :mod:`~quarterhour.streets.noding`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.datum import choose_plane, is_code, is_degrees
from quarterhour.inputs.tables import (
    Sheet,
    find_columns,
    is_blank,
    meaning,
    numbers,
    plainly,
    read_sheet,
    texts,
    yes_no,
)
from quarterhour.streets.extracts import (
    MadeStreets,
    made_extract,
    middle_of,
    some_words,
    tell,
    word_counts,
)
from quarterhour.streets.noding import Noded, node_lines
from quarterhour.streets.places import GAP_M, Drawn
from quarterhour.studytables import DatumName

FIELDS = (
    "class", "name", "bridge", "tunnel", "layer", "steps", "access", "private", "foot", "incline",
)  # fmt: skip
UNKNOWN_CLASS = "road"
_LINES = ("LineString", "LinearRing", "MultiLineString")


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Lines of the rows: row of each, offsets, WGS 84 degrees (n, 2) and heights (n,)."""

    row: NDArray[np.int64]
    offset: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    z_m: NDArray[np.float64]
    flat_rows: int
    dots: int


@dataclass(frozen=True, slots=True, eq=False)
class _Strange:
    """What was not understood: words for class and access, and step counts off stairs."""

    classes: Counter[str]
    access: Counter[str]
    steps: int


def read_lines(
    path: Path,
    *,
    datum: DatumName = "wgs84",
    columns: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
) -> MadeStreets:
    """Read a layer of lines as an extract.

    Parameters
    ----------
    path
        GeoPackage, shapefile, GeoJSON or GeoParquet, in any system that it names.
    datum
        The system in metres of a layer that names none; degrees are left as they stand.
    columns
        Header of a field (``class``, ``name``, ``bridge``, ``tunnel``, ``layer``, ``steps``,
        ``access``, ``private``, ``foot``, ``incline``), where the synonyms do not know it.
    doubts
        Receives what was taken for something else or put right.

    Raises
    ------
    InputError
        If there is no column of classes or no class in it is known, or if a row is no line, has
        no place, or holds what cannot be understood; all faults together.
    """
    with np.errstate(invalid="ignore"):  # coordinates that are none get a fault with their row
        sheet = read_sheet(path, datum=datum if is_code(datum) else "wgs84", doubts=doubts)
    found, faults = find_columns(
        sheet, FIELDS, required=("class",), table="street_column", overrides=columns
    )
    faults += [
        Fault("streets.unknown_field", {"field": name, "known": ", ".join(FIELDS)}, path.name)
        for name in sorted(set(columns or ()) - set(FIELDS))
    ]
    if sheet.geometry is None or not _has_lines(sheet):
        raise InputError(Fault("streets.no_lines", file=path.name))
    faults += _shape_faults(sheet)
    tags, strange = _row_tags(sheet, found, faults)
    raise_if(faults)
    parts = _parts(sheet)
    if len(parts.row) == 0:
        raise InputError(Fault("streets.no_lines", file=path.name))
    drawn, noded, lonlat = _meet(parts, tags)
    way_tags = _part_tags(parts, drawn, tags)
    z_m = np.where(noded.vertex >= 0, parts.z_m[noded.vertex], np.nan)
    figures: dict[str, object] = {
        "rows": len(sheet.frame), "crossings_noded": noded.crossings,
        "touches_noded": noded.touches, "gaps_joined": noded.gaps, "layers_apart": noded.apart,
        "unknown_classes": strange.classes.total(),
        "unknown_class_words": word_counts(strange.classes),
        "unknown_access": strange.access.total(),
        "unknown_access_words": word_counts(strange.access), "steps_ignored": strange.steps,
        "lines_without_length": parts.dots, "rows_at_height_zero": parts.flat_rows,
    }  # fmt: skip
    tell(doubts, _doubts(path.name, figures, strange))
    extract = made_extract(way_tags, noded.offset, noded.node, lonlat=lonlat, z_m=z_m)
    return MadeStreets(extract, figures)


def _has_lines(sheet: Sheet) -> bool:
    """Tell whether any row is a line: a layer of areas is another file, and one fault."""
    shapes: NDArray[np.object_] = np.asarray(sheet.geometry, object)
    return any(getattr(shape, "geom_type", "") in _LINES for shape in shapes)


def _shape_faults(sheet: Sheet) -> list[Fault]:
    """Find rows that are no lines, are empty, or lie nowhere."""
    shapes: NDArray[np.object_] = np.asarray(sheet.geometry, object)
    faults = []
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for at in np.flatnonzero(empty).tolist():
        faults.append(sheet.fault("streets.empty_line", {}, at=at))
    kinds = np.array([str(getattr(s, "geom_type", "")) for s in shapes], object)
    for at in np.flatnonzero(~empty & ~np.isin(kinds, _LINES)).tolist():
        faults.append(sheet.fault("streets.not_a_line", {"kind": kinds[at]}, at=at))
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    wrong = ~(np.isfinite(xy).all(axis=1) & is_degrees(xy[:, 0], xy[:, 1]))
    bad, first = np.unique(row[wrong], return_index=True)
    for at, (lon, lat) in zip(bad.tolist(), xy[wrong][first].tolist(), strict=True):
        values = {"lon": plainly(lon), "lat": plainly(lat)}
        faults.append(sheet.fault("streets.line_not_degrees", values, at=at))
    return sorted(faults, key=lambda fault: fault.row or 0)


def _parts(sheet: Sheet) -> _Parts:
    """Take rows apart into lines; a line without length is left out and counted."""
    lines, row = shapely.get_parts(np.asarray(sheet.geometry, object), return_index=True)
    xyz, line = shapely.get_coordinates(lines, include_z=True, return_index=True)
    fresh = np.concatenate([[True], (np.diff(line) != 0) | (np.diff(xyz[:, :2], axis=0) != 0).any(
        axis=1)])  # fmt: skip
    xyz, line = xyz[fresh], line[fresh]
    count = np.bincount(line, minlength=len(lines))
    long = count > 1
    xyz, line, count = xyz[long[line]], line[long[line]], count[long]
    heights = np.where(np.isfinite(xyz[:, 2]), xyz[:, 2], np.nan)
    # Programs write height 0 where they know none: a row all at 0 has no heights.
    owner = row[line]
    with_height = np.bincount(owner, np.isfinite(heights), minlength=len(sheet.frame)) > 0
    raised = np.bincount(owner, np.nan_to_num(heights) != 0, minlength=len(sheet.frame)) > 0
    flat = with_height & ~raised
    heights[flat[owner]] = np.nan
    offset = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return _Parts(row[long], offset, xyz[:, :2], heights, int(flat.sum()), int((~long).sum()))


def _row_tags(
    sheet: Sheet, found: Mapping[str, str], faults: list[Fault]
) -> tuple[list[dict[str, str]], _Strange]:
    """Return tags per row, and what was not understood."""
    words = texts(sheet, found.get("class"))
    known = {word: meaning(word, "highway") for word in sorted(set(words))}
    unknown = Counter(word for word in words if known[word] is None)
    if "class" in found and not any(known.values()):
        values = {"words": some_words(unknown)}
        faults.append(
            Fault("streets.no_known_class", values, sheet.file, sheet.sheet, None, found["class"])
        )
    tags = [_class_tags(known[word]) for word in words]
    for key in ("bridge", "tunnel"):
        _flag(sheet, found.get(key), key, tags, faults)
    for of, name in zip(tags, texts(sheet, found.get("name")), strict=True):
        if name:
            of["name"] = name
    _layer(sheet, found.get("layer"), tags, faults)
    shut_out = _access(sheet, found, tags, faults)
    _incline(sheet, found.get("incline"), tags)
    return tags, _Strange(unknown, shut_out, _steps(sheet, found.get("steps"), tags, faults))


def _class_tags(field: str | None) -> dict[str, str]:
    """Return the tags that a class means: the first word is the highway, the others say yes."""
    highway, *others = (field or UNKNOWN_CLASS).split()
    return {"highway": highway} | dict.fromkeys(others, "yes")


def _flag(
    sheet: Sheet,
    column: str | None,
    key: str,
    tags: list[dict[str, str]],
    faults: list[Fault],
) -> None:
    """Read bridge or tunnel: yes, no, or a value of OpenStreetMap."""
    for at, cell in enumerate(texts(sheet, column)):
        said = (meaning(cell, "yes") or meaning(cell, "street_flag")) if cell else None
        if said == "no":
            tags[at].pop(key, None)
        elif said is not None:
            tags[at][key] = said
        elif cell:
            values = {"value": cell}
            faults.append(sheet.fault("input.not_yes_no", values, at=at, column=column or ""))


def _layer(
    sheet: Sheet, column: str | None, tags: list[dict[str, str]], faults: list[Fault]
) -> None:
    if column is None:
        return
    values = numbers(sheet, column, faults=faults)
    for at in np.flatnonzero(np.isfinite(values)).tolist():
        if not values[at].is_integer():
            said = {"value": plainly(values[at])}
            faults.append(sheet.fault("streets.not_whole", said, at=at, column=column))
        elif values[at]:
            tags[at]["layer"] = plainly(values[at])


def _access(
    sheet: Sheet, found: Mapping[str, str], tags: list[dict[str, str]], faults: list[Fault]
) -> Counter[str]:
    """Read who may walk, and return the words that nobody knows: they shut nobody out.

    A column that only says private counts where access says nothing.
    """
    unknown: Counter[str] = Counter()
    for key in ("access", "foot"):
        column = found.get(key)
        for at, cell in enumerate(texts(sheet, column)):
            said = meaning(cell, "street_access") if cell else ""
            if said:
                tags[at][key] = said
            elif said is None:
                unknown[cell] += 1
    for at in np.flatnonzero(yes_no(sheet, found.get("private"), faults=faults) == 1).tolist():
        tags[at].setdefault("access", "private")
    return unknown


def _incline(sheet: Sheet, column: str | None, tags: list[dict[str, str]]) -> None:
    """Hand inclines on in OpenStreetMap's words; a bare number has its header's unit, else %."""
    if column is None:
        return
    unit = "°" if "°" in column else "%"
    for at, cell in enumerate(sheet.frame[column]):
        if is_blank(cell):
            continue
        text = str(cell).strip().replace("％", "%")
        try:
            tags[at]["incline"] = f"{float(text):g}{unit}"
        except ValueError:
            tags[at]["incline"] = {"上": "up", "下": "down"}.get(text, text)


def _steps(
    sheet: Sheet, column: str | None, tags: list[dict[str, str]], faults: list[Fault]
) -> int:
    """Read step counts; return how many stand on rows that are no stairs."""
    if column is None:
        return 0
    values = numbers(sheet, column, faults=faults)
    ignored = 0
    for at in np.flatnonzero(np.isfinite(values) & (values != 0)).tolist():
        if values[at] < 0:
            said = {"value": plainly(values[at])}
            faults.append(sheet.fault("input.negative", said, at=at, column=column))
        elif not values[at].is_integer():
            said = {"value": plainly(values[at])}
            faults.append(sheet.fault("streets.not_whole", said, at=at, column=column))
        elif tags[at].get("highway") != "steps":
            ignored += 1
        else:
            tags[at]["step_count"] = plainly(values[at])
    return ignored


def _meet(parts: _Parts, tags: list[dict[str, str]]) -> tuple[Drawn, Noded, NDArray[np.float64]]:
    """Let lines meet in a plane of their own; return the degrees of the nodes."""
    plane = choose_plane(*middle_of(parts.lonlat))
    level, lifted = np.zeros(len(tags), np.int64), np.zeros(len(tags), bool)
    for at, of in enumerate(tags):
        bridge = of.get("bridge", "no") != "no"
        tunnel = of.get("tunnel", "no") not in ("no", "building_passage")
        lifted[at] = bridge or tunnel
        level[at] = int(of.get("layer", int(bridge) - int(tunnel)))
    xy = plane.to_xy(parts.lonlat[:, 0], parts.lonlat[:, 1])
    drawn = Drawn(parts.offset, xy, level[parts.row], lifted[parts.row])
    noded = node_lines(drawn)
    # Nodes that were drawn keep their degrees to the last digit.
    lonlat = parts.lonlat[noded.vertex]
    moved = np.isfinite(noded.moved_xy_m[:, 0])
    if moved.any():
        lonlat[moved] = plane.to_lonlat(noded.moved_xy_m[moved])
    return drawn, noded, lonlat


def _part_tags(parts: _Parts, drawn: Drawn, tags: list[dict[str, str]]) -> list[Mapping[str, str]]:
    """Return tags per line; the steps of a row in several parts are shared by length."""
    several = np.bincount(parts.row, minlength=len(tags)) > 1
    if not any(several[at] and "step_count" in of for at, of in enumerate(tags)):
        return [tags[row] for row in parts.row.tolist()]
    step = np.hypot(*np.diff(drawn.xy_m, axis=0).T)
    step[parts.offset[1:-1] - 1] = 0.0
    length = np.add.reduceat(np.concatenate([step, [0.0]]), parts.offset[:-1])
    whole = np.bincount(parts.row, length, minlength=len(tags))
    out: list[Mapping[str, str]] = []
    for part, row in enumerate(parts.row.tolist()):
        of = tags[row]
        if several[row] and "step_count" in of:
            share = int(of["step_count"]) * length[part] / whole[row]
            of = {**of, "step_count": str(max(1, round(share)))}
        out.append(of)
    return out


def _doubts(file: str, figures: Mapping[str, object], strange: _Strange) -> list[Fault]:
    """Return what a planner should look at."""
    found = []
    values: dict[str, object]
    if words := strange.classes:
        values = {"count": words.total(), "words": some_words(words)}
        found.append(Fault("streets.unknown_classes", values, file))
    if words := strange.access:
        values = {"count": words.total(), "words": some_words(words)}
        found.append(Fault("streets.unknown_access", values, file))
    if count := figures["crossings_noded"]:
        found.append(Fault("streets.crossings_noded", {"count": count}, file))
    if count := figures["gaps_joined"]:
        values = {"count": count, "metres": f"{GAP_M:g}"}
        found.append(Fault("streets.gaps_joined", values, file))
    if count := figures["layers_apart"]:
        found.append(Fault("streets.layers_apart", {"count": count}, file))
    if count := figures["steps_ignored"]:
        found.append(Fault("streets.steps_ignored", {"count": count}, file))
    if count := figures["lines_without_length"]:
        found.append(Fault("streets.lines_without_length", {"count": count}, file))
    return found
