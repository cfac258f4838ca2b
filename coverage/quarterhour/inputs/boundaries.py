"""Administrative boundaries of an OpenStreetMap file: the shapes behind the names of places.

A *boundary* is a relation (or a closed way) with ``boundary=administrative``, a name, and its
*level* (``admin_level``: the smaller, the larger the area; in China 6 is a district and 8 a 镇街).
Rings are put together by osmium; a relation whose members are missing from the file, or do not
close, is *broken*: it is named, and has no shape.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.names import readings
from quarterhour.osmfile import check_osm_file

_LATIN_BESIDE = re.compile(r"^([㐀-鿿].*?)\s*[(（\s][A-Za-z].*$")
_OTHER_NAMES = ("official_name", "alt_name", "old_name", "short_name", "int_name")


@dataclass(frozen=True, slots=True, eq=False)
class Boundaries:
    """Administrative boundaries, by level and then by number.

    Attributes
    ----------
    ids
        Number of the relation; of a closed way its number, negative.
    tags
        Tags of each.
    levels
        ``admin_level`` of each.
    polygons
        Polygons or multipolygons in WGS 84 degrees; ``None`` for a broken one.
    """

    ids: NDArray[np.int64]
    tags: tuple[Mapping[str, str], ...]
    levels: NDArray[np.int64]
    polygons: NDArray[np.object_]

    @property
    def broken(self) -> NDArray[np.bool_]:
        """Which have no shape."""
        return np.asarray(shapely.is_missing(self.polygons), bool)

    def take(self, keep: NDArray[np.bool_]) -> "Boundaries":
        """Return the boundaries where ``keep`` is true."""
        tags = tuple(tag for tag, kept in zip(self.tags, keep, strict=True) if kept)
        return Boundaries(self.ids[keep], tags, self.levels[keep], self.polygons[keep])

    def names(self) -> tuple[str, ...]:
        """Return the name of each as a list of areas has it; empty where it has none."""
        return tuple(_name(tags) for tags in self.tags)

    def called(self, place: str) -> NDArray[np.bool_]:
        """Tell which have a name that fits a place's, such as 沙坪坝区 or Longgang, Shenzhen.

        Of a list the first name counts: the others say where it lies.
        """
        wanted = readings(re.split(r"[,，]", place)[0])
        out = np.zeros(len(self.ids), bool)
        for row, tags in enumerate(self.tags):
            told = {v for k, v in tags.items() if k in _OTHER_NAMES or k.startswith("name")}
            names = {part for text in told for part in text.split(";")} | {_name(tags)}
            mine = [readings(name)[0] for name in names if name.strip()]
            out[row] = any(a.fits(b) for a in wanted for b in mine if a.stem)
        return out


def _name(tags: Mapping[str, str]) -> str:
    """Return a boundary's name; of a name in two scripts the Chinese."""
    name = " ".join(tags.get("name", "").split())
    beside = _LATIN_BESIDE.match(name)
    return tags.get("name:zh", beside[1]) if beside else name


def read_boundaries(path: Path) -> Boundaries:
    """Read the administrative boundaries of an OSM file.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.

    Raises
    ------
    InputError
        If the file is missing, of another kind, or not readable.
    """
    import osmium

    check_osm_file(path)
    administrative = osmium.filter.TagFilter(("boundary", "administrative"))
    found: dict[int, tuple[dict[str, str], shapely.Geometry | None]] = {}
    try:
        things = osmium.FileProcessor(str(path)).with_areas(administrative)
        thing: Any
        for thing in things.with_filter(osmium.filter.KeyFilter("admin_level")):
            tags = dict(thing.tags)
            if tags.get("boundary") != "administrative" or _level(tags) is None:
                continue
            if thing.is_relation():
                found.setdefault(thing.id, (tags, None))
            elif thing.is_area():
                number = -thing.orig_id() if thing.from_way() else thing.orig_id()
                found[number] = (tags, _shape(thing))
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(Fault("input.unreadable", {"why": error}, file=path.name)) from error
    order = sorted(found, key=lambda n: (_level(found[n][0]), abs(n), n))
    polygons = np.empty(len(order), object)
    polygons[:] = [found[number][1] for number in order]
    levels = [_level(found[number][0]) for number in order]
    return Boundaries(
        np.array(order, np.int64),
        tuple(found[number][0] for number in order),
        np.array(levels, np.int64),
        polygons,
    )


def _level(tags: Mapping[str, str]) -> int | None:
    level = tags.get("admin_level", "")
    return int(level) if re.fullmatch(r"[1-9]\d?", level) else None


def _shape(area: Any) -> shapely.Geometry | None:  # noqa: ANN401 - osmium has no types
    """Return an area of osmium as a shape, ``None`` where it has no whole ring."""
    parts = []
    for outer in area.outer_rings():
        rings = [[(n.lon, n.lat) for n in ring] for ring in (outer, *area.inner_rings(outer))]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
