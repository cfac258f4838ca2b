"""One real study from end to end: Porto Alegre, with real streets, terrain and people.

Cells of the population grid with ``healthcare`` stand in for facilities; blank counts mean none.
"""

import csv
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely

from quarterhour.pipeline import StudyRun, run_study
from quarterhour.streets.walker import UNREACHED

pytestmark = pytest.mark.real

STUDY = """
[study]
name = "Porto Alegre"
date = "2026-11-01"
language = "en"
[areas]
file = "areas.geojson"
[streets]
file = "streets.osm.pbf"
[terrain]
file = "terrain.tif"
[residents]
file = "residents.csv"
by = "grid"
[[facilities]]
file = "facilities.csv"
kind = "health post"
[gaps]
min_people = 300
[[siting]]
kind = "health post"
sites = 5
candidates = "premises.csv"
"""


def write_csv(path: Path, header: list[str], rows: list[list[object]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


@pytest.fixture(scope="module")
def cells(real_data: Path) -> list[dict[str, str]]:
    """Return the rows of the population grid."""
    with (real_data / "population" / "poa_hexgrid.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def study(real_data: Path, cells, tmp_path_factory) -> Path:
    """Write the study folder: the city in four quarters, every 25th cell a candidate."""
    folder = tmp_path_factory.mktemp("porto") / "alegre"
    folder.mkdir()
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    for target, source in (("streets.osm.pbf", "networks/porto_alegre_poa_osm.pbf"),
                           ("terrain.tif", "dem/porto_alegre_poa_elevation.tif")):  # fmt: skip
        (folder / target).write_bytes((real_data / source).read_bytes())
    place = [[c["id"], c["lon"], c["lat"]] for c in cells]
    write_csv(
        folder / "residents.csv", ["name", "lon", "lat", "population"],
        [[*p, c["population"] or 0] for p, c in zip(place, cells, strict=True)],
    )  # fmt: skip
    write_csv(
        folder / "facilities.csv", ["name", "lon", "lat"],
        [p for p, c in zip(place, cells, strict=True) if float(c["healthcare"] or 0) > 0],
    )  # fmt: skip
    write_csv(folder / "premises.csv", ["name", "lon", "lat"], place[::25])
    lon, lat = (np.array([float(c[k]) for c in cells]) for k in ("lon", "lat"))
    west, south, east, north = (
        lon.min() - 0.01,
        lat.min() - 0.01,
        lon.max() + 0.01,
        lat.max() + 0.01,
    )
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
    (folder / "areas.geojson").write_text(text, encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def run(study: Path, tmp_path_factory) -> StudyRun:
    """Run the study, pages and all."""
    return run_study(study, out=tmp_path_factory.mktemp("runs") / "porto-alegre")


def test_nobody_is_lost(run: StudyRun, cells):
    total = sum(float(c["population"] or 0) for c in cells)
    assert total == 812_935
    findings = run.findings
    assert findings.demand.people.sum() == pytest.approx(total, rel=1e-12)
    frame = findings.coverage.to_frame()
    for (_, walker), rows in frame.groupby(["kind", "walker"]):
        assert rows["residents"].sum() == pytest.approx(total, rel=1e-12)
        if walker != "policy_radius":
            parts = rows["within_15_min"] + rows["beyond"] + rows["no_street"]
            assert parts.sum() == pytest.approx(total, rel=1e-12)
            assert (rows["beyond"] >= -1e-6).all()


def test_terrain_covers_97_per_cent_and_hills_cost_time(run: StudyRun):
    report = run.manifest["network"]
    assert 0.95 < report["terrain_cover"] < 0.99
    assert report["stairs"] > 400
    assert report["share_above_8.33_percent"] > 0.05


def test_the_plan_is_proven_and_recounted_from_the_times(run: StudyRun):
    finding = run.findings.plans[0]
    plan = finding.plan
    assert plan.status == "optimal"
    assert plan.bound == pytest.approx(plan.people_gained, abs=plan.rounding_people + 1e-6)
    assert len(plan.site_ids) == 5
    after = finding.within_after.sum()
    assert after == pytest.approx(plan.people_before + plan.people_gained, rel=1e-9)
    within = run.findings.coverage.people("health post").sum()
    assert plan.people_before == pytest.approx(within, rel=1e-9)


def test_every_walk_is_at_least_as_long_as_the_straight_line(run: StudyRun):
    findings = run.findings
    coverage = findings.coverage
    ms = coverage.ms[0, coverage.walkers.index("policy_walk")].astype(float)
    straight = coverage.ms[0, coverage.walkers.index("policy_radius")]
    reached = ms != UNREACHED
    # Legs and streets are rounded to decimetres; lines on the map bend round nothing.
    assert (ms[reached] >= straight[reached] - 500).all()
    assert reached.mean() > 0.8


def test_all_pages_are_there_and_tie_to_the_input(run: StudyRun):
    for name in ("map.html", "tables.xlsx", "layers.gpkg", "sites.xlsx", "report.docx",
                 "report.html", "manifest.json"):  # fmt: skip
        assert (run.folder / name).stat().st_size > 1000, name
    assert len(list((run.folder / "plates").glob("*.pdf"))) >= 5
    book = openpyxl.load_workbook(run.folder / "tables.xlsx", read_only=True)
    numbers = [
        cell for page in book.worksheets for row in page.iter_rows(values_only=True)
        for cell in row if isinstance(cell, int | float)
    ]  # fmt: skip
    assert any(abs(n - 812_935) < 0.5 for n in numbers)
