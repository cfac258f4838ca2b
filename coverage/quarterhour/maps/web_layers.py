"""What lies on the web map: streets, areas, bands, gaps and people, packed for the browser.

A *layer* is what one box of the map's panel switches on and off. Layers *by kind* change with the
kind of facility that the reader chooses; their features stand under the kind's name.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.findings import Backdrop, Findings, Shapes
from quarterhour.inputs.areas import Areas
from quarterhour.maps.style import (
    MAIN_STREET,
    RAIL,
    SHARE_CLASSES,
    STREET,
    UNCOVERED,
    WATER,
    WITHHELD,
    band_colours,
)
from quarterhour.maps.web_figures import kinds_shown
from quarterhour.maps.web_shapes import Packer
from quarterhour.maps.withheld import withheld_areas, withheld_gaps, withheld_people
from quarterhour.streets.network import WalkNetwork
from quarterhour.words import Language, Words

Layer = dict[str, Any]

MAIN_CLASSES = frozenset(("motorway", "trunk", "primary", "secondary"))
PATH_CLASSES = frozenset(("footway", "path", "steps", "track", "cycleway", "service", "corridor"))
UNKNOWN_SHARE = "#eeeeee"
# An edge tells water from the lightest band, which has none.
WATER_EDGE = "#7fa6bd"
FILL_OPACITY = 0.6
# Squares of uncovered people: as small as this, larger where there would be too many to draw.
_CELL_M = 100.0
_MOST_CELLS = 4000
_PEOPLE_CLASSES = ((10, 3), (50, 5), (100, 7), (np.inf, 10))
_BAND_TOLERANCE_M = 3.0
_BORDER_TOLERANCE_M = 2.0
_STREET_TOLERANCE_M = 1.0


def basemap(network: WalkNetwork, backdrop: Backdrop, pack: Packer) -> list[dict[str, Any]]:
    """Return water, streets and railways, in drawing order; ``from`` is the least zoom."""
    lines = shapely.simplify(network.lines(), _STREET_TOLERANCE_M)
    of_class = np.array(network.classes, object)[network.edge_class]
    main = np.isin(
        of_class.astype(str), sorted({c + x for c in MAIN_CLASSES for x in ("", "_link")})
    )
    path = np.isin(of_class.astype(str), sorted(PATH_CLASSES))
    water = shapely.simplify(backdrop.water, _STREET_TOLERANCE_M)
    flat = np.array([w for w in water if shapely.get_dimensions(w) == 2], object)
    thin = np.array([w for w in water if shapely.get_dimensions(w) == 1], object)
    rails = shapely.get_parts(shapely.simplify(backdrop.rails, _STREET_TOLERANCE_M))
    area = shapely.get_rings(shapely.get_parts(flat))
    return [
        {"g": pack.lines(area), "fill": WATER, "edge": WATER_EDGE},
        {"g": pack.lines(shapely.get_parts(thin)), "line": WATER, "width": 2.0},
        {"g": pack.lines(lines[path]), "line": STREET, "width": 0.7, "from": 13},
        {"g": pack.lines(lines[~path & ~main]), "line": STREET, "width": 1.1, "from": 11},
        {"g": pack.lines(lines[main]), "line": MAIN_STREET, "width": 2.0},
        {"g": pack.lines(rails), "line": RAIL, "width": 1.4, "dash": [7, 5]},
    ]


def share_colour(share: float) -> str:
    """Return the class colour of a share; light grey where nobody lives."""
    if not np.isfinite(share):
        return UNKNOWN_SHARE
    return next(colour for below, colour in SHARE_CLASSES if share < below)


def area_shares(findings: Findings, kind: str) -> NDArray[np.float64]:
    """Return the lead group's share within the longest limit by area; ``nan`` for no people."""
    coverage = findings.coverage
    total = coverage.residents[:-1, coverage.groups.index(coverage.lead_group)]
    shares = np.full(len(total), np.nan)
    np.divide(coverage.people(kind)[:-1], total, out=shares, where=total > 0)
    return shares


def share_layer(findings: Findings, language: Language) -> Layer:
    """Return the areas coloured by share, by kind; the shapes are those of the border layer.

    An area that cannot say has no colour: the browser hatches it.
    """
    by_kind: dict[str, list[str | None]] = {
        kind: [
            None if held else share_colour(share)
            for share, held in zip(
                area_shares(findings, kind).tolist(), findings.cannot_say(kind)[:-1].tolist(),
                strict=True,
            )
        ]
        for kind in kinds_shown(findings)
    }  # fmt: skip
    legend = _share_legend(by_kind, language)
    kinds = kinds_shown(findings)
    return {"data": by_kind, "legend": legend + withheld_legend(findings, kinds, language)}


