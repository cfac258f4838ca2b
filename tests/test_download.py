"""Downloading streets, without the internet: servers on this machine answer from small worlds."""

import gzip
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import osmnx
import pyproj
import pytest
import shapely

from mapservers import Reply, Stand, map_servers, place, square
from quarterhour.checking import check_study
from quarterhour.cli import run_command
from quarterhour.errors import InputError, NetworkError, QuarterhourError
from quarterhour.fetch import fetch_for_place, fetch_for_study
from quarterhour.inputs.areas import read_areas
from quarterhour.inputs.datum import choose_plane
from quarterhour.osmfile import OsmExtract, read_osm
from quarterhour.pipeline import rewrite_pages, run_study
from quarterhour.streets import WalkNetwork, build_network, read_network
from quarterhour.streets.askosm import MapServers
from quarterhour.streets.download import (
    WRITTEN_SUFFIXES,
    cache_folder,
    download_network,
    find_extent,
    record_of,
)
from quarterhour.study import fetched_name, read_study
from quarterhour.words import LANGUAGES

# One of each: a named street, stairs, a private way with its gate, a way that meets itself, a lift,
# a platform, a building with levels and an entrance, a fence with its gate, grounds, water, a
# railway, and what nobody asks for.
VILLAGE = """<osm version="0.6">
<node id="1" lat="29.5500000" lon="106.4600000"/>
<node id="2" lat="29.5500000" lon="106.4610001"/>
<node id="3" lat="29.5500000" lon="106.4620000"/>
<node id="4" lat="29.5505000" lon="106.4620000"/>
<node id="5" lat="29.5495000" lon="106.4610000">
 <tag k="barrier" v="gate"/><tag k="access" v="private"/><tag k="note" v="a &amp; b &lt; c"/></node>
<node id="6" lat="29.5510000" lon="106.4600000"/>
<node id="7" lat="29.5510000" lon="106.4605000"/>
<node id="8" lat="29.5515000" lon="106.4605000"><tag k="highway" v="elevator"/></node>
<node id="9" lat="29.5490000" lon="106.4610000"/>
<node id="12345678901" lat="29.5488000" lon="106.4612000"><tag k="entrance" v="main"/></node>
<node id="11" lat="29.5486000" lon="106.4612000"/>
<node id="12" lat="29.5486000" lon="106.4610000"/>
<node id="13" lat="29.5530000" lon="106.4700000"><tag k="barrier" v="bollard"/></node>
<node id="14" lat="29.5480000" lon="106.4610000"><tag k="barrier" v="gate"/></node>
<way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
 <tag k="highway" v="residential"/><tag k="name" v="平安路 &quot;A&quot;"/>
 <tag k="sidewalk" v="both"/></way>
<way id="11"><nd ref="3"/><nd ref="4"/><tag k="highway" v="steps"/><tag k="step_count" v="20"/>
 <tag k="incline" v="up"/><tag k="layer" v="1"/><tag k="conveying" v="no"/></way>
<way id="12"><nd ref="2"/><nd ref="5"/><nd ref="9"/><tag k="highway" v="service"/>
 <tag k="access" v="private"/></way>
<way id="13"><nd ref="1"/><nd ref="6"/><nd ref="7"/><nd ref="8"/><nd ref="6"/>
 <tag k="highway" v="footway"/><tag k="bridge" v="yes"/><tag k="foot" v="designated"/></way>
<way id="14"><nd ref="8"/><nd ref="4"/><tag k="railway" v="platform"/></way>
<way id="15"><nd ref="9"/><nd ref="12345678901"/><nd ref="11"/><nd ref="12"/><nd ref="9"/>
 <tag k="building" v="apartments"/><tag k="building:levels" v="6"/></way>
<way id="16"><nd ref="6"/><nd ref="7"/><nd ref="4"/><nd ref="6"/><tag k="natural" v="water"/></way>
<way id="17"><nd ref="6"/><nd ref="9"/><tag k="waterway" v="stream"/></way>
<way id="18"><nd ref="3"/><nd ref="9"/><tag k="railway" v="rail"/></way>
<way id="19"><nd ref="1"/><nd ref="9"/><nd ref="3"/><nd ref="1"/><tag k="landuse" v="grass"/></way>
<way id="20"><nd ref="14"/><nd ref="11"/><nd ref="12"/><nd ref="14"/>
 <tag k="barrier" v="fence"/></way>
<way id="21"><nd ref="9"/><nd ref="11"/><nd ref="12"/><nd ref="9"/>
 <tag k="amenity" v="social_facility"/></way>
</osm>"""
AROUND = shapely.box(106.455, 29.545, 106.465, 29.555)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("village") / "village.osm"
    path.write_text(VILLAGE, encoding="utf-8")
    return path


