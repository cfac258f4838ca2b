"""Contents of the layers of plans in ``layers.gpkg``: candidates, sites, closures, out of reach.

What a plan does not have (years, money, places, two tiers) is NULL in its rows. Who is out of
everybody's reach is summed over squares, as all people of the file are: homes do not stand in it.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.findings import Findings, PlanFinding
from quarterhour.maps.plan_layers import closed_rows
from quarterhour.report.layer_cells import Content, area_names
from quarterhour.report.layer_headings import group_names
from quarterhour.report.official.reached import reached_by

_YES_NO = {1: "yes", 0: "no", -1: ""}
_CANDIDATES = ("plan", "id", "name", "area", "floor_m2", "storey", "lift", "tenure", "occupancy",
               "cost", "generated", "verdict", "chosen")  # fmt: skip
_SITES = ("plan", "rank", "id", "name", "area", "kind", "generated", "year", "cost", "gained",
          "cumulative", "only_here", "loss_veto", "unit", "status", "near_best", "stays",
          "served", "led_by", "yearly", "floor_m2", "storey", "lift", "tenure",
          "occupancy")  # fmt: skip
_CLOSED = ("plan", "id", "name", "kind", "area", "capacity")
_TYPES: dict[str, Any] = {
    "plan": np.int32, "rank": np.int32, "year": float, "generated": bool, "chosen": bool,
    **dict.fromkeys(
        ("floor_m2", "storey", "cost", "gained", "cumulative", "only_here", "loss_veto",
         "near_best", "stays", "served", "yearly", "capacity"), float),
}  # fmt: skip


def candidate_content(findings: Findings) -> Content:
    """Return what was offered, and points on streets, with the verdict on each."""
    rows: list[tuple[object, ...]] = []
    xy = [np.empty((0, 2))]
    for n, found in enumerate(findings.plans, start=1):
        p = found.premises
        areas, verdict = area_names(findings, p.area_index), _verdicts(found)
        made, chosen, cost = (
            _generated(found),
            set(found.chosen.tolist()),
            found.costs_at(np.arange(len(p.ids))),
        )
        xy.append(p.xy_m)
        rows += [
            (n, p.ids[r], p.names[r], areas[r], p.floor_area_m2[r], p.storey[r],
             _YES_NO[int(p.lift[r])], p.tenure[r], p.occupancy[r], cost[r], r in made, verdict[r],
             r in chosen)
            for r in range(len(p.ids))
        ]  # fmt: skip
    return _columns(_CANDIDATES, rows), shapely.points(np.vstack(xy)), "Point"


def site_content(findings: Findings) -> Content:
    """Return the recommended sites in building order, with all that their plans say of them.

    People gained stand there by group too, as in the list of projects.
    """
    rows: list[tuple[object, ...]] = []
    xy = [np.empty((0, 2))]
    groups = group_names(findings)
    gained = [np.empty((0, len(groups)))]
    for n, found in enumerate(findings.plans, start=1):
        plan, p = found.plan, found.premises
        areas, made, more = area_names(findings, p.area_index), _generated(found), _more(found)
        xy.append(p.xy_m[found.chosen])
        yearly = found.costs_at(found.chosen, yearly=True)
        gained.append(reached_by(findings, found).gained)
        rows += [
            (n, at + 1, plan.site_ids[at], p.names[row], areas[row], plan.kind, row in made,
             more["year"][at], more["cost"][at], plan.gain_people[at], plan.cumulative_people[at],
             plan.unique_people[at], plan.loss_if_vetoed[at], plan.unit, plan.status,
             more["near_best"][at], more["stays"][at], more["served"][at],
             "" if plan.led is None else plan.led.centre_ids[at], yearly[at],
             p.floor_area_m2[row], p.storey[row], _YES_NO[int(p.lift[row])], p.tenure[row],
             p.occupancy[row])
            for at, row in enumerate(found.chosen.tolist())
        ]  # fmt: skip
    by_group = np.vstack(gained)
    more_columns = {f"gained_{name}": by_group[:, g] for g, name in enumerate(groups.values())}
    columns = {**_columns(_SITES, rows), **more_columns}
    return columns, shapely.points(np.vstack(xy)), "Point"


def closed_content(findings: Findings) -> Content:
    """Return the facilities that plans close; none where nobody asked."""
    f, rows = findings.facilities, list[tuple[object, ...]]()
    areas, xy = area_names(findings, f.area_index), [np.empty((0, 2))]
    for n, found in enumerate(findings.plans, start=1):
        closed = closed_rows(findings, found)
        xy.append(f.xy_m[closed])
        rows += [
            (n, f.ids[r], f.names[r], f.kinds[r], areas[r], f.capacity[r]) for r in closed.tolist()
        ]
    return _columns(_CLOSED, rows), shapely.points(np.vstack(xy)), "Point"


def unreachable_content(findings: Findings, *, cell_m: float, fewest: float) -> Content:
    """Return squares with the people of the lead group whom nothing can bring inside.

    Parameters
    ----------
    findings
        Whose.
    cell_m
        Width of a square, metres.
    fewest
        Squares with fewer people show no figure.
    """
    demand = findings.demand
    placed = np.isfinite(demand.xy_m).all(axis=1)
    lead = demand.people_of(demand.lead_group)
    number, kinds = list[int](), list[str]()
    people, few, low = [np.empty(0)], [np.empty(0, bool)], [np.empty((0, 2))]
    for n, found in enumerate(findings.plans, start=1):
        rows = np.flatnonzero(found.unreachable.mask & placed & (lead > 0))
        cell = np.floor(demand.xy_m[rows] / cell_m)
        unique, back = np.unique(cell, axis=0, return_inverse=True)
        total = np.bincount(back.ravel(), lead[rows], minlength=len(unique))
        number += [n] * len(unique)
        kinds += [found.plan.kind] * len(unique)
        few.append(total < fewest)
        people.append(np.where(total < fewest, np.nan, total))
        low.append(unique * cell_m)
    corner = np.vstack(low)
    columns: dict[str, object] = {
        "plan": np.array(number, np.int32), "kind": kinds, "few": np.concatenate(few),
        "people": np.concatenate(people),
    }  # fmt: skip
    squares: NDArray[np.object_] = shapely.box(*corner.T, *(corner + cell_m).T)
    return columns, squares, "Polygon"


def _more(found: PlanFinding) -> dict[str, NDArray[np.float64]]:
    """Return what only some plans have, by site; ``nan`` where a plan does not have it."""
    plan, near, tried = found.plan, found.talk.near_best, found.stability
    none = np.full(plan.sites_needed, np.nan)
    times = dict(zip(near.appears_ids, near.appears_share.tolist(), strict=True))
    years = plan.phases
    return {
        "year": none if years is None else np.array(years.years, float)[years.opens],
        "cost": found.costs,
        "near_best": np.array([times.get(i, 0.0) for i in plan.site_ids], float)
        if len(near.site_ids) > 1 else none,
        "stays": none if tried is None or not tried.names else tried.share,
        "served": none if plan.served is None else plan.served.by_site,
    }  # fmt: skip


def _generated(found: PlanFinding) -> set[int]:
    kept = found.screening.candidates
    return set(kept.premises_row[np.asarray(kept.generated, bool)].tolist())


def _verdicts(found: PlanFinding) -> list[str]:
    verdict = ["rejected"] * len(found.premises.ids)
    kept = found.screening.candidates
    for row, doubts in zip(kept.premises_row.tolist(), kept.to_verify, strict=True):
        verdict[row] = "to_verify" if doubts else "accepted"
    return verdict


def _columns(names: tuple[str, ...], rows: list[tuple[object, ...]]) -> dict[str, object]:
    """Return rows as columns; a figure that is unknown or has no bound is NULL."""
    columns: dict[str, object] = {}
    for c, name in enumerate(names):
        cells = [row[c] for row in rows]
        kind = _TYPES.get(name)
        if kind is None:
            columns[name] = cells
            continue
        values = np.array(cells, kind)
        columns[name] = np.where(np.isfinite(values), values, np.nan) if kind is float else values
    return columns
