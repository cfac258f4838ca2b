"""Datums and planes: round trips, the shift where it must be and nowhere else, honest metres."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from quarterhour.errors import InputError
from quarterhour.inputs.datum import Datum, Plane, choose_plane

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
    "place", [(-51.2, -30.0), (24.94, 60.17), (0.0, 0.0), (105.0, -20.0), (105.0, 56.0)]
)
def test_outside_china_nothing_moves(name: str, place: tuple[float, float]) -> None:
    assert tuple(map(float, Datum(name).from_wgs84(*place))) == place
    assert tuple(map(float, Datum(name).to_wgs84(*place))) == place


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
    in_wgs84 = shapely.transform(
        district, lambda c: np.column_stack(datum.to_wgs84(c[:, 0], c[:, 1]))
    )
    assert shapely.contains_xy(in_wgs84, lon, lat).all()
    shift = metres(*district.centroid.coords[0], *in_wgs84.centroid.coords[0])
    assert 300 < shift < 600


def _middles(towns: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    named = {
        kind: next(c for c in towns.columns if kind in c.lower() and "cent" in c.lower())
        for kind in ("lon", "lat")
    }
    return towns[named["lon"]].to_numpy(float), towns[named["lat"]].to_numpy(float)
