"""Grades: how steep each piece of street is, and where that was learned.

A *grade* is rise over run along ``edge_from`` to ``edge_to``. The sources, best first: *lines*
with heights on every vertex; the *incline* that the map states; *terrain*; and *flat*, where
nothing is known. Stairs and lifts have no grade: their steps and seconds say it all. Each edge
takes one source whole, and edges are not made to agree about the height of a node where they
meet: a grade slows a walk on its own street, and no figure adds heights up along a way.

Pieces of lines are at least 20 m long (or the whole edge), because a vertex is surveyed no better
than some decimetres; decks keep the heights of their own lines. An incline is the mean grade of
its whole edge. Terrain is sampled at the spacing of its cells; bridges and tunnels are one piece
each. Grades steeper than the preset cap are errors of the source; they are capped and counted.
"""

import math
import re
import unicodedata
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.datum import Plane
from quarterhour.presets import constant
from quarterhour.streets.decks import node_heights
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.stairs import FINE_CELL_M, Rises, learn_stairs
from quarterhour.streets.terrain import Terrain

LEAST_COVER = 0.80
LEAST_PIECE_M = 20.0
INCLINES_SAID = ("stated", "sign", "absurd", "unreadable")
_LINES, _INCLINE, _TERRAIN, _FLAT, _STEPS = range(5)
_SOURCES = ("from_lines", "from_incline", "from_terrain", "flat", "of_stairs_and_lifts")
_GRADE_CLASSES = (0.06, 0.0833, 0.15, 0.30)
# Shares of street length above which terrain is asked about (see docs/streets.md for both).
_MANY_CAPPED = 0.01
_MANY_JUMPS = 0.05
_BESIDE_M = 15.0
_NUMBER = r"(\d+(?:[.,]\d+)?)"