@pytest.fixture
def stand(village: Path) -> Iterator[Stand]:
    with map_servers(village) as served:
        served.places = [place(square(106.455, 29.545, 0.01))]
        yield served


@pytest.fixture(autouse=True)
def naps(monkeypatch) -> list[float]:
    """Return the seconds that anybody wanted to sleep; nobody does."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.fixture(autouse=True)
def quick_zones(monkeypatch) -> None:
    """Let osmnx find its plane by arithmetic: looking it up takes longer than all the rest."""

    def zone(series: geopandas.GeoSeries, **_: object) -> pyproj.CRS:
        west, south, east, _ = series.total_bounds
        number = int(((west + east) / 2 + 180) // 6) + 1
        return pyproj.CRS.from_epsg((32600 if south >= 0 else 32700) + number)

    monkeypatch.setattr(geopandas.GeoSeries, "estimate_utm_crs", zone)


@pytest.fixture(autouse=True)
def this_machine_only(monkeypatch) -> list[object]:
    """Refuse every connection to another machine, and return those to this one."""
    connected: list[object] = []
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            connected.append(address)
            assert address[0] in ("127.0.0.1", "::1"), f"a call to {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return connected


def cache_of(tmp_path: Path) -> Path:
    """Return a test's own folder of kept answers, outside the folder it looks at."""
    return tmp_path.parent / f"cache-{tmp_path.name}"


def fault_of(stand: Stand, tmp_path: Path, where=AROUND, **changed):
    """Return the one fault of a download, which must leave nothing behind."""
    servers = replace(stand.servers, **changed)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(QuarterhourError) as caught:
        download_network(
            where, tmp_path / "x.osm.gz", cache_dir=cache_of(tmp_path), servers=servers
        )
    assert sorted(tmp_path.iterdir()) == before
    (fault,) = caught.value.faults
    assert all(fault.render(language) for language in LANGUAGES)
    return fault


def fetched(stand: Stand, tmp_path: Path, where=AROUND, name: str = "x.osm.gz", **how) -> Path:
    cache = cache_of(tmp_path)
    return download_network(where, tmp_path / name, cache_dir=cache, servers=stand.servers, **how)


def same(ours: OsmExtract, theirs: OsmExtract) -> None:
    """Compare two extracts: the same ways, whole, and everything else."""
    ways = [
        {
            int(w): (dict(tags), refs.tolist())
            for w, tags, refs in zip(
                x.way_ids, x.way_tags, np.split(x.way_refs, x.way_offset[1:-1]), strict=True
            )
        }
        for x in (ours, theirs)
    ]
    assert ways[0] == ways[1]
    assert np.array_equal(ours.node_ids, theirs.node_ids)
    assert np.array_equal(ours.node_lonlat, theirs.node_lonlat, equal_nan=True)
    on_ways = set(theirs.node_ids.tolist())
    kept = {n: dict(t) for n, t in theirs.node_tags.items() if n in on_ways}
    assert {n: dict(t) for n, t in ours.node_tags.items() if n in on_ways} == kept


# --- what comes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", WRITTEN_SUFFIXES)
def test_the_file_holds_what_the_map_holds(suffix, stand, village, tmp_path) -> None:
    path = fetched(stand, tmp_path, name=f"streets{suffix}", buildings=True)
    ours, theirs = read_osm(path), read_osm(village)
    same(ours, theirs)
    assert ours.uses == theirs.uses == ("apartments",)
    assert ours.levels.tolist() == [6.0]
    assert np.array_equal(ours.entrance_lonlat, theirs.entrance_lonlat)
    assert np.array_equal(ours.gate_lonlat, theirs.gate_lonlat) and len(ours.gate_lonlat) == 2
    for mine, given in ((ours.buildings, theirs.buildings), (ours.water, theirs.water),
                        (ours.rails, theirs.rails), (ours.grounds, theirs.grounds)):  # fmt: skip
        assert len(mine) == len(given) > 0
        assert all(a.equals(b) for a, b in zip(mine, given, strict=True))
    mine, given = read_network(path), read_network(village)
    assert mine.report == given.report
    assert mine.edge_length_dm.tolist() == given.edge_length_dm.tolist()
    assert mine.names == given.names and mine.classes == given.classes


def test_buildings_come_only_when_asked_for(stand, tmp_path) -> None:
    extract = read_osm(fetched(stand, tmp_path))
    assert len(extract.buildings) == 0 and len(extract.entrance_lonlat) == 0
    assert len(extract.way_ids) == 5 and len(extract.grounds) == 0
    assert not any(stand.count(f'["{what}"]') for what in ("building", "barrier", "amenity"))


