"""Downloading streets: from a place, a polygon or areas to an OSM file that a study reads.

An *extent* is the polygon whose streets are asked for: the place with a *buffer* around it, because
people walk across borders. The *record* beside the file says what was asked of whom. The file holds
whole ways with all their tags, and their nodes with all of theirs: which of them are walked on is
judged later, by the package's own rules. This is the one room that goes online, and only when
called.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import shapely

from quarterhour.errors import Fault, InputError, NetworkError
from quarterhour.inputs.areas import Areas, read_areas
from quarterhour.inputs.datum import choose_plane, is_degrees
from quarterhour.inputs.osmplaces import asked_tags
from quarterhour.samebytes import digest_file, digest_of, write_json
from quarterhour.streets.askosm import (
    Answers,
    MapServers,
    ask_tagged,
    ask_ways,
    geocode,
    place_questions,
)
from quarterhour.streets.osmcontent import OsmContent

WRITTEN_SUFFIXES = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf")
BUFFER_M = 1500.0
MOST_KM2 = 5000.0
# An outline of thousands of corners overloads the servers: this much is added, then rounded off.
_ROUNDED_M = 20.0
# Streets first; then what draws the maps and names the barriers between homes and facilities.
_WAYS = (
    '["highway"]',
    '["railway"~"^(platform|rail|light_rail|subway)$"]',
    '["natural"="water"]',
    '["waterway"]',
)
# Buildings, and the walled or fenced grounds around them: doors and gates are on their outlines.
_BUILDINGS = ('["building"]', '["barrier"]', '["amenity"]')

Progress = Callable[[str, int, int], None]
Where: TypeAlias = str | Path | Areas | shapely.Polygon | shapely.MultiPolygon


@dataclass(frozen=True, slots=True, eq=False)
class Extent:
    """What is asked for.

    Attributes
    ----------
    polygon
        WGS 84 degrees, buffer included, without holes.
    bounds
        West, south, east and north of the place itself, degrees.
    area_km2
        Size of ``polygon``.
    buffer_m
        Metres around the place.
    place, found
        The name asked for, and what Nominatim found under it; empty for other extents.
    """

    polygon: shapely.Polygon
    bounds: tuple[float, float, float, float]
    area_km2: float
    buffer_m: float
    place: str = ""
    found: Mapping[str, str] | None = None


def cache_folder() -> Path:
    """Return the user's folder for answers of map servers."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "quarterhour" / "osm"


def find_extent(
    where: Where,
    *,
    buffer_m: float = BUFFER_M,
    cache_dir: Path | None = None,
    servers: MapServers | None = None,
) -> Extent:
    """Return the polygon to ask for; only a place's name sends a request.

    Parameters
    ----------
    where
        Name of a place (text), a polygon in WGS 84 degrees, a file of areas in WGS 84 (path), or
        areas that were read with their datum.
    buffer_m
        Metres to add around it.
    cache_dir
        Folder that keeps answers; the user's by default.
    servers
        Whom to ask; the public ones by default.

    Raises
    ------
    InputError
        If the place is not known or has no outline, ``where`` is no polygon in degrees, or the
        extent is larger than 5,000 km2.
    NetworkError
        If the server cannot be reached, stays busy, refuses, or sends something else.
    """
    servers = servers or MapServers()
    cache_dir = cache_dir or cache_folder()
    if not 0 <= buffer_m <= 100_000:
        values = {"key": "buffer_m", "value": buffer_m, "allowed": "0 … 100000"}
        raise InputError(Fault("study.bad_value", values))
    place, found = "", None
    if isinstance(where, str):
        place = where
        outline, found = geocode(place, servers=servers, cache_dir=cache_dir)
    elif isinstance(where, Path | Areas):
        areas = where if isinstance(where, Areas) else read_areas(where)
        shape = np.array([areas.outline()], object)
        outline = areas.plane.geometry_to_lonlat(shape)[0]
    else:
        outline = where
    _check_outline(outline)
    _check_size(_area_km2(outline))
    polygon = _widened(outline, buffer_m)
    area_km2 = _area_km2(polygon)
    _check_size(area_km2)
    west, south, east, north = (round(float(v), 6) for v in outline.bounds)
    return Extent(polygon, (west, south, east, north), area_km2, buffer_m, place, found)