def read_incline(text: str, *, stair: bool = False) -> tuple[float, int, str]:
    """Return what a tag ``incline`` says: grade, sign, and how it was taken.

    Parameters
    ----------
    text
        ``8%``, ``-12 %``, ``1:12``, ``5°``, ``0``, ``up`` or ``down``; empty for no tag. Other
        numbers without a unit cannot be read.
    stair
        A stair takes only the sign: its steps stand for its grade.

    Returns
    -------
    tuple
        The grade (``nan`` where none is stated), the sign (0 unknown), and one of
        ``INCLINES_SAID``, or ``""`` without a tag. A grade over the preset cap is ``absurd``.

    Examples
    --------
    >>> read_incline("-1:8")
    (-0.125, -1, 'stated')
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip().lower()
    if not plain:
        return math.nan, 0, ""
    if plain in ("up", "down"):
        return math.nan, 1 if plain == "up" else -1, "sign"
    grade = _grade_of(plain.removeprefix("~").strip())
    if math.isnan(grade):
        return math.nan, 0, "unreadable"
    sign = int(np.sign(grade))
    if stair:
        return math.nan, sign, "sign"
    if abs(grade) > constant("grade_cap"):
        return math.nan, 0, "absurd"
    return grade, sign, "stated"


def _grade_of(plain: str) -> float:
    if plain == "0":
        return 0.0
    match = re.fullmatch(rf"([+-]?)\s*{_NUMBER}\s*(%|°|deg|:\s*{_NUMBER})", plain)
    if match is None:
        return math.nan
    value = float(match[2].replace(",", "."))
    if match[3] == "%":
        grade = value / 100.0
    elif match[4] is not None:
        run = float(match[4].replace(",", "."))
        grade = value / run if run > 0 else math.nan
    else:
        grade = math.tan(math.radians(value)) if value < 90 else math.nan
    return -grade if match[1] == "-" else grade


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """The ends of all pieces, edge by edge: each edge has one more than it has pieces."""

    edge: NDArray[np.int64]
    share: NDArray[np.float64]  # of the edge's length
    low: NDArray[np.int64]  # per piece, the row of its first end


def grade_streets(
    network: WalkNetwork,
    terrain: Terrain | None = None,
    *,
    inside: shapely.Geometry | None = None,
    doubts: list[Fault] | None = None,
) -> WalkNetwork:
    """Return the network with grades, and with steps and directions of stairs, from all sources.

    Parameters
    ----------
    network
        Streets, with or without heights and inclines of their own.
    terrain
        Heights of the ground; ``None`` where there are none.
    inside
        Study area in the network's plane, on which the terrain must lie.
    doubts
        Receives what is doubtful about the sources.

    Raises
    ------
    InputError
        If under 80 % of the street length inside the study area have heights or a grade of their
        own or lie on the terrain.
    """
    height_z = _vertex_heights(network)
    source = _sources(network, height_z, terrain)
    count = _piece_counts(network, source, terrain)
    ends = _piece_ends(count)
    offset = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    piece_edge = np.repeat(np.arange(network.n_edges), count)
    run = np.repeat(network.edge_length_dm / 10.0 / count, count)
    grade = np.zeros(len(run))
    lines_z = _line_heights(network, height_z, ends)
    of = source[piece_edge]
    grade[of == _LINES] = ((lines_z[ends.low + 1] - lines_z[ends.low]) / run)[of == _LINES]
    grade[of == _INCLINE] = network.edge_incline[piece_edge[of == _INCLINE]]
    node_height = np.full(network.n_nodes, np.nan)
    fine_height, report = node_height, dict(network.report)
    if terrain is not None:
        node_height = node_heights(network, terrain)
        fine_height = _fine_heights(network, terrain)
        rise, more = _terrain_rises(network, terrain, ends, source, node_height, inside, doubts)
        known = np.isfinite(rise)
        grade[(of == _TERRAIN) & known] = (rise / run)[(of == _TERRAIN) & known]
        of = np.where((of == _TERRAIN) & ~known, _FLAT, of)
        missing = (source[piece_edge] == _TERRAIN) & ~known
        report |= {**more, "flat_for_want_of_terrain_m": round(float(run[missing].sum()), 1)}
    cap = constant("grade_cap")
    capped = np.abs(grade) > cap
    grade = np.clip(grade, -cap, cap)
    report |= _grade_report(grade, run, of, capped, height_z, network)
    rises = _rises(network, height_z, node_height, fine_height)
    steps, steps_from, climbs, stairs = learn_stairs(network, rises)
    if doubts is not None:
        doubts += _doubts(report, terrain)
    return replace(
        network, piece_offset=offset, piece_grade=grade, edge_rise=climbs, edge_steps=steps,
        edge_steps_from=steps_from, report={**report, **stairs},
    )  # fmt: skip


def drape(
    network: WalkNetwork, terrain: Terrain, *, inside: shapely.Geometry | None = None
) -> WalkNetwork:
    """Return the network with grades from the terrain, where it has none of its own.

    The same as :func:`grade_streets` with a terrain.

    Parameters
    ----------
    network
        Streets.
    terrain
        Heights.
    inside
        Study area in the network's plane, on which the terrain must lie.

    Raises
    ------
    InputError
        If the terrain covers under 80 % of the street length inside the study area.
    """
    return grade_streets(network, terrain, inside=inside)


def _vertex_heights(network: WalkNetwork) -> NDArray[np.float64]:
    """Return heights of vertices; none where all are one value, as in files with a blank z."""
    z = network.vertex_z_m
    known = z[np.isfinite(z)]
    blank = len(known) > 0 and float(np.ptp(known)) == 0.0
    return np.full(len(z), np.nan) if blank else np.asarray(z, np.float64)


def _sources(
    network: WalkNetwork, height_z: NDArray[np.float64], terrain: Terrain | None
) -> NDArray[np.int64]:
    whole = np.logical_and.reduceat(np.isfinite(height_z), network.vertex_offset[:-1])
    level = network.is_stair() | (network.edge_lift_s > 0)
    rest = _FLAT if terrain is None else _TERRAIN
    stated = np.isfinite(network.edge_incline)
    codes: NDArray[np.int64] = np.select([level, whole, stated], [_STEPS, _LINES, _INCLINE], rest)
    return codes


def _piece_counts(
    network: WalkNetwork, source: NDArray[np.int64], terrain: Terrain | None
) -> NDArray[np.int64]:
    length_m = network.edge_length_dm / 10.0
    spacing = max(terrain.cell_m if terrain else 0.0, LEAST_PIECE_M)
    on_ground = (source == _TERRAIN) & ~network.edge_bridge & ~network.edge_tunnel
    count: NDArray[np.float64] = np.select(
        [source == _LINES, on_ground],
        [np.floor(length_m / LEAST_PIECE_M), np.ceil(length_m / spacing)],
        1,
    )
    return np.maximum(1, count).astype(np.int64)


def _piece_ends(count: NDArray[np.int64]) -> _Ends:
    edge = np.repeat(np.arange(len(count)), count + 1)
    first = np.concatenate([[0], np.cumsum(count + 1)])[:-1]
    share = (np.arange(len(edge)) - first[edge]) / count[edge]
    low = np.arange(int(count.sum())) + np.repeat(np.arange(len(count)), count)
    return _Ends(edge, share, low)


def _line_heights(
    network: WalkNetwork, height_z: NDArray[np.float64], ends: _Ends
) -> NDArray[np.float64]:
    """Return heights of the lines at the ends of pieces; of no meaning where a vertex has none."""
    first, last = network.vertex_offset[:-1], network.vertex_offset[1:] - 1
    stretch = np.hypot(*np.diff(network.vertex_xy_m, axis=0).T)
    stretch[last[:-1]] = 1.0  # between one line and the next
    along = np.concatenate([[0.0], np.cumsum(stretch)])
    at = along[first][ends.edge] + ends.share * (along[last] - along[first])[ends.edge]
    return np.asarray(np.interp(at, along, np.nan_to_num(height_z)))


def _terrain_rises(
    network: WalkNetwork,
    terrain: Terrain,
    ends: _Ends,
    source: NDArray[np.int64],
    node_height: NDArray[np.float64],
    inside: shapely.Geometry | None,
    doubts: list[Fault] | None,
) -> tuple[NDArray[np.float64], dict[str, object]]:
    """Return the terrain's rise over every piece, ``nan`` where unknown, and its report."""
    plane = Plane(network.crs)
    points = shapely.get_coordinates(
        shapely.line_interpolate_point(network.lines()[ends.edge], ends.share, normalized=True)
    )
    height = terrain.heights(points, plane)
    known = np.isfinite(height)
    weight = (network.edge_length_dm / np.bincount(ends.edge))[ends.edge]
    if inside is not None:
        shapely.prepare(inside)
        weight = weight * shapely.contains_xy(inside, points)
    own = np.isin(source, (_LINES, _INCLINE))[ends.edge]
    enough = _share(weight, known | own)
    if enough < LEAST_COVER:
        values = {"share": f"{enough:.1%}", "least": f"{LEAST_COVER:.0%}"}
        raise InputError(Fault("streets.terrain_too_small", values))
    # Pieces begin and end at the heights of nodes, so that decks meet their ramps.
    height = np.where(ends.share == 0.0, node_height[network.edge_from[ends.edge]], height)
    height = np.where(ends.share == 1.0, node_height[network.edge_to[ends.edge]], height)
    report: dict[str, object] = {
        "terrain_cover": round(_share(weight, known), 6),
        "terrain_cell_m": round(terrain.cell_m, 2),
    }
    if doubts is not None and terrain.kind == "terrain":
        jumps = _jump_share(network, terrain, points)
        if jumps > _MANY_JUMPS:
            values = {"share": f"{jumps:.0%}", "metres": f"{_BESIDE_M:g}"}
            doubts.append(Fault("streets.terrain_with_roofs", values))
    return height[ends.low + 1] - height[ends.low], report


