"""Real places as study folders: real streets, people and terrain, and what had to be made up.

No register of elder-care facilities of these cities is at hand. What the public files hold stands
in for one, and each study says so in its name: capacities, beds and households are invented.
"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from scipy.spatial import KDTree

from quarterhour.cover import MissingLinks, assess_cover
from quarterhour.cover.case import Case
from quarterhour.findings import PlanFinding
from quarterhour.inputs.facilities import Facilities
from quarterhour.pipeline import StudyRun
from test_links import with_edge


def write_csv(path: Path, header: list[str], rows: list[list[object]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def write_quarters(path: Path, lon: np.ndarray, lat: np.ndarray, *, beside: float) -> None:
    """Write four areas that share the middle of some places, with room beside."""
    west, south, east, north = (
        lon.min() - beside, lat.min() - beside, lon.max() + beside, lat.max() + beside,
    )  # fmt: skip
    x, y = np.median(lon), np.median(lat)
    quarters = {
        "south-west": shapely.box(west, south, x, y), "south-east": shapely.box(x, south, east, y),
        "north-west": shapely.box(west, y, x, north), "north-east": shapely.box(x, y, east, north),
    }  # fmt: skip
    features = [
        f'{{"type":"Feature","properties":{{"name":"{n}"}},"geometry":{shapely.to_geojson(g)}}}'
        for n, g in quarters.items()
    ]
    text = f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'
    path.write_text(text, encoding="utf-8")


def quarter_of(lon: float, lat: float, x: float, y: float) -> str:
    """Return the name of the area in which a place lies."""
    return f"{'south' if lat < y else 'north'}-{'west' if lon < x else 'east'}"


def case_of(run: StudyRun) -> Case:
    """Return the circle of a run as its measures took it."""
    found, circle = run.findings, run.findings.study.circle
    return Case(
        found.network, found.facilities, found.demand, found.areas,
        found.study.walker(circle.walker), minutes=circle.minutes, direction=circle.direction,
        max_snap_m=found.study.streets.max_snap_m,
    )  # fmt: skip


def every_table_keeps(run: StudyRun, total: float) -> None:
    """Check that each table of people adds up to all of them, and that tables agree."""
    found, measured = run.findings, run.findings.measured
    lead, kinds = found.coverage.lead_group, found.coverage.kinds
    whole = pytest.approx(total, rel=1e-9)
    assert found.demand.people_of(lead).sum() == whole
    at_limit = {k: found.coverage.people(k).sum() for k in kinds}

    times, g = measured.walk_times, measured.walk_times.groups.index(lead)
    for k, kind in enumerate(kinds):
        parts = times.arrived[k] + times.no_street[k] + times.beyond[k]
        assert parts[:, g].sum() == whole
        backup = {b: times.people_with(kind, b, group=lead).sum() for b in ("none", "one", "two")}
        assert sum(backup.values()) == whole
        assert backup["none"] == pytest.approx(total - at_limit[kind], rel=1e-9)
        assert measured.bands.of(kind).sum() == whole
        gaps = found.gaps_of(kind)
        assert gaps.people[:, g].sum() + gaps.scattered[g] == (
            pytest.approx(total - at_limit[kind], abs=1e-6))  # fmt: skip
        causes = gaps.by_cause.sum() + gaps.scattered_by_cause.sum()
        assert causes == pytest.approx(total - at_limit[kind], abs=1e-6)

    served = measured.served
    for row, kind in enumerate(served.kinds):
        if served.known[row]:
            unserved = served.unserved[row].sum()
            assert 0 <= unserved <= at_limit[kind] + 1e-6
    around = measured.neighbours
    if around is not None:
        assert around.residents[:, around.groups.index(lead)].sum() == whole
        for kind in around.kinds:
            alone = around.people(kind, neighbours=False).sum()
            assert alone <= around.people(kind, neighbours=True).sum() + 1e-6
            if kind in at_limit and not around.counted:
                assert alone == pytest.approx(at_limit[kind], rel=1e-9)
    if measured.placement is not None:
        assert measured.placement.residents.sum() == whole
    for circle in measured.circles:
        g = circle.groups.index(lead)
        assert circle.residents[:, g].sum() == whole
        beyond = circle.beyond()[..., g].sum(axis=1)
        assert (beyond >= -1e-6).all()
    swept = found.sweep
    assert swept.residents.sum(axis=1) == pytest.approx(total, rel=1e-9)
    for kind in swept.kinds:
        own = swept.within[0, swept.kinds.index(kind), swept.minutes.index(swept.base_minutes)]
        assert own.sum() == pytest.approx(at_limit[kind], rel=1e-9)
    if found.links is not None:
        at = found.links.groups.index(lead)
        assert found.links.inside[at] == pytest.approx(at_limit[found.links.kind], rel=1e-9)
        assert (found.links.gained[:, at] <= total - at_limit[found.links.kind] + 1e-6).all()


def built(case: Case, found: PlanFinding, kind: str) -> Facilities:
    """Return the facilities with a plan's sites among them, and without what closes."""
    old, sites = case.facilities, found.screening.candidates
    closed = found.moves.closed_ids if found.moves is not None else ()
    stay = [row for row, one in enumerate(old.ids) if one not in closed]
    like = np.repeat(old.rows_of(kind)[:1], len(found.plan.chosen))
    grown = old.take(np.concatenate([stay, like]).astype(np.int64))
    xy, area = grown.xy_m.copy(), grown.area_index.copy()
    xy[len(stay) :] = sites.xy_m[found.plan.chosen]
    area[len(stay) :] = sites.area_index[found.plan.chosen]
    return replace(grown, xy_m=xy, area_index=area)


def people_once_built(case: Case, found: PlanFinding, kind: str) -> np.ndarray:
    """Return people inside the circle of a kind by area, all walked and counted again."""
    return assess_cover(
        case.network, built(case, found, kind), case.demand, case.areas,
        walkers=[case.walker], minutes=case.minutes, direction=case.direction,
        max_snap_m=case.max_snap_m,
    ).people(kind)  # fmt: skip


def recount_by_building(case: Case, links: MissingLinks, rows: list[int]) -> list[np.ndarray]:
    """Return whom each link brings inside, by group, on streets on which it has been built.

    The edge is added to the network and all is walked and counted again; only links between two
    nodes of the network can be built so.
    """
    far, node = KDTree(case.network.node_xy_m).query(links.xy_m.reshape(-1, 2))
    node = node.reshape(-1, 2)
    gained = []
    for row in rows:
        assert far.reshape(-1, 2)[row].max() < 0.01, "a link within an edge"
        built = with_edge(case.network, *map(int, node[row]), links.length_m[row])
        counted = [
            assess_cover(
                network, case.facilities, case.demand, case.areas, walkers=[case.walker],
                minutes=case.minutes, direction=case.direction, max_snap_m=case.max_snap_m,
            ).within[:, 0, -1].sum(axis=1)
            for network in (built, case.network)
        ]  # fmt: skip
        kinds = (*case.facilities.all_kinds(), "any")
        gained.append((counted[0] - counted[1])[kinds.index(links.kind)])
    return gained


def between_nodes(case: Case, links: MissingLinks) -> list[int]:
    """Return the rows of footbridges that join two nodes of the network."""
    far, _ = KDTree(case.network.node_xy_m).query(links.xy_m.reshape(-1, 2))
    whole = far.reshape(-1, 2).max(axis=1) < 0.01
    return [k for k in np.flatnonzero(whole).tolist() if links.kinds[k] == "footbridge"]