def test_the_record_says_what_was_asked_of_whom(stand, tmp_path) -> None:
    path = fetched(stand, tmp_path, "Testville", buildings=True)
    record = json.loads(record_of(path).read_text(encoding="utf-8"))
    assert record["file"] == "x.osm.gz"
    assert (record["ways"], record["streets"], record["buildings"]) == (11, 4, 1)
    assert record["nodes"] == 13
    assert record["place"] == "Testville"
    assert record["place_found"]["display_name"] == "Testville"
    assert record["bounds"] == [106.455, 29.545, 106.465, 29.555]
    assert record["osm_timestamps"] == ["2026-01-02T03:04:05Z"]
    assert "ODbL" in record["license"] and "OpenStreetMap" in record["attribution"]
    assert record["overpass_url"] == stand.servers.overpass_url
    assert record["versions"]["osmnx"] == osmnx.__version__
    sent = [line.removeprefix("POST ") for line in stand.asked if line.startswith("POST ")]
    assert record["queries"][0].startswith("GET ") and "q=Testville" in record["queries"][0]
    assert sorted(record["queries"][1:]) == sorted(sent) and len(sent) == 7
    assert all(agent.startswith("quarterhour ") for agent in stand.agents)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.osm.gz", "x.osm.gz.query.json"]


def test_a_second_call_sends_nothing_and_writes_the_same(
    stand, tmp_path, this_machine_only
) -> None:
    first = fetched(stand, tmp_path, "Testville", buildings=True)
    asked, connected = len(stand.asked), len(this_machine_only)
    assert asked >= 6 and connected > 0
    again = tmp_path / "again"
    again.mkdir()
    second = fetched(stand, tmp_path, "Testville", name="again/x.osm.gz", buildings=True)
    assert (len(stand.asked), len(this_machine_only)) == (asked, connected)
    assert first.read_bytes() == second.read_bytes()
    assert record_of(first).read_bytes() == record_of(second).read_bytes()


def test_streets_that_were_kept_serve_a_call_with_buildings(stand, tmp_path) -> None:
    fetched(stand, tmp_path)
    before = stand.count("POST")
    fetched(stand, tmp_path, name="y.osm", buildings=True)
    assert stand.count("POST") == before + 3


