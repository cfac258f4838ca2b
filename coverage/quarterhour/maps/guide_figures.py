"""Figures of the plates of one area and of one site: who is within reach of which place.

They come from what the run computed with: the circle as a case, and the way in which candidates
were counted. Nothing is counted from shapes.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.findings import Findings, PlanFinding

# A gain that differs by more than this from the plan's is not the same count.
_SAME_PEOPLE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class SiteFigures:
    """People around the recommended sites of one question, in building order.

    Attributes
    ----------
    within
        People within the longest limit of each, by group (sites, groups).
    gained
        People whom each brings inside when built in this order (sites, groups); ``nan`` where the
        plan counts otherwise (closures, places, tiers), except for the lead group.
    points
        Rows of the demand points that each brings inside.
    shapes
        Isochrones of each alone, smallest limit first (sites, minutes).
    """

    within: NDArray[np.float64]
    gained: NDArray[np.float64]
    points: tuple[NDArray[np.int64], ...]
    shapes: NDArray[np.object_]


# One run is drawn at a time, and its plates ask one after the other.
@lru_cache(maxsize=1)
def circle_of(findings: Findings) -> Case:
    """Return the circle of a run, with what has been computed of it."""
    circle = findings.study.circle
    return Case(
        findings.network, findings.facilities, findings.demand, findings.areas,
        findings.study.walker(circle.walker), minutes=circle.minutes,
        direction=circle.direction, max_snap_m=findings.study.streets.max_snap_m,
    )  # fmt: skip


@lru_cache(maxsize=1)
def people_around(findings: Findings) -> NDArray[np.float64]:
    """Return people of the lead group within the longest limit of each facility (facilities,)."""
    reach = circle_of(findings).reach
    lead = findings.demand.people_of(findings.lead_group)
    return np.bincount(reach.sources(), lead[reach.indices], minlength=reach.n_rows).astype(float)


@lru_cache(maxsize=4)
def site_figures(findings: Findings, plan: PlanFinding) -> SiteFigures:
    """Return the people around the recommended sites of one question, and their isochrones."""
    from quarterhour.asking.worlds import own_world
    from quarterhour.cover.shapes import shapes_around

    case, xy = circle_of(findings), plan.premises.xy_m[plan.chosen]
    kind, people = plan.plan.kind, findings.demand.people
    world, places = own_world(case, findings.coverage, kind, xy, cap_ms=case.limit_ms)
    indptr, home = world.covers()
    inside, points = world.already.copy(), []
    within = np.zeros((len(xy), people.shape[1]))
    for n in range(len(xy)):
        reached = home[indptr[n] : indptr[n + 1]].astype(np.int64)
        within[n] = people[reached].sum(axis=0)
        points.append(reached[~inside[reached]])
        inside[reached] = True
    gained = np.array([people[rows].sum(axis=0) for rows in points]).reshape(within.shape)
    lead = findings.coverage.groups.index(findings.lead_group)
    other = np.abs(gained[:, lead] - plan.plan.gain_people) > _SAME_PEOPLE
    gained[other] = np.nan
    gained[:, lead] = plan.plan.gain_people
    shapes = np.empty((len(xy), len(case.minutes)), object)
    for n in range(len(xy)):
        row = np.array([n])
        shapes[n] = shapes_around(case, places.take_places(row), xy[row])
    kept = tuple(np.zeros(0, np.int64) if o else p for o, p in zip(other, points, strict=True))
    return SiteFigures(within, gained, kept, shapes)
