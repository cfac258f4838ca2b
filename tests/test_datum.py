"""Datums and planes: round trips, the shift where it must be and nowhere else, honest metres."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas, one_area, read_areas
from quarterhour.inputs.datum import (
    Datum,
    Plane,
    choose_plane,
    header_doubt,
    in_mainland,
    is_code,
)
from quarterhour.inputs.metres import (
    local_system_fault,
    no_system_fault,
    old_datum_doubt,
    recognise,
)
from quarterhour.inputs.positions import positions
from quarterhour.inputs.tables import Sheet, read_sheet

SHIFTED = ("gcj02", "bd09")
GEOD = Geod(ellps="WGS84")


def metres(lon: object, lat: object, lon2: object, lat2: object) -> np.ndarray:
    return np.asarray(GEOD.inv(lon, lat, lon2, lat2)[2])


def grid() -> tuple[np.ndarray, np.ndarray]:
    lon, lat = np.meshgrid(np.linspace(74.0, 134.5, 61), np.linspace(3.0, 53.5, 51))
    return lon.ravel(), lat.ravel()


@pytest.mark.parametrize("name", SHIFTED)
def test_there_and_back_within_a_tenth_of_a_metre(name: str) -> None:
    lon, lat = grid()
    datum = Datum(name)
    back = datum.to_wgs84(*datum.from_wgs84(lon, lat))
    assert metres(lon, lat, *back).max() < 0.1
    there = datum.from_wgs84(*datum.to_wgs84(lon, lat))
    assert metres(lon, lat, *there).max() < 0.1


@pytest.mark.parametrize("name", SHIFTED)
@given(lon=st.floats(73.5, 135.0), lat=st.floats(18.0, 53.5))
def test_there_and_back_anywhere(name: str, lon: float, lat: float) -> None:
    datum = Datum(name)
    assert metres(lon, lat, *datum.to_wgs84(*datum.from_wgs84(lon, lat))) < 0.1


@pytest.mark.parametrize("name", SHIFTED)
def test_there_and_back_in_the_mainland_under_4_mm(name: str) -> None:
    lon, lat = (part[in_mainland(*grid())] for part in grid())
    datum = Datum(name)
    shifted = datum.from_wgs84(lon, lat)
    assert metres(lon, lat, *datum.to_wgs84(*shifted)).max() < 0.004
    shift = metres(lon, lat, *shifted)
    assert shift.min() > 18.0
    assert shift.max() < 1_530.0


@pytest.mark.parametrize("name", SHIFTED)
@given(
    lon=st.floats(100.0, 115.0), lat=st.floats(24.0, 40.0),
    east=st.floats(-1e-3, 1e-3), north=st.floats(-1e-3, 1e-3),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_neighbours_stay_neighbours(
    name: str, lon: float, lat: float, east: float, north: float
) -> None:
    """Places some metres apart are the same metres apart after the shift, to a fiftieth."""
    before = metres(lon, lat, lon + east, lat + north)
    here, there = Datum(name).from_wgs84([lon, lon + east], [lat, lat + north])
    assert metres(here[0], there[0], here[1], there[1]) == pytest.approx(before, rel=0.02, abs=1e-6)


def test_known_pairs() -> None:
    """Pairs that the documentation of coordtransform publishes."""
    lon, lat = Datum("gcj02").from_wgs84(116.404, 39.915)
    assert metres(lon, lat, 116.41024449916938, 39.91640428150164) < 1e-3
    # From GCJ-02 to BD-09, by way of WGS 84.
    lon, lat = Datum("bd09").from_wgs84(*Datum("gcj02").to_wgs84(116.404, 39.915))
    assert metres(lon, lat, 116.41036949371029, 39.92133699351021) < 1e-2


@pytest.mark.parametrize(("name", "least", "most"), [("gcj02", 100, 900), ("bd09", 700, 2000)])
def test_the_shift_is_as_large_as_it_is_told_to_be(name: str, least: float, most: float) -> None:
    shift = metres(106.46, 29.55, *Datum(name).from_wgs84(106.46, 29.55))
    assert least < shift < most


@pytest.mark.parametrize("name", SHIFTED)
@pytest.mark.parametrize(
    "place",
    [(-51.2, -30.0), (24.94, 60.17), (0.0, 0.0), (105.0, -20.0), (105.0, 56.0), (105.0, 90.0),
     (114.17, 22.30), (114.127, 22.505), (114.27, 22.38), (113.543, 22.195), (113.575, 22.12),
     (121.5, 25.04), (120.3, 22.6), (127.0, 37.5), (125.75, 39.03), (106.9, 47.9), (105.85, 21.03),
     (131.9, 43.1), (135.1, 48.48), (85.32, 27.7), (89.64, 27.47), (76.95, 43.25), (77.58, 34.16)],
)  # fmt: skip
def test_outside_china_nothing_moves(name: str, place: tuple[float, float]) -> None:
    assert tuple(map(float, Datum(name).from_wgs84(*place))) == place
    assert tuple(map(float, Datum(name).to_wgs84(*place))) == place


@pytest.mark.parametrize("name", SHIFTED)
@pytest.mark.parametrize(
    "place",
    [(114.06, 22.53), (114.12, 22.545), (113.92, 22.48), (113.55, 22.222), (113.53, 22.13),
     (118.1, 24.5), (109.5, 18.25), (75.99, 39.47), (122.5, 53.4), (134.3, 48.36), (97.85, 24.01),
     (106.45, 29.55)],
)  # fmt: skip
def test_border_towns_of_the_mainland_move_and_come_back(
    name: str, place: tuple[float, float]
) -> None:
    there = Datum(name).from_wgs84(*place)
    assert metres(*place, *there) > 18.0
    assert metres(*place, *Datum(name).to_wgs84(*there)) < 0.004


@pytest.mark.parametrize("name", [*SHIFTED, "wgs84"])
def test_what_is_no_place_stays_so(name: str) -> None:
    for way in (Datum(name).from_wgs84, Datum(name).to_wgs84):
        lon, lat = way([106.4, np.nan, np.inf, 106.5], [29.5, 29.5, np.nan, np.nan])
        assert np.isnan(lon).tolist() == [False, True, False, False]
        assert np.isnan(lat).tolist() == [False, False, True, True]
        assert way(106.4, 29.5)[0].shape == ()
        assert way(np.empty((0, 2)), np.empty((0, 2)))[0].shape == (0, 2)
        assert way(106.4, [29.5, 29.6])[1].shape == (2,)


@pytest.mark.parametrize("name", ["wgs84", "cgcs2000"])
def test_the_plain_datums_move_nothing(name: str) -> None:
    lon, lat = grid()
    for way in (Datum(name).from_wgs84, Datum(name).to_wgs84):
        assert np.array_equal(way(lon, lat), (lon, lat))


@pytest.mark.parametrize("name", SHIFTED)
def test_many_at_once_are_as_one_by_one(name: str) -> None:
    lon, lat = (part[::97] for part in grid())
    datum = Datum(name)
    for way in (datum.from_wgs84, datum.to_wgs84):
        together = np.column_stack(way(lon, lat))
        single = [np.hstack(way(x, y)) for x, y in zip(lon, lat, strict=True)]
        assert np.array_equal(together, np.array(single))
    square = datum.from_wgs84(lon[:12].reshape(4, 3), lat[:12].reshape(4, 3))
    assert np.array_equal(square[0].ravel(), datum.from_wgs84(lon[:12], lat[:12])[0])
    assert datum.to_wgs84(np.empty(0), np.empty(0))[0].shape == (0,)


def test_arguments_are_left_alone() -> None:
    lon, lat = np.array([106.46]), np.array([29.55])
    Datum("bd09").to_wgs84(lon, lat)
    assert (lon[0], lat[0]) == (106.46, 29.55)


# --- codes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "east"),
    [("EPSG:4544", 635_000.0), ("EPSG:4523", 35_635_000.0), ("EPSG:4496", 18_635_000.0),
     ("EPSG:4507", 635_000.0), ("epsg:4544", 635_000.0), ("EPSG:4545", 344_000.0)],
)  # fmt: skip
def test_degrees_from_metres_and_back(code: str, east: float) -> None:
    datum = Datum(code)
    assert is_code(code)
    x, y = datum.from_wgs84([106.4], [29.5])
    assert x[0] == pytest.approx(east, abs=2_000)
    assert y[0] == pytest.approx(3_264_000, abs=3_000)
    np.testing.assert_allclose(np.hstack(datum.to_wgs84(x, y)), [106.4, 29.5], atol=1e-9)


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:4326", "epsg:4490"])
def test_codes_of_degrees_are_plain_datums(code: str) -> None:
    assert not is_code(code)
    assert np.hstack(Datum(code).to_wgs84([106.4], [29.5])).tolist() == [106.4, 29.5]


@pytest.mark.parametrize(
    ("name", "key"),
    [("GCJ02", "unknown"), ("mars", "unknown"), ("", "unknown"), ("EPSG:99999", "unknown"),
     ("EPSG:4479", "code_not_metres"), ("EPSG:4214", "code_not_metres"),
     ("EPSG:2263", "code_not_metres")],
)  # fmt: skip
def test_a_datum_that_is_none(name: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        Datum(name)
    assert [f.key for f in caught.value.faults] == [f"datum.{key}"]


# --- metres without a name ----------------------------------------------------------------------

PLACES = np.array([[106.40, 29.50], [106.41, 29.51], [106.42, 29.50]])


@pytest.fixture(scope="module")
def areas() -> Areas:
    return one_area("甲", PLACES)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    "code", ["EPSG:4544", "EPSG:4545", "EPSG:4523", "EPSG:4524", "EPSG:4496", "EPSG:3857"]
)
def test_metres_are_recognised(areas: Areas, code: str, swapped: bool) -> None:
    x, y = Datum(code).from_wgs84(*PLACES.T)
    found = recognise(y if swapped else x, x if swapped else y, areas)
    assert found is not None
    assert (found.code, found.swapped) == (code, swapped)
    # Gauss-Krueger and UTM lie a kilometre apart on one meridian: both are named.
    assert found.also == (("EPSG:32648",) if code == "EPSG:4544" else ())


def test_a_place_at_the_edge_names_both_systems(areas: Areas) -> None:
    """In UTM the northmost place would lie beyond the area: no reason to leave UTM out."""
    found = recognise(*Datum("EPSG:4544").from_wgs84(*PLACES[1:2].T), areas)
    assert found is not None
    assert (found.code, found.also) == ("EPSG:4544", ("EPSG:32648",))


def test_metres_of_a_city_s_own_are_not_recognised(areas: Areas) -> None:
    assert recognise(np.array([60_000.0]), np.array([70_000.0]), areas) is None
    assert recognise(np.array([np.nan]), np.array([1.0]), areas) is None


@pytest.mark.parametrize(
    ("middle", "key", "code"),
    [((106.4, 29.5), "no_system_degrees", ""), ((29.5, 106.4), "no_system_degrees_swapped", ""),
     ((35_512_000, 3_270_000), "no_system_zone", "EPSG:4523"),
     ((3_270_000, 18_612_000), "no_system_zone_swapped", "EPSG:4496"),
     ((512_000, 3_270_000), "no_system_metres", ""),
     ((11_850_000, 3_440_000), "no_system_metres", ""),
     ((13_520_000, 3_660_000), "no_system_metres", ""),
     ((62_500, 71_500), "no_system_local", "")],
)  # fmt: skip
def test_map_files_without_a_system(middle: tuple[float, float], key: str, code: str) -> None:
    x, y = middle
    fault = no_system_fault((x - 0.1, y - 0.1, x + 0.1, y + 0.1), "a.shp")
    assert (fault.key, fault.values["code"]) == (f"datum.{key}", code)
    assert code in fault.render("zh") and code in fault.render("en")
    assert no_system_fault((np.nan,) * 4, "a.shp").key == "input.no_crs"


OWN = (
    'PROJCS["{}",GEOGCS["x",DATUM["{}",SPHEROID["Krasovsky_1940",6378245,298.3]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",36000],PARAMETER["False_Northing",-3200000],'
    'PARAMETER["Central_Meridian",106.5],PARAMETER["Scale_Factor",1],'
    'PARAMETER["Latitude_Of_Origin",0],UNIT["Meter",1]]'
)


@pytest.mark.parametrize(
    ("system", "local", "old"),
    [('LOCAL_CS["重庆独立坐标系",UNIT["metre",1]]', True, False),
     (OWN.format("重庆市独立坐标系", "D_Krasovsky_1940"), True, False),
     (OWN.format("CQ_Local", "D_Beijing_1954"), True, True),
     (OWN.format("Beijing_1954_3_Degree_GK_CM_106E", "D_Beijing_1954"), False, True),
     ("EPSG:2380", False, True), ("EPSG:21418", False, True), ("EPSG:4610", False, True),
     ("EPSG:4544", False, False), ("EPSG:4490", False, False), ("EPSG:3997", False, False),
     ("EPSG:4326+5773", False, False)],
)  # fmt: skip
def test_local_systems_and_old_datums(system: str, local: bool, old: bool) -> None:
    crs = CRS.from_user_input(system)
    assert (local_system_fault(crs, "a.shp") is not None) == local
    assert (old_datum_doubt(crs, "a.shp") is not None) == old


# --- positions of a table -----------------------------------------------------------------------


def sheet(lon: object, lat: object) -> Sheet:
    frame = pd.DataFrame({"X": lon, "Y": lat}, dtype=object)
    return Sheet("t.xlsx", "", frame, np.arange(len(frame)) + 2)


def placed(
    areas: Areas, lon: object, lat: object, datum: str = "wgs84", **named: object
) -> tuple[np.ndarray, list[Fault]]:
    return positions(sheet(lon, lat), {"lon": "X", "lat": "Y"}, areas, datum=datum, **named)


@pytest.mark.parametrize(
    "text", ["106°24′30″", "106°24'30\"", "106° 24' 30'' E", "东经106度24分30秒", "E106°24.5′",
             "106.408333333E", "106．408333333", "106。408333333", "１０６.408333333°"],
)  # fmt: skip
def test_degrees_as_people_write_them(areas: Areas, text: str) -> None:
    xy, faults = placed(areas, [text], ["29°30′18″N"])
    assert faults == []
    assert metres(106.408333333, 29.505, *areas.plane.to_lonlat(xy)[0]) < 0.01


@pytest.mark.parametrize("text", ["106°61′", "106°24′75″", "106-24-30", "E106°W", "106.5°30′", "x"])
def test_degrees_that_are_none(areas: Areas, text: str) -> None:
    _, faults = placed(areas, [text, 106.41], ["29.505", 29.505])
    assert [(f.key, f.row, f.column, f.read) for f in faults] == [
        ("input.not_a_number", 2, "X", text)
    ]


def test_places_that_are_not_given(areas: Areas) -> None:
    lon, lat = [106.41, 0, "", None], [29.505, 0, 29.505, None]
    xy, faults = placed(areas, lon, lat)
    assert [(f.key, f.row, f.column) for f in faults] == [
        ("input.blank_cell", 4, "X"), ("input.blank_cell", 5, "X"), ("input.blank_cell", 5, "Y"),
        ("datum.zero", 3, ""),
    ]  # fmt: skip
    xy, faults = placed(areas, lon, lat, blank_ok=True)
    assert [(f.key, f.row, f.column) for f in faults] == [("input.blank_cell", 4, "X")]
    assert np.isfinite(xy).all(axis=1).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("header", "datum", "said"),
    [("经度（GCJ-02）", "wgs84", "gcj02"), ("高德经度", "bd09", "gcj02"),
     ("lon_bd09", "gcj02", "bd09"), ("百度经度", "cgcs2000", "bd09"),
     ("WGS84经度", "gcj02", "wgs84"), ("经度", "gcj02", None), ("WGS84经度", "cgcs2000", None),
     ("lon_gcj02", "gcj02", None), ("gcj", "EPSG:4544", None)],
)  # fmt: skip
def test_a_header_that_names_another_datum(header: str, datum: str, said: str | None) -> None:
    table = sheet([106.41], [29.505])
    doubt = header_doubt(table, header, datum)
    assert (doubt.values["said"] if doubt else None) == said
    assert doubt is None or all(doubt.render(language) for language in ("zh", "en"))


def test_such_a_header_is_told_of_positions_and_of_centroids(areas: Areas, tmp_path: Path) -> None:
    text = "镇街,经度（高德）,纬度（高德）\n甲,106.41,29.5\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    told: list[Fault] = []
    read_areas(tmp_path / "t.csv", doubts=told)
    assert "datum.header_says" in [d.key for d in told]
    columns = {"lon": "经度（高德）", "lat": "纬度（高德）"}
    doubts: list[Fault] = []
    positions(read_sheet(tmp_path / "t.csv"), columns, areas, datum="wgs84", doubts=doubts)
    assert [d.key for d in doubts] == ["datum.header_says"]


def test_one_place_for_all_rows_is_doubted(areas: Areas) -> None:
    doubts: list[Fault] = []
    assert placed(areas, [106.41] * 2, [29.505] * 2, doubts=doubts)[1] == doubts == []
    placed(areas, [106.41] * 3, [29.505] * 3, doubts=doubts)
    assert [(f.key, f.values["count"]) for f in doubts] == [("datum.same_place", 3)]


@pytest.mark.parametrize("declared", ["wgs84", "gcj02", "EPSG:4545"])
def test_metres_of_an_undeclared_system(areas: Areas, declared: str) -> None:
    x, y = Datum("EPSG:4523").from_wgs84(*PLACES.T)
    (fault,) = placed(areas, x, y, declared)[1]
    assert (fault.key, fault.values["code"], fault.row) == ("datum.metres", "EPSG:4523", 2)
    assert 'datum = "EPSG:4523"' in fault.render("zh")
    (fault,) = placed(areas, y, x, declared)[1]
    assert (fault.key, fault.values["code"]) == ("datum.metres_swapped", "EPSG:4523")
    assert 'columns = { lon = "Y", lat = "X" }' in fault.render("en")


def test_a_layer_in_metres_that_says_degrees(areas: Areas) -> None:
    x, y = Datum("EPSG:4544").from_wgs84(*PLACES.T)
    layer = Sheet("t.geojson", "", pd.DataFrame(index=range(3)), np.arange(3) + 1,
                  np.array(shapely.points(x, y), object))  # fmt: skip
    _, (fault,) = positions(layer, {}, areas, datum="wgs84")
    assert (fault.key, fault.values["code"]) == ("datum.shapes_in_metres", "EPSG:4544")


def test_northing_first_in_the_declared_system(areas: Areas) -> None:
    x, y = Datum("EPSG:4544").from_wgs84(*PLACES.T)
    (fault,) = placed(areas, y, x, "EPSG:4544")[1]
    assert (fault.key, fault.values["code"]) == ("datum.metres_swapped", "EPSG:4544")
    assert placed(areas, x, y, "epsg:4544")[1] == []


@pytest.mark.parametrize(
    ("lon", "lat", "datum", "key"),
    [(60_000.0, 70_000.0, "wgs84", "datum.metres_unknown"),
     (60_000.0, 70_000.0, "EPSG:4544", "datum.wrong_system"),
     (106.41, 29.505, "EPSG:4544", "datum.degrees"),
     (300.0, 400.0, "wgs84", "input.all_not_degrees"),
     (116.4, 39.9, "wgs84", "input.all_far_away"),
     (29.505, 106.41, "wgs84", "input.all_swapped"),
     (106.41, 29.505, "EPSG:2263", "datum.code_not_metres")],
)  # fmt: skip
def test_a_whole_file_in_the_wrong_place(
    areas: Areas, lon: float, lat: float, datum: str, key: str
) -> None:
    (fault,) = placed(areas, [lon, lon + 0.001], [lat, lat + 0.001], datum)[1]
    assert (fault.key, fault.file) == (key, "t.xlsx")
    assert fault.render("zh") != fault.render("en")


def test_an_old_datum_is_doubted(areas: Areas) -> None:
    doubts: list[Fault] = []
    x, y = Datum("EPSG:4544").from_wgs84(*PLACES.T)
    assert placed(areas, x, y, "EPSG:2380", doubts=doubts)[1] == []
    assert [f.key for f in doubts] == ["datum.old_datum"]


# --- planes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "code"),
    [((106.46, 29.55), 4544), ((105.4, 29.4), 4544), ((121.47, 31.23), 4549),
     ((-51.2, -30.0), 32722), ((-8.6, 41.15), 32629), ((24.94, 60.17), 32635),
     ((179.9, 5.0), 32660)],
)  # fmt: skip
def test_the_automatic_plane(place: tuple[float, float], code: int) -> None:
    plane = choose_plane(*place)
    assert plane.crs == f"EPSG:{code}"
    xy = plane.to_xy([place[0], place[0] + 0.01], [place[1], place[1] + 0.01])
    true = metres(place[0], place[1], place[0] + 0.01, place[1] + 0.01)
    assert np.hypot(*(xy[1] - xy[0])) == pytest.approx(float(true), rel=1e-3)


def test_every_zone_of_china_holds_its_metres() -> None:
    for lon in np.arange(74.0, 136.0, 3.3):
        plane = choose_plane(lon, 35.0)
        xy = plane.to_xy([lon, lon + 0.01], [35.0, 35.0])
        true = metres(lon, 35.0, lon + 0.01, 35.0)
        assert np.hypot(*(xy[1] - xy[0])) == pytest.approx(float(true), rel=5e-4)


def test_metres_and_back() -> None:
    plane = Plane("EPSG:4544")
    lonlat = np.array([[106.46, 29.55], [106.2, 29.8]])
    back = plane.to_lonlat(plane.to_xy(lonlat[:, 0], lonlat[:, 1]))
    np.testing.assert_allclose(back, lonlat, atol=1e-9)
    shapes = np.array([shapely.box(106.4, 29.5, 106.5, 29.6)], object)
    again = plane.geometry_to_lonlat(plane.geometry_to_xy(shapes))
    assert shapely.equals_exact(again[0], shapes[0], 1e-9)


@pytest.mark.parametrize(
    ("crs", "key"),
    [("EPSG:4544", None), ("EPSG:32648", None), ("nonsense", "bad_crs"), ("", "bad_crs"),
     ("EPSG:4326", "crs_not_metres"), ("EPSG:2263", "crs_not_metres"),
     ("EPSG:3857", "crs_stretched"), ("EPSG:32722", "crs_stretched"),
     ("EPSG:4534", "crs_stretched")],
)  # fmt: skip
def test_a_plane_of_the_study_s_own(crs: str, key: str | None) -> None:
    if key is None:
        assert choose_plane(106.46, 29.55, wanted=crs) == Plane(crs)
        return
    with pytest.raises(InputError) as caught:
        choose_plane(106.46, 29.55, wanted=crs)
    assert caught.value.faults[0].key == f"input.{key}"


# --- real places --------------------------------------------------------------------------------


@pytest.mark.real
def test_the_townships_of_shapingba_lie_in_their_district(real_data: Path) -> None:
    """The boundary is in GCJ-02, the townships in WGS 84: they agree in either, if converted."""
    folder = real_data / "boundaries"
    layer = json.loads((folder / "500106_shapingba.json").read_text(encoding="utf-8"))
    district = shapely.union_all(
        [shapely.from_geojson(json.dumps(f["geometry"])) for f in layer["features"]]
    )
    towns = pd.read_csv(folder / "shapingba_township_units_wgs84.csv")
    lon, lat = _middles(towns)
    assert len(lon) == 26
    datum = Datum("gcj02")
    assert shapely.contains_xy(district, *datum.from_wgs84(lon, lat)).all()
    assert not shapely.contains_xy(district, *Datum("bd09").from_wgs84(lon, lat)).all()
    in_wgs84 = shapely.transform(
        district, lambda c: np.column_stack(datum.to_wgs84(c[:, 0], c[:, 1]))
    )
    assert shapely.contains_xy(in_wgs84, lon, lat).all()
    shift = metres(*district.centroid.coords[0], *in_wgs84.centroid.coords[0])
    assert 300 < shift < 600


@pytest.mark.real
def test_the_sides_of_shapingba_agree_in_gcj02_alone(real_data: Path) -> None:
    """All 26 middles lie inside unconverted, too: the outermost corners tell the datum."""
    folder = real_data / "boundaries"
    layer = json.loads((folder / "500106_shapingba.json").read_text(encoding="utf-8"))
    district = shapely.union_all(
        [shapely.from_geojson(json.dumps(f["geometry"])) for f in layer["features"]]
    )
    towns = pd.read_csv(folder / "shapingba_township_units_wgs84.csv")
    corners = (towns.minx.min(), towns.miny.min(), towns.maxx.max(), towns.maxy.max())
    off_m = {}
    for name in ("wgs84", *SHIFTED):
        west, south = Datum(name).from_wgs84(*corners[:2])
        east, north = Datum(name).from_wgs84(*corners[2:])
        sides = np.array([west, south, east, north]) - district.bounds
        off_m[name] = np.abs(sides) * (97_000.0, 110_800.0, 97_000.0, 110_800.0)
    assert off_m["gcj02"].max() < 100.0
    assert off_m["wgs84"].min() > 250.0
    assert off_m["bd09"].min() > 500.0


def _middles(towns: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    named = {
        kind: next(c for c in towns.columns if kind in c.lower() and "cent" in c.lower())
        for kind in ("lon", "lat")
    }
    return towns[named["lon"]].to_numpy(float), towns[named["lat"]].to_numpy(float)