def test_where_two_answers_differ_the_later_map_wins(stand, tmp_path) -> None:
    fetched(stand, tmp_path)
    cache = cache_of(tmp_path)
    old = stand.answer('(way["highway"]')
    old["osm3s"]["timestamp_osm_base"] = "2020-01-01T00:00:00Z"
    for thing in old["elements"]:
        thing |= {"tags": {"highway": "path", "was": "old"}} if thing["type"] == "way" else {}
    for path in cache.glob("ways-*/*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        if any("highway" in e.get("tags", {}) for e in content["elements"] if e["type"] == "way"):
            (path.parent / "0old.json").write_text(json.dumps(old), encoding="utf-8")
            (path.parent / "zold.json").write_text(json.dumps(old), encoding="utf-8")
    extract = read_osm(fetched(stand, tmp_path, name="y.osm"))
    assert not any("was" in tags for tags in extract.way_tags)


@pytest.mark.real
@pytest.mark.parametrize("name", ["West-Oakland.osm.bz2", "monaco.osm.gz"])
def test_a_real_place_gives_the_same_network(name, real_data, tmp_path) -> None:
    original = real_data / "networks" / name
    with map_servers(original) as stand:
        path = fetched(stand, tmp_path, name="y.osm.pbf", buildings=True)
    same(read_osm(path), read_osm(original))
    ours, theirs = (_network(read_osm(file)) for file in (path, original))
    assert ours.report == theirs.report
    assert sorted(ours.edge_length_dm) == sorted(theirs.edge_length_dm)


def _network(extract: OsmExtract) -> WalkNetwork:
    """Build the network of an extract without nodes that stand on no way: those are not fetched."""
    on_ways = set(extract.node_ids.tolist())
    tags = {n: t for n, t in extract.node_tags.items() if n in on_ways}
    lon, lat = np.nanmean(extract.node_lonlat, axis=0).tolist()
    return build_network(replace(extract, node_tags=tags), choose_plane(lon, lat))


# --- what goes wrong ------------------------------------------------------------------------------


def test_a_busy_server_is_asked_again_with_growing_waits(stand, tmp_path, naps) -> None:
    stand.troubles = [Reply(429), Reply(504)]
    fetched(stand, tmp_path)
    assert [s for s in naps if s] == [5.0, 20.0]
    assert stand.count("POST") == 6


def test_no_wait_is_shorter_than_the_server_asks(stand, tmp_path, naps) -> None:
    stand.troubles = [Reply(429, headers={"Retry-After": "33"}), Reply(504)]
    fetched(stand, tmp_path, "Testville")
    assert [s for s in naps if s > 1] == [33.0, 20.0]


def test_a_connection_that_breaks_is_tried_again(stand, tmp_path, naps) -> None:
    stand.troubles = [Reply(hang_up=True)]
    fetched(stand, tmp_path)
    assert [s for s in naps if s] == [5.0]


def test_half_an_answer_is_no_answer(stand, tmp_path) -> None:
    half = {"elements": [], "remark": "runtime error: Query timed out in query"}
    stand.troubles = [Reply(body=json.dumps(half))]
    assert len(read_osm(fetched(stand, tmp_path)).way_ids) == 5
    assert stand.count("POST") == 5


def test_patience_ends(stand, tmp_path, naps) -> None:
    stand.troubles = [Reply(504)] * 3
    fault = fault_of(stand, tmp_path)
    assert fault.key == "streets.fetch_busy"
    assert fault.values["attempts"] == 3 and fault.values["host"].startswith("127.0.0.1")
    assert [s for s in naps if s] == [5.0, 20.0]
    stand.troubles = [Reply(429)]
    assert fault_of(stand, tmp_path, attempts=1).values["why"] == "429"


def test_an_answer_renews_patience(stand, tmp_path, naps, monkeypatch) -> None:
    # osmnx cuts what is larger than this into parts, a request each.
    monkeypatch.setattr(osmnx.settings, "max_query_area_size", 1.2e7)
    stand.troubles = [Reply(504), Reply(504), None, Reply(504), Reply(504)]
    path = fetched(stand, tmp_path)
    assert [s for s in naps if s] == [5.0, 20.0, 5.0, 20.0]
    assert stand.count('(way["highway"]') > 1 + 4
    assert len(read_osm(path).way_ids) == 5


def test_what_has_come_is_kept(stand, tmp_path) -> None:
    stand.troubles = [None, None, *[Reply(504)] * 3]
    assert fault_of(stand, tmp_path).key == "streets.fetch_busy"
    before = stand.count('["highway"]')
    fetched(stand, tmp_path)
    assert stand.count('["highway"]') == before == 1


@pytest.mark.parametrize(
    ("reply", "key", "why"),
    [(Reply(400, "<html><b>Error</b>: line 1</html>"), "fetch_refused", "400 Error : line 1"),
     (Reply(403, "no"), "fetch_refused", "403 no"),
     (Reply(200, "<html>Sign in</html>"), "fetch_broken", "Sign in"),
     (Reply(200, '{"elements": ['), "fetch_broken", '{"elements": ['),
     (Reply(200, "[]"), "fetch_broken", "[]"),
     (Reply(200, '{"a": 1}'), "fetch_broken", '{"a": 1}')],
    ids=lambda v: getattr(v, "body", None),
)  # fmt: skip
def test_what_is_no_answer_is_said_at_once(reply, key, why, stand, tmp_path, naps) -> None:
    stand.troubles = [reply]
    fault = fault_of(stand, tmp_path)
    assert (fault.key, fault.values["why"]) == (f"streets.{key}", why)
    assert [s for s in naps if s] == []
    fetched(stand, tmp_path)  # and it is not kept


def test_nobody_is_there(stand, tmp_path, naps) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{taken.getsockname()[1]}"
        for where, changed in (
            (AROUND, {"overpass_url": f"http://{dead}/api"}),
            ("Testville", {"nominatim_url": f"http://{dead}/"}),
        ):
            fault = fault_of(stand, tmp_path, where, **changed)
            assert fault.key == "streets.fetch_unreachable"
            assert fault.values["host"] == dead and "refused" in fault.values["why"]
            assert "geofabrik" in fault.render("zh") and "geofabrik" in fault.render("en")
    # Two waits each; osmnx itself waits a second before it asks Nominatim.
    assert [s for s in naps if s > 1] == [5.0, 20.0, 5.0, 20.0]


def test_a_host_that_no_name_service_knows(stand, tmp_path, monkeypatch) -> None:
    looked_up = []

    def unknown(host, *_, **__):
        looked_up.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "gethostbyname", unknown)
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fault = fault_of(stand, tmp_path, overpass_url="http://no-such-host.invalid/api")
    assert fault.key == "streets.fetch_unreachable"
    assert fault.values["host"] == "no-such-host.invalid"
    assert "Name or service not known" in fault.values["why"]
    assert socket.getaddrinfo is unknown
    # Nor is a public name service asked, as osmnx would.
    assert set(looked_up) == {"no-such-host.invalid"}


