"""Contents of the layers of areas, gaps, example walks and missing links in ``layers.gpkg``."""

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.findings import Findings
from quarterhour.maps.gap_place import gap_place
from quarterhour.maps.withheld import withheld_gaps, withheld_links
from quarterhour.report.layer_cells import Content, multi
from quarterhour.report.layer_headings import group_names, kind_names
from quarterhour.report.layer_styles import CANNOT_SAY
from quarterhour.wording import MISSING
from quarterhour.words import Language

_GAP_CELL_M = 60.0


def area_content(findings: Findings) -> Content:
    """Return the areas with their people, coverage and figures beside it.

    Figures that hang on the streets are NULL where an area cannot say; places per 1,000 elders are
    those that stand there, and do not.
    """
    coverage, areas = findings.coverage, findings.areas
    n, longest = len(areas.names), coverage.minutes[-1]
    lead = coverage.residents[:n, coverage.groups.index(coverage.lead_group)]
    columns: dict[str, object] = {"name": areas.names, "kind": areas.kinds}
    for g, name in enumerate(group_names(findings).values()):
        columns[f"people_{name}"] = coverage.residents[:n, g]
    for kind, name in kind_names(findings).items():
        at = findings.facilities.area_index
        at = at[findings.facilities.rows_of(kind)]
        columns[f"n_{name}"] = np.bincount(at[at >= 0], minlength=n).astype(np.int64)
        for minutes in coverage.minutes:
            columns[f"within{minutes}_{name}"] = coverage.people(kind, minutes=minutes)[:n]
        dumb = findings.cannot_say(kind)[:n]
        columns[f"share{longest}_{name}"] = np.divide(
            coverage.people(kind)[:n], lead, out=np.full(n, np.nan), where=(lead > 0) & ~dumb
        )
        columns[f"verdict_{name}"] = [CANNOT_SAY if d else "sufficient" for d in dumb.tolist()]
    columns |= _measures(findings, n)
    columns["no_street"] = coverage.no_street[0, :n, coverage.groups.index(coverage.lead_group)]
    return columns, multi(areas.polygons), "MultiPolygon"


def _measures(findings: Findings, n: int) -> dict[str, object]:
    """Return what is counted beside coverage, for the lead group of each area."""
    measured, swept = findings.measured, findings.sweep
    times, supply = measured.walk_times, measured.supply
    lead = times.groups.index(findings.lead_group)
    columns: dict[str, object] = {}
    for k, (kind, name) in enumerate(kind_names(findings).items()):
        dumb = findings.cannot_say(kind)[:n]
        if kind in swept.kinds and len(swept.dimension):
            low, _, high = swept.area_ranges(kind)
            columns[f"share_low_{name}"] = np.where(dumb, np.nan, low[:n])
            columns[f"share_high_{name}"] = np.where(dumb, np.nan, high[:n])
        median = times.quantile_s[0, k, :n, lead] / 60.0
        columns[f"median_min_{name}"] = np.where(dumb | ~np.isfinite(median), np.nan, median)
        if kind in supply.kinds:
            columns[f"per1000_{name}"] = supply.per_1000(kind)[:n]
            mean = supply.mean[supply.kinds.index(kind), :n]
            columns[f"access_{name}"] = np.where(dumb, np.nan, mean)
    return columns


def gap_content(findings: Findings, language: Language) -> Content:
    """Return the gaps of every kind; what hindered people is not told where an area cannot say."""
    parts: list[NDArray[np.object_]] = []
    rows: list[tuple[object, ...]] = []
    for gaps in findings.gaps:
        parts.append(_gap_shapes(findings, gaps.member, len(gaps.ids)))
        for n, held in enumerate(withheld_gaps(findings, gaps.kind).tolist()):
            street = gap_place(gaps.streets, gaps.apart, n, language)
            told = (
                gaps.median_s[n] / 60.0, gaps.walk_m[n], gaps.detour[n], gaps.facility[n],
                gaps.cause[n], gaps.barrier_kind[n], gaps.barrier_name[n],
            )  # fmt: skip
            unsaid = (np.nan, np.nan, np.nan, "", "", "", "")
            rows.append((
                gaps.kind, gaps.ids[n], gaps.areas[n], gaps.streets[n],
                "" if street == MISSING else street, *(unsaid if held else told),
                CANNOT_SAY if held else "sufficient", gaps.straight_m[n], *gaps.people[n],
            ))  # fmt: skip
    people = tuple(f"people_{g}" for g in group_names(findings).values())
    names = ("kind", "gap", "area", "street", "place", "median_min", "walk_m", "detour",
             "facility", "cause", "barrier", "barrier_name", "verdict", "straight_m",
             *people)  # fmt: skip
    columns = _columns(names, rows, ("median_min", "walk_m", "detour", "straight_m", *people))
    return columns, multi(np.concatenate(parts) if parts else np.empty(0, object)), "MultiPolygon"


