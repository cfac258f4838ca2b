"""The demo district: an ordinary study folder of an invented place, drawn from a seed.

No stage knows this package, and this package knows no stage: it writes the files a planner would
have, and the tool reads them like any others.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

__all__ = ["write_demo"]

_STEPS = ("land", "streets", "buildings", "people", "extract", "tables")


def write_demo(
    folder: Path,
    *,
    size: Literal["small", "full"] = "full",
    language: Literal["zh", "en"] = "zh",
    seed: int = 2026,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Write the study folder of an invented district.

    Parameters
    ----------
    folder
        Where the files go; it is made if it does not exist. Files of the same names are replaced.
    size
        ``"full"``: 24 km by 15 km, 1,480,000 residents; ``"small"``: a tenth of the people.
    language
        Of the tables, the study file and the readme. Geometry and numbers do not depend on it.
    seed
        Another seed gives another district; the same arguments give the same bytes.
    on_progress
        Called with ``(step, done, total)`` after each step; ``None`` for silence.

    Returns
    -------
    Path
        The folder's ``study.toml``.

    Raises
    ------
    ValueError
        If the size or the language is unknown, or the seed is negative.
    """
    from . import (
        areas,
        beside,
        blocks,
        buildings,
        crossings,
        figures,
        files,
        osm,
        people,
        places,
        streets,
        ways,
    )
    from .terrain import BOARDS, make_land, write_terrain

    if size not in BOARDS or language not in ("zh", "en") or seed < 0:
        raise ValueError(f"size={size!r}, language={language!r}, seed={seed!r}")
    import numpy as np

    # A stream for each step: a change in one leaves the others' draws alone.
    rngs = [np.random.default_rng([seed, k]) for k in range(13)]

    def done(count: int) -> None:
        if on_progress is not None:
            on_progress(_STEPS[count - 1], count, len(_STEPS))

    folder.mkdir(parents=True, exist_ok=True)
    board = BOARDS[size]
    land = make_land(board, rngs[0])
    district = areas.make_areas(board, rngs[1])
    write_terrain(land, folder / "terrain.tif")
    done(1)
    u, v = np.broadcast_arrays(board.u[:, None], board.v[None, :])
    plan = blocks.make_blocks(land, district.inside(u, v), rngs[2])
    network = streets.make_streets(land, plan, rngs[3])
    extras = crossings.make_extras(land, plan, network, rngs[4])
    done(2)
    cells = buildings.make_cells(land, plan, network, extras)
    houses = buildings.make_buildings(land, cells, rngs[5])
    done(3)
    residents = people.make_residents(board, district, houses, rngs[6])
    facilities, premises = places.make_places(land, district, cells, houses, rngs[7])
    spots = beside.free_spots(land, district, cells, houses, [*facilities, *premises])
    planned = beside.make_planned(spots, facilities, rngs[9])
    fitness = beside.make_fitness(spots, rngs[10])
    around = beside.make_neighbours(land, district, cells, houses, rngs[11])
    counted = figures.make_figures(residents, facilities, rngs[12])
    done(4)
    lines = ways.street_ways(network, extras, rngs[8])
    drawing = osm.make_drawing(land, plan, network, extras, ways=lines, buildings=houses)
    osm.write_osm(drawing, folder / "streets.osm.pbf")
    done(5)
    files.write_areas(land, district, folder / "areas.geojson", language=language)
    files.write_residents(residents, folder / "residents.xlsx", language=language)
    standing = [*facilities, *planned]
    files.write_facilities(standing, folder / "facilities.xlsx", language=language)
    files.write_neighbours(around, folder / "neighbours.xlsx", language=language)
    files.write_fitness(fitness, folder / "fitness.xlsx", language=language)
    files.write_premises(premises, folder / "premises.xlsx", language=language)
    files.write_figures(counted, folder / "indicators.xlsx", language=language)
    study = files.write_texts(folder, language=language)
    done(6)
    return study