def test_a_place_that_is_not_known(stand, tmp_path) -> None:
    stand.places = []
    fault = fault_of(stand, tmp_path, "Nowhere")
    assert (fault.key, fault.values) == ("streets.fetch_no_place", {"place": "Nowhere"})
    stand.places = [place({"type": "Point", "coordinates": [106.46, 29.55]})]
    assert fault_of(stand, tmp_path, "Nowhere").key == "streets.fetch_no_outline"
    stand.places = [stand.places[0], place(square(106.455, 29.545, 0.01), importance=0.1)]
    assert fetched(stand, tmp_path, "Nowhere").is_file()  # neither was kept


@pytest.mark.parametrize("body", ['{"error": "no"}', '[{"a": 1}]', "[1]", "<html>"])
def test_nominatim_answers_something_else(body, stand, tmp_path) -> None:
    stand.troubles = [Reply(body=body)]
    assert fault_of(stand, tmp_path, "Testville").key == "streets.fetch_broken"
    assert fetched(stand, tmp_path, "Testville").is_file()


def test_a_place_without_streets(stand, tmp_path) -> None:
    ways = stand.ways
    stand.ways = [w for w in ways if "highway" not in w["tags"]]
    assert fault_of(stand, tmp_path).key == "streets.fetch_no_streets"
    stand.ways = ways
    assert fetched(stand, tmp_path).is_file()  # the emptiness was not kept


def test_an_answer_that_was_half_kept_is_asked_for_anew(stand, tmp_path) -> None:
    fetched(stand, tmp_path)
    for path in (cache_of(tmp_path)).glob("ways-*/*"):
        if path.name == "complete":
            path.unlink()
        elif path.suffix == ".json":
            path.write_text(path.read_text(encoding="utf-8")[:20], encoding="utf-8")
    before = stand.count("POST")
    same(read_osm(fetched(stand, tmp_path, name="y.osm")), read_osm(tmp_path / "x.osm.gz"))
    assert stand.count("POST") == 2 * before


@pytest.mark.parametrize("line", ["Currently running queries:", "what?", None])
def test_only_a_status_page_that_speaks_of_slots_is_waited_for(line, stand, tmp_path, naps) -> None:
    """osmnx would wait a minute, or for ever, at servers without a limit."""
    stand.status = "\n".join(["", "", "", "", line, ""]) if line else "nothing"
    fetched(stand, tmp_path)
    assert [s for s in naps if s] == []


def test_a_status_page_with_slots_is_heeded(stand, tmp_path, naps) -> None:
    stand.status = "\n".join(["", "", "", "", "Slot available after: 2000-01-01T00:00:00Z, in 9."])
    fetched(stand, tmp_path)
    assert [s for s in naps if s] == [1, 1, 1, 1]


def test_a_fault_of_the_disk_is_no_fault_of_the_net(stand, tmp_path, naps) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(OSError) as caught:
        download_network(
            AROUND, tmp_path / "x.osm", cache_dir=tmp_path / "cache", servers=stand.servers
        )
    assert caught.value.errno is not None and [s for s in naps if s] == []


@pytest.mark.parametrize("trouble", [None, Reply(403)])
def test_osmnx_and_the_name_service_are_left_as_they_were(trouble, stand, tmp_path) -> None:
    def state():
        names = (n for n in vars(osmnx.settings) if not n.startswith("_"))
        return {n: getattr(osmnx.settings, n) for n in names}, socket.getaddrinfo

    before = state()
    stand.troubles = [trouble]
    if trouble is None:
        fetched(stand, tmp_path, "Testville")
    else:
        fault_of(stand, tmp_path)
    assert state() == before


