"""Shapes of what is reached within 5, 10 and 15 minutes at 1 m/s: 450 of them on Porto's streets.

The times are those of making shapes from the labels of nodes: cutting streets, buffers or grid, and
holes. The search for the labels is printed beside them. Peers on the same streets, in the same run:
the recipe that OSMnx documents (the ego graph of the nearest node, buffers of its nodes and edges)
and the convex hull of the nodes in reach; their own searches are not counted either. All shapes are
compared with the exact ones: the area that both cover over the area that either covers (IoU).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas
import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray

from _common import (
    median_seconds,
    peer_version,
    print_figures,
    print_machine,
    print_table,
    read_arguments,
    real_file,
)
from quarterhour.presets import Walker
from quarterhour.reach.isochrones import Pen, draw_discs
from quarterhour.reach.stretches import Cutter, Spans, spans_apart
from quarterhour.streets import PacedNetwork, Snapped, WalkNetwork, read_network, walk_seconds

FIGURES = (
    "exact.ms_each", "fast.ms_each", "fast.iou", "fast.worst_iou", "osmnx.ms_each", "osmnx.iou",
    "hull.ms_each", "hull.iou",
)  # fmt: skip
MINUTES = (5, 10, 15)
BUFFER_M = 25.0
SEED = 3

Figures = dict[str, float | None]
Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Job:
    """The same facilities on the same streets, for all who draw."""

    paced: PacedNetwork
    facilities: Snapped
    cutter: Cutter
    limits: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of shapes."""
        return self.facilities.n_places * len(self.limits)

    def search(self) -> list[Spans]:
        """Search the labels of all nodes in reach, and return the spans around each facility."""
        return spans_apart(self.cutter, self.facilities, limit_ms=self.limits[-1])

    def cut(self, each: Sequence[Spans]) -> None:
        """Cut the streets alone."""
        for spans in each:
            for limit_ms in self.limits:
                self.cutter.cut(spans, limit_ms)

    def draw(self, each: Sequence[Spans], pen: Pen, *, fast: bool) -> Shapes:
        """Return all shapes (facilities, limits)."""
        rows = [draw_discs(self.cutter, [one], self.limits, pen, fast=fast) for one in each]
        return np.stack(rows)


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick="60 facilities instead of 150, 4 for the peers")
    print_machine()
    figures: Figures = dict.fromkeys(FIGURES)
    path = real_file("networks", "porto_portugal.osm.pbf")
    if path is not None:
        figures.update(_porto(path, quick=quick))
    print_figures(FIGURES, figures)


def _porto(path: Path, *, quick: bool) -> Figures:
    paced = walk_seconds(read_network(path), Walker(name="metres", flat_mps=1.0, slope=False))
    limits = tuple(paced.walker.limit_ms(m) for m in MINUTES)
    places = _places(paced, 60 if quick else 150)
    job = Job(paced, places, Cutter.of(paced, "there"), limits)
    print(f"\n{path.name}: {job.count} shapes, {places.n_places} facilities")
    figures, rows, exact = _ours(job, runs=3 if quick else 5)
    for name, recipe in (("osmnx", _buffered), ("hull", _hull)):
        if name == "osmnx" and (peer := peer_version("osmnx")) is None:
            continue
        label = f"OSMnx {peer}'s recipe" if name == "osmnx" else "convex hull of nodes in reach"
        found, row = _peer(job, recipe, exact, label=label, few=4 if quick else 30)
        figures.update({f"{name}.{key}": value for key, value in found.items()})
        rows.append(row)
    heads = ("what", "ms each, median", "seconds for all", "ms on the core", "IoU", "worst")
    print_table(heads, rows)
    return figures


def _ours(job: Job, *, runs: int) -> tuple[Figures, list[Sequence[object]], Shapes]:
    """Time all steps, and compare the fast shapes with the exact ones."""
    pen, leave_open = Pen(buffer_m=BUFFER_M), Pen(buffer_m=BUFFER_M, hole_m2=0.0)
    each = job.search()
    exact, fast = (job.draw(each, pen, fast=fast) for fast in (False, True))
    iou = _overlap(exact, fast)
    steps: list[tuple[str, Callable[[], object], str, str]] = [
        ("search of labels, spans", job.search, "", ""),
        ("cuts alone", lambda: job.cut(each), "", ""),
        ("exact", lambda: job.draw(each, pen, fast=False), "reference", ""),
        ("fast", lambda: job.draw(each, pen, fast=True), f"{iou.mean():.4f}", f"{iou.min():.4f}"),
    ]
    rows: list[Sequence[object]] = []
    ms_each = {}
    for name, step, mean, worst in steps:
        seconds, spread = median_seconds(step, runs=runs)
        began = time.process_time()
        step()
        on_core = (time.process_time() - began) / job.count * 1000
        ms_each[name] = seconds / job.count * 1000
        rows.append((name, ms_each[name], spread, on_core, mean, worst))
    apart = _overlap(*(job.draw(each, leave_open, fast=fast) for fast in (False, True)))
    print(f"fast, all holes left open: IoU {apart.mean():.4f}, worst {apart.min():.4f}")
    print(f"fast, below an IoU of 0.985: {(iou < 0.985).sum()} of {iou.size}")
    figures: Figures = {
        "exact.ms_each": ms_each["exact"], "fast.ms_each": ms_each["fast"],
        "fast.iou": float(iou.mean()), "fast.worst_iou": float(iou.min()),
    }  # fmt: skip
    return figures, rows, exact