def _check_outline(outline: object) -> None:
    why = ""
    if not isinstance(outline, shapely.Polygon | shapely.MultiPolygon):
        why = getattr(outline, "geom_type", type(outline).__name__)
    elif outline.is_empty:
        why = "empty"
    elif not is_degrees(*shapely.get_coordinates(outline).T).all():
        why = ", ".join(f"{v:g}" for v in outline.bounds)
    elif not outline.is_valid:
        why = shapely.is_valid_reason(outline)
    if why:
        raise InputError(Fault("streets.fetch_not_polygon", {"why": why}))


def _area_km2(polygon: shapely.Geometry) -> float:
    from pyproj import Geod

    return abs(float(Geod(ellps="WGS84").geometry_area_perimeter(polygon)[0])) / 1e6


def _check_size(area_km2: float) -> None:
    if area_km2 > MOST_KM2:
        values = {"area": f"{area_km2:,.0f}", "most": f"{MOST_KM2:,.0f}"}
        raise InputError(Fault("streets.fetch_too_large", values))


def _widened(outline: shapely.Polygon | shapely.MultiPolygon, buffer_m: float) -> shapely.Polygon:
    """Return one polygon around an outline, with few corners, in degrees of six decimals."""
    west, south, east, north = outline.bounds
    plane = choose_plane((west + east) / 2, (south + north) / 2)
    wide = shapely.buffer(
        plane.geometry_to_xy(np.array([outline], object))[0], buffer_m + _ROUNDED_M
    )
    whole = wide if isinstance(wide, shapely.Polygon) else shapely.convex_hull(wide)
    few = shapely.simplify(shapely.Polygon(whole.exterior), _ROUNDED_M)
    degrees = plane.geometry_to_lonlat(np.array([few], object))[0]
    # Six decimals, as the question is written: the same place gives the same question anywhere.
    rounded: shapely.Polygon = shapely.transform(degrees, lambda c: np.round(c, 6))
    return rounded


