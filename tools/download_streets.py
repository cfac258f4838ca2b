"""Download the streets of a place from OpenStreetMap into a file that a study can read.

    python tools/download_streets.py "沙坪坝区, 重庆市, 中国" data/shapingba/streets.osm

This is the one script here that goes online, and only when it is called. osmnx asks Nominatim for
the place and Overpass for its ways (with a margin, because people walk across borders); every tag
that the walking network reads is kept. Buildings are not part of it.
"""

import argparse
from pathlib import Path
from typing import Any

MARGIN_M = 1500.0
WAY_TAGS = (
    "highway", "railway", "name", "name:en", "foot", "access", "motorroad", "sidewalk", "bridge",
    "tunnel", "layer", "step_count", "incline", "conveying", "service", "barrier",
)  # fmt: skip
NODE_TAGS = ("barrier", "access", "foot", "highway")


def prepare() -> Any:  # noqa: ANN401 - a module has no type of its own
    """Return osmnx, told to keep whole, one-way ways with the tags that matter."""
    import osmnx

    osmnx.settings.useful_tags_way = list(WAY_TAGS)
    osmnx.settings.useful_tags_node = list(NODE_TAGS)
    # osmnx writes OSM XML only of graphs whose ways were not doubled for their way back.
    osmnx.settings.all_oneway = True
    return osmnx


def download(place: str, path: Path) -> None:
    """Download the streets of a place and write them as OSM XML."""
    osmnx = prepare()
    area = osmnx.geocode_to_gdf(place)
    wide = osmnx.projection.project_gdf(area).buffer(MARGIN_M).to_crs(4326)
    graph = osmnx.graph_from_polygon(
        wide.union_all(), custom_filter='["highway"]', simplify=False, retain_all=True
    )
    osmnx.save_graph_xml(graph, filepath=path)


def main() -> None:
    """Read the command line and download."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("place", help="as OpenStreetMap's search knows it")
    parser.add_argument("path", type=Path, help="file to write, ending in .osm")
    asked = parser.parse_args()
    if asked.path.suffix != ".osm":
        parser.error("the file must end in .osm")
    if asked.path.exists():
        parser.error(f"{asked.path} exists; it is not replaced")
    download(asked.place, asked.path)
    print(f"written: {asked.path}")


if __name__ == "__main__":
    main()
