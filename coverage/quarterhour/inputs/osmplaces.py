"""Places for elders in an OpenStreetMap file, as a first list of facilities.

OpenStreetMap is no register: what it lacks exists all the same, what it holds may be gone, and the
kind of a place is inferred from its tags and its name (``_data/osm_places.toml``). Facilities
from it carry the origin ``osm`` and come with a doubt that says so.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import SEATED, Facilities
from quarterhour.inputs.opening import year_of
from quarterhour.inputs.tables import meaning
from quarterhour.osmfile import SUFFIXES
from quarterhour.words import data_file

# Places so far beyond the areas may still be the nearest for somebody inside.
MARGIN_M = 2_000.0
_KEYS = ("amenity", "social_facility")
_FOR = ("social_facility:for", "community_centre:for")
_ANSWERS = {"yes": 1, "designated": 1, "no": 0}


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of the file: its number there, kind, tags, and middle in WGS 84 degrees."""

    osm_id: str
    kind: str
    tags: Mapping[str, str]
    lon: float
    lat: float


def read_osm_facilities(
    path: Path,
    areas: Areas,
    *,
    kind: str = "",
    doubts: list[Fault] | None = None,
) -> Facilities:
    """Read places for elders from an OpenStreetMap file.

    Nodes, ways and multipolygons count; a shape stands for its middle. Places more than 2 km
    outside the areas are left out.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    areas
        Areas of the study.
    kind
        Kind of all places; inferred from tags and names where it is empty.
    doubts
        Receives that these are a starting point only, with their numbers by kind; or that there
        are none.

    Raises
    ------
    InputError
        If the file is missing, of another kind, or not readable.
    """
    doubts = [] if doubts is None else doubts
    if not path.is_file():
        raise InputError(Fault("input.missing_file", {"path": str(path)}))
    if not path.name.lower().endswith(SUFFIXES):
        raise InputError(Fault("input.unknown_format", {"suffix": path.suffix}, file=path.name))
    try:
        places = _places(path)
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(Fault("input.unreadable", {"why": error}, file=path.name)) from error
    xy = areas.plane.to_xy([p.lon for p in places], [p.lat for p in places]).reshape(-1, 2)
    near = shapely.dwithin(shapely.points(xy), areas.outline(), MARGIN_M)
    places, xy = [p for p, n in zip(places, near.tolist(), strict=True) if n], xy[near]
    if not places:
        doubts.append(Fault("facility.osm_none", file=path.name))
    found = _facilities(places, xy, areas, path.name, meaning(kind, "kind") or kind)
    if places:
        counted = Counter(found.kinds).most_common()
        values = {"count": len(places), "kinds": ", ".join(f"{k} {n}" for k, n in counted)}
        doubts.append(Fault("facility.osm_start", values, file=path.name))
    return found


def _places(path: Path) -> list[_Place]:
    """Return the places of a file, nodes first, then areas, in the order of the file."""
    import osmium

    wanted = osmium.filter.KeyFilter(*_KEYS)
    # Areas are assembled from closed ways and multipolygons, broken ones left out.
    objects = osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(wanted)
    shapes = osmium.geom.WKBFactory()
    found: list[_Place] = []
    thing: Any
    for thing in objects:
        if not (thing.is_node() or thing.is_area()):
            continue
        tags = dict(thing.tags)
        kind = _kind_of(tags)
        if not kind:
            continue
        if thing.is_node():
            found.append(_Place(f"n{thing.id}", kind, tags, thing.lon, thing.lat))
            continue
        middle = shapely.centroid(shapely.from_wkb(shapes.create_multipolygon(thing)))
        osm_id = f"{'w' if thing.from_way() else 'r'}{thing.orig_id()}"
        found.append(_Place(osm_id, kind, tags, shapely.get_x(middle), shapely.get_y(middle)))
    return found


@cache
def _rules() -> Mapping[str, Any]:
    return tomllib.loads(data_file("osm_places.toml").read_text(encoding="utf-8"))


def asked_tags() -> dict[str, bool | str | list[str]]:
    """Return the tags that a download must ask for, as osmnx takes them; ``True`` is any value.

    Most places with ``amenity`` serve nobody old: of it only the values of the rules are wanted.
    """
    amenities = {value for rule in _rules()["tag"] for value in rule.get("amenity", ())}
    return {"amenity": sorted(amenities), "social_facility": True}


def _kind_of(tags: Mapping[str, str]) -> str:
    """Return the kind of a place, empty where it does not serve elders."""
    rules = _rules()
    name = _name(tags)
    fitting = [r for r in rules["tag"] if all(tags.get(k) in v for k, v in r.items()
                                              if isinstance(v, list))]  # fmt: skip
    if not fitting:
        return ""
    said = {part for key in _FOR for part in tags.get(key, "").split(";")}
    by_name = any(part in name for part in rules["elders"]["names"])
    elders = bool({part.strip() for part in said} & set(rules["elders"]["values"])) or by_name
    others = any(part.strip() for part in said) and not elders
    if others or not (elders or any(rule["serves"] for rule in fitting)):
        return ""
    named = [r["kind"] for r in rules["name"] if any(part in name for part in r["parts"])]
    serving = [r["kind"] for r in fitting if elders or r["serves"]]
    return str([*named, *serving][0])


def _name(tags: Mapping[str, str]) -> str:
    return tags.get("name:zh") or tags.get("name") or ""


def _facilities(
    places: list[_Place], xy: NDArray[np.float64], areas: Areas, file: str, kind: str
) -> Facilities:
    """Return places as facilities, with what their tags say of rooms and opening."""
    n = len(places)
    tags = [p.tags for p in places]
    kinds = tuple(kind or p.kind for p in places)
    names = [p.tags.get("name", "").strip() or f"OSM {p.osm_id}" for p in places]
    beds = np.array([_count(t.get("beds") or t.get("capacity:beds")) for t in tags])
    capacity = np.array([_count(t.get("capacity")) for t in tags])
    seated = np.array([k in SEATED for k in kinds], bool)
    opened = tuple(t.get("start_date", "") for t in tags)
    plain = Facilities.plain(names, kinds, xy, areas.area_of(xy))
    return replace(
        plain,
        beds=beds, capacity=np.where(np.isfinite(capacity) | seated, capacity, beds),
        step_free=np.array([_ANSWERS.get(t.get("wheelchair", ""), -1) for t in tags], np.int8),
        year=np.array([year_of(text) for text in opened], np.float64), opened=opened,
        address=tuple(_address(t) for t in tags), origin=("osm",) * n, file=(file,) * n,
    )  # fmt: skip


def _count(text: str | None) -> float:
    """Return a whole number of a tag, ``nan`` where there is none."""
    return float(text) if text and text.isascii() and text.isdigit() else float("nan")


def _address(tags: Mapping[str, str]) -> str:
    return " ".join(tags[k] for k in ("addr:street", "addr:housenumber") if k in tags)