def _gap_shapes(findings: Findings, member: NDArray[np.int32], n: int) -> NDArray[np.object_]:
    """Return the union of the squares in which a gap's people live: an area, not their homes."""
    lead = findings.demand.people_of(findings.demand.lead_group)
    rows = np.flatnonzero((member >= 0) & (lead > 0))
    low = np.floor(findings.demand.xy_m[rows] / _GAP_CELL_M).astype(np.int64)
    unique = np.unique(np.column_stack([member[rows], low]), axis=0)
    start = np.searchsorted(unique[:, 0], np.arange(n + 1))
    corner = unique[:, 1:] * _GAP_CELL_M
    squares = shapely.box(*corner.T, *(corner + _GAP_CELL_M).T)
    shapes = np.empty(n, object)
    for gap in range(n):
        shapes[gap] = shapely.coverage_union_all(squares[start[gap] : start[gap + 1]])
    return shapes


def example_content(findings: Findings, language: Language) -> Content:
    """Return the example walks of every kind whose way is known; none of gaps that cannot say."""
    rows: list[tuple[object, ...]] = []
    ways: list[shapely.Geometry] = []
    facilities = findings.facilities
    for gaps in findings.gaps:
        found, dumb = gaps.examples, withheld_gaps(findings, gaps.kind)
        for n, gap in enumerate(found.gap.tolist()):
            if shapely.is_empty(found.way[n]) or dumb[gap]:
                continue
            at = int(found.facility[n])
            ways.append(found.way[n])
            rows.append((
                gaps.kind, gaps.ids[gap], found.role[n], found.areas[n], found.streets[n],
                found.seconds[n] / 60.0, found.metres[n], np.rint(found.steps[n]), found.up_m[n],
                facilities.ids[at] if at >= 0 else "",
            ))  # fmt: skip
    names = ("kind", "gap", "role", "area", "street", "walk_min", "way_m", "steps", "up_m",
             "facility")  # fmt: skip
    figures = ("walk_min", "way_m", "steps", "up_m")
    return _columns(names, rows, figures), _objects(ways), "LineString"


def link_content(findings: Findings) -> Content:
    """Return the missing links from end to end; those in areas that cannot say have no people."""
    found = findings.links
    groups = group_names(findings)
    names = ("link", "what", "area", "far_street", "near_street", "barrier", "barrier_name",
             "length_m", "rise_m", "link_min", "before_min", "after_min", "variants", "gaps",
             "verdict", *(f"gained_{g}" for g in groups.values()))  # fmt: skip
    figures = ("length_m", "rise_m", "link_min", "before_min", "after_min",
               *(f"gained_{g}" for g in groups.values()))  # fmt: skip
    rows: list[tuple[object, ...]] = []
    if found is None:
        return _columns(names, rows, figures, ("link", "variants")), _objects([]), "LineString"
    dumb = withheld_links(findings, found).tolist()
    at = [found.groups.index(g) for g in groups]
    for n, held in enumerate(dumb):
        times = (found.before_s[n] / 60.0, found.after_s[n] / 60.0)
        rows.append((
            n + 1, found.kinds[n], found.areas[n], *found.streets[n], found.barrier_kinds[n],
            found.barrier_names[n], found.length_m[n], found.rise_m[n], found.link_s[n] / 60.0,
            *((np.nan, np.nan) if held else times), found.variants[n], " ".join(found.gaps[n]),
            CANNOT_SAY if held else "sufficient",
            *(np.nan if held else found.gained[n, g] for g in at),
        ))  # fmt: skip
    lines = _objects(list(shapely.linestrings(found.xy_m)) if len(rows) else [])
    return _columns(names, rows, figures, ("link", "variants")), lines, "LineString"


def _columns(
    names: tuple[str, ...], rows: list[tuple[object, ...]], figures: tuple[str, ...],
    whole: tuple[str, ...] = (),
) -> dict[str, object]:  # fmt: skip
    """Return rows as columns; what is out of reach or unknown is NULL."""
    columns: dict[str, object] = {}
    for c, name in enumerate(names):
        cells = [row[c] for row in rows]
        if name in figures:
            values = np.array(cells, float)
            columns[name] = np.where(np.isfinite(values), values, np.nan)
        else:
            columns[name] = np.array(cells, np.int32) if name in whole else cells
    return columns


def _objects(shapes: list[shapely.Geometry]) -> NDArray[np.object_]:
    out = np.empty(len(shapes), object)
    out[:] = shapes
    return out
