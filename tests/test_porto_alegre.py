"""One real study from end to end: Porto Alegre, with real streets, terrain and people.

Cells of the population grid with ``healthcare`` stand in for facilities; blank counts mean none.
"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from quarterhour.asking import answer_question
from quarterhour.inputs.premises import no_premises
from quarterhour.pipeline import StudyRun, run_study
from quarterhour.stagefile import load_stage
from quarterhour.streets.walker import UNREACHED
from quarterhour.studytables import RuleTable
from realplaces import (
    between_nodes,
    case_of,
    every_table_keeps,
    people_once_built,
    quarter_of,
    recount_by_building,
    write_csv,
    write_quarters,
)

pytestmark = [pytest.mark.real, pytest.mark.whole]

STUDY = """
[study]
name = "Porto Alegre (real streets, terrain and people; facilities and figures stand in)"
date = "2026-11-01"
language = "en"
[areas]
file = "areas.geojson"
[areas.zones]
west = ["south-west", "north-west"]
east = ["south-east", "north-east"]
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
[[facilities]]
file = "schools.csv"
kind = "school"
[neighbours]
file = "neighbours.csv"
kind = "health post"
count = "show"
[circle]
years = [2024, 2026]
[[circles]]
name = "schools"
kinds = ["school"]
walker = "adult"
[[circles]]
name = "meals"
kinds = ["health post"]
minutes = [10, 20]
walker = "meal_delivery"
direction = "back"
[supply]
need = { "health post" = 0.05 }
[scorecard]
file = "indicators.csv"
targets = { nursing_share = 0.5 }
[gaps]
min_people = 300
[sweep]
speeds = [0.6, 0.85, 1.2]
minutes = [10, 15, 20]
[[siting]]
kind = "health post"
sites = 5
candidates = "premises.csv"
"""
# Other questions of the same city, small ones: keys of the table, and whether premises are offered.
QUESTIONS = (
    {"sites": 4, "rule": (
        RuleTable(per_area_at_least=2), RuleTable(spacing_m=800.0, must=("P003",)),
    )},
    {"question": "fewest_sites", "sites": None, "share": 0.9, "share_of": "reachable"},
    {"question": "least_walking", "sites": 2},
    {"candidates": "", "generate": "grid", "spacing_m": 900.0, "sites": 3},
)  # fmt: skip
EASTERNMOST = 12  # health posts that play the facilities of the district next door


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
    health = sorted(
        ([c["id"], c["lon"], c["lat"], 20 * int(float(c["healthcare"]))]
         for c in cells if float(c["healthcare"] or 0) > 0), key=lambda row: float(row[1]),
    )  # fmt: skip
    header = ["name", "lon", "lat", "capacity"]
    write_csv(folder / "facilities.csv", header, health[:-EASTERNMOST])
    write_csv(folder / "neighbours.csv", header, health[-EASTERNMOST:])
    write_csv(
        folder / "schools.csv", ["name", "lon", "lat"],
        [p for p, c in zip(place, cells, strict=True) if float(c["schools"] or 0) > 0],
    )  # fmt: skip
    write_csv(folder / "premises.csv", ["name", "lon", "lat"], place[::25])
    lon, lat = (np.array([float(c[k]) for c in cells]) for k in ("lon", "lat"))
    write_quarters(folder / "areas.geojson", lon, lat, beside=0.01)
    quarter = [quarter_of(x, y, np.median(lon), np.median(lat))
               for x, y in zip(lon, lat, strict=True)]  # fmt: skip
    write_csv(
        folder / "indicators.csv",
        ["area", "communities", "communities_with_facility", "households", "beds", "nursing_beds"],
        [_made_up(name, [c for c, q in zip(cells, quarter, strict=True) if q == name])
         for name in sorted(set(quarter))],
    )  # fmt: skip
    return folder / "study.toml"


def _made_up(name: str, cells: list[dict[str, str]]) -> list[object]:
    """Return invented indicators: a cell is a community, a household has three people."""
    people = sum(float(c["population"] or 0) for c in cells)
    health = sum(float(c["healthcare"] or 0) > 0 for c in cells)
    beds = round(0.03 * people)
    return [name, len(cells), health, round(people / 3), beds, round(0.4 * beds)]


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
    assert plan.bound == pytest.approx(plan.people_gained, abs=plan.rounding + 1e-6)
    assert len(plan.site_ids) == 5
    after = finding.within_after.sum()
    assert after == pytest.approx(plan.people_before + plan.people_gained, rel=1e-9)
    within = run.findings.coverage.people("health post").sum()
    assert plan.people_before == pytest.approx(within, rel=1e-9)


@pytest.mark.parametrize("keys", QUESTIONS, ids=("rules", "fewest", "walking", "generated"))
def test_other_questions_are_answered_and_recounted(run: StudyRun, keys: dict[str, object]):
    found, case = run.findings, case_of(run)
    stage = {
        name: load_stage(run.folder / "stages" / f"{name}.npz").result
        for name in ("inputs", "cover", "shapes")
    }
    quiet = {"alternatives": 0, "frontier": 0, "stability": False, "time_limit_s": 4.0}
    table = replace(found.study.siting[0], **{**quiet, **keys})
    premises = stage["inputs"].premises[0] if table.candidates else no_premises()
    answer = answer_question(
        found.study, table, premises, stage, case, lambda: None, []
    )  # fmt: skip
    plan = answer.plan
    after = people_once_built(case, answer, "health post")
    assert after.sum() == pytest.approx(plan.people_after, rel=1e-9)
    assert answer.within_after == pytest.approx(after, abs=1e-6)
    assert plan.gap <= 0.02 and plan.site_ids
    if table.question == "fewest_sites":
        assert plan.people_after >= 0.9 * plan.people_reachable - 1e-6


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


def test_every_table_adds_up_and_agrees(run: StudyRun):
    every_table_keeps(run, 812_935)


def test_real_figures(run: StudyRun):
    """Figures of one run; streets, terrain and people are real, posts and schools stand in."""
    findings, measured = run.findings, run.findings.measured
    assert findings.coverage.share("health post") == pytest.approx(0.554, abs=0.005)
    schools, meals = measured.circles
    assert (schools.facilities, meals.facilities) == (177, 105)
    assert schools.share() == pytest.approx(0.956, abs=0.005)
    # An e-bike has a quarter of an hour for what elders reach on foot in much more.
    assert meals.share() == pytest.approx(0.997, abs=0.005)
    around = measured.neighbours
    assert around is not None and not around.counted
    gained = around.people("health post", neighbours=True) - around.people(
        "health post", neighbours=False)  # fmt: skip
    assert gained.sum() == pytest.approx(42_230, rel=0.02)
    # Twelve posts took the people whom they gain: each of these has one of them as the nearest.
    assert around.gained.sum() == pytest.approx(gained.sum(), rel=1e-9)


def test_pace_and_slope_matter_in_a_hilly_city(run: StudyRun):
    swept = run.findings.sweep
    share = swept.within[:, 0, swept.minutes.index(15)].sum(axis=1) / 812_935
    by_pace = {float(m): s for m, s, d in zip(swept.flat_mps, share, swept.dimension, strict=True)
               if d in ("base", "speed")}  # fmt: skip
    assert by_pace[0.6] < by_pace[0.85] < by_pace[1.2]
    level = share[swept.dimension.index("slope")]
    assert 0.02 < level - share[0] < 0.08
    assert ("placement", "no_other_placement") in swept.left_out


def test_what_is_invented_is_shared_out_and_proven(run: StudyRun):
    """Twenty places per health post (invented) for one person in twenty who asks."""
    served = run.findings.measured.served
    assert served.kinds == ("health post",) and served.proven.all()
    asking = served.asking("health post").sum()
    assert asking == pytest.approx(0.05 * 812_935)
    assert served.of("health post", "served").sum() <= np.nansum(served.room) + 1e-6


def test_a_gap_is_a_place_and_not_half_a_city(run: StudyRun):
    """Uncovered people hang together on 5 x 10 km; a gap is what one facility could serve."""
    findings, gaps = run.findings, run.findings.gaps_of("health post")
    widest = gaps.parameters["widest_m"]
    assert widest == pytest.approx(2 * 15 * 60 * 0.85)
    for gap in range(len(gaps.ids)):
        xy = findings.demand.xy_m[gaps.member == gap]
        lead = gaps.people[gap, 0]
        assert np.ptp(xy, axis=0).max() <= widest or lead < 2 * 300 + 3000
    assert gaps.people[:, 0].max() < 20_000
    assert set(gaps.cause) >= {"distance", "slope"}


def test_a_link_brings_inside_whom_the_same_bridge_does_once_built(run: StudyRun):
    case, links = case_of(run), run.findings.links
    assert links is not None and len(links.what) == 20
    rows = between_nodes(case, links)[:2]
    assert len(rows) == 2
    for row, gained in zip(rows, recount_by_building(case, links, rows), strict=True):
        assert gained == pytest.approx(links.gained[row], abs=1e-6)


def test_the_administrative_figure_stands_beside_the_walk_and_is_not_scored(run: StudyRun):
    frame = run.findings.scorecard.to_frame().set_index("key")
    admin = frame.loc["admin_communities"]
    # Cells with a post over all cells: what a bureau would report, were cells communities.
    assert (admin["numerator"], admin["denominator"]) == (117, 1227)
    assert admin["verdict"] == "side_by_side"
    assert frame.loc["walk_any", "value"] == pytest.approx(run.findings.coverage.share("any"))
    assert frame.loc["walk_any", "verdict"] == "side_by_side"
    # What no file says is unknown, and names what is missing.
    assert frame.loc["village_points", "verdict"] == "unknown"
    assert "indicators.villages" in frame.loc["village_points", "missing"]
