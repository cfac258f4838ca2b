"""Measures agree: what two of them count alike is the same number, in the demo and altered studies.

Every measure is counted on its own way through the code; where two must come to the same people,
a fault in one of them shows here.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from quarterhour import stages
from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.circles import assess_circle
from quarterhour.cover.measured import Measured
from quarterhour.cover.services import TIER
from quarterhour.cover.supply.places import some_rows
from quarterhour.cover.supply.served import CLASSES
from quarterhour.cover.sweep.results import Sweep
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import ANY, NEIGHBOUR, with_neighbours
from quarterhour.intake import Inputs, Streets
from quarterhour.measuring import case_of, measure, placed_otherwise, sweep_study
from quarterhour.pipeline import StudyRun
from quarterhour.stagefile import load_stage
from quarterhour.study import Study

# name: circle of the study, whether the neighbours count, and whether files and people are odd.
STUDIES = {
    "demo": ({}, False, False),
    "odd files": ({"walker_by_group": {"60+": "elder_slow", "80+": "step_free"}}, False, True),
    "step-free, worst way": ({"walker": "step_free", "direction": "worst"}, False, False),
    "straight, with neighbours": ({"walker": "policy_radius"}, True, False),
    "round trip, with neighbours": ({"direction": "round_trip", "minutes": (8, 20)}, True, True),
}


@dataclass(frozen=True)
class Counted:
    study: Study
    case: Case
    coverage: Coverage
    measured: Measured
    swept: Sweep

    @property
    def lead(self) -> int:
        return self.coverage.groups.index(self.coverage.lead_group)

    @property
    def inside(self) -> np.ndarray:
        """Return the lead group within the longest limit (kinds, areas)."""
        return np.stack([self.coverage.people(kind) for kind in self.coverage.kinds])

    @property
    def neighbours_count(self) -> bool:
        return NEIGHBOUR in self.case.facilities.origin


@pytest.fixture(scope="module", params=STUDIES)
def counted(request: pytest.FixtureRequest, small_run: StudyRun) -> Counted:
    """Return all that one of the studies counts, from the streets and files of the small demo."""
    kept = {
        name: load_stage(small_run.folder / "stages" / f"{name}.npz").result
        for name in ("study", "inputs", "streets", "demand")
    }
    circle, with_theirs, odd = STUDIES[request.param]
    study: Study = kept["study"]
    study = replace(study, circle=replace(study.circle, **circle))
    inputs: Inputs = kept["inputs"]
    demand = kept["demand"]
    if odd:
        inputs = replace(inputs, facilities=odd_facilities(inputs.facilities))
        # A tenth of the people live outside all areas, some where no street of that name was found.
        nowhere = np.arange(len(demand.edge)) % 50 == 0
        demand = replace(
            demand,
            area_index=np.where(np.arange(len(demand.edge)) % 10, demand.area_index, -1),
            xy_m=np.where(nowhere[:, None], np.nan, demand.xy_m),
            edge=np.where(nowhere, -1, demand.edge).astype(np.int32),
        )
    if with_theirs:
        both = with_neighbours(inputs.facilities, inputs.neighbours)
        inputs = replace(inputs, facilities=both)
        study = replace(study, neighbours=replace(study.neighbours, count="yes"))
    return count(study, inputs, kept["streets"], demand)


def odd_facilities(facilities):
    """Put two at one spot, one far from all streets, doors on one, and forget some capacities."""
    xy, capacity = facilities.xy_m.copy(), facilities.capacity.copy()
    xy[1], xy[2] = xy[0], xy[0] + 1e6
    capacity[::3] = np.nan
    doors = Entrances(
        np.array([5, 5, 9]), facilities.xy_m[[5, 5, 9]] + [[90, 0], [0, 90], [60, 60]]
    )
    return replace(facilities, xy_m=xy, capacity=capacity, entrances=doors)


def count(study: Study, inputs: Inputs, streets: Streets, demand) -> Counted:
    case = case_of(study, inputs, streets, demand)
    assessed = stages.assess(study, case, [])
    coverage = assessed.coverage
    other = placed_otherwise(study, inputs, streets)
    measured = measure(
        study, inputs, case, coverage, assessed.network_report.completeness, other=other
    )  # fmt: skip
    asked = replace(study.sweep, speeds=(), minutes=(5,), max_snap_m=(), slope=False, stairs=False)
    study = replace(study, sweep=asked)
    swept = sweep_study(study, inputs, case, coverage, other=other)
    return Counted(study, case, coverage, measured, swept)


def same(one, other, tolerance: float = 1e-6) -> None:
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=tolerance)


def test_every_table_adds_up_to_the_residents(counted: Counted):
    m, everybody = counted.measured, counted.case.by_area(counted.case.demand.people)
    lead = everybody[:, counted.lead]
    times, bands, effect = m.walk_times, m.bands, m.neighbours
    parts = {
        "coverage": counted.coverage.residents,
        "walk times": times.arrived + times.no_street + times.beyond,
        "backup": times.backup.sum(axis=0), "bands": bands.people.sum(axis=1),
        "hierarchy": m.hierarchy.residents, "neighbours": effect.residents,
        "services": m.services.coverage.residents,
        **{c.name: c.within + c.beyond() + c.no_street for c in m.circles},
    }  # fmt: skip
    for whole in parts.values():
        same(whole, np.broadcast_to(everybody, whole.shape))
    of_lead = {
        "served": m.served.people.sum(axis=1), "supply": m.supply.people.sum(axis=1),
        "years": m.years.residents, "placement": m.placement.residents,
        "sweep": counted.swept.residents[~counted.swept.placed_otherwise],
    }  # fmt: skip
    for whole in of_lead.values():
        same(whole, np.broadcast_to(lead, whole.shape))
    same(m.equity.zone_people.sum(), lead.sum())


def test_people_inside_are_the_same_in_every_table(counted: Counted):
    m, inside, coverage = counted.measured, counted.inside, counted.coverage
    times, kinds, last = m.walk_times, coverage.kinds, coverage.minutes[-1]
    for n, _ in enumerate(coverage.minutes):
        same(times.backup[1:, :, n].sum(axis=0), coverage.within[:, 0, n])
    same(m.placement.within, inside)
    with np.errstate(invalid="ignore"):
        same(np.nan_to_num(m.equity.share) * coverage.residents[:, counted.lead], inside)
    if m.years.known_from in m.years.years:
        y = m.years.years.index(m.years.known_from)
        same([m.years.within[m.years.kinds.index(kind), y] for kind in kinds], inside)
        rows = [len(counted.case.facilities.rows_of(kind)) for kind in kinds]
        same([m.years.facilities[m.years.kinds.index(kind), y] for kind in kinds], rows)
    mine = m.neighbours.together if m.neighbours.counted else m.neighbours.without
    same([mine[m.neighbours.kinds.index(kind)] for kind in kinds], coverage.within[:, 0, -1])
    swept = counted.swept
    at = swept.minutes.index(last)
    for k, kind in enumerate(swept.kinds):
        same(swept.within[0, k, at], inside[kinds.index(kind)])
    # Whoever asks and is inside is served or knows why not.
    reached = m.served.people[:, : CLASSES.index("beyond")].sum(axis=1)
    same(reached, np.array(m.served.need)[:, None] * inside[:-1])
    named = [*kinds[:-1], ANY]
    for kind, row in zip(named, coverage.within[:, 0], strict=True):
        circle = assess_circle(
            counted.case, name="again", kinds=kinds[:-1] if kind == ANY else [kind],
            minutes=coverage.minutes, walker=counted.case.walker,
            direction=counted.case.direction,
        )  # fmt: skip
        same(circle.within, row)


def test_other_settings_are_the_same_in_every_table(counted: Counted):
    swept, m = counted.swept, counted.measured
    at, group = swept.minutes.index(counted.coverage.minutes[-1]), counted.lead
    told = {
        "placement": (m.placement.kinds, m.placement.other_within),
        "neighbours": (
            m.neighbours.kinds,
            (m.neighbours.without if m.neighbours.counted else m.neighbours.together)[..., group],
        ),
    }
    for dimension, (kinds, other) in told.items():
        row = swept.dimension.index(dimension)
        for k, kind in enumerate(swept.kinds):
            same(swept.within[row, k, at], other[kinds.index(kind)])


def test_facilities_share_out_those_inside(counted: Counted):
    coverage, n = counted.coverage, len(counted.case.facilities.ids)
    people, limit_ms = counted.case.demand.people_of(coverage.lead_group), counted.case.limit_ms
    for k, kind in enumerate(coverage.kinds):
        inside = coverage.ms[k, 0] <= limit_ms
        served = np.bincount(coverage.facility[k, inside], people[inside], minlength=n)
        same(served.sum(), counted.inside[k].sum())
        rows = counted.case.facilities.rows_of(kind)
        assert not np.delete(served, rows).any()


def test_bands_up_to_a_kilometre_are_the_policy_distance(counted: Counted):
    coverage, near = counted.coverage, np.cumsum(counted.measured.bands.people[:, :3], axis=1)
    policy = coverage.within[:, coverage.walkers.index("policy_walk")]
    for band, minutes in enumerate((5, 10, 15)):
        if minutes in coverage.minutes:
            inside = policy[:, coverage.minutes.index(minutes)]
            # Whoever may not take stairs has fewer streets than the policy distance counts on.
            assert (near[:, band] <= inside + 1e-6).all()
            if counted.case.walker.steps:
                same(near[:, band], inside)


def test_tiers_hold_the_same_people_as_the_hierarchy(counted: Counted):
    found, services = counted.measured.hierarchy, counted.measured.services
    assert found.tiers
    for t, tier in enumerate(found.tiers):
        s = next(
            s for s, (form, name) in enumerate(zip(services.forms, services.names, strict=True))
            if form == TIER and name == tier
        )  # fmt: skip
        within = services.coverage.within[s, 0, -1]
        assert (found.inside[t] <= within + 1e-6).all()
        # The neighbours' facilities count in tiers and lead nobody.
        if not counted.neighbours_count:
            same(found.inside[t], within)
        assert (np.nan_to_num(found.led[t]) <= found.inside[t] + 1e-9).all()


def test_places_in_reach_are_given_away_once(counted: Counted):
    case, supply = counted.case, counted.measured.supply
    people = case.demand.people_of(supply.group)
    own = np.array(case.facilities.origin, object) != NEIGHBOUR
    for k, kind in enumerate(supply.kinds):
        rows = case.facilities.rows_of(kind)
        room = case.facilities.capacity[rows] * supply.turns[k]
        table = some_rows(case.reach, rows)
        asked = np.bincount(table.sources(), people[table.indices], minlength=len(rows)) > 0
        same(np.nansum(supply.access[k] * people) / 1000.0, np.nansum(room[asked]))
        # Administrative figures are the district's own.
        assert supply.facilities[k].sum() == own[rows].sum()
        same(np.nansum(supply.places[k]), np.nansum(room[own[rows]]))


def test_more_never_means_fewer(counted: Counted):
    coverage, m = counted.coverage, counted.measured
    assert (np.diff(coverage.within, axis=2) >= -1e-6).all()
    assert (coverage.within <= coverage.residents + 1e-6).all()
    # 80+ are some of 60+, and they of all, at whatever pace each group walks.
    assert (np.diff(coverage.within, axis=-1) <= 1e-6).all()
    assert (coverage.within[:-1] <= coverage.within[-1] + 1e-6).all()
    assert (m.services.coverage.within <= coverage.within[-1] + 1e-6).all()
    assert (m.neighbours.together >= m.neighbours.without - 1e-6).all()
    assert (np.diff(m.years.within, axis=1) >= -1e-6).all()
    assert m.served.proven[m.served.known].all()
    assert not (m.served.assigned > m.served.room + 1e-6).any()
