"""Compare widths of terrain smoothing on Porto Alegre, and print the table of docs/streets.md.

    QUARTERHOUR_REAL_DATA=... python tools/compare_smoothing.py

Streets, people and terrain are real. Cells of the population grid with ``healthcare`` stand in for
facilities. The raster has cells of 26.8 x 30.9 m and whole metres of height.
"""

import csv
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.cover import ANY, assess_cover
from quarterhour.demand import Demand
from quarterhour.errors import Fault
from quarterhour.intake import Inputs, read_inputs, read_streets
from quarterhour.presets import walker
from quarterhour.stages import place
from quarterhour.streets import WalkNetwork, grade_streets, read_terrain, walk_seconds
from quarterhour.streets.walker import UNREACHED
from quarterhour.study import read_study

WIDTHS_M = (30.0, 60.0, 100.0)
STEEP = ("6", "8.33", "15", "30")
STUDY = """
[study]
name = "Porto Alegre"
language = "en"
[areas]
file = "areas.geojson"
[streets]
file = "streets.osm.pbf"
[residents]
file = "residents.csv"
by = "grid"
[[facilities]]
file = "facilities.csv"
kind = "health post"
"""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One row of the table."""

    name: str
    network: WalkNetwork
    slowing: float
    covered: float
    ms: NDArray[np.int32]


def write_study(real: Path, folder: Path) -> Path:
    """Write the study: one area around all cells."""
    with (real / "population" / "poa_hexgrid.csv").open(encoding="utf-8") as stream:
        cells = list(csv.DictReader(stream))
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    streets = (real / "networks" / "porto_alegre_poa_osm.pbf").read_bytes()
    (folder / "streets.osm.pbf").write_bytes(streets)
    people = [[c["id"], c["lon"], c["lat"], c["population"] or 0] for c in cells]
    posts = [[c["id"], c["lon"], c["lat"]] for c in cells if float(c["healthcare"] or 0) > 0]
    for name, rows in (("residents", people), ("facilities", posts)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            header = ["name", "lon", "lat", "population"][: len(rows[0])]
            csv.writer(stream).writerows([header, *rows])
    lon, lat = (np.array([float(c[k]) for c in cells]) for k in ("lon", "lat"))
    box = shapely.box(lon.min() - 0.01, lat.min() - 0.01, lon.max() + 0.01, lat.max() + 0.01)
    feature = (
        f'{{"type":"Feature","properties":{{"name":"all"}},"geometry":{shapely.to_geojson(box)}}}'
    )
    text = f'{{"type":"FeatureCollection","features":[{feature}]}}'
    (folder / "areas.geojson").write_text(text, encoding="utf-8")
    return folder / "study.toml"


def outcome(name: str, network: WalkNetwork, inputs: Inputs, demand: Demand) -> Outcome:
    """Walk as an elder."""
    elder = walker("elder")
    paced = walk_seconds(network, elder)
    level = ~network.is_stair() & (network.edge_lift_s == 0)
    flat_s = network.edge_length_dm[level].sum() / 10.0 / elder.flat_mps
    both_s = paced.there_ms[level].sum(dtype=np.int64) + paced.back_ms[level].sum(dtype=np.int64)
    coverage = assess_cover(
        network, inputs.facilities, demand, inputs.areas, walkers=[elder], minutes=(15,)
    )
    ms = coverage.ms[coverage.kinds.index(ANY), 0]
    return Outcome(name, network, both_s / 2000.0 / flat_s - 1, coverage.share(ANY), ms)


def line(one: Outcome, usual: Outcome, people: NDArray[np.float64]) -> str:
    """Return one row of the Markdown table."""
    report = one.network.report
    both = (one.ms != UNREACHED) & (usual.ms != UNREACHED)
    weight = people[both]
    apart = np.abs(one.ms[both].astype(float) - usual.ms[both]) / 1000.0
    mean_s = (usual.ms[both] / 1000.0 * weight).sum() / weight.sum()
    off_s = (apart * weight).sum() / weight.sum()
    cells = [
        one.name,
        *(f"{100 * float(report.get(f'share_above_{g}_percent', 0.0)):.2f}" for g in STEEP),
        f"{float(report.get('capped_m', 0.0)):.0f}",
        f"{100 * one.slowing:.2f}",
        f"{100 * one.covered:.2f}",
        f"{100 * (one.covered - usual.covered):+.2f}",
        f"{off_s:.1f} ({100 * off_s / mean_s:.2f} %)",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    real = Path(os.environ["QUARTERHOUR_REAL_DATA"])
    doubts: list[Fault] = []
    with tempfile.TemporaryDirectory() as name:
        study = read_study(write_study(real, Path(name)))
        inputs = read_inputs(study, doubts)
        streets = read_streets(study, inputs, doubts)
        demand = place(study, inputs, streets, doubts)
    raster = real / "dem" / "porto_alegre_poa_elevation.tif"
    settings = [("as it stands", 0.0, 1), *((f"{w:g} m", w, 2) for w in WIDTHS_M)]
    found = [outcome("flat", streets.network, inputs, demand)]
    for title, width_m, least_cells in settings:
        terrain = read_terrain(raster, smooth_m=width_m, least_cells=least_cells)
        network = grade_streets(streets.network, terrain, inside=inputs.areas.outline())
        found.append(outcome(title, network, inputs, demand))
    usual = next(o for o in found if o.name == "60 m")
    people = demand.people_of(demand.lead_group)
    heads = [
        "smoothing", *(f"> {g} %" for g in STEEP), "capped, m", "elder slower by, %",
        "within 15 min, %", "points against 60 m", "mean time off 60 m, s",
    ]  # fmt: skip
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    for one in found:
        print(line(one, usual, people))


if __name__ == "__main__":
    main()
