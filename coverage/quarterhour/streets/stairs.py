"""Stairs: how many steps each has, where that was learned, and which way it climbs.

The sources of a count, best first: the map's own ``step_count``; the rise of lines with heights, or
of terrain with cells of 5 m or finer, over a usual riser; length times a density. A rise counts
only if it can be that of a stair: at least one riser (of terrain: a metre, its heights are no
better than that) and not steeper than 1 in 1. Coarse terrain never gives steps: one cell of 30 m
holds the whole flight. Which way a stair climbs is told by its tag, else by its line, else by a
metre or more of difference in the terrain.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.presets import constant
from quarterhour.streets.network import STEPS_FROM, WalkNetwork

ENOUGH_TAGGED_STAIRS = 30
FINE_CELL_M = 5.0
_CLEAR_RISE_M = 1.0
_STEEPEST = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Rises:
    """What heights say of each edge: metres from ``edge_from`` to ``edge_to``.

    Attributes
    ----------
    line_m
        Net rise of lines with heights; ``nan`` elsewhere.
    line_range_m
        Highest less lowest vertex of those lines.
    coarse_m
        Net rise of the smoothed terrain, of any cell size; good for a direction only.
    fine_m
        Net rise of terrain with fine cells, as it stands; ``nan`` elsewhere.
    """

    line_m: NDArray[np.float64]
    line_range_m: NDArray[np.float64]
    coarse_m: NDArray[np.float64]
    fine_m: NDArray[np.float64]


def read_step_count(text: str) -> float:
    """Return the number in a tag ``step_count``; ``nan`` where there is none."""
    match = re.fullmatch(r"\s*~?(\d{1,4})\s*", text)
    return float(match[1]) if match and int(match[1]) > 0 else float("nan")


def mapped_steps(
    segment_way: NDArray[np.int64],
    segment_m: NDArray[np.float64],
    *,
    stairs: NDArray[np.bool_],
    step_count: NDArray[np.float64],
    way: NDArray[np.int64],
    length_m: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int8], dict[str, object]]:
    """Return steps per edge: a way's own count shared by length, else length times a density.

    Parameters
    ----------
    segment_way, segment_m
        Way and metres of each segment of a way.
    stairs, step_count
        Which ways are stairs, and their tagged counts (``nan`` for none).
    way, length_m
        Way and metres of each edge.
    """
    way_length = np.bincount(segment_way, segment_m, minlength=len(stairs))
    tagged = stairs & np.isfinite(step_count) & (way_length > 0)
    density = step_count[tagged] / way_length[tagged]
    enough = len(density) >= ENOUGH_TAGGED_STAIRS
    per_m = float(np.median(density)) if enough else constant("steps_per_m")
    count = np.where(tagged, step_count, per_m * way_length)
    share = np.divide(length_m, way_length[way], out=np.zeros_like(length_m), where=length_m > 0)
    stair = stairs[way]
    steps = np.where(stair, count[way] * share, 0.0)
    known_from = np.where(stair, np.where(tagged[way], 1, 4), 0).astype(np.int8)
    return steps, known_from, {
        **count_sources(known_from),
        "steps_per_m": round(per_m, 4),
        "steps_per_m_source": "extract" if enough else "preset",
    }  # fmt: skip


def count_sources(steps_from: NDArray[np.int8]) -> dict[str, object]:
    """Return how many stairs there are, and how many learned their steps from each source."""
    n = np.bincount(steps_from, minlength=len(STEPS_FROM)).tolist()
    return {
        "stairs": sum(n[1:]), "stairs_tagged": n[1], "stairs_by_lines": n[2],
        "stairs_by_terrain": n[3], "stairs_by_density": n[4],
    }  # fmt: skip


def learn_stairs(
    network: WalkNetwork, rises: Rises
) -> tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.int8], Mapping[str, object]]:
    """Return steps, their sources and the direction of every stair, heights used where they help.

    Parameters
    ----------
    network
        Streets with tagged or estimated steps.
    rises
        What heights say of each edge.

    Returns
    -------
    tuple
        ``edge_steps``, ``edge_steps_from``, ``edge_rise`` and figures for the report.
    """
    length_m = network.edge_length_dm / 10.0
    riser_m = constant("riser_m")
    by_lines = np.nan_to_num(rises.line_range_m)
    by_terrain = np.where(_at_a_deck(network), 0.0, np.abs(np.nan_to_num(rises.fine_m)))
    guessed = network.edge_steps_from == 4
    steep = guessed & ((by_lines > _STEEPEST * length_m) | (by_terrain > _STEEPEST * length_m))
    from_lines = guessed & (by_lines >= riser_m) & (by_lines <= _STEEPEST * length_m)
    from_terrain = guessed & ~from_lines & (by_terrain >= _CLEAR_RISE_M)
    from_terrain &= by_terrain <= _STEEPEST * length_m
    steps = np.select(
        [from_lines, from_terrain], [by_lines / riser_m, by_terrain / riser_m], network.edge_steps
    )
    steps_from = np.select([from_lines, from_terrain], [2, 3], network.edge_steps_from)
    by_line = np.nan_to_num(rises.line_m)
    coarse = np.nan_to_num(rises.coarse_m)
    climbs = np.select(
        [network.edge_rise != 0, np.abs(by_line) >= riser_m, np.abs(coarse) >= _CLEAR_RISE_M],
        [network.edge_rise, np.sign(by_line), np.sign(coarse)],
        0,
    )
    report = {
        **count_sources(steps_from.astype(np.int8)),
        "stairs_too_steep": int((steep & ~from_lines & ~from_terrain).sum()),
    }
    return (
        np.asarray(steps, np.float64), steps_from.astype(np.int8),
        np.where(network.is_stair(), climbs, network.edge_rise).astype(np.int8), report,
    )  # fmt: skip


def _at_a_deck(network: WalkNetwork) -> NDArray[np.bool_]:
    """Return the edges that are or touch bridges and tunnels: the ground is not where they end."""
    lifted = network.edge_bridge | network.edge_tunnel
    deck = np.zeros(network.n_nodes, bool)
    deck[network.edge_from[lifted]] = deck[network.edge_to[lifted]] = True
    return np.asarray(lifted | deck[network.edge_from] | deck[network.edge_to])
