"""Barriers: what a small OpenStreetMap file holds; nothing that is carried overhead counts."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from quarterhour.inputs.datum import Plane
from quarterhour.osmfile import read_osm
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.streets import Barriers, build_network

PLANE = Plane("EPSG:32648")
# Ways of two nodes, each further north; a closed pond and a closed wall at the end.
WAYS = [
    ("river", "示例江", {"waterway": "river", "name": "示例江"}),
    ("", "", {"waterway": "river", "tunnel": "culvert"}),
    ("", "", {"waterway": "stream", "name": "溪"}),
    ("river", "", {"waterway": "canal"}),
    ("railway", "示例线", {"railway": "rail", "name": "示例线"}),
    ("railway", "", {"railway": "subway"}),
    ("", "", {"railway": "subway", "tunnel": "yes"}),
    ("", "", {"railway": "light_rail", "bridge": "yes"}),
    ("", "", {"railway": "tram"}),
    ("wall", "", {"barrier": "wall"}),
    ("wall", "示例城墙", {"barrier": "city_wall", "name": "示例城墙"}),
    ("wall", "", {"barrier": "fence"}),
    ("", "", {"barrier": "hedge"}),
    ("motorway", "示例高速", {"highway": "motorway", "name": "示例高速"}),
    ("motorway", "G93", {"highway": "motorway_link", "ref": "G93"}),
    ("", "", {"highway": "motorway", "bridge": "viaduct"}),
    ("", "", {"highway": "motorway", "tunnel": "yes"}),
    ("motorway", "", {"highway": "trunk", "foot": "no"}),
    ("motorway", "", {"highway": "trunk", "motorroad": "yes"}),
    ("", "", {"highway": "trunk"}),
    ("", "", {"highway": "residential"}),
]
RINGS = [
    ("river", "示例湖", {"natural": "water", "name": "示例湖"}),
    ("wall", "", {"barrier": "wall", "amenity": "school"}),
]
ORDER = ("river", "railway", "wall", "motorway")


@pytest.fixture
def osm(tmp_path: Path) -> Path:
    """Write the file; each way lies 0.001 degrees further north than the last."""
    nodes, ways = [], []
    for n, (_, _, tags) in enumerate([*WAYS, *RINGS]):
        corners = [(106.5, 29.5), (106.51, 29.5)]
        corners += [(106.51, 29.5005)] if n >= len(WAYS) else []
        ids = [10 * n + k + 1 for k in range(len(corners))]
        nodes += [f'<node id="{i}" version="1" lon="{x}" lat="{y + n / 1000}"/>'
                  for i, (x, y) in zip(ids, corners, strict=True)]  # fmt: skip
        refs = ids + (ids[:1] if n >= len(WAYS) else [])
        said = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        inner = "".join(f'<nd ref="{r}"/>' for r in refs)
        ways.append(f'<way id="{n + 1}" version="1">{inner}{said}</way>')
    path = tmp_path / "s.osm"
    path.write_text(f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>', encoding="utf-8")
    return path


def test_what_nobody_steps_over_is_found_with_its_name(osm):
    found = Barriers.from_osm(read_osm(osm), PLANE, (0, 0, 1e7, 1e7))
    wanted = [(k, name) for k, name, _ in (*WAYS, *RINGS) if k]
    got = list(zip(found.kinds, found.names, strict=True))
    assert sorted(got) == sorted(wanted)
    assert [k for k, _ in got] == sorted([k for k, _ in got], key=ORDER.index)
    areas = shapely.get_dimensions(found.shapes) == 2
    assert [found.names[n] for n in np.flatnonzero(areas)] == ["示例湖"]


def test_only_what_is_near_is_kept_in_metres_of_the_plane(osm):
    extract = read_osm(osm)
    # The first way alone: 29.5 degrees north, the next barrier is 300 m further.
    west, south = PLANE.to_xy(np.array([106.49]), np.array([29.499]))[0]
    found = Barriers.from_osm(extract, PLANE, (west, south, west + 5000, south + 200))
    assert (found.kinds, found.names) == (("river",), ("示例江",))
    assert 960 < found.shapes[0].length < 975  # 0.01 degrees of longitude
    assert Barriers.from_osm(extract, PLANE, (0, 0, 1, 1)).kinds == ()


def test_backdrop_and_rivers_are_as_before(osm):
    extract = read_osm(osm)
    assert (len(extract.water), len(extract.rivers), len(extract.rails)) == (5, 3, 3)
    assert len(extract.grounds) == 1


def test_a_stored_network_knows_its_rivers_without_names(osm):
    network = build_network(read_osm(osm), PLANE)
    found = Barriers.of_network(network)
    assert len(found.shapes) == len(network.rivers) > 0
    assert set(found.kinds) == {"river"} and set(found.names) == {""}


def test_barriers_survive_their_stage(osm, tmp_path):
    found = Barriers.from_osm(read_osm(osm), PLANE, (0, 0, 1e7, 1e7))
    for held in (found, Barriers.none()):
        save_stage(tmp_path / "b.npz", held, key="k")
        back = load_stage(tmp_path / "b.npz")
        assert (back.kinds, back.names) == (held.kinds, held.names)
        assert all(a.equals(b) for a, b in zip(back.shapes, held.shapes, strict=True))


def test_a_railway_drawn_in_pieces_is_one_barrier_and_longer_than_a_wall():
    """Three pieces of 100 m that touch are 300 m of railway; a fence of 150 m stands beside."""
    pieces = [shapely.LineString([(x, 0), (x + 100, 0)]) for x in (0, 100, 200)]
    fence = shapely.LineString([(0, 5), (150, 5)])
    apart = shapely.LineString([(0, 2000), (900, 2000)])
    shapes = np.array([fence, *pieces, apart], object)
    kinds = ("wall", "railway", "railway", "railway", "railway")
    start, end = np.array([[50.0, -10.0]]), np.array([[50.0, 20.0]])
    assert Barriers(shapes, kinds, ("",) * 5).crossed(start, end) == (("railway", ""),)
    # Pieces that do not touch count each for itself, and so do those of another kind.
    loose = shapes[[0, 1, 3, 4]]
    found = Barriers(loose, ("wall", *["railway"] * 3), ("",) * 4).crossed(start, end)
    assert found == (("wall", ""),)
    mixed = ("wall", "railway", "river", "railway", "railway")
    assert Barriers(shapes, mixed, ("",) * 5).crossed(start, end) == (("wall", ""),)