@pytest.mark.parametrize("step", ["fetch_place", "fetch_ways", "fetch_write"])
def test_an_interrupt_leaves_nothing_half_written(step, stand, tmp_path, monkeypatch) -> None:
    def interrupt(name: str, *_: int) -> None:
        if name == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetched(stand, tmp_path, "Testville", on_progress=interrupt)
    assert list(tmp_path.iterdir()) == []

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("quarterhour.streets.download.write_json", broken)
    with pytest.raises(KeyboardInterrupt):
        fetched(stand, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_replaced(stand, tmp_path) -> None:
    (tmp_path / "x.osm.gz").write_text("mine")
    assert fault_of(stand, tmp_path).key == "streets.fetch_file_taken"
    assert (tmp_path / "x.osm.gz").read_text() == "mine" and stand.asked == []

    def taken(name: str, *_: int) -> None:
        if name == "fetch_write":
            (tmp_path / "y.osm").write_text("theirs")

    with pytest.raises(InputError) as caught:
        fetched(stand, tmp_path, name="y.osm", on_progress=taken)
    assert caught.value.faults[0].key == "streets.fetch_file_taken"
    assert (tmp_path / "y.osm").read_text() == "theirs"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.osm.gz", "y.osm"]


@pytest.mark.parametrize(
    ("name", "key"),
    [("x.geojson", "streets.fetch_suffix"), ("x", "streets.fetch_suffix"),
     ("no/x.osm", "input.missing_file")],
)  # fmt: skip
def test_files_that_cannot_be_written(name, key, stand, tmp_path) -> None:
    with pytest.raises(InputError) as caught:
        fetched(stand, tmp_path, name=name)
    assert caught.value.faults[0].key == key and stand.asked == []


# --- what is asked for ----------------------------------------------------------------------------


def test_the_extent_holds_the_place_and_its_buffer(tmp_path) -> None:
    extent = find_extent(AROUND, buffer_m=1000)
    south, north = extent.polygon.bounds[1::2]
    a_km = 1 / 110.85  # degrees of latitude there
    assert south == pytest.approx(29.545 - 1.02 * a_km, abs=0.02 * a_km)
    assert north == pytest.approx(29.555 + 1.02 * a_km, abs=0.02 * a_km)
    assert shapely.contains(extent.polygon, AROUND.buffer(0.0089))
    # 0.97 by 1.11 km, a kilometre around it, corners rounded.
    assert extent.area_km2 == pytest.approx(0.97 * 1.11 + 2 * (0.97 + 1.11) + np.pi, rel=0.05)
    assert extent.bounds == (106.455, 29.545, 106.465, 29.555)
    assert np.array_equal(
        shapely.get_coordinates(extent.polygon),
        np.round(shapely.get_coordinates(extent.polygon), 6),
    )


def test_parts_become_one_polygon_without_holes() -> None:
    parts = shapely.union(AROUND, shapely.box(106.55, 29.545, 106.56, 29.555))
    far = find_extent(parts, buffer_m=100).polygon
    assert shapely.contains(far, shapely.Point(106.5, 29.55))
    ring = AROUND.buffer(0.1).difference(AROUND.buffer(0.08))
    assert shapely.contains(find_extent(ring, buffer_m=0).polygon, AROUND)


def test_an_outline_of_many_corners_is_asked_for_with_few() -> None:
    wavy = shapely.Polygon(
        [(106.5 + (0.1 + 0.0001 * (n % 2)) * np.cos(n / 800 * np.pi),
          29.5 + (0.1 + 0.0001 * (n % 2)) * np.sin(n / 800 * np.pi)) for n in range(1600)]
    )  # fmt: skip
    extent = find_extent(wavy, buffer_m=300)
    assert len(extent.polygon.exterior.coords) < 150
    assert shapely.contains(extent.polygon, wavy)


@pytest.mark.parametrize(
    ("where", "key"),
    [(shapely.box(100, 25, 101, 26), "fetch_too_large"),
     (shapely.box(106, 29, 106.7, 29.7), "fetch_too_large"),  # 5,000 km2 with its buffer
     (shapely.box(-180, -90, 180, 90), "fetch_too_large"),
     (shapely.Point(106, 29), "fetch_not_polygon"), (shapely.Polygon(), "fetch_not_polygon"),
     (shapely.box(36e6, 3e6, 36.1e6, 3.1e6), "fetch_not_polygon"),
     (shapely.Polygon([(106, 29), (106.1, 29.1), (106.1, 29), (106, 29.1)]), "fetch_not_polygon"),
     (7, "fetch_not_polygon")],
    ids=str,
)  # fmt: skip
def test_extents_that_are_refused(where, key, stand, tmp_path) -> None:
    assert fault_of(stand, tmp_path, where).key == f"streets.{key}"
    assert stand.asked == []


@pytest.mark.parametrize("buffer_m", [-1.0, float("nan"), 1e6])
def test_buffers_that_are_refused(buffer_m) -> None:
    with pytest.raises(InputError):
        find_extent(AROUND, buffer_m=buffer_m)


def test_areas_say_where_with_their_datum(small_study: Path, tmp_path) -> None:
    file = small_study.parent / read_study(small_study).areas.file
    plain = find_extent(file, buffer_m=500)
    assert plain.polygon == find_extent(read_areas(file), buffer_m=500).polygon
    shifted = find_extent(read_areas(file, datum="gcj02"), buffer_m=500)
    metres = shapely.distance(plain.polygon.centroid, shifted.polygon.centroid) * 111_000
    assert 200 < metres < 900


@pytest.mark.parametrize(
    ("platform", "variable", "folder"),
    [("linux", "XDG_CACHE_HOME", ""), ("win32", "LOCALAPPDATA", ""),
     ("darwin", "HOME", "Library/Caches")],
)  # fmt: skip
def test_answers_are_kept_where_the_system_keeps_such_things(
    platform, variable, folder, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache_folder() == tmp_path / folder / "quarterhour" / "osm"


# --- a study, and the command ---------------------------------------------------------------------


@pytest.fixture
def placed(small_study: Path, tmp_path, monkeypatch) -> Iterator[tuple[Path, Stand]]:
    """Return the small demo with a place instead of its street file, and servers that know it."""
    monkeypatch.setattr("quarterhour.streets.download.cache_folder", lambda: tmp_path / "cache")
    study = read_study(small_study)
    folder = tmp_path / "study"
    folder.mkdir()
    for path in small_study.parent.iterdir():
        if path.is_file() and path.name != study.streets.file:
            (folder / path.name).write_bytes(path.read_bytes())
    text = small_study.read_text(encoding="utf-8")
    named = f'file = "{study.streets.file}"'
    assert text.count(named) == 1
    (folder / "study.toml").write_text(
        text.replace(named, 'place = "临江区, 重庆"'), encoding="utf-8"
    )
    with map_servers(study.path(study.streets.file)) as served:
        outline = read_areas(study.path(study.areas.file))
        shape = outline.plane.geometry_to_lonlat(np.array([outline.outline()], object))[0]
        served.places = [place(shapely.geometry.mapping(shape), name="临江区")]
        yield folder / "study.toml", served


def at(stand: Stand) -> list[str]:
    servers = stand.servers
    return ["--overpass", servers.overpass_url, "--nominatim", servers.nominatim_url]


@pytest.mark.parametrize("language", LANGUAGES)
def test_fetch_then_run_just_works(language, placed, small_study, capsys) -> None:
    path, stand = placed
    (fault,) = check_study(path).faults
    assert fault.key == "study.place_not_fetched" and "quarterhour fetch" in fault.render(language)
    assert run_command(["fetch", str(path), *at(stand), "--language", language]) == 0
    said = capsys.readouterr().out
    host = stand.servers.overpass_url.split("/")[2]
    assert said.count(host) == 2 and {"zh": "平方公里", "en": "km2"}[language] in said
    assert said.index("临江区, 重庆") < said.index("临江区\n")
    name = "streets-临江区-重庆.osm.gz"
    assert fetched_name("临江区, 重庆") == name
    assert name in said and (path.parent / name).is_file()
    result = check_study(path)
    assert result.faults == ()
    assert result.study.streets.file == name
    ours = result.streets
    theirs = check_study(small_study).streets
    assert ours.network.length_m == theirs.network.length_m
    assert len(ours.buildings.xy_m) == len(theirs.buildings.xy_m) > 0
    asked = len(stand.asked)
    assert run_command(["fetch", str(path), *at(stand), "--language", language]) == 2
    assert name in capsys.readouterr().err and len(stand.asked) == asked


def test_a_run_names_the_fetched_file_among_its_sources(placed, tmp_path) -> None:
    from quarterhour.intake import sources_of

    path, stand = placed
    plan = fetch_for_study(path, servers=stand.servers)
    plan.run(plan.find())
    (source,) = [s for s in sources_of(read_study(path)) if s.role == "streets"]
    assert source.file == plan.path.name and len(source.sha256) == 64


def test_a_study_needs_no_other_file_yet(stand, tmp_path) -> None:
    shapingba = Path(__file__).parents[1] / "data" / "shapingba" / "study.toml"
    (tmp_path / "study.toml").write_bytes(shapingba.read_bytes())
    plan = fetch_for_study(tmp_path / "study.toml")
    assert plan.place.startswith("沙坪坝区")
    assert plan.path.name == "streets-沙坪坝区-重庆市-中国.osm.gz"
    assert plan.buildings and plan.line == ""
    # The sweep lets the elder walk half an hour, 1,530 m; policy_walk covers 1,000; 300 m more.
    assert plan.buffer_m == 1830


def test_areas_say_where_when_no_place_does(placed) -> None:
    path, stand = placed
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('place = "临江区, 重庆"', 'file = "roads.osm.pbf"'), "utf-8")
    plan = fetch_for_study(path, servers=stand.servers)
    assert (plan.place, plan.path.name, plan.line) == ("", "roads.osm.pbf", "")
    plan.run(plan.find())
    assert stand.count("/search") == 0
    assert check_study(path).faults == ()
    other = fetch_for_study(path, out=path.parent / "other.osm", servers=stand.servers)
    assert other.line == 'file = "other.osm"'


def test_a_study_that_says_nowhere_what_to_fetch(placed) -> None:
    path, _ = placed
    text = path.read_text(encoding="utf-8").replace('place = "临江区, 重庆"', 'file = "r.osm"')
    areas = read_study(path, files_may_lack=True).areas.file
    path.write_text(text.replace(f'file = "{areas}"\n', ""), "utf-8")
    with pytest.raises(InputError) as caught:
        fetch_for_study(path)
    assert caught.value.faults[0].key == "streets.fetch_nothing_asked"


def test_doors_are_fetched_where_a_study_looks_for_them(placed) -> None:
    path, _ = placed
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("osm = true", "osm = false"), "utf-8")
    assert not fetch_for_study(path).buildings
    text = path.read_text(encoding="utf-8").replace(
        "[[facilities]]", '[[facilities]]\nentrances = "osm"', 1
    )
    path.write_text(text, "utf-8")
    assert fetch_for_study(path).buildings