def _places(paced: PacedNetwork, n: int) -> Snapped:
    """Return positions on public streets of the main part, drawn with a fixed seed."""
    network, rng = paced.network, np.random.default_rng(SEED)
    allowed = (paced.part == paced.main_part) & ~network.edge_private & ~network.edge_bridge
    edge = rng.choice(np.flatnonzero(allowed), n).astype(np.int32)
    offset = (rng.random(n) * network.edge_length_dm[edge]).astype(np.int32)
    return Snapped(edge, offset, np.zeros(n, np.int32), np.zeros(n, bool))


def _overlap(a: Shapes, b: Shapes) -> NDArray[np.float64]:
    both = shapely.area(shapely.intersection(a, b))
    return np.asarray(both / shapely.area(shapely.union(a, b)), np.float64)


def _peer(
    job: Job,
    recipe: Callable[[nx.MultiDiGraph, nx.MultiDiGraph], shapely.Geometry],
    exact: Shapes,
    *,
    label: str,
    few: int,
) -> tuple[Figures, Sequence[object]]:
    """Time one peer on the first facilities, its own search apart."""
    graph = _graph(job.paced.network)
    nodes = _nearest_node(job.paced.network, job.facilities)[:few].tolist()
    search_s, draw_s, core_s, shapes = 0.0, 0.0, 0.0, []
    for node in nodes:
        for limit_ms in job.limits:
            began = time.perf_counter()
            # The walker takes a second for a metre.
            reached = nx.ego_graph(graph, node, radius=limit_ms / 1000, distance="length")
            found, core = time.perf_counter(), time.process_time()
            shapes.append(recipe(graph, reached))
            draw_s += time.perf_counter() - found
            core_s += time.process_time() - core
            search_s += found - began
    each = 1000 / len(shapes)
    print(f"{label}: {search_s * each:.1f} ms each for its own search, not counted")
    iou = _overlap(exact[: len(nodes)].ravel(), np.array(shapes, object))
    row = (
        f"{label}, {len(shapes)} shapes once", draw_s * each, f"{draw_s:.2f}", core_s * each,
        f"{iou.mean():.4f}", f"{iou.min():.4f}",
    )  # fmt: skip
    return {"ms_each": draw_s * each, "iou": float(iou.mean())}, row


def _graph(network: WalkNetwork) -> nx.MultiDiGraph:
    """Return the same streets as OSMnx keeps them: both directions of each, with its line."""
    graph = nx.MultiDiGraph()
    xy = network.node_xy_m.tolist()
    graph.add_nodes_from((n, {"x": x, "y": y}) for n, (x, y) in enumerate(xy))
    ends = zip(network.edge_from.tolist(), network.edge_to.tolist(), strict=True)
    metres = (network.edge_length_dm / 10.0).tolist()
    for (a, b), length, line in zip(ends, metres, network.lines(), strict=True):
        graph.add_edge(a, b, length=length, geometry=line)
        graph.add_edge(b, a, length=length, geometry=line)
    for a, b in zip(network.link_from.tolist(), network.link_to.tolist(), strict=True):
        graph.add_edge(a, b, length=0.0)
    return graph


def _nearest_node(network: WalkNetwork, facilities: Snapped) -> NDArray[np.int32]:
    near_start = facilities.offset_dm * 2 <= network.edge_length_dm[facilities.edge]
    start, end = network.edge_from[facilities.edge], network.edge_to[facilities.edge]
    return np.where(near_start, start, end)


def _buffered(graph: nx.MultiDiGraph, reached: nx.MultiDiGraph) -> shapely.Geometry:
    """Return the union of buffers of the nodes and edges in reach, all as wide as ours."""
    points = geopandas.GeoSeries(
        {n: shapely.Point(at["x"], at["y"]) for n, at in reached.nodes(data=True)}
    )
    lines = []
    for a, b in reached.edges():
        straight = shapely.LineString([points.loc[a], points.loc[b]])
        lines.append(graph.get_edge_data(a, b)[0].get("geometry", straight))
    buffers = [*points.buffer(BUFFER_M), *geopandas.GeoSeries(lines).buffer(BUFFER_M)]
    return geopandas.GeoSeries(buffers).union_all()


def _hull(graph: nx.MultiDiGraph, reached: nx.MultiDiGraph) -> shapely.Geometry:
    """Return the convex hull of the nodes in reach, widened as ours."""
    places = [(at["x"], at["y"]) for _, at in reached.nodes(data=True)]
    return shapely.MultiPoint(places).convex_hull.buffer(BUFFER_M)


if __name__ == "__main__":
    main()
