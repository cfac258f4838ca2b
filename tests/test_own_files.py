"""A study with every file a planner may bring: read, checked, kept, and taken up again."""

import shutil
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from quarterhour.checking import check_document, check_study
from quarterhour.errors import Fault
from quarterhour.inputs import read_areas
from quarterhour.intake import read_inputs, read_streets, sources_of
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.stages import place
from quarterhour.study import read_study


@pytest.fixture(scope="module")
def whole(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small demo with neighbours, indicators, buildings and a grid of people."""
    folder = tmp_path_factory.mktemp("whole") / "study"
    shutil.copytree(small_study.parent, folder)
    areas = read_areas(folder / "areas.geojson")
    west, south, east, north = areas.outline().bounds
    lon, lat = areas.plane.to_lonlat(np.array([[west - 300.0, south], [east + 300.0, north]])).T
    rows = "".join(
        f"邻区站{n},养老服务站,{x:.7f},{y:.7f}\n"
        for n, (x, y) in enumerate(zip(lon, lat, strict=True))
    )
    (folder / "neighbours.csv").write_text(f"名称,类别,经度,纬度\n{rows}", encoding="gb18030")
    figures = "".join(f"{name},5,4,{n}00\n" for n, name in enumerate(areas.names, start=1))
    (folder / "indicators.csv").write_text(
        f"镇街,社区数,有设施社区数,户数\n{figures}合计,110,88,{sum(range(1, 23))}00\n",
        encoding="utf-8",
    )
    middles = shapely.centroid(areas.polygons)
    homes = geopandas.GeoDataFrame(
        {"层数": [6] * len(middles), "用途": ["住宅"] * len(middles)},
        geometry=shapely.buffer(middles, 12.0, cap_style="square"), crs=areas.crs,
    )  # fmt: skip
    homes.to_file(folder / "homes.gpkg")
    edges = np.arange(west, east, 500.0), np.arange(south, north, 500.0)
    x, y = (grid.ravel() for grid in np.meshgrid(*edges))
    cells = geopandas.GeoDataFrame(
        {"人口": np.arange(len(x)) % 7 + 1}, geometry=shapely.box(x, y, x + 500, y + 500),
        crs=areas.crs,
    )  # fmt: skip
    cells.to_file(folder / "cells.gpkg")
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("osm = true", 'file = "homes.gpkg"').replace(
        'place_on = "buildings"', 'place_on = "grid"\ngrid = "cells.gpkg"'
    )
    for name in ("neighbours", "indicators"):
        text = text.replace(f'"{name}.xlsx"', f'"{name}.csv"')
    path.write_text(text, encoding="utf-8")
    return path


def test_a_check_reads_every_file(whole: Path) -> None:
    result = check_study(whole)
    assert result.faults == ()
    told = check_document(result, language="zh")
    assert {f["file"] for f in told["findings"]} >= {"neighbours.csv"}  # its encoding
    inputs = result.inputs
    assert inputs is not None
    assert inputs.neighbours is not None
    assert inputs.neighbours.area_index.tolist() == [-1, -1]
    assert inputs.indicators is not None
    assert inputs.indicators.total("communities") == 110


def test_every_file_is_a_source(whole: Path) -> None:
    roles = {s.file: s.role for s in sources_of(read_study(whole))}
    assert [roles[f] for f in ("neighbours.csv", "indicators.csv", "homes.gpkg", "cells.gpkg")] == [
        "neighbours", "indicators", "buildings", "grid",
    ]  # fmt: skip


def test_a_template_that_is_filled_in_changes_its_source(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(whole.parent, folder)
    before = {s.file: s.sha256 for s in sources_of(read_study(folder / "study.toml"))}
    shutil.copy(folder / "facilities.xlsx", folder / "facilities-located.xlsx")
    after = {s.file: s.sha256 for s in sources_of(read_study(folder / "study.toml"))}
    assert {file for file in before if before[file] != after[file]} == {"facilities.xlsx"}


def test_a_saved_stage_gives_every_table_back(whole: Path, tmp_path: Path) -> None:
    inputs = read_inputs(read_study(whole), [])
    save_stage(tmp_path / "inputs.npz", inputs, key="k")
    again = load_stage(tmp_path / "inputs.npz")
    assert again.neighbours.names == inputs.neighbours.names
    assert again.grid.weight.tolist() == inputs.grid.weight.tolist()
    households = inputs.indicators.households
    assert again.indicators.households.tolist() == households.tolist()


def test_people_stand_where_the_grid_or_the_buildings_say(whole: Path) -> None:
    study, doubts = read_study(whole), list[Fault]()
    inputs = read_inputs(study, doubts)
    streets = read_streets(study, inputs, doubts)
    by_grid = place(study, inputs, streets, doubts)
    on_homes = replace(study, residents=replace(study.residents, place_on="buildings"))
    by_home = place(on_homes, inputs, streets, doubts)
    assert len(streets.buildings.floor_m2) == 22
    assert len(by_home.people) == 22
    assert len(by_grid.people) > 1000
    for demand in (by_grid, by_home):
        for column, total in enumerate(inputs.residents.totals):
            assert demand.people[:, column].sum() == pytest.approx(total, rel=1e-9)
