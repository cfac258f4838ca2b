"""Downloading areas: the administrative boundaries inside a place, as a map file a study reads.

Like the streets, they come from OpenStreetMap, only when asked for, and with a record beside the
file of what was asked of whom.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import shapely

from quarterhour.errors import Fault, InputError, NetworkError
from quarterhour.inputs.boundaries import read_boundaries
from quarterhour.inputs.osmareas import Children, children_of
from quarterhour.samebytes import digest_file, write_json, write_text
from quarterhour.streets.askosm import MapServers, Tags, ask_tagged, geocode, place_questions
from quarterhour.streets.download import cache_folder, find_extent, record_for, record_of
from quarterhour.streets.osmcontent import OsmContent

# A place of at most 5,000 km2 is a city or less: its parts are districts (6) or finer.
_LEVELS = (6, 7, 8, 9, 10, 11)
# A file with holes in it would be taken for the whole place by whoever reads it.
_LEAST_SHARE = 0.95


def download_areas(
    place: str,
    path: Path,
    *,
    admin_level: int | None = None,
    cache_dir: Path | None = None,
    servers: MapServers | None = None,
) -> Path:
    """Download the areas of a place from OpenStreetMap into a GeoJSON that ``read_areas`` reads.

    Beside the file stands ``<file>.query.json``: what was asked of whom, and what came. Answers
    are kept, so a second call sends nothing. Data © OpenStreetMap contributors, under the ODbL.

    Parameters
    ----------
    place
        Name of a place, as OpenStreetMap's search knows it.
    path
        GeoJSON to write; never replaced, and written whole or not at all.
    admin_level
        Level of the areas; ``None`` for the next finer one that fills the place.
    cache_dir, servers
        As for :func:`quarterhour.streets.download.find_extent`.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    InputError
        If the file exists, or the place is not known, has no outline or is too large.
    NetworkError
        If OpenStreetMap has no such areas, or they leave more than 5 % of the place out; or if the
        servers do not answer.
    """
    servers = servers or MapServers()
    cache_dir = cache_dir or cache_folder()
    check_areas_target(path)
    outline, said = geocode(place, servers=servers, cache_dir=cache_dir)
    extent = find_extent(outline, buffer_m=0.0)
    levels = _LEVELS if admin_level is None else (admin_level,)
    # Coarser levels than are wanted would bring whole provinces.
    tags: Tags = {"admin_level": [str(level) for level in levels]}
    answers = ask_tagged(extent.polygon, tags, servers=servers, cache_dir=cache_dir)
    content = OsmContent.of([answers])
    doubts: list[Fault] = []
    try:
        children = _children(content, place, outline, admin_level, path.name, doubts)
    except NetworkError:
        answers.forget()
        raise
    record = record_for(extent, [answers], servers) | {
        "place": place,
        "place_found": dict(said),
        "nominatim_url": servers.nominatim_url,
        "admin_level": children.level,
        "share": round(children.share, 4),
        "areas": len(children.boundaries.ids),
        "osm_timestamps": list(content.stamps),
        "remarks": [fault.render("en") for fault in doubts],
    }
    asked = place_questions(place, servers=servers, cache_dir=cache_dir)
    record["queries"] = [*asked, *record["queries"]]
    _write_whole(path, children, record)
    return path


def check_areas_target(path: Path) -> None:
    """Refuse a file that exists, is no GeoJSON by its name, or whose folder does not exist.

    Raises
    ------
    InputError
        If so.
    """
    if path.suffix.lower() != ".geojson":
        values = {"path": str(path), "known": ".geojson"}
        raise InputError(Fault("streets.fetch_suffix", values))
    if path.exists():
        raise InputError(Fault("streets.fetch_file_taken", {"path": str(path)}))
    if not path.parent.is_dir():
        raise InputError(Fault("input.missing_file", {"path": str(path.parent)}))


def _children(
    content: OsmContent,
    place: str,
    outline: shapely.Geometry,
    admin_level: int | None,
    file: str,
    doubts: list[Fault],
) -> Children:
    """Return the areas inside the outline; osmium puts their rings together from a file."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "boundaries.osm.pbf"
        content.write(whole)
        boundaries = read_boundaries(whole)
    level = "-" if admin_level is None else admin_level
    try:
        children = children_of(
            boundaries, place=place, admin_level=admin_level, file=file, doubts=doubts,
            outline=outline,
        )  # fmt: skip
    except InputError as error:
        if [fault.key for fault in error.faults] != ["area.osm_none"]:
            raise
        raise NetworkError(Fault("area.fetch_none", {"place": place, "level": level})) from None
    if children.share < _LEAST_SHARE:
        values = {"place": place, "level": children.level, "share": f"{children.share:.1%}"}
        raise NetworkError(Fault("area.fetch_partial", values))
    return children


def _write_whole(path: Path, children: Children, record: dict[str, Any]) -> None:
    """Write the file and its record beside it, under other names until both are whole."""
    found = children.boundaries
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "admin_level": children.level, "osm_id": int(number)},
            "geometry": json.loads(shapely.to_geojson(shapely.normalize(shape))),
        }
        for name, number, shape in zip(found.names(), found.ids, found.polygons, strict=True)
    ]
    layer = {"type": "FeatureCollection", "features": features}
    beside = record_of(path)
    part, part_beside = (p.with_name(f".part-{p.name}") for p in (path, beside))
    try:
        write_text(part, json.dumps(layer, ensure_ascii=False))
        write_json(part_beside, record | {"file": path.name, "sha256": digest_file(part)})
        check_areas_target(path)
        part_beside.replace(beside)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
        part_beside.unlink(missing_ok=True)