def withheld_hatching(findings: Findings) -> Layer:
    """Return how areas that cannot say are hatched, and which they are, by kind."""
    kinds = dict.fromkeys((*kinds_shown(findings), *(p.plan.kind for p in findings.plans)))
    return {"colour": WITHHELD, "areas": {kind: withheld_areas(findings, kind) for kind in kinds}}


def withheld_legend(
    findings: Findings, kinds: Sequence[str], language: Language
) -> list[dict[str, Any]]:
    """Return the entry for areas that cannot say, shown with the kinds that have any."""
    text = Words(language)("map.legend_withheld")
    return _entry_for(
        {"hatch": WITHHELD, "text": text}, [k for k in kinds if withheld_areas(findings, k)]
    )


def withheld_gap_legend(findings: Findings, language: Language) -> list[dict[str, Any]]:
    """Return the entry for gaps in areas that cannot say, shown with the kinds that have any."""
    text = Words(language)("map.legend_gap_withheld")
    kinds = [k for k in kinds_shown(findings) if withheld_gaps(findings, k).any()]
    return _entry_for({"outline": WITHHELD, "text": text}, kinds)


def withheld_people_legend(
    findings: Findings, people: Mapping[str, Layer], language: Language
) -> list[dict[str, Any]]:
    """Return the entry for people in areas that cannot say, shown with the kinds that have any."""
    text = Words(language)("map.legend_people_withheld")
    kinds = [k for k, found in people.items() if found["sure"] < len(found["people"])]
    return _entry_for({"dot": WITHHELD, "radius": _PEOPLE_CLASSES[1][1], "text": text}, kinds)


def _entry_for(entry: dict[str, Any], kinds: list[str]) -> list[dict[str, Any]]:
    return [{**entry, "kinds": kinds}] if kinds else []


def _share_legend(
    by_kind: Mapping[str, list[str | None]], language: Language
) -> list[dict[str, Any]]:
    words = Words(language)
    bounds = [below for below, _ in SHARE_CLASSES]
    texts = [words("map.share_below", {"high": _round(bounds[0])})]
    texts += [
        words("map.share_between", {"low": _round(low), "high": _round(high)})
        for low, high in pairwise(bounds[:-1])
    ]
    texts.append(words("map.share_from", {"low": _round(bounds[-2])}))
    out = [
        {"fill": colour, "opacity": FILL_OPACITY, "text": text}
        for (_, colour), text in zip(SHARE_CLASSES, texts, strict=True)
    ]
    if any(UNKNOWN_SHARE in colours for colours in by_kind.values()):
        out.append({"fill": UNKNOWN_SHARE, "opacity": FILL_OPACITY, "text": words("map.no_people")})
    return out[::-1]


def _round(share: float) -> str:
    return f"{100.0 * share:.0f}%"


def border_shapes(areas: Areas, pack: Packer) -> list[dict[str, Any]]:
    """Return outline, place of the name and name of each area."""
    simple = shapely.simplify(areas.polygons, _BORDER_TOLERANCE_M)
    middle = shapely.get_coordinates(shapely.point_on_surface(simple))
    return [
        {"g": pack.polygon(p), "at": pack.steps(m[None])[0].tolist(), "name": name,
         "size": round(float(shapely.area(p)))}
        for p, m, name in zip(simple, middle, areas.names, strict=True)
    ]  # fmt: skip


def bands(shapes: Shapes, kind: str, pack: Packer) -> list[dict[str, Any]]:
    """Return the bands of one kind as rings, the longest walk first."""
    discs = [shapely.simplify(s, _BAND_TOLERANCE_M) for s in shapes.of(kind)]
    colours = band_colours(len(discs))
    rings = [discs[0]] + [shapely.difference(wide, narrow) for narrow, wide in pairwise(discs)]
    return [
        {"g": pack.polygon(_areal(ring)), "fill": colour}
        for ring, colour in zip(rings, colours, strict=True)
    ][::-1]


