"""Areas from OpenStreetMap: the administrative boundaries inside a place.

The place's own boundary is looked for by name. Of the boundaries inside it the next finer level
that fills it is taken; where none does, the one that fills most, and the rest is a doubt. Which
level that was is said. In China a district (level 6) is filled by its 镇街 (level 8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.areas import Areas, fit_together, kind_of
from quarterhour.inputs.boundaries import Boundaries, read_boundaries
from quarterhour.inputs.datum import choose_plane
from quarterhour.inputs.tables import fold
from quarterhour.inputs.topology import polygonal
from quarterhour.osmfile import SUFFIXES

# A level fills a place from this share of its ground on; less is a hole that counts.
_FILLS = 0.95
_WHOLE = 0.999
# A boundary is inside a place with this share of itself: borders of two levels are one line.
_INSIDE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Children:
    """The boundaries of one level inside a place.

    Attributes
    ----------
    boundaries
        All with a shape and a name.
    level
        Their ``admin_level``.
    share
        Share of the place that they fill; 1 where the place's outline is not known.
    """

    boundaries: Boundaries
    level: int
    share: float


def read_osm_areas(
    path: Path,
    *,
    place: str = "",
    admin_level: int | None = None,
    crs: str = "auto",
    doubts: list[Fault] | None = None,
) -> Areas:
    """Read the areas of a study from the administrative boundaries of an OSM file.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    place
        Name of the place whose parts are wanted; empty for all of one level.
    admin_level
        Level of the parts; ``None`` for the next finer one that fills the place.
    crs
        Plane to measure in, or ``"auto"``.
    doubts
        Receives the level taken, boundaries that are broken or have no name, and what the rules
        for polygons say.

    Raises
    ------
    InputError
        If the file has no such boundaries, or does not say which are meant; and as for
        :func:`quarterhour.inputs.areas.read_areas`.
    """
    doubts = [] if doubts is None else doubts
    children = children_of(
        read_boundaries(path), place=place, admin_level=admin_level, file=path.name, doubts=doubts
    )
    polygons, names = children.boundaries.polygons, children.boundaries.names()
    west, south, east, north = shapely.total_bounds(polygons)
    plane = choose_plane((west + east) / 2, (south + north) / 2, wanted=crs)

    def fault(key: str, values: Mapping[str, object], _: int) -> Fault:
        return Fault(key, values, path.name)

    fitted = fit_together(plane.geometry_to_xy(polygons), names, plane, fault=fault, doubts=doubts)
    return Areas(names, tuple(kind_of("", name) for name in names), fitted, plane.crs)


def areas_of_place(
    place: str,
    street_file: Path | None,
    *,
    fetched: str,
    admin_level: int | None = None,
    crs: str = "auto",
    doubts: list[Fault] | None = None,
) -> Areas:
    """Return the areas of a place from the study's street file, where that holds boundaries.

    Parameters
    ----------
    place
        What the study names.
    street_file
        The study's streets; ``None``, or a file that is not OpenStreetMap's, holds none.
    fetched
        Name of the file that ``quarterhour fetch`` would write, for the message.
    admin_level, crs, doubts
        As for :func:`read_osm_areas`.

    Raises
    ------
    InputError
        If the file has no such boundaries: they must be fetched. And as for
        :func:`read_osm_areas`.
    """
    if street_file is not None and street_file.name.lower().endswith(SUFFIXES):
        try:
            return read_osm_areas(
                street_file, place=place, admin_level=admin_level, crs=crs, doubts=doubts
            )
        except InputError as error:
            if [fault.key for fault in error.faults] != ["area.osm_none"]:
                raise
    raise InputError(Fault("area.place_not_fetched", {"place": place, "file": fetched}))


def children_of(
    boundaries: Boundaries,
    *,
    place: str,
    admin_level: int | None,
    file: str,
    doubts: list[Fault],
    outline: shapely.Geometry | None = None,
) -> Children:
    """Return the boundaries of one level inside a place.

    Parameters
    ----------
    boundaries
        All that a file holds.
    place, admin_level
        As for :func:`read_osm_areas`.
    file
        Name of the file, for the messages.
    doubts
        Receives the level taken, and what is broken or has no name.
    outline
        The place in WGS 84 degrees, where it is known; else its boundary is looked for.

    Raises
    ------
    InputError
        If there are none, two have one name, or the file does not say which are meant.
    """
    named = np.array([bool(name) for name in boundaries.names()], bool)
    whole = boundaries.take(named & ~boundaries.broken)
    whole = Boundaries(
        whole.ids, whole.tags, whole.levels, np.array([*map(polygonal, whole.polygons)], object)
    )
    inside = _within(whole, place, admin_level, outline)
    found = inside
    if inside is None and outline is None:
        found = _anywhere(whole, place, admin_level, file, doubts)
    if found is None:
        broken = dict.fromkeys(b for b in boundaries.take(boundaries.broken).names() if b)
        values = {"place": place or "-", "broken": " / ".join([*broken][:5]) or "-"}
        raise InputError(Fault("area.osm_none", values, file))
    names = found.boundaries.names()
    folded = [fold(name) for name in names]
    raise_if(
        Fault("area.osm_twice", {"name": name, "level": found.level}, file)
        for n, name in enumerate(names)
        if folded[n] in folded[:n]
    )
    figures = {"level": found.level, "count": len(names), "share": f"{found.share:.1%}"}
    if inside is not None:
        key = "area.osm_level" if found.share >= _WHOLE else "area.osm_partial"
        doubts.append(Fault(key, figures, file))
    if found.share < _WHOLE or inside is None:
        doubts += _lacking(boundaries, found.level, named, file)
    return found


def _within(
    whole: Boundaries, place: str, admin_level: int | None, outline: shapely.Geometry | None
) -> Children | None:
    """Return the best children of the place's boundary; ``None`` where it or they are missing."""
    if outline is not None:
        return _children(whole, polygonal(outline), -1, admin_level)
    called = np.flatnonzero(whole.called(place)) if place else np.empty(0, np.int64)
    found = [
        _children(whole, whole.polygons[row], int(whole.levels[row]), admin_level)
        for row in called.tolist()
    ]
    return max((f for f in found if f), key=lambda f: f.share, default=None)


