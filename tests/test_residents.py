"""Residents as bureaus write them: groups, totals, withheld counts, points, population grids."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas, one_area
from quarterhour.inputs.counts import most_behind
from quarterhour.inputs.datum import Datum, Plane
from quarterhour.inputs.groups import Band, band_of
from quarterhour.inputs.populationgrid import read_population_grid
from quarterhour.inputs.residents import read_residents
from quarterhour.words import LANGUAGES

PLANE = Plane("EPSG:4544")
X0, Y0 = PLANE.to_xy([106.40], [29.50])[0]


@pytest.fixture(scope="module")
def areas() -> Areas:
    """Return 甲街道 and 乙镇, squares of 1 km side by side."""
    squares = [shapely.box(X0 + 1000 * n, Y0, X0 + 1000 * (n + 1), Y0 + 1000) for n in (0, 1)]
    return Areas(("甲街道", "乙镇"), ("subdistrict", "town"), np.array(squares, object), PLANE.crs)


def read(folder: Path, text: str, areas: Areas, by="area", **more):
    """Read a csv of residents; return them with the keys and values of what was said."""
    path = folder / "r.csv"
    path.write_text(text, encoding="utf-8")
    doubts: list[Fault] = []
    found = read_residents(path, areas, by=by, doubts=doubts, **more)
    assert all(d.render(language) for d in doubts for language in LANGUAGES)
    return found, {d.key: d.values for d in doubts}


def faults_of(folder: Path, text: str, areas: Areas, by="area", **more) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        read(folder, text, areas, by, **more)
    assert all(caught.value.render(language) for language in LANGUAGES)
    return list(caught.value.faults)


def lonlat(x: float, y: float) -> str:
    lon, lat = PLANE.to_lonlat(np.array([[X0 + x, Y0 + y]]))[0]
    return f"{lon!r},{lat!r}".replace("np.float64(", "").replace(")", "")


# --- groups -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "band"),
    [
        ("60岁及以上（人）", Band(60)), ("60周岁以上老年人", Band(60)),
        ("其中：65岁以上", Band(65)),
        ("80岁+", Band(80)), ("６０岁（含）以上", Band(60)), ("≥65岁", Band(65)),
        ("老年人口(60岁及以上)", Band(60)), ("80岁及以上高龄老人（万人）", Band(80)),
        ("60 and over", Band(60)), ("Aged 65 years and over", Band(65)), ("pop_60_plus", Band(60)),
        ("常住人口（万人）", Band(0, scope="resident")), ("户籍人口", Band(0, scope="registered")),
        ("2020年末常住人口", Band(0, scope="resident")), ("总人口_人", Band(0)),
        ("60-64岁", Band(60, 64)), ("65～69", Band(65, 69)), ("0-14岁", Band(0, 14)),
        ("60岁及以上 男", Band(60, sex="male")), ("女性人口", Band(0, sex="female")),
        ("60岁及以上（人/公里）", Band(60, per_km=True)),
        ("60岁以上失能老人", None), ("65岁及以上人口占比", None), ("60岁以下", None),
        ("总户数", None), ("人口密度", None), ("备注", None), ("60", None), ("2020", None),
    ],
)  # fmt: skip
def test_what_a_header_counts(header, band):
    assert band_of(header) == band


def test_a_hostile_header_takes_no_time():
    for header in ("人数" * 99 + "x", "人数" * 9999, "(" * 199, "1-" * 99, "6" * 199):
        assert band_of(header) is None


def test_the_many_ways_of_writing_groups(areas, tmp_path):
    text = "镇街,常住人口（人）,其中：60周岁以上老年人,80岁+,0-14岁,60岁以上失能老人\n"
    found, said = read(tmp_path, text + "甲街道,500,100,20,40,9\n乙镇,300,80,10,30,8\n", areas)
    assert found.groups == ("all", "60+", "80+")
    assert found.totals.tolist() == [800, 180, 30]
    assert said == {}


def test_bands_are_summed_where_they_leave_no_gap(areas, tmp_path):
    text = "镇街,60-64岁,65-69岁,70-79岁,80岁及以上\n甲街道,40,30,20,10\n乙镇,4,3,2,1\n"
    found, said = read(tmp_path, text, areas)
    assert found.groups == ("60+", "65+", "80+")
    assert found.people.tolist() == [[100, 60, 10], [10, 6, 1]]
    assert said["people.summed"]["parts"] == "65-69岁 + 70-79岁 + 80岁及以上"
    gap = text.replace("70-79岁", "71-79岁")
    assert read(tmp_path, gap, areas)[0].groups == ("80+",)
    assert [f.key for f in faults_of(tmp_path, gap, areas, groups=["60+"])] in (
        ["input.missing_column"], ["input.missing_column_near"],
    )  # fmt: skip


def test_men_and_women_are_summed_aloud_and_only_both(areas, tmp_path):
    text = "镇街,60岁及以上 男,60岁及以上 女\n甲街道,40,60\n乙镇,4,6\n"
    found, said = read(tmp_path, text, areas)
    assert found.people.tolist() == [[100], [10]]
    assert said["people.summed"]["parts"] == "60岁及以上 男 + 60岁及以上 女"
    (fault,) = faults_of(tmp_path, text.replace("女", "残疾"), areas)
    assert fault.key == "input.no_groups"
    # Beside a group, 男 and 女 may be those of that group: they are not everybody.
    found, _ = read(tmp_path, "镇街,60+,男,女\n甲街道,9,4,5\n乙镇,9,4,5\n", areas)
    assert found.groups == ("60+",)


def test_residents_and_registered_people_are_not_confused(areas, tmp_path):
    text = "镇街,户籍人口,常住人口,60+\n甲街道,400,500,9\n乙镇,200,300,8\n"
    (fault,) = faults_of(tmp_path, text, areas)
    assert fault.key == "people.two_populations"
    assert fault.values == {"resident": "常住人口", "registered": "户籍人口"}
    found, _ = read(tmp_path, text, areas, columns={"all": "常住人口"})
    assert found.totals.tolist() == [800, 17]
    only, _ = read(tmp_path, text.replace("常住人口", "备注"), areas)
    assert only.totals.tolist() == [600, 17]


def test_two_columns_for_one_group_are_a_fault(areas, tmp_path):
    text = "镇街,60岁及以上,老年人口\n甲街道,9,7\n乙镇,9,8\n"
    (fault,) = faults_of(tmp_path, text, areas)
    assert fault.values == {"group": "60+", "headers": "60岁及以上, 老年人口"}
    assert read(tmp_path, text, areas, columns={"60+": "老年人口"})[0].totals.tolist() == [15]


def test_a_word_above_the_ages_says_whose_people_they_are(areas, tmp_path):
    book = openpyxl.Workbook()
    for row in (("镇街", "常住人口", "户籍人口", None), (None, "总人口", "60岁以上", "80岁以上"),
                ("甲街道", 900, 200, 20), ("乙镇", 800, 150, 15)):  # fmt: skip
        book.active.append(row)
    for cells in ("A1:A2", "C1:D1"):
        book.active.merge_cells(cells)
    book.save(tmp_path / "r.xlsx")
    with pytest.raises(InputError) as caught:
        read_residents(tmp_path / "r.xlsx", areas, by="area")
    (fault,) = caught.value.faults
    assert fault.values == {"resident": "常住人口 总人口",
                            "registered": "户籍人口 60岁以上, 户籍人口 80岁以上"}  # fmt: skip
    said = {"60+": "户籍人口60岁以上", "all": "常住人口总人口"}
    found = read_residents(tmp_path / "r.xlsx", areas, by="area", columns=said, groups=list(said))
    assert found.totals.tolist() == [350, 1700]


def test_a_group_of_the_study_s_own_by_its_age(areas, tmp_path):
    text = "镇街,60+,70岁及以上\n甲街道,9,7\n乙镇,9,8\n"
    found, _ = read(tmp_path, text, areas, groups=["60+", "70+"])
    assert found.totals.tolist() == [18, 15]


# --- totals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        "合计",
        " 合  计：",
        "全区合计（人）",
        "总计",
        "合计人数",
        "District total",
        "Total of all",
        "沙坪坝区",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_total_rows_go_wherever_they_stand(row, first, areas, tmp_path):
    rows = ["甲街道,100,9", "乙镇,200,8"]
    rows.insert(0 if first else 2, f"{row},300,17")
    found, said = read(tmp_path, "镇街,60+,80+\n" + "\n".join(rows), areas)
    assert found.totals.tolist() == [300, 17] and said == {}
    rows[0 if first else 2] = f"{row},310,17"
    found, said = read(tmp_path, "镇街,60+,80+\n" + "\n".join(rows), areas)
    assert found.totals.tolist() == [300, 17]
    assert said["input.total_differs"] == {"group": "60+", "said": "310", "summed": "300"}


def test_an_unknown_area_is_no_total_by_its_ending_alone(areas, tmp_path):
    text = "镇街,60+\n甲街道,100\n高新区,30\n乙镇,200\n"
    assert [f.key for f in faults_of(tmp_path, text, areas)] == ["area.name_unknown"]
    text = "镇街,60+\n甲街道,100\n乙镇,200\n高新区,30\n"
    assert [f.key for f in faults_of(tmp_path, text, areas)] == ["area.name_unknown"]


def test_subtotals_are_compared_with_their_block(areas, tmp_path):
    text = "路名,60+\n一路,10\n二路,20\n小计,30\n三路,5\n四路,6\n小计,11\n合计,41\n"
    found, said = read(tmp_path, text, areas, by="street")
    assert found.labels == ("一路", "二路", "三路", "四路") and said == {}
    above = "路名,60+\n小计,30\n一路,10\n二路,20\n小计,11\n三路,5\n四路,6\n"
    assert read(tmp_path, above, areas, by="street")[1] == {}
    _, said = read(tmp_path, text.replace("小计,11", "小计,12"), areas, by="street")
    assert said["input.total_differs"] == {"group": "60+", "said": "12", "summed": "11"}


def test_a_total_in_another_column_of_a_row_without_a_name(areas, tmp_path):
    text = "序号,镇街,60+\n1,甲街道,100\n2,乙镇,200\n合计,,300\n"
    found, said = read(tmp_path, text, areas)
    assert found.totals.tolist() == [300] and said == {}
    rows = [f"{n},{lonlat(100 * n, 100)},50" for n in range(1, 5)]
    text = "name,lon,lat,60+\n" + "\n".join([*rows, "total,,,200"])
    assert read(tmp_path, text, areas, by="point")[0].totals.tolist() == [200]


def test_sums_are_compared_with_the_stated_total(areas, tmp_path):
    text = "镇街,60+\n甲街道,100\n乙镇,200\n"
    assert read(tmp_path, text, areas, totals={"60+": 301})[1] == {}
    _, said = read(tmp_path, text, areas, totals={"60+": 310, "80+": 5})
    assert said == {
        "people.stated_differs":
            {"group": "60+", "said": "310", "summed": "300", "off": "10", "share": "3.2"},
        "people.stated_no_group": {"group": "80+", "known": "60+"},
    }  # fmt: skip


# --- withheld counts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "most"),
    [
        ("<5", 4), ("＜５", 4), ("不足10人", 9), ("≤10", 10), ("<=10", 10), ("10人以下", 10),
        ("*", np.inf), ("＊", np.inf), ("…", np.inf), ("x", np.inf), ("X", np.inf), ("-", np.inf),
        ("—", np.inf), ("——", np.inf), ("保密", np.inf), ("不详", np.inf), ("N/A", np.inf),
    ],
)  # fmt: skip
def test_marks_of_withheld_counts(cell, most):
    assert most_behind(cell) == most


@pytest.mark.parametrize("cell", ["", "5", "约5", "-5", "#N/A", "x5", ">5", None, 5, 5.0, "5-9"])
def test_what_is_no_mark(cell):
    assert np.isnan(most_behind(cell))


def test_withheld_counts_are_kept_as_unknown(areas, tmp_path):
    text = "镇街,60+,80+\n甲街道,*,<5\n乙镇,200,保密\n"
    (fault,) = faults_of(tmp_path, text, areas)
    assert (fault.key, fault.values) == ("people.all_unknown", {"group": "80+"})
    found, said = read(tmp_path, text.replace("保密", "7"), areas)
    assert found.people.tolist() == [[0, 0], [200, 7]]
    assert found.unknown.tolist() == [[True, True], [False, False]]
    assert said["people.unknown"] == {"group": "60+", "count": "1"}
    assert said["people.unknown_at_most"] == {"group": "80+", "count": "1", "people": "4"}


def test_a_total_says_how_many_are_withheld(areas, tmp_path):
    text = "镇街,60+\n甲街道,*\n乙镇,200\n合计,260\n"
    _, said = read(tmp_path, text, areas)
    assert said == {"people.unknown_missing": {"group": "60+", "count": "1", "people": "60"}}
    _, said = read(tmp_path, text.replace("合计,260\n", ""), areas, totals={"60+": 250})
    assert said == {"people.unknown_missing": {"group": "60+", "count": "1", "people": "50"}}
    # Four people cannot hide sixty.
    _, said = read(tmp_path, text.replace("*", "<5"), areas)
    assert set(said) == {"input.total_differs", "people.unknown_at_most"}


def test_blanks_and_guesses_stay_faults(areas, tmp_path):
    faults = faults_of(tmp_path, "镇街,60+\n甲街道,\n乙镇,约5\n", areas)
    assert {(f.key, f.row) for f in faults} >= {
        ("input.blank_cell", 2), ("input.not_a_number", 3),
    }  # fmt: skip


@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    counts=st.lists(st.tuples(st.integers(1, 99_999), st.integers(0, 4)), min_size=3, max_size=9),
    total=st.booleans(),
)
def test_sums_are_those_of_the_known_cells(counts, total, areas, tmp_path):
    dress = [str, lambda n: f"{n:,}", lambda n: str(n).translate(WIDE), lambda n: f" {n} ",
             lambda _: "*"]  # fmt: skip
    counts[0] = (counts[0][0], 0)
    rows = [f'{n}路,"{dress[d](c)}"' for n, (c, d) in enumerate(counts)]
    known = sum(c for c, d in counts if d < 4)
    rows += [f"合计,{known}"] if total else []
    found, _ = read(tmp_path, "路名,60+\n" + "\n".join(rows), areas, by="street")
    assert found.totals.tolist() == [known]
    assert int(found.unknown.sum()) == sum(d == 4 for _, d in counts)


WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


# --- streets ------------------------------------------------------------------------------------


def test_houses_are_cut_down_to_streets_and_summed(areas, tmp_path):
    text = "路名,镇街,60+\n一路12号,甲街道,3\n一路14号2栋,甲街道,*\n一路,乙镇,5\n二路,,6\n"
    found, said = read(tmp_path, text, areas, by="street")
    assert found.labels == ("一路", "一路", "二路")
    assert found.area_index.tolist() == [0, 1, -1]
    assert found.people.tolist() == [[3], [5], [6]]
    assert found.unknown.tolist() == [[True], [False], [False]]
    assert said["people.addresses_cut"] == {"count": "2"}
    assert said["people.streets_joined"] == {"before": 4, "after": 3}


def test_a_density_given_twice_is_a_fault(areas, tmp_path):
    text = "路名,60岁及以上（人/公里）\n一路,10\n一路,12\n"
    (fault,) = faults_of(tmp_path, text, areas, by="street")
    assert (fault.key, fault.row) == ("input.twice", 3)
    found, _ = read(tmp_path, text.replace("一路,12", "二路,12"), areas, by="street")
    assert found.per_km and found.groups == ("60+",)


# --- points and cells ---------------------------------------------------------------------------


def test_points_are_held_to_k(areas, tmp_path):
    rows = [f"凤天路{n}号,{lonlat(100 + 10 * n, 500)},3" for n in range(8)]
    text = "地址,lon,lat,60+\n" + "\n".join(rows)
    found, said = read(tmp_path, text, areas, by="point")
    assert found.people.min() >= 10 and found.totals.tolist() == [24]
    assert set(found.labels) <= {"1", "2"} and found.by == "point"
    assert said["people.held"]["before"] == "8" and said["people.held"]["k"] == 10
    free, said = read(tmp_path, text, areas, by="point", k=1)
    assert len(free.people) == 8 and said == {}
    (fault,) = faults_of(tmp_path, text, areas, by="point", k=25)
    assert (fault.key, fault.file) == ("people.too_few_for_k", "r.csv")


def test_a_grid_passes_and_houses_that_are_called_one_do_not(areas, tmp_path):
    def table(step: float, jitter: float) -> str:
        noise = np.random.default_rng(0).uniform(-jitter, jitter, (36, 2))
        rows = [f"{lonlat(50 + step * (n % 6) + dx, 50 + step * (n // 6) + dy)},2"
                for n, (dx, dy) in enumerate(noise.tolist())]  # fmt: skip
        return "lon,lat,60+\n" + "\n".join(rows)

    public, said = read(tmp_path, table(100, 0), areas, by="grid")
    assert public.by == "grid" and len(public.people) == 36 and said == {}
    for text in (table(100, 40), table(20, 0)):
        held, said = read(tmp_path, text, areas, by="grid")
        assert held.by == "point" and held.people.min() >= 10 and len(held.cells) == 0
        assert held.totals.tolist() == [72] and "people.held" in said


def test_rows_of_one_cell_are_summed(areas, tmp_path):
    rows = [f"{lonlat(50 + 100 * (n % 4), 50 + 100 * (n // 4))},2" for n in range(16)]
    text = "lon,lat,60+\n" + "\n".join([*rows, rows[0]])
    found, said = read(tmp_path, text, areas, by="grid")
    assert found.people[:, 0].tolist() == [4, *[2] * 15] and len(found.cells) == 16
    assert said["people.cells_joined"] == {"before": "17", "after": "16"}


# --- population grids ---------------------------------------------------------------------------


def raster(path: Path, counts, *, nodata=-99999.0, crs="EPSG:4326", datum="wgs84", step=0.001):
    """Write a GeoTIFF whose upper left corner is 106.40 E, 29.505 N."""
    import rasterio

    band = np.array(counts, np.float32)
    lon, lat = Datum(datum).from_wgs84(106.40, 29.505)
    profile = {
        "driver": "GTiff", "height": band.shape[0], "width": band.shape[1], "count": 1,
        "dtype": "float32", "nodata": nodata, "crs": crs,
        "transform": rasterio.Affine(step, 0.0, float(lon), 0.0, -step, float(lat)),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(band, 1)
    return path


def key_of(path: Path, areas: Areas, **more) -> str:
    with pytest.raises(InputError) as caught:
        read_population_grid(path, areas, **more)
    (fault,) = caught.value.faults
    assert all(fault.render(language) for language in LANGUAGES)
    return fault.key


def test_a_raster_of_people(areas, tmp_path):
    path = raster(tmp_path / "p.tif", [[3, -99999, 0, np.nan], [-5, 2.5, 0, 1]])
    grid = read_population_grid(path, areas)
    assert sorted(grid.weight.tolist()) == [1, 2.5, 3]
    np.testing.assert_allclose(shapely.area(grid.cells), 96.9 * 110.9, rtol=5e-3)
    first = grid.cells[int(np.argmax(grid.weight))]
    square = np.array([shapely.box(106.40, 29.504, 106.401, 29.505)], object)
    assert shapely.hausdorff_distance(first, PLANE.geometry_to_xy(square)[0]) < 0.01
    shifted = raster(tmp_path / "g.tif", [[3, 1]], datum="gcj02")
    moved = read_population_grid(shifted, areas, datum="gcj02")
    assert shapely.hausdorff_distance(moved.cells[0], first) < 0.5


def test_only_the_window_of_the_areas_is_read(areas, tmp_path):
    counts = np.ones((300, 300))
    grid = read_population_grid(raster(tmp_path / "p.tif", counts), areas)
    # 2,000 m by 550 m of cells of 97 m by 111 m, with a margin; not 90,000.
    assert 21 * 5 <= len(grid.weight) <= 25 * 8
    parts = grid.parts(areas)
    assert set(parts.area_index.tolist()) == {0, 1}
    by_area = np.bincount(parts.area_index, parts.weight)
    np.testing.assert_allclose(by_area[0], by_area[1], rtol=0.05)


def test_a_cell_that_a_border_cuts_goes_to_both_sides_by_its_share(areas):
    from quarterhour.inputs.populationgrid import PopulationGrid

    cell = shapely.box(X0 + 900, Y0 + 100, X0 + 1300, Y0 + 200)
    outside = shapely.box(X0 - 50, Y0 + 100, X0 + 50, Y0 + 200)
    parts = PopulationGrid(np.array([cell, outside], object), np.array([8.0, 6.0])).parts(areas)
    order = np.lexsort((parts.weight, parts.area_index))
    assert parts.area_index[order].tolist() == [0, 0, 1]
    np.testing.assert_allclose(parts.weight[order], [2, 3, 6])


def test_rasters_that_are_no_population(areas, tmp_path, monkeypatch):
    assert key_of(raster(tmp_path / "a.tif", [[0, -1]]), areas) == "people.grid_empty"
    far = raster(tmp_path / "b.tif", [[1]], crs="EPSG:32648", step=30)
    assert key_of(far, areas) == "people.grid_elsewhere"
    assert key_of(raster(tmp_path / "c.tif", [[1]], crs=None), areas) == "input.no_crs"
    fine = raster(tmp_path / "d.tif", np.ones((30, 30)), step=0.0001)
    with monkeypatch.context() as patch:
        patch.setattr("quarterhour.inputs.populationgrid.MOST_CELLS", 400)
        assert key_of(fine, areas) == "people.grid_too_large"
    other = tmp_path / "e.tif"
    other.write_text("<VRTDataset/>")
    assert key_of(other, areas) == "people.no_raster"
    other.write_bytes((tmp_path / "a.tif").read_bytes()[:120])
    assert key_of(other, areas) == "input.unreadable"
    assert key_of(tmp_path / "f.tif", areas) == "input.missing_file"


def test_a_table_of_cells_as_a_grid(areas, tmp_path):
    rows = [f"{lonlat(50 + 100 * (n % 4), 50 + 100 * (n // 4))},{n}" for n in range(15)]
    path = tmp_path / "g.csv"
    path.write_text(
        "lon,lat,population\n" + "\n".join([*rows, f"{lonlat(350, 350)},*", "合计,,105"]), "utf-8"
    )
    grid = read_population_grid(path, areas)
    assert grid.weight.tolist() == list(range(1, 15))


# --- real places --------------------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "box", "people", "rows"),
    [
        ("poa_hexgrid.csv", (-51.28, -30.28, -50.99, -29.92), 812_935, 1_227),
        ("helsinki_population_grid_2020.gpkg", (24.8, 60.1, 25.1, 60.25), 71_724, 92),
    ],
)
def test_public_grids_pass_as_they_are(file, box, people, rows, real_data):
    corners = shapely.get_coordinates(shapely.box(*box))
    study, path = one_area("x", corners), real_data / "population" / file
    doubts: list[Fault] = []
    found = read_residents(path, study, by="grid", doubts=doubts)
    assert found.by == "grid" and len(found.people) == rows
    assert found.totals.tolist() == [people]
    assert not any(d.key.startswith("people.") for d in doubts)
    grid = read_population_grid(path, study)
    assert grid.weight.sum() == people
    assert grid.parts(study).weight.sum() == pytest.approx(people, rel=1e-9)
