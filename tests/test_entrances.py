"""Entrances: read from a column, found in OpenStreetMap, and used by the nearest walk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas, one_area
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import join_facilities
from quarterhour.inputs.facilityfiles import read_facilities
from quarterhour.osmfile import read_osm
from quarterhour.presets import Walker
from quarterhour.reach import nearest_times
from quarterhour.streets import osm_entrances, read_network, snap_facilities, walk_seconds
from worlds import at

LON, LAT = 106.45, 29.55
DEGREE_X, DEGREE_Y = 96_900.0, 110_850.0  # metres per degree there, roughly


@pytest.fixture
def areas() -> Areas:
    corner = np.array([[LON - 0.02, LAT - 0.02], [LON + 0.02, LAT + 0.02]])
    return one_area("测试区", corner, crs="EPSG:4544")


def write(path: Path, *cells: str) -> Path:
    rows = [f'点{n},care_station,{LON},{LAT},"{cell}"' for n, cell in enumerate(cells)]
    path.write_text("\n".join(["名称,类型,经度,纬度,出入口", *rows]), encoding="utf-8")
    return path


def test_a_cell_names_none_one_or_several_entrances(tmp_path: Path, areas: Areas) -> None:
    cells = (
        "",
        f"{LON},{LAT + 0.001}",
        f"（{LON}，{LAT}）；{LON + 0.001} {LAT} | {LON},{LAT - 0.001};",
    )
    found = read_facilities(write(tmp_path / "f.csv", *cells), areas).entrances
    assert found.facility.tolist() == [1, 2, 2, 2]
    north = found.xy_m[0] - areas.plane.to_xy(np.array([LON]), np.array([LAT]))[0]
    assert north == pytest.approx([0, 0.001 * DEGREE_Y], abs=2.0)
    facility, doors = found.doors(np.zeros((3, 2)))
    assert facility.tolist() == [0, 1, 2, 2, 2] and doors[0].tolist() == [0, 0]


def test_entrances_use_the_datum_of_their_file(tmp_path: Path, areas: Areas) -> None:
    path = write(tmp_path / "f.csv", f"{LON},{LAT}")
    found = read_facilities(path, areas, datum="gcj02")
    assert found.entrances.xy_m[0] == pytest.approx(found.xy_m[0], abs=1e-6)


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("东门", "input.entrance"),
        (f"{LON}", "input.entrance"),
        (f"{LAT},{LON}", "input.entrance"),
        (f"{LON},{LAT};nan,nan", "input.entrance"),
        (f"{LON},{LAT + 0.02}", "input.entrance_far"),
    ],
)
def test_a_wrong_entrance_is_named_with_its_row(
    tmp_path: Path, areas: Areas, cell: str, key: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_facilities(write(tmp_path / "f.csv", "", cell), areas)
    faults: list[Fault] = list(caught.value.faults)
    assert [(f.key, f.row, f.column) for f in faults] == [(key, 3, "出入口")]


def test_files_joined_keep_their_entrances_with_their_facilities(
    tmp_path: Path, areas: Areas
) -> None:
    first = read_facilities(write(tmp_path / "a.csv", "", f"{LON},{LAT}"), areas)
    second = read_facilities(write(tmp_path / "b.csv", f"{LON + 0.001},{LAT}", ""), areas)
    both = join_facilities([first, second])
    assert both.entrances.facility.tolist() == [1, 2]
    some = both.take(np.array([0, 2]))
    assert some.ids == ("F001", "F003") and some.entrances.facility.tolist() == [1]


def test_entrances_of_nothing() -> None:
    assert Entrances.join([]).facility.tolist() == []
    facility, doors = Entrances.none().doors(np.ones((2, 2)))
    assert facility.tolist() == [0, 1] and doors.shape == (2, 2)


def osm_world(path: Path) -> Path:
    """Write two parallel streets 200 m apart; between them a house with one door and a school.

    The house (node 21 an entrance to the north) stands in the west, the school ground with a gate
    to the south (node 32) in the east; inside it a building without a door.
    """

    def place(x: float, y: float) -> str:
        return f'lat="{LAT + y / DEGREE_Y:.7f}" lon="{LON + x / DEGREE_X:.7f}"'

    spots = {
        1: (-200, 100), 2: (300, 100), 3: (-200, -100), 4: (300, -100),
        20: (-20, -20), 21: (0, 60), 22: (20, -20),
        30: (80, -60), 31: (80, 60), 32: (120, -60), 33: (180, 60), 34: (180, -60),
        40: (110, -10), 41: (110, 10), 42: (130, 10), 43: (130, -10),
        50: (0, 62),
    }  # fmt: skip
    tags = {21: ("entrance", "main"), 32: ("barrier", "gate"), 50: ("entrance", "yes")}
    nodes = [
        f'<node id="{n}" version="1" {place(*xy)}>'
        + (f'<tag k="{tags[n][0]}" v="{tags[n][1]}"/>' if n in tags else "")
        + "</node>"
        for n, xy in spots.items()
    ]
    ways = {
        100: ((1, 2), {"highway": "residential"}), 101: ((3, 4), {"highway": "residential"}),
        102: ((20, 21, 22, 20), {"building": "yes"}),
        103: ((30, 31, 33, 34, 32, 30), {"amenity": "school", "barrier": "wall"}),
        104: ((40, 41, 42, 43, 40), {"building": "school"}),
    }  # fmt: skip
    lines = [
        f'<way id="{w}" version="1">'
        + "".join(f'<nd ref="{n}"/>' for n in refs)
        + "".join(f'<tag k="{k}" v="{v}"/>' for k, v in said.items())
        + "</way>"
        for w, (refs, said) in ways.items()
    ]
    path.write_text('<osm version="0.6">' + "".join(nodes + lines) + "</osm>", encoding="utf-8")
    return path


def facilities_at(folder: Path, areas: Areas, *spots: tuple[float, float]):
    rows = [
        f"点{n},care_station,{LON + x / DEGREE_X:.7f},{LAT + y / DEGREE_Y:.7f}"
        for n, (x, y) in enumerate(spots)
    ]
    path = folder / "f.csv"
    path.write_text("\n".join(["名称,类型,经度,纬度", *rows]), encoding="utf-8")
    return read_facilities(path, areas)


def test_doors_of_the_building_come_before_gates_of_the_ground(
    tmp_path: Path, areas: Areas
) -> None:
    extract = read_osm(osm_world(tmp_path / "s.osm"))
    # In the house; in the doorless building of the school; in the open.
    facilities = facilities_at(tmp_path, areas, (0, 0), (120, 0), (-150, 0))
    found = osm_entrances(extract, facilities, areas.plane)
    assert found.facility.tolist() == [0, 1]
    middle = areas.plane.to_xy(np.array([LON]), np.array([LAT]))[0]
    assert found.xy_m - middle == pytest.approx(np.array([[0, 60], [120, -60]]), abs=2.0)


def test_a_facility_with_an_entrance_of_its_own_does_not_ask_osm(
    tmp_path: Path, areas: Areas
) -> None:
    extract = read_osm(osm_world(tmp_path / "s.osm"))
    facilities = read_facilities(write(tmp_path / "f.csv", f"{LON},{LAT - 0.0005}"), areas)
    assert len(osm_entrances(extract, facilities, areas.plane).facility) == 0


def test_an_entrance_decides_which_street_a_facility_is_on(tmp_path: Path, areas: Areas) -> None:
    network = read_network(osm_world(tmp_path / "s.osm"), crs="EPSG:4544")
    paced = walk_seconds(network, Walker(name="t", flat_mps=1.0))
    plain = facilities_at(tmp_path, areas, (0, -10))
    north_y = max(shapely.get_y(shapely.centroid(line)) for line in network.lines())
    south = int(np.argmin([shapely.get_y(shapely.centroid(line)) for line in network.lines()]))
    north = 1 - south
    assert snap_facilities(paced, plain).edge.tolist() == [south]
    here = plain.xy_m[0]
    both = Entrances(
        np.array([0, 0], np.int32), np.array([[here[0], north_y - 10], [here[0], here[1] - 50]])
    )
    doors = snap_facilities(paced, replace(plain, entrances=both))
    assert doors.edge.tolist() == [north, south] and doors.place.tolist() == [0, 0]
    homes = at((north, 0.0), (south, 0.0))
    times = nearest_times(paced, doors, homes, limit_ms=10**8)
    assert times.facility.tolist() == [0, 0]
    assert (times.seconds < 280).all()
    # From its one position the northern street cannot be reached at all: the two do not meet.
    alone = nearest_times(paced, snap_facilities(paced, plain), homes, limit_ms=10**8)
    assert alone.facility.tolist() == [-1, 0]
