"""Example homes: two or three walks per gap, chosen by rule, from street pieces and not from doors.

For each gap the home in the *middle* (nearest to the mean of its people), the *farthest* (longest
walk that the search knows), and one on the *other side* (farthest from that one in a straight
line), each on a street of its own; ties go to the lowest row. Only homes on a street where at least
``k`` people of the gap live are taken (of the widest group; a street without a name is one street
piece between junctions). Where a gap has no such street, its middle stands for it.

What is told of a place is a piece of street of at most 50 m, by its middle, never the door. Minutes
are those of the home, access leg included, exactly as coverage counts them; the line begins at the
piece. Where both directions count, the way is the one towards the facility.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.cover.gaps.names import nearest_streets
from quarterhour.cover.gaps.ways import Climbs, Way, WayFinder, steps_on, way_line
from quarterhour.reach.walks import OneWay
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED

ROLES = ("middle", "farthest", "other_side")
_PIECE_DM = 500


def _none() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Example homes of one kind's gaps; every array has one entry per example.

    Attributes
    ----------
    gap
        Row of the gap.
    role
        One of ``ROLES``.
    areas
        Area, empty outside all.
    streets
        Street of the piece; empty where it has no name, or where fewer than ``k`` people live.
    near
        Nearest named street of a piece without a name; empty where none is near.
    xy_m
        Middle of the street piece, or of the gap (n, 2).
    seconds
        Walk of the home to the nearest facility, ``inf`` beyond the search.
    facility
        Row of that facility; -1 for none.
    metres, steps, up_m
        Length of the way (access legs included), steps of its stairs up and down, and metres up on
        its streets without the stairs (``nan`` where no street has a grade, and all three where no
        way is known).
    way
        Lines from the street piece to the street of the facility; empty where no way is known.
    """

    gap: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    role: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    xy_m: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))
    seconds: NDArray[np.float64] = field(default_factory=_none)
    facility: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    metres: NDArray[np.float64] = field(default_factory=_none)
    steps: NDArray[np.float64] = field(default_factory=_none)
    up_m: NDArray[np.float64] = field(default_factory=_none)
    way: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, object))

    def of_gap(self, gap: int) -> NDArray[np.int64]:
        """Return the rows of one gap's examples."""
        return np.flatnonzero(self.gap == gap)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per example, without its line."""
        return pd.DataFrame(
            {"gap": self.gap, "role": self.role, "area": self.areas, "street": self.streets,
             "near": self.near, "x_m": self.xy_m[:, 0], "y_m": self.xy_m[:, 1],
             "seconds": self.seconds, "facility": self.facility, "metres": self.metres,
             "steps": self.steps, "up_m": self.up_m}
        )  # fmt: skip


def find_examples(
    case: Case,
    ms: NDArray[np.int32],
    rows: NDArray[np.int64],
    gaps: Sequence[NDArray[np.int64]],
    *,
    limit_ms: int,
    k: int = 10,
) -> Examples:
    """Choose example homes of one kind's gaps and find their ways.

    Parameters
    ----------
    case
        Who walks where.
    ms
        Milliseconds of each demand point to the nearest facility, as coverage has them.
    rows
        Rows of the facilities of the kind, ascending.
    gaps
        Demand points of each gap, ascending.
    limit_ms
        Longest walk of the search.
    k
        Fewest people on a street that an example may name.
    """
    homes = case.homes
    chosen = [(g, role, row, public) for g, points in enumerate(gaps)
              for role, row, public in _choose(case, homes.edge, ms, points, k)]  # fmt: skip
    if not chosen:
        return Examples()
    row = np.array([c[2] for c in chosen], np.int64)
    public = np.array([c[3] for c in chosen], bool)
    start, xy = _pieces(case, row, public, [_mean(case, gaps[c[0]]) for c in chosen])
    ways = _ways(case, rows, row, limit_ms)
    lines = [_line(case, way, int(at)) for way, at in zip(ways, start, strict=True)]
    name = np.where(public, case.network.edge_name[case.homes.edge[row]], 0).tolist()
    near = nearest_streets(case.network, xy)
    area = case.demand.area_index[row].tolist()
    places = [-1 if way is None else int(rows[way.place]) for way in ways]
    back = case.direction == "back"
    climbs = Climbs(case.network)
    figures = np.array([_figures(case, climbs, way, reverse=back) for way in ways])
    line = np.empty(len(lines), object)
    line[:] = lines
    return Examples(
        gap=np.array([c[0] for c in chosen], np.int32),
        role=tuple(c[1] for c in chosen),
        areas=tuple(case.areas.names[a] if a >= 0 else "" for a in area),
        streets=tuple(case.network.names[n] for n in name),
        near=tuple("" if n else close for n, close in zip(name, near, strict=True)),
        xy_m=xy,
        seconds=np.where(ms[row] == UNREACHED, np.inf, ms[row] / 1000.0),
        facility=np.array(places, np.int32),
        metres=figures[:, 0], steps=figures[:, 1], up_m=figures[:, 2], way=line,
    )  # fmt: skip


def _choose(
    case: Case,
    edge_of: NDArray[np.int32],
    ms: NDArray[np.int32],
    points: NDArray[np.int64],
    k: int,
) -> list[tuple[str, int, bool]]:
    """Return role, demand point, and whether its street may be named, of one gap's examples."""
    edge, xy, mean = edge_of[points], case.demand.xy_m[points], _mean(case, points)
    far = np.hypot(*(xy - mean).T)
    name = case.network.edge_name[edge]
    street = np.where(name > 0, name, -1 - edge)
    _, back = np.unique(street, return_inverse=True)
    widest = case.demand.people[points].max(axis=1)
    lead = case.demand.people_of(case.demand.lead_group)[points]
    fit = (np.bincount(back.ravel(), widest)[back.ravel()] >= k) & (edge >= 0) & (lead > 0)
    if not fit.any():
        return [("middle", int(points[np.where(lead > 0, far, np.inf).argmin()]), False)]
    middle = int(np.where(fit, far, np.inf).argmin())
    found = [("middle", middle)]
    fit &= edge != edge[middle]
    longest = np.where(fit & (ms[points] != UNREACHED), ms[points].astype(np.int64), -1)
    if longest.max() >= 0:
        last = int(longest.argmax())
        found.append(("farthest", last))
        fit &= edge != edge[last]
        away = np.where(fit, np.hypot(*(xy - xy[last]).T), -1.0)
        if away.max() >= 0:
            found.append(("other_side", int(away.argmax())))
    return [(role, int(points[at]), True) for role, at in found]


