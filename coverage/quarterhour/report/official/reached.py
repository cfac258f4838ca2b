"""Who is in reach of the recommended sites, by group of residents and by nearest facility.

A plan says what each site gains for the lead group alone. Here the walks from its sites are
computed again, and every group is counted. They count only where they say of the lead group, site
by site, what the plan says: a plan that closes facilities or shares out places counts otherwise,
and its other groups stay unknown.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.findings import Findings, PlanFinding
from quarterhour.inputs.facilities import Facilities
from quarterhour.report.build.cover import served_by

# Walks are whole milliseconds, so that only the dust of sums may differ.
_DUST = 1e-3
_NEVER = np.int64(2**62)


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """People in reach of the sites of one plan, in building order.

    Attributes
    ----------
    groups
        Groups of residents.
    gained
        People of each group whom a site adds to those before it, float64 (n_sites, n_groups);
        ``nan`` where they cannot be told.
    nearest
        People of the lead group within the longest limit to whom a site is the nearest of its kind
        once all are built, float64 (n_sites,); ``nan`` where they cannot be told.
    taken
        People of the lead group whom a site takes over from each existing facility, float64
        (n_facilities,).
    """

    groups: tuple[str, ...]
    gained: NDArray[np.float64]
    nearest: NDArray[np.float64]
    taken: NDArray[np.float64]

    def __post_init__(self) -> None:
        for array in (self.gained, self.nearest, self.taken):
            array.setflags(write=False)


# One run asks for the same sites for each table, the list, the texts and the layers.
@lru_cache(maxsize=2)
def reached_by(findings: Findings, found: PlanFinding) -> Reached:
    """Return who is in reach of the sites of a plan."""
    groups, plan, n = findings.coverage.groups, found.plan, len(found.chosen)
    lead = groups.index(findings.lead_group)
    unknown = np.full((n, len(groups)), np.nan)
    unknown[:, lead] = plan.gain_people
    nothing = Reached(groups, unknown, np.full(n, np.nan), np.zeros(len(findings.facilities.ids)))
    if not n or plan.kind not in findings.coverage.kinds or found.moves is not None:
        return nothing
    case = _case(findings, found)
    ms = np.full((n, len(findings.demand.area_index)), _NEVER)
    reach = case.reach
    ms[np.repeat(np.arange(n), np.diff(reach.indptr)), reach.indices] = reach.ms
    kind = findings.coverage.kinds.index(plan.kind)
    today = findings.coverage.ms[kind, 0].astype(np.int64)
    today[findings.coverage.facility[kind] < 0] = _NEVER
    people = np.column_stack([findings.demand.people_of(group) for group in groups])
    inside, gained = today <= case.limit_ms, np.zeros((n, len(groups)))
    for site in range(n):
        new = (ms[site] <= case.limit_ms) & ~inside
        gained[site], inside = people[new].sum(axis=0), inside | new
    if not np.allclose(gained[:, lead], plan.gain_people, rtol=0, atol=_DUST):
        return nothing
    gained[:, lead] = plan.gain_people
    return Reached(groups, gained, *_nearest(findings, kind, today, ms, people[:, lead]))


def _nearest(
    findings: Findings, kind: int, today: NDArray[np.int64], ms: NDArray[np.int64],
    people: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Return whom each site is the nearest for, and whom it takes over; of equal walks the old."""
    site, walk = ms.argmin(axis=0), ms.min(axis=0)
    limit = findings.study.walker(findings.coverage.walkers[0]).limit_ms(
        findings.coverage.minutes[-1]
    )
    theirs = (walk <= limit) & (walk < today)
    nearest = np.bincount(site[theirs], people[theirs], minlength=len(ms)).astype(np.float64)
    moved = theirs & (today <= limit)
    taken = np.bincount(
        findings.coverage.facility[kind, moved], people[moved], minlength=len(served_by(findings))
    ).astype(np.float64)
    return nearest, taken


def _case(findings: Findings, found: PlanFinding) -> Case:
    study, rows, premises = findings.study, found.chosen, found.premises
    names = [premises.names[row] for row in rows.tolist()]
    places = Facilities.plain(
        names, [found.plan.kind] * len(rows), premises.xy_m[rows], premises.area_index[rows]
    )
    return Case(
        findings.network, places, findings.demand, findings.areas,
        study.walker(study.circle.walker), minutes=study.circle.minutes,
        direction=study.circle.direction, max_snap_m=study.streets.max_snap_m,
    )  # fmt: skip