def _share(weight: NDArray[np.float64], which: NDArray[np.bool_]) -> float:
    total = weight.sum()
    return float(weight[which].sum() / total) if total else 1.0


def _jump_share(network: WalkNetwork, terrain: Terrain, points: NDArray[np.float64]) -> float:
    """Return the share of places on and beside streets where cells jump like a wall of a house."""
    aside = np.array([[0.0, 0.0], [_BESIDE_M, 0], [-_BESIDE_M, 0], [0, _BESIDE_M], [0, -_BESIDE_M]])
    around = (points[:, None, :] + aside).reshape(-1, 2)
    jump = terrain.jumps(around, Plane(network.crs))
    known = np.isfinite(jump)
    return float((jump[known] > 1.0).mean()) if known.any() else 0.0


def _fine_heights(network: WalkNetwork, terrain: Terrain) -> NDArray[np.float64]:
    """Return node heights as they stand in a raster fine enough to see a stair."""
    if terrain.raw_m is None or terrain.cell_m > FINE_CELL_M or terrain.kind != "terrain":
        return np.full(network.n_nodes, np.nan)
    return replace(terrain, height_m=terrain.raw_m).heights(network.node_xy_m, Plane(network.crs))


def _rises(
    network: WalkNetwork,
    height_z: NDArray[np.float64],
    node_height: NDArray[np.float64],
    fine_height: NDArray[np.float64],
) -> Rises:
    first, last = network.vertex_offset[:-1], network.vertex_offset[1:] - 1
    high = np.maximum.reduceat(height_z, first)
    low = np.minimum.reduceat(height_z, first)
    a, b = network.edge_from, network.edge_to
    return Rises(
        height_z[last] - height_z[first], high - low,
        node_height[b] - node_height[a], fine_height[b] - fine_height[a],
    )  # fmt: skip


