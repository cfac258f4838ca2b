"""The download script, without the internet: what osmnx writes is what the network reads."""

import importlib.util
from pathlib import Path

import pytest

from quarterhour.streets import read_network

ROOT = Path(__file__).parents[1]


@pytest.fixture
def script(monkeypatch):
    """Return the script as a module, osmnx's settings restored afterwards."""
    import osmnx

    for name in ("useful_tags_way", "useful_tags_node", "all_oneway"):
        monkeypatch.setattr(osmnx.settings, name, getattr(osmnx.settings, name))
    spec = importlib.util.spec_from_file_location("download", ROOT / "tools/download_streets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.real
def test_osmnx_writes_what_the_network_reads(script, real_data: Path, tmp_path, monkeypatch):
    import bz2

    import geopandas
    import shapely

    osmnx = script.prepare()
    oakland = tmp_path / "oakland.osm"
    packed = (real_data / "networks" / "West-Oakland.osm.bz2").read_bytes()
    oakland.write_bytes(bz2.decompress(packed))
    asked = {}

    def canned(polygon, **how):
        asked.update(how, polygon=polygon)
        return osmnx.graph_from_xml(oakland, simplify=False, retain_all=True)

    place = geopandas.GeoDataFrame(geometry=[shapely.box(-122.3, 37.8, -122.29, 37.81)], crs=4326)
    monkeypatch.setattr(osmnx, "geocode_to_gdf", lambda _: place)
    monkeypatch.setattr(osmnx, "graph_from_polygon", canned)
    script.download("West Oakland", tmp_path / "streets.osm")
    assert asked["custom_filter"] == '["highway"]'
    # The margin: 1.5 km on all sides of a box about a kilometre wide.
    assert asked["polygon"].bounds[0] < -122.315
    ours, theirs = read_network(tmp_path / "streets.osm"), read_network(oakland)
    assert ours.length_m == pytest.approx(theirs.length_m, rel=1e-3)
    assert set(ours.names) >= set(theirs.names) - {""}
