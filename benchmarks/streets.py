"""Read and build the walking network of a whole city: Porto, 325,000 nodes on foot.

The times are those of one call of `read_network` on a pbf extract, in a process that has called it
before; a fresh process tells the cold time and the peak memory. The peer is OSMnx, which reads no
pbf: the ways we keep are written once as OSM XML, outside the timing, and both programs read that
file. OSMnx is so spared the filter, the buildings and the gates.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from _common import (
    Child,
    median_seconds,
    peer_version,
    print_figures,
    print_machine,
    print_table,
    read_arguments,
    real_file,
    run_child,
    seconds_of,
)

FIGURES = ("porto.seconds", "porto.mb", "porto.nodes", "vs_osmnx")
RUNS = 5

COLD = """
import json, sys, time
from pathlib import Path
began = time.perf_counter()
from quarterhour.streets import read_network
imported = time.perf_counter()
network = read_network(Path(sys.argv[1]))
done = time.perf_counter()
print(json.dumps({
    "import": imported - began, "read": done - imported, "nodes": network.n_nodes,
    "edges": network.n_edges, "km": network.length_m / 1000,
}))
"""


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick="without the peer")
    print_machine()
    figures: dict[str, float | None] = dict.fromkeys(FIGURES)
    path = real_file("networks", "porto_portugal.osm.pbf")
    if path is not None:
        figures.update(_porto(path))
        if quick:
            print("--quick: OSMnx is left out, vs_osmnx is null")
        elif (peer := peer_version("osmnx")) is not None:
            figures["vs_osmnx"] = _beside_osmnx(path, peer)
    print_figures(FIGURES, figures)


def _porto(path: Path) -> dict[str, float | None]:
    child = run_child(("-c", COLD, str(path)), folder=Path())
    cold = json.loads(child.lines[-1][1])
    from quarterhour.streets import read_network

    warm_s, spread = median_seconds(lambda: read_network(path), runs=RUNS)
    _print_porto(path, child, cold, (warm_s, spread))
    return {"porto.seconds": warm_s, "porto.mb": child.mb, "porto.nodes": cold["nodes"]}


def _print_porto(path: Path, child: Child, cold: dict[str, float], warm: tuple[float, str]) -> None:
    print(f"\n{path.name}, {path.stat().st_size / 1e6:.1f} MB:")
    print_table(
        ("what", "measured"),
        [
            (f"read and build, warm, median of {RUNS}, s", warm[0]),
            ("the same, fastest to slowest, s", warm[1]),
            ("fresh process: read and build, s", cold["read"]),
            ("fresh process: imports, s", cold["import"]),
            ("fresh process: all of it, s", child.seconds),
            ("fresh process: peak, MB", child.mb),
            ("nodes", f"{cold['nodes']:,}"),
            ("edges", f"{cold['edges']:,}"),
            ("street km", cold["km"]),
        ],
    )


def _beside_osmnx(path: Path, peer: str) -> float:
    """Return how many times longer OSMnx takes to read and simplify the same ways."""
    import osmnx

    from quarterhour.streets import read_network

    with tempfile.TemporaryDirectory(prefix="quarterhour-bench-") as folder:
        xml = Path(folder) / "porto.osm"
        ways, nodes = _write_walkable(path, xml)
        print(
            f"written for both: {ways:,} ways, {nodes:,} nodes, {xml.stat().st_size / 1e6:.0f} MB"
        )
        ours_s, spread = median_seconds(lambda: read_network(xml), runs=RUNS)
        ours = read_network(xml)
        found: list[Any] = []
        theirs_s = seconds_of(
            lambda: found.append(
                osmnx.graph_from_xml(xml, bidirectional=True, simplify=True, retain_all=True)
            )
        )
    # Both directions of every street are edges there.
    theirs_km = sum(length for *_, length in found[0].edges(data="length")) / 2000
    print_table(
        ("the same ways from OSM XML", "seconds", "nodes", "street km"),
        [
            (
                f"quarterhour, median of {RUNS} ({spread})", ours_s, f"{ours.n_nodes:,}",
                ours.length_m / 1000,
            ),
            (f"OSMnx {peer}, once", theirs_s, f"{len(found[0]):,}", theirs_km),
            ("ratio", theirs_s / ours_s, "", ""),
        ],
    )  # fmt: skip
    return theirs_s / ours_s


def _write_walkable(path: Path, xml: Path) -> tuple[int, int]:
    """Write the ways that we walk on, with their nodes, and return how many of each."""
    import osmium

    from quarterhour.streets.osm import judge_way

    ways: set[int] = set()
    nodes: set[int] = set()
    way: Any
    thing: Any
    for way in osmium.FileProcessor(str(path), osmium.osm.WAY):
        if judge_way(dict(way.tags)) in ("public", "private"):
            ways.add(way.id)
            nodes.update(node.ref for node in way.nodes)
    with osmium.SimpleWriter(str(xml)) as writer:
        for thing in osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY):
            if thing.id in (nodes if thing.is_node() else ways):
                writer.add(thing)
    return len(ways), len(nodes)


if __name__ == "__main__":
    main()