def _grade_report(
    grade: NDArray[np.float64],
    run: NDArray[np.float64],
    of: NDArray[np.int64],
    capped: NDArray[np.bool_],
    height_z: NDArray[np.float64],
    network: WalkNetwork,
) -> dict[str, object]:
    metres = np.bincount(of, run, minlength=len(_SOURCES))
    report: dict[str, object] = {
        f"grade_{name}_m": round(float(m), 1) for name, m in zip(_SOURCES, metres, strict=True)
    }
    given, used = np.isfinite(network.vertex_z_m).any(), np.isfinite(height_z).any()
    if given and not used:
        report["heights_all_equal"] = True
    if metres[[_LINES, _INCLINE, _TERRAIN]].any():
        report["pieces_capped"] = int(capped.sum())
        report["capped_m"] = round(float(run[capped].sum()), 1)
        total = run.sum()
        for least in _GRADE_CLASSES:
            share = run[np.abs(grade) > least].sum() / total
            report[f"share_above_{100 * least:g}_percent"] = round(float(share), 6)
    return report


def _doubts(report: dict[str, object], terrain: Terrain | None) -> list[Fault]:
    found = []
    if report.get("heights_all_equal"):
        found.append(Fault("streets.heights_all_equal"))
    bad = {how: report.get(f"inclines_{how}", 0) for how in ("absurd", "unreadable")}
    if any(bad.values()):
        values = {"absurd": bad["absurd"], "unreadable": bad["unreadable"],
                  "cap": f"{constant('grade_cap'):.0%}"}  # fmt: skip
        found.append(Fault("streets.inclines_left_out", values))
    metres, capped = report["grade_from_terrain_m"], report.get("capped_m", 0.0)
    assert isinstance(metres, float)
    assert isinstance(capped, float)
    if terrain is not None and metres > 0 and capped > _MANY_CAPPED * metres:
        values = {"share": f"{capped / metres:.1%}", "cap": f"{constant('grade_cap'):.0%}"}
        found.append(Fault("streets.terrain_too_steep", values))
    return found
