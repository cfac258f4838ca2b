"""From kept edges to the ways of an OSM file.

A *run* is a straight row of lattice edges that agree in everything a way says; it becomes one way.
Flights of steps stay single edges, since each has its own number of steps.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .crossings import Extras, Tags
from .names import StreetNames
from .plan import (
    BRIDGE,
    C_FOOTWAY,
    C_RESIDENTIAL,
    C_STEPS,
    C_TERTIARY,
    C_TRUNK,
    CLASSES,
    CLOSED,
    PRIVATE,
)
from .streets import Streets

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way: its nodes by number, and its tags."""

    nodes: list[int]
    tags: Tags


def street_ways(streets: Streets, extras: Extras, rng: np.random.Generator) -> list[Way]:
    """Return the ways of all kept streets and extras."""
    names = _Names(streets, rng)
    order, begins = _runs(streets, extras, names.key)
    lattice = streets.lattice
    a, b, via = lattice.a[order], lattice.b[order], extras.via[order]
    ends = np.r_[begins[1:], len(order)]
    ways = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        nodes = [int(a[begin])]
        for k in range(begin, end):
            if via[k] >= 0:
                nodes.append(int(via[k]))
            nodes.append(int(b[k]))
        edge = int(order[begin])
        tags = _tags(streets, edge) | names.of(edge, end - begin)
        if streets.kind[edge] == C_STEPS:
            tags |= _step_tags(streets, edge, rng)
        ways.append(Way(nodes=nodes, tags=tags))
    return ways + [Way(nodes=nodes, tags=tags) for nodes, tags in extras.ways]


def _runs(streets: Streets, extras: Extras, name_key: Ints) -> tuple[Ints, Ints]:
    """Return the edges in order of their runs, and where each run begins."""
    lattice = streets.lattice
    same = streets.kind + 20 * streets.access + 100 * streets.structure + 500 * streets.no_foot
    order = np.lexsort((lattice.position, lattice.line, lattice.direction))
    order = order[~extras.dropped[order]]
    keys = np.stack([lattice.direction, lattice.line, same, name_key])[:, order]
    breaks = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    breaks |= np.diff(lattice.position[order]) != 1
    breaks |= streets.kind[order][1:] == C_STEPS
    return order, np.flatnonzero(np.r_[True, breaks])


class _Names:
    """Gives streets their names: one per main line and side, some of the lanes."""

    def __init__(self, streets: Streets, rng: np.random.Generator) -> None:
        self.streets, self.stems = streets, StreetNames.shuffled(rng)
        self.taken: dict[int, int] = {}
        lattice = streets.lattice
        line = lattice.direction * 10_000 + lattice.line
        stretch = line * 100 + lattice.position // 60
        side = (streets.kind <= C_RESIDENTIAL) & (streets.access != PRIVATE) & (streets.use >= 0)
        self.key = np.where(streets.main_line, line, np.where(side, 10**8 + stretch, -1))
        self.lucky = rng.random(len(streets.kind))

    def of(self, edge: int, length: int) -> Tags:
        """Return the name tags of a run that starts with an edge and has so many edges."""
        streets = self.streets
        key, kind = int(self.key[edge]), int(streets.kind[edge])
        if key < 0:
            if length < 4 or self.lucky[edge] > 0.35 or streets.use[edge] < 0:
                return {}
            key = 10**12 + edge
        if key >= 10**8 and length < 3:
            return {}
        what = "lane"
        if kind <= C_TERTIARY:
            what = "avenue" if kind == C_TRUNK else "road"
        elif kind == C_RESIDENTIAL:
            what = "street"
        number = self.taken.setdefault(key, len(self.taken))
        zh, en = self.stems.name(number, what)
        return {"name": zh, "name:en": en}


def _tags(streets: Streets, edge: int) -> Tags:
    tags = {"highway": CLASSES[streets.kind[edge]]}
    if streets.access[edge] == PRIVATE:
        tags["access"] = "private"
    elif streets.access[edge] == CLOSED:
        tags["access"] = "no"
    if streets.no_foot[edge]:
        tags["foot"] = "no"
    if streets.structure[edge] == BRIDGE:
        tags |= {"bridge": "yes", "layer": "1"}
        # A bridge of footways is one people walk over; on the others the pavement is said.
        if streets.kind[edge] < C_FOOTWAY:
            tags["sidewalk"] = "both"
    return tags


def _step_tags(streets: Streets, edge: int, rng: np.random.Generator) -> Tags:
    """Return what mappers noted about a flight: few counted the steps."""
    lattice = streets.lattice
    rise_m = lattice.z[lattice.b[edge]] - lattice.z[lattice.a[edge]]
    counted, climbed, told = rng.random(3)
    tags = {}
    if counted < 0.34:
        tags["step_count"] = str(max(6, round(abs(rise_m) / 0.15)))
    if climbed < 0.4:
        tags["incline"] = "up" if rise_m > 0 else "down"
    if told < 0.06:
        tags["conveying"] = "no"
    return tags
