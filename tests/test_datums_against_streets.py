"""Datums tested against streets: a wrong one is found, a right one is left in peace."""

import bz2
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.inputs.datum import Datum, Plane
from quarterhour.streets import read_network
from quarterhour.streets.datums import (
    COMPARED,
    DatumComparison,
    _likely,
    compare_datums,
    datum_doubt,
)

PLANE = Plane("EPSG:4544")
Points = Callable[..., np.ndarray]


class Streets:
    """An uneven grid of streets, 120-240 m apart: all that the comparison asks of a network."""

    crs = PLANE.crs

    def __init__(self, middle: tuple[float, float], *, half_m: float = 4_000.0) -> None:
        x, y = PLANE.to_xy(*([part] for part in middle))[0]
        # Even steps would let a shift of just so many streets pass for none.
        steps = np.cumsum(np.random.default_rng(7).uniform(120.0, 240.0, int(half_m / 90))) - half_m
        steps = steps[steps < half_m]
        ends = [((x + s, y - half_m), (x + s, y + half_m)) for s in steps]
        ends += [((x - half_m, y + s), (x + half_m, y + s)) for s in steps]
        self._lines = np.array([shapely.LineString(pair) for pair in ends], object)

    def lines(self) -> np.ndarray:
        return self._lines

    def places(self, n: int, *, seed: int, off_m: float) -> np.ndarray:
        """Return places (n, 2) up to ``off_m`` beside a street, off the edge of the grid."""
        rng = np.random.default_rng(seed)
        line = self._lines[rng.integers(0, len(self._lines), 4 * n)]
        at = shapely.line_interpolate_point(line, rng.uniform(0.25, 0.75, 4 * n), normalized=True)
        xy = shapely.get_coordinates(at) + rng.uniform(-off_m, off_m, (4 * n, 2)) / np.sqrt(2)
        west, south, east, north = shapely.total_bounds(self._lines)
        middle = np.abs(xy - ((west + east) / 2, (south + north) / 2)) < (east - west) / 4
        return np.asarray(xy[middle.all(axis=1)][:n])


CHONGQING = Streets((106.45, 29.55))


def as_read(xy_m: np.ndarray, *, truth: str, declared: str) -> np.ndarray:
    """Return where a reader puts places whose file is in ``truth`` and declared otherwise."""
    raw = Datum(truth).from_wgs84(*PLANE.to_lonlat(xy_m).T)
    return PLANE.to_xy(*Datum(declared).to_wgs84(*raw))


@pytest.mark.parametrize("declared", COMPARED)
@pytest.mark.parametrize("truth", COMPARED)
def test_the_true_datum_is_found(truth: str, declared: str) -> None:
    xy = as_read(CHONGQING.places(40, seed=1, off_m=25.0), truth=truth, declared=declared)
    found = compare_datums(xy, declared, CHONGQING)
    assert found.n == 40
    assert found.likely == ("" if truth == declared else truth)
    assert min(found.median_m, key=lambda name: found.median_m[name]) == truth
    doubt = datum_doubt(found, "f.xlsx")
    assert (doubt is None) == (truth == declared)
    if doubt is not None:
        assert (doubt.key, doubt.file, doubt.values["n"]) == ("datum.likely_wrong", "f.xlsx", 40)
        for text in (doubt.render("zh"), doubt.render("en")):
            assert f'datum = "{truth}"' in text
            assert f"{found.median_m[declared]:.0f}" in text
            assert f"{found.beyond[declared]:.0%}" in text


@given(seed=st.integers(0, 10_000), n=st.integers(1, 120), off_m=st.sampled_from([5.0, 30.0, 75.0]))
@settings(max_examples=50, deadline=None)
def test_a_right_declaration_is_left_in_peace(seed: int, n: int, off_m: float) -> None:
    """75 m beside a street of this grid is anywhere."""
    xy = CHONGQING.places(n, seed=seed, off_m=off_m)
    for declared in COMPARED:
        there = as_read(xy, truth=declared, declared=declared)
        assert compare_datums(there, declared, CHONGQING).likely == ""