def test_a_larger_buffer_of_the_study_is_kept(placed) -> None:
    path, _ = placed
    text = path.read_text(encoding="utf-8")
    wanted = 'place = "临江区, 重庆"'
    path.write_text(text.replace(wanted, f"{wanted}\nbuffer_m = 5000"), "utf-8")
    assert fetch_for_study(path).buffer_m == 5000


def test_fetch_of_a_place(stand, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("quarterhour.streets.download.cache_folder", lambda: tmp_path / "cache")
    out = tmp_path / "place.osm.gz"
    asked = ["fetch", "--place", "Testville", "--out", str(out), "--buildings", *at(stand)]
    assert run_command([*asked, "--language", "en"]) == 0
    said = capsys.readouterr().out
    assert 'file = "place.osm.gz"' in said and "Testville" in said and "ODbL" in said
    assert len(read_osm(out).buildings) == 1
    assert b"generator" in gzip.decompress(out.read_bytes())[:200]


@pytest.mark.parametrize(
    "arguments",
    [[], ["--place", "x"], ["--out", "x.osm"], ["s.toml", "--place", "x", "--out", "y.osm"],
     ["s.toml", "--buildings"]],
    ids=" ".join,
)  # fmt: skip
def test_command_lines_that_are_none(arguments, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["fetch", *arguments]) == 2
    assert "Usage: quarterhour fetch" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_public_servers_are_the_default() -> None:
    servers = MapServers.at()
    assert servers == MapServers() == fetch_for_place("x", Path("x.osm")).servers
    assert servers.overpass_url.startswith("https://overpass-api.de/")
    assert servers.nominatim_url.startswith("https://nominatim.openstreetmap.org/")


# --- nobody else goes online ----------------------------------------------------------------------


def test_nothing_but_fetch_goes_online(small_study, small_run, tmp_path, monkeypatch) -> None:
    """Check, run and pages with every call out refused: not even this machine is asked."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a call out")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket, "gethostbyname", refused)
    assert check_study(small_study).faults == ()
    # The pages are written once, below, without the plates: another process draws those.
    monkeypatch.setattr("quarterhour.pipeline.write_pages", lambda *_, **__: None)
    assert run_study(small_study, out=tmp_path / "runs" / "run").folder.is_dir()
    monkeypatch.undo()
    monkeypatch.setattr(socket.socket, "connect", refused)
    pages = ("map", "tables", "layers", "sites")
    assert rewrite_pages(small_run, pages=pages, out=tmp_path / "pages").is_dir()


def test_importing_every_room_goes_nowhere_and_loads_no_osmnx() -> None:
    code = """
import importlib, pkgutil, socket, sys
def refused(*_, **__): raise SystemExit("a call out")
socket.socket.connect = socket.getaddrinfo = socket.gethostbyname = refused
import quarterhour
for room in pkgutil.walk_packages(quarterhour.__path__, "quarterhour."):
    if not room.name.endswith("__main__"):
        importlib.import_module(room.name)
print("osmnx" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr


def test_the_faults_are_of_the_family(stand, tmp_path) -> None:
    stand.troubles = [Reply(403)]
    with pytest.raises(NetworkError):
        fetched(stand, tmp_path)