def download_network(
    where: Where | Extent,
    path: Path,
    *,
    buffer_m: float = BUFFER_M,
    buildings: bool = False,
    places: bool = False,
    cache_dir: Path | None = None,
    servers: MapServers | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Download the streets of a place from OpenStreetMap into a file that ``read_network`` reads.

    Written are all ways with ``highway``, railways with their platforms, and water, whole, with all
    tags, and their nodes with all tags (gates, lifts, entrances). Beside the file stands
    ``<file>.query.json``: what was asked of whom, and what came. Answers are kept, so a second call
    sends nothing. Data © OpenStreetMap contributors, under the ODbL.

    Parameters
    ----------
    where
        As for :func:`find_extent`, or an extent that it returned.
    path
        File to write, ending in ``.osm``, ``.osm.gz``, ``.osm.bz2`` or ``.osm.pbf``; never
        replaced, and written whole or not at all.
    buffer_m
        Metres to add around ``where``; an extent has its own.
    buildings
        Whether buildings are asked for too (outlines, with their levels, uses and entrances), and
        the grounds around them (walls, fences, areas with ``amenity``) with their gates.
    places
        Whether places for elders are asked for too: nodes, ways and multipolygons with the tags
        that :func:`quarterhour.inputs.osmplaces.read_osm_facilities` understands.
    cache_dir, servers
        As for :func:`find_extent`.
    on_progress
        Called with ``(step, done, total)``.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    InputError
        If the file exists or cannot be of that kind, and as for :func:`find_extent`.
    NetworkError
        If there are no streets, or the servers do not give them.
    """
    servers = servers or MapServers()
    cache_dir = cache_dir or cache_folder()
    check_target(path)
    if not isinstance(where, Extent):
        _tell(on_progress, "fetch_place", 0, 1)
        where = find_extent(where, buffer_m=buffer_m, cache_dir=cache_dir, servers=servers)
    asked = (*_WAYS, *_BUILDINGS) if buildings else _WAYS
    steps = len(asked) + int(places) + 1
    answers: list[Answers] = []
    for ways in asked:
        _tell(on_progress, "fetch_ways", len(answers), steps)
        answers.append(ask_ways(where.polygon, ways, servers=servers, cache_dir=cache_dir))
    if places:
        _tell(on_progress, "fetch_ways", len(answers), steps)
        tags = asked_tags()
        answers.append(ask_tagged(where.polygon, tags, servers=servers, cache_dir=cache_dir))
    _tell(on_progress, "fetch_write", len(answers), steps)
    found = OsmContent.of(answers)
    if not any("highway" in tags for _, tags in found.ways.values()):
        for answer in answers:
            answer.forget()
        raise NetworkError(Fault("streets.fetch_no_streets", {"place": where.place or "-"}))
    record = record_for(where, answers, servers)
    if where.place:
        questions = place_questions(where.place, servers=servers, cache_dir=cache_dir)
        record["queries"] = [*questions, *record["queries"]]
    _write_whole(path, found, record)
    _tell(on_progress, "fetch_write", 1, 1)
    return path


def record_of(path: Path) -> Path:
    """Return where the record of a downloaded file stands."""
    return path.with_name(f"{path.name}.query.json")


def check_target(path: Path) -> None:
    """Refuse a file that exists, or whose kind is not written.

    Raises
    ------
    InputError
        If so.
    """
    if not path.name.lower().endswith(WRITTEN_SUFFIXES):
        values = {"path": str(path), "known": ", ".join(WRITTEN_SUFFIXES)}
        raise InputError(Fault("streets.fetch_suffix", values))
    if path.exists():
        raise InputError(Fault("streets.fetch_file_taken", {"path": str(path)}))
    if not path.parent.is_dir():
        raise InputError(Fault("input.missing_file", {"path": str(path.parent)}))


def record_for(where: Extent, answers: Iterable[Answers], servers: MapServers) -> dict[str, Any]:
    """Return what a record says of a download before its file is written."""
    return {
        "attribution": "© OpenStreetMap contributors",
        "license": "Open Database License (ODbL) 1.0, https://opendatacommons.org/licenses/odbl/",
        "place": where.place,
        "place_found": dict(where.found or {}),
        "bounds": list(where.bounds),
        "buffer_m": where.buffer_m,
        "area_km2": round(where.area_km2, 3),
        "polygon": shapely.to_wkt(where.polygon, rounding_precision=6),
        "polygon_sha256": digest_of(shapely.to_wkt(where.polygon, rounding_precision=6)),
        "overpass_url": servers.overpass_url,
        "nominatim_url": servers.nominatim_url if where.place else "",
        "queries": [q for a in answers for q in a.queries],
        "versions": {name: version(name) for name in ("quarterhour", "osmnx", "osmium")},
    }


def _write_whole(path: Path, found: OsmContent, record: dict[str, Any]) -> None:
    """Write the file and its record beside it, under other names until both are whole."""
    beside = record_of(path)
    part, part_beside = (p.with_name(f".part-{p.name}") for p in (path, beside))
    try:
        found.write(part)
        record |= {
            "file": path.name,
            "sha256": digest_file(part),
            "nodes": len(found.nodes),
            "ways": len(found.ways),
            "streets": sum("highway" in tags for _, tags in found.ways.values()),
            "buildings": sum("building" in tags for _, tags in found.ways.values()),
            "osm_timestamps": list(found.stamps),
        }
        write_json(part_beside, record)
        check_target(path)
        part_beside.replace(beside)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
        part_beside.unlink(missing_ok=True)


def _tell(on_progress: Progress | None, step: str, done: int, total: int) -> None:
    if on_progress is not None:
        on_progress(step, done, total)


__all__ = [
    "BUFFER_M",
    "Extent",
    "MapServers",
    "download_network",
    "find_extent",
    "record_of",
]