def _children(
    whole: Boundaries, outline: shapely.Geometry, level: int, admin_level: int | None
) -> Children | None:
    common = shapely.area(shapely.intersection(whole.polygons, outline))
    inside = (common >= _INSIDE * shapely.area(whole.polygons)) & (whole.levels > level)
    found = []
    for finer in np.unique(whole.levels[inside]).tolist():
        these = inside & (whole.levels == finer)
        share = min(1.0, float(common[these].sum()) / outline.area)
        # A town that is its own county is one boundary at two levels; its parts are wanted.
        if admin_level == finer or (admin_level is None and these.sum() > 1):
            found.append(Children(whole.take(these), finer, share))
    filling = [f for f in found if f.share >= _FILLS]
    return filling[0] if filling else max(found, key=lambda f: f.share, default=None)


def _anywhere(
    whole: Boundaries, place: str, admin_level: int | None, file: str, doubts: list[Fault]
) -> Children | None:
    """Return all boundaries of a level, where the file leaves no choice; its place is unknown."""
    levels, counts = np.unique(whole.levels, return_counts=True)
    several = levels[counts > 1].tolist()
    if admin_level is None and len(several) > 1:
        listed = ", ".join(f"{n} ({c})" for n, c in zip(levels, counts, strict=True) if c > 1)
        raise InputError(
            Fault("area.osm_say_level", {"place": place or "-", "levels": listed}, file)
        )
    level = admin_level if admin_level is not None else next(iter(several), -1)
    these = whole.levels == level
    if not these.any():
        return None
    values = {"place": place, "level": level, "count": int(these.sum())}
    doubts.append(Fault("area.osm_place_lacks" if place else "area.osm_all", values, file))
    return Children(whole.take(these), level, 1.0)


def _lacking(
    boundaries: Boundaries, level: int, named: NDArray[np.bool_], file: str
) -> list[Fault]:
    """Return a doubt per boundary of a level that is broken, or has no name."""
    doubts = []
    for row in np.flatnonzero((boundaries.levels == level) & (boundaries.broken | ~named)).tolist():
        key = "area.osm_broken" if boundaries.broken[row] else "area.osm_unnamed"
        values = {"name": boundaries.names()[row] or "-", "id": abs(int(boundaries.ids[row]))}
        doubts.append(Fault(key, values, file))
    return doubts