def _areal(shape: shapely.Geometry) -> shapely.Geometry:
    """Return what is areal of a shape: a difference may leave lines and points behind."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def band_legend(minutes: tuple[int, ...], language: Language) -> list[dict[str, Any]]:
    """Return the legend of bands, the shortest walk first."""
    words = Words(language)
    lows = (0, *minutes[:-1])
    return [
        {"fill": colour, "opacity": FILL_OPACITY,
         "text": words("map.band", {"low": low, "high": high})}
        for low, high, colour in zip(lows, minutes, band_colours(len(minutes)), strict=True)
    ]  # fmt: skip


def gap_outlines(findings: Findings, kind: str, pack: Packer) -> list[str]:
    """Return a smooth outline around the people of each gap."""
    gaps, xy = findings.gaps_of(kind), findings.demand.xy_m
    grain = findings.study.gaps.radius_m / 3.0
    out = []
    for gap in range(len(gaps.ids)):
        # Squares of a whole-numbered grid share their corners exactly: the quick union may be used.
        cells = np.unique(np.floor(xy[gaps.member == gap] / grain), axis=0)
        squares = shapely.coverage_union_all(shapely.box(*cells.T, *(cells + 1.0).T))
        grown = shapely.buffer(squares, 1.5, quad_segs=2)
        shape = shapely.transform(shapely.buffer(grown, -1.0, quad_segs=2), lambda at: at * grain)
        out.append(pack.polygon(shapely.simplify(shape, _BAND_TOLERANCE_M)))
    return out


def uncovered(findings: Findings, kind: str, pack: Packer) -> dict[str, Any]:
    """Return uncovered people of the lead group gathered in squares, and who has no place."""
    coverage = findings.coverage
    limit = findings.study.walker(findings.study.circle.walker).limit_ms(coverage.minutes[-1])
    beyond = coverage.ms[coverage.kinds.index(kind), 0] > limit
    return gathered(findings, beyond, kind, pack)


def gathered(
    findings: Findings, which: NDArray[np.bool_], kind: str, pack: Packer
) -> dict[str, Any]:
    """Return people of the lead group gathered in squares, and who of them has no place.

    The first ``sure`` squares hold people of areas that can say, the others those of the rest.

    Parameters
    ----------
    findings, pack
        Whose, and where to.
    which
        Which demand points, bool (n_demand,).
    kind
        For which kind areas can say, or not.
    """
    demand = findings.demand
    people = demand.people_of(demand.lead_group)
    open_ = which & (people > 0)
    placed = open_ & np.isfinite(demand.xy_m).all(axis=1)
    xy, weight = demand.xy_m[placed], people[placed]
    middle, total, unsure = _squares(xy, weight, withheld_people(findings, kind)[placed])
    order = np.lexsort((middle[:, 1], middle[:, 0], unsure))
    return {
        "g": pack.points(middle[order]),
        "people": [round(float(n), 1) for n in total[order]],
        "sure": int((~unsure).sum()),
        "unplaced": round(float(people[open_ & ~placed].sum()), 1),
    }


def _squares(
    xy: NDArray[np.float64], weight: NDArray[np.float64], unsure: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Gather people in squares, sure and unsure apart; each stands at the middle of its people."""
    if len(xy) == 0:
        return np.empty((0, 2)), np.empty(0), np.empty(0, bool)
    cell_m = _CELL_M
    while True:
        at = np.column_stack([np.floor(xy / cell_m), unsure])
        cells, back = np.unique(at, axis=0, return_inverse=True)
        if len(cells) <= _MOST_CELLS:
            break
        cell_m *= 1.25
    back = back.ravel()
    total: NDArray[np.float64] = np.bincount(back, weight).astype(np.float64)
    sums = np.column_stack([np.bincount(back, weight * xy[:, k]) for k in (0, 1)])
    return sums / total[:, None], total, cells[:, 2] > 0


def people_classes(language: Language, colour: str = UNCOVERED) -> list[dict[str, Any]]:
    """Return radius and words of each class of people in a square."""
    words, low, out = Words(language), 0, []
    for below, radius in _PEOPLE_CLASSES:
        if low == 0:
            text = words("map.people_below", {"high": below})
        elif np.isfinite(below):
            text = words("map.people_between", {"low": low, "high": int(below) - 1})
        else:
            text = words("map.people_from", {"low": low})
        out.append({"dot": colour, "radius": radius, "least": low, "text": text})
        low = int(below) if np.isfinite(below) else low
    return out
