"""A countryside where walking is hopeless: every facility of the demo stands in its eastern parts.

The towns in the west are villages and hamlets along country roads, miles from the next facility.
The report says so, and gives distances in place of minutes.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from quarterhour import stages
from quarterhour.cover.bands import BANDS, OUT_OF_REACH
from quarterhour.errors import Fault
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.intake import read_inputs, read_streets, sources_of
from quarterhour.measuring import case_of
from quarterhour.report.build.scenarios import bands_table
from quarterhour.report.document import build_outline
from quarterhour.report.outline import Grid, Paragraph
from quarterhour.study import Study, read_study

TOWNS = {"青溪镇", "白鹭镇", "竹溪镇", "松岭镇"}
EAST = 0.6  # share of the district's width from which facilities are left standing


@pytest.fixture(scope="module")
def countryside(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Findings:
    folder = tmp_path_factory.mktemp("rural") / "country"
    shutil.copytree(small_study.parent, folder)
    book = openpyxl.load_workbook(folder / "facilities.xlsx")
    page = book.worksheets[0]
    header = [cell.value for cell in page[1]]
    at = header.index("经度")
    east = [row[at].value for row in page.iter_rows(min_row=2) if row[at].value is not None]
    border = min(east) + EAST * (max(east) - min(east))
    for row in range(page.max_row, 1, -1):
        if (page.cell(row, at + 1).value or 0.0) < border:
            page.delete_rows(row)
    book.save(folder / "facilities.xlsx")
    return counted(read_study(folder / "study.toml"))


def counted(study: Study) -> Findings:
    """Return all that a run finds, without its pages and its siting questions."""
    doubts: list[Fault] = []
    inputs = read_inputs(study, doubts, sources=sources_of(study))
    streets = read_streets(study, inputs, doubts)
    demand = stages.place(study, inputs, streets, doubts)
    case = case_of(study, inputs, streets, demand)
    stage: dict[str, object] = {"inputs": inputs, "streets": streets, "demand": demand}
    stage["cover"] = stages.assess(study, case, doubts)
    stage["measures"] = stages.measure_all(study, stage, case, None)
    stage["gaps"] = stages.find_all_gaps(study, stage, case)
    stage["links"] = stages.find_all_links(study, stage, case)
    stage["scorecard"] = stages.score_all(study, stage, case)
    stage["sweep"] = stages.sweep_all(study, stage, case, None)
    stage["shapes"] = stages.draw_shapes(study, case)
    return stages.findings_of(replace(study, siting=()), {**stage, "siting": ()}, doubts)


def test_areas_without_any_hope_of_walking_are_named(countryside):
    bands, coverage = countryside.measured.bands, countryside.coverage
    k = bands.kinds.index(ANY)
    found = [bands.areas[a] for a in bands.out_of_reach(ANY).tolist()]
    assert set(found) >= TOWNS
    within = dict(zip(coverage.areas, coverage.people(ANY), strict=True))
    for area in sorted(TOWNS):
        at = bands.areas.index(area)
        assert bands.verdict[k, at] == OUT_OF_REACH
        assert bands.median_m[k, at] > 2000
        assert within[area] == 0
    # Nobody of them vanishes: the bands of each area add up to its residents.
    lead = coverage.groups.index(coverage.lead_group)
    np.testing.assert_allclose(bands.of(ANY).sum(axis=0), coverage.residents[:, lead], rtol=1e-9)
    far = bands.of(ANY)[[BANDS.index("to_5000"), BANDS.index("farther")]].sum(axis=0)
    towns = [bands.areas.index(area) for area in sorted(TOWNS)]
    assert (far[towns] > 0.5 * coverage.residents[towns, lead]).all()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_says_so_and_prints_distances(countryside, language):
    outline = build_outline(countryside, language=language)
    said = [b.text for b in outline.blocks if isinstance(b, Paragraph)]
    hopeless = "步行不可及" if language == "zh" else "out of walking reach"
    (about,) = [text for text in said if hopeless in text and "20" in text][:1]
    found = countryside.measured.bands.out_of_reach(ANY)
    assert str(len(found)) in about
    table = bands_table(countryside, language, kind=ANY, areas=found.tolist())
    printed = [b for b in outline.blocks if isinstance(b, Grid) and table.title in b.caption]
    assert len(printed) == 1
    cells = "".join(str(cell) for row in printed[0].rows for cell in row)
    assert all(town in cells for town in TOWNS)
    # No verdict of minutes is made up for them: nowhere does a number stand as nan or inf.
    assert not [text for text in said if "nan" in text or "inf " in text]


def test_its_gaps_are_far_and_its_centres_are_told_in_straight_lines(countryside):
    gaps = countryside.gaps_of(ANY)
    towns = np.array([area in TOWNS for area in gaps.areas])
    assert towns.any()
    assert set(np.array(gaps.cause)[towns].tolist()) == {"distance"}
    assert (gaps.straight_m[towns] > 765).all()