@pytest.mark.parametrize(
    ("declared", "other", "found"),
    [([5] * 33 + [100] * 7, [18] * 40, True),  # the sign test: seven are far, and no other
     ([5] * 34 + [100] * 6, [18] * 40, False),
     ([35] * 9 + [60] * 3, [5] * 12, True),  # three far ones are chance, twelve farther ones not
     ([35] * 11 + [60], [5] * 12, False),
     ([5] * 10 + [60] * 2, [18] * 12, False),
     ([100] * 50, [5] * 45 + [100] * 5, True),  # a tenth of the points may lie anywhere
     ([100] * 50, [5] * 44 + [100] * 6, False),
     ([100] * 9, [5] * 9, False)],
)  # fmt: skip
def test_the_rule(declared: list[float], other: list[float], found: bool) -> None:
    rows = np.array([declared, other, [200.0] * len(other)], float)
    assert _likely(0, rows) == (1 if found else None)
    assert _likely(1, rows) is None


def test_few_points_say_nothing() -> None:
    xy = as_read(CHONGQING.places(9, seed=2, off_m=5.0), truth="gcj02", declared="wgs84")
    found = compare_datums(xy, "wgs84", CHONGQING)
    assert found.median_m["gcj02"] < 5.0 < found.median_m["wgs84"]
    assert found.likely == ""


@pytest.mark.parametrize("declared", ["cgcs2000", "EPSG:4544"])
def test_plain_systems_count_as_wgs84(declared: str) -> None:
    xy = as_read(CHONGQING.places(40, seed=3, off_m=25.0), truth="gcj02", declared="wgs84")
    found = compare_datums(xy, declared, CHONGQING)
    assert (found.declared, found.likely) == (declared, "gcj02")
    doubt = datum_doubt(found, "f.xlsx")
    assert doubt is not None
    shifted = "datum.likely_shifted_metres"
    assert doubt.key == (shifted if declared == "EPSG:4544" else "datum.likely_wrong")


def test_abroad_all_datums_are_one() -> None:
    streets = Streets((105.85, 21.03), half_m=2_000.0)
    xy = streets.places(40, seed=4, off_m=60.0)
    found = compare_datums(xy, "gcj02", streets)
    assert len(set(found.median_m.values())) == 1
    assert found.likely == ""


def test_places_beyond_the_streets_do_not_count() -> None:
    xy = CHONGQING.places(20, seed=5, off_m=5.0)
    beyond = np.vstack([xy, xy + 20_000.0, [[np.nan, 1.0]]])
    assert compare_datums(beyond, "wgs84", CHONGQING) == compare_datums(xy, "wgs84", CHONGQING)


@pytest.mark.parametrize("xy", [np.empty((0, 2)), np.full((3, 2), np.nan), np.zeros((3, 2))])
def test_no_places_say_nothing(xy: np.ndarray) -> None:
    found = compare_datums(xy, "wgs84", CHONGQING)
    assert found == DatumComparison(
        "wgs84", 0, dict.fromkeys(COMPARED, float("inf")), dict.fromkeys(COMPARED, 0.0)
    )
    assert datum_doubt(found, "f.xlsx") is None


@pytest.mark.real
def test_the_streets_of_longgang_tell_the_datum(real_data: Path, tmp_path: Path) -> None:
    packed = real_data / "networks" / "shenzhen_longgang.osm.bz2"
    with bz2.open(packed) as source, (tmp_path / "streets.osm").open("wb") as target:
        shutil.copyfileobj(source, target)
    network = read_network(tmp_path / "streets.osm")
    rng, plane = np.random.default_rng(0), Plane(network.crs)
    share = network.edge_length_dm / network.edge_length_dm.sum()
    right, wrong = [], []
    for _ in range(50):
        edge = rng.choice(network.n_edges, 20, p=share)
        at = shapely.line_interpolate_point(network.lines()[edge], rng.random(20), normalized=True)
        xy = shapely.get_coordinates(at) + rng.uniform(-28.0, 28.0, (20, 2))
        right.append(compare_datums(xy, "wgs84", network).likely)
        shifted = plane.to_xy(*Datum("gcj02").from_wgs84(*plane.to_lonlat(xy).T))
        wrong.append(compare_datums(shifted, "wgs84", network).likely)
    assert set(right) == {""}
    assert wrong.count("gcj02") > 0.9 * len(wrong)