def _mean(case: Case, points: NDArray[np.int64]) -> NDArray[np.float64]:
    people = case.demand.people_of(case.demand.lead_group)[points]
    return np.asarray(np.average(case.demand.xy_m[points], axis=0, weights=people))


def _pieces(
    case: Case,
    row: NDArray[np.int64],
    public: NDArray[np.bool_],
    means: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the decimetre at the middle of each street piece, and the place that is told."""
    # Where a street may not be told apart, its line begins at the middle of the whole edge.
    start, at = street_pieces(case, row, whole=~public)
    return start, np.where(public[:, None], at, np.array(means))


def street_pieces(
    case: Case, row: NDArray[np.int64], *, whole: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the middles of the street pieces of some homes: what may be told of their places.

    Parameters
    ----------
    case
        Who walks where.
    row
        Demand points; the middle of one without a street is ``nan``.
    whole
        Which of them take their whole edge for a piece, instead of at most 50 m of it.

    Returns
    -------
    tuple
        Decimetres from the start of the edge (n,), and places (n, 2).
    """
    edge, there = case.homes.edge[row], case.homes.edge[row] >= 0
    length = np.where(there, case.network.edge_length_dm[edge], 1).astype(np.int64)
    count = np.maximum(1, -(-length // _PIECE_DM))
    if whole is not None:
        count = np.where(whole, 1, count)
    piece = np.minimum(case.homes.offset_dm[row].astype(np.int64) * count // length, count - 1)
    start = (2 * piece + 1) * length // (2 * count)
    xy = np.full((len(row), 2), np.nan)
    xy[there] = case.network.points_at(edge[there], start[there].astype(np.int32))
    return start, xy


def _ways(
    case: Case, rows: NDArray[np.int64], row: NDArray[np.int64], limit_ms: int
) -> list[Way | None]:
    if case.walker.straight or len(rows) == 0:
        return [None] * len(row)
    direction: OneWay = "back" if case.direction == "back" else "there"
    places: Snapped = case.places.take_places(rows)
    finder = WayFinder(case.paced, places, limit_ms=limit_ms, direction=direction)
    homes = case.homes
    return [finder.of(homes, int(r)) for r in row]


def _figures(
    case: Case, climbs: Climbs, way: Way | None, *, reverse: bool
) -> tuple[float, float, float]:
    if way is None:
        return (float("nan"),) * 3
    steps = steps_on(case.paced, way.parts)
    return way.metres, steps, climbs.on(way.parts, reverse=reverse)


def _line(case: Case, way: Way | None, start: int) -> shapely.LineString:
    """Return the line of a way from the middle of the home's street piece on."""
    if way is None:
        return shapely.LineString()
    (edge, _, end), *rest = way.parts
    return way_line(case.paced, ((edge, start, end), *rest))
