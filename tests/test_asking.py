"""Questions about sites, from the study's keys to the finding: each key does what it says.

One set-up serves all: the small demo's stages. Coverage with the recommended sites is counted again
by adding them to the facilities, without any of the models.
"""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quarterhour import cli, pipeline
from quarterhour.asking import answer_question
from quarterhour.cover import assess_cover
from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case
from quarterhour.demand import Demand
from quarterhour.errors import Fault, InfeasibleError, InputError
from quarterhour.findings import PlanFinding
from quarterhour.inputs.facilities import Facilities
from quarterhour.intake.inputs import asked_faults
from quarterhour.measuring import case_of, placed_otherwise
from quarterhour.pipeline import StudyRun, run_study
from quarterhour.stagefile import load_stage
from quarterhour.stages import STAGES, draw_shapes
from quarterhour.study import Study, read_study
from quarterhour.studytables import BudgetTable, RuleTable
from realplaces import built, people_once_built

pytestmark = pytest.mark.whole

KIND = "care_station"
QUIET: dict[str, Any] = {
    "sites": 5, "alternatives": 0, "frontier": 0, "stability": False, "time_limit_s": 30.0,
}  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """What siting reads of the stage of coverage."""

    coverage: Coverage


@dataclass(frozen=True)
class Desk:
    """A finished run's stages, at which questions are asked."""

    study: Study
    stage: dict[str, Any]
    case: Case
    other: Demand | None

    def ask(self, doubts: list[Fault] | None = None, **keys: Any) -> PlanFinding:
        """Answer the demo's question with other keys."""
        table = replace(self.study.siting[0], **{**QUIET, **keys})
        return answer_question(
            self.study, table, self.stage["inputs"].premises[0], self.stage, self.case,
            lambda: self.other, [] if doubts is None else doubts,
        )  # fmt: skip

    def straight(self) -> "Desk":
        """Return the same district for a walker who counts straight metres."""
        circle = replace(self.study.circle, walker="policy_radius")
        study, case = replace(self.study, circle=circle), self.case
        case = case.having(walker=study.walker("policy_radius"))
        stage = {**self.stage, "cover": Counted(counted(case)), "shapes": draw_shapes(study, case)}
        return replace(self, study=study, case=case, stage=stage)


def counted(case: Case, facilities: Facilities | None = None) -> Coverage:
    """Count coverage from the streets on."""
    return assess_cover(
        case.network, facilities or case.facilities, case.demand, case.areas,
        walkers=[case.walker], minutes=case.minutes, direction=case.direction,
        max_snap_m=case.max_snap_m,
    )  # fmt: skip


@pytest.fixture(scope="module")
def desk(small_run: StudyRun) -> Desk:
    """Return the small demo's stages."""
    folder = small_run.folder / "stages"
    stage = {name: load_stage(folder / f"{name}.npz").result for name in STAGES}
    study = small_run.study
    case = case_of(study, stage["inputs"], stage["streets"], stage["demand"])
    other = placed_otherwise(study, stage["inputs"], stage["streets"])
    return Desk(study, stage, case, other)


@pytest.fixture(scope="module")
def plain(desk: Desk) -> PlanFinding:
    """Return the answer to the plain question: most people with five sites."""
    return desk.ask()


# --- the oracle: build the sites, count again ----------------------------------------------------


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"sites": 2, "close_at_most": 2, "time_limit_s": 1.5},
        {"question": "least_walking", "sites": 3},
        {"generate": "grid", "spacing_m": 300.0},
    ],
    ids=str,
)
def test_built_sites_bring_inside_whom_the_plan_says(desk: Desk, keys: dict[str, Any]) -> None:
    found = desk.ask(**keys)
    people = people_once_built(desk.case, found, KIND)
    assert people.sum() == pytest.approx(found.plan.people_after, rel=1e-12)
    assert found.within_after == pytest.approx(people, abs=1e-9)


def test_a_straight_walker_s_sites_and_shapes_are_straight(desk: Desk) -> None:
    straight = desk.straight()
    rule = RuleTable(lead="care_centre", lead_at_most=20)
    found = straight.ask(rule=(rule,))
    assert people_once_built(straight.case, found, KIND).sum() == pytest.approx(
        found.plan.people_after
    )
    centres = straight.case.facilities.rows_of("care_centre")
    there = straight.case.facilities.xy_m[centres]
    for xy in found.screening.candidates.xy_m[found.plan.chosen]:
        assert np.hypot(*(there - xy).T).min() <= 1000.0
    # A disc of 1,000 m around each facility: who is inside it is who is counted.
    import shapely

    inside = shapely.contains_xy(found.shapes.of(KIND)[-1], *straight.case.demand.xy_m.T)
    people = straight.case.demand.people_of(straight.case.demand.lead_group)[inside].sum()
    assert people == pytest.approx(found.plan.people_after, rel=0.002)


# --- every key -----------------------------------------------------------------------------------


def test_groups_weigh(desk: Desk, plain: PlanFinding) -> None:
    found = desk.ask(weights={"80+": 2.0})
    case, sites = desk.case, found.plan
    inside = counted(case, built(case, found, KIND)).groups.index("80+")
    before = counted(case).within[counted(case).kinds.index(KIND), 0, -1, :, inside].sum()
    after = counted(case, built(case, found, KIND))
    gained = after.within[after.kinds.index(KIND), 0, -1, :, inside].sum() - before
    assert sites.unit == "merit"
    assert sites.objective == pytest.approx(2.0 * gained, rel=1e-9)
    assert plain.plan.unit == "people"


def test_rules_that_name_sites(desk: Desk, plain: PlanFinding) -> None:
    first, name = plain.plan.site_ids[0], plain.premises.names[0]
    kept = desk.ask(rule=(RuleTable(must=(name,)), RuleTable(must_not=(first,))))
    assert plain.premises.ids[0] in kept.plan.site_ids and first not in kept.plan.site_ids
    assert kept.plan.objective < plain.plan.objective
    with pytest.raises(InputError) as caught:
        desk.ask(rule=(RuleTable(must=("P999",), must_not=("P998",)),), weights={"70+": 1.0})
    keys = [fault.key for fault in caught.value.faults]
    assert keys == ["siting.no_such_candidate"] * 2 + ["siting.unknown_group"]
    rejected = plain.screening.rejected[0].id
    with pytest.raises(InputError) as caught:
        desk.ask(rule=(RuleTable(must=(rejected,)),))
    assert [fault.key for fault in caught.value.faults] == ["siting.must_is_rejected"]


def test_spacing_tenure_and_centres(desk: Desk, plain: PlanFinding) -> None:
    spaced = desk.ask(rule=(RuleTable(spacing_m=500.0),))
    xy = spaced.screening.candidates.xy_m[spaced.plan.chosen]
    every = np.concatenate([xy, desk.case.facilities.xy_m[desk.case.facilities.rows_of(KIND)]])
    gaps = np.hypot(*(xy[:, None] - every[None]).transpose(2, 0, 1))
    assert (gaps[gaps > 0] >= 500.0).all() and len(xy)
    kinds = np.array(plain.screening.candidates.tenure_kind)
    most = np.unique(kinds[plain.plan.chosen], return_counts=True)
    tenure = str(most[0][most[1].argmax()])
    capped = desk.ask(rule=(RuleTable(tenure_at_most={tenure: 1}),))
    assert (kinds[capped.plan.chosen] == tenure).sum() == 1 < most[1].max()
    only = desk.ask(tenures=(tenure,))
    chosen = np.array(only.premises.tenure_kind)[only.chosen]
    assert set(chosen) == {tenure}
    led = desk.ask(rule=(RuleTable(lead="care_centre", lead_at_most=8, lead_minutes=30.0),))
    none = desk.ask(rule=(RuleTable(lead="care_centre", lead_at_most=1, lead_minutes=30.0),))
    assert 0 < led.plan.objective < plain.plan.objective and not none.plan.site_ids
    with pytest.raises(InputError) as caught:
        desk.ask(rule=(RuleTable(lead="castle"),))
    assert [fault.key for fault in caught.value.faults] == ["siting.no_centres"]


def test_so_many_in_each_area_also_where_facilities_may_close(desk: Desk) -> None:
    rule = RuleTable(per_area_at_least=2)
    found = desk.ask(sites=6, close_at_most=4, rule=(rule,), time_limit_s=1.5)
    assert found.moves is not None and found.moves.closed_ids
    there = built(desk.case, found, KIND)
    area = there.area_index[there.rows_of(KIND)]
    count = np.bincount(area[area >= 0], minlength=len(desk.case.areas.names))
    short = {str(f.values["area"]): f.values for f in found.plan.shortfalls}
    for name, n in zip(desk.case.areas.names, count.tolist(), strict=True):
        wanted = 2
        if name in short:
            wanted = int(short[name]["there"]) + int(short[name]["candidates"])
        assert n >= wanted, name


def test_fewest_sites_and_least_cost(desk: Desk) -> None:
    keys = {"question": "fewest_sites", "sites": None}
    total = desk.case.demand.people_of(desk.case.demand.lead_group).sum()
    fewest = desk.ask(**keys, share=0.8)
    assert fewest.plan.people_after >= 0.8 * total
    fewer = desk.ask(sites=len(fewest.plan.site_ids) - 1)
    assert fewer.plan.people_after < 0.8 * total
    # At most more sites than there are candidates is no limit.
    assert desk.ask(**{**keys, "sites": 999}, share=0.8).plan.site_ids == fewest.plan.site_ids
    some = desk.ask(**keys, share=0.99, share_of="reachable")
    reachable = desk.ask(**keys, share_of="reachable").plan.people_after
    assert 0.99 * reachable <= some.plan.people_after < reachable <= 0.99 * total
    costs = np.arange(len(desk.stage["inputs"].premises[0].ids), dtype=float) * 1000
    priced = replace(desk, stage={**desk.stage, "inputs": replace(
        desk.stage["inputs"],
        premises=(replace(desk.stage["inputs"].premises[0], build_cost=costs),),
    )})  # fmt: skip
    cheap = priced.ask(**keys, share=0.8, fewest="cost", budget=BudgetTable())
    assert cheap.plan.unit == "money"
    assert cheap.plan.objective == costs[cheap.chosen].sum() < costs[fewest.chosen].sum()


def test_money(desk: Desk, plain: PlanFinding) -> None:
    found = desk.ask(sites=None, budget=BudgetTable(total=550, site=100))
    assert found.plan.site_ids == plain.plan.site_ids and found.plan.cost == 500
    with pytest.raises(InputError) as caught:
        desk.ask(sites=None, budget=BudgetTable(total=550))
    assert [fault.key for fault in caught.value.faults] == ["siting.cost_unknown"]


def test_years_build_run_and_carry_over(desk: Desk) -> None:
    years = {"sites": None, "years": (2027, 2028, 2029)}

    def opened(**keys: Any) -> list[int]:
        plan = desk.ask(**years, **keys).plan
        assert plan.phases is not None
        return [int((plan.phases.opens == year).sum()) for year in range(3)]

    assert opened(sites_a_year=2) == [2, 2, 2]
    by_year = {"2027": 150, "2028": 150, "2029": 150}
    # 450 in all: one site in the first year; with what is left of it, two in the second.
    assert opened(budget=BudgetTable(site=100, by_year=by_year)) == [1, 2, 1]
    kept = BudgetTable(site=100, by_year=by_year, carry_over=False)
    assert opened(budget=kept) == [1, 1, 1]
    # Each site takes 75 a year to run: after the first there is not enough for another.
    assert opened(budget=replace(kept, yearly=75)) == [0, 0, 0]
    assert opened(budget=replace(kept, yearly=50)) == [1, 0, 0]


def test_places_limit_who_is_served(desk: Desk, plain: PlanFinding) -> None:
    doubts: list[Fault] = []
    wide = desk.ask(doubts, capacity=True, sites=1)
    assert [fault.key for fault in doubts] == ["siting.capacity_of_candidates"]
    assert 0.9 * plain.plan.gain_people[0] < wide.plan.objective <= plain.plan.gain_people[0] + 10
    tight = desk.ask(capacity=True, places=1.0, sites=1)
    # One place for two in a hundred who ask: fifty people a site.
    assert tight.plan.objective == pytest.approx(50.0)


def test_worst_and_expected_over_paces(desk: Desk) -> None:
    worst = desk.ask(robust="worst", robust_speeds=(0.6, 1.0)).plan
    mean = desk.ask(robust="expected", robust_speeds=(0.6, 1.0)).plan
    assert worst.robust is not None and mean.robust is not None
    assert worst.robust.names == mean.robust.names
    assert worst.robust.names[:3] == ("base", "speed 0.6", "speed 1")
    inside = [plan.robust.people_before + plan.robust.people_gained for plan in (worst, mean)]
    assert inside[0].min() >= inside[1].min() - 1e-6
    assert inside[1].mean() >= inside[0].mean() - 1e-6


def test_stability_asks_the_same_question_elsewhere(desk: Desk) -> None:
    walking = desk.ask(question="least_walking", sites=3, stability=True).stability
    weighed = desk.ask(weights={"80+": 1.0}, stability=True, sites=3).stability
    plain = desk.ask(stability=True, sites=3).stability
    assert walking is not None and weighed is not None and plain is not None
    assert weighed.unit == "merit" and (weighed.best < 0.5 * plain.best).all()
    # Walks of up to an hour are told apart, not only those within the limit.
    people = desk.case.demand.people_of(desk.case.demand.lead_group).sum()
    assert walking.unit == "person_seconds" and (walking.best > 600 * people).all()
    assert [name for name in walking.names if name.startswith("minutes")] == []


def test_what_is_said_about_a_plan_can_be_left_out(desk: Desk, plain: PlanFinding) -> None:
    assert plain.talk.frontier is None and plain.stability is None
    told = desk.ask(alternatives=3, frontier=7).talk.frontier
    assert told is not None and told.limit.max() == 7


# --- what cannot be ------------------------------------------------------------------------------


def test_only_a_share_of_the_people_fails_for_those_out_of_reach(desk: Desk) -> None:
    with pytest.raises(InfeasibleError) as caught:
        desk.ask(sites=3, rule=(RuleTable(per_area_at_least=5),))
    assert "siting.out_of_reach" not in {fault.key for fault in caught.value.faults}
    with pytest.raises(InfeasibleError) as caught:
        desk.ask(question="fewest_sites", sites=None, share=0.9)
    assert {fault.key for fault in caught.value.faults} >= {"siting.out_of_reach"}
    for language in ("zh", "en"):
        assert caught.value.render(language)


def test_names_are_checked_before_anything_is_computed(desk: Desk) -> None:
    rules = (
        RuleTable(must=("P999",), tenure_at_most={"castle": 1}), RuleTable(lead="moat"),
    )  # fmt: skip
    table = replace(desk.study.siting[0], rule=rules, weights={"70+": 1.0}, tenures=("leased?",))
    study, inputs = replace(desk.study, siting=(table,)), desk.stage["inputs"]
    faults = asked_faults(
        study, inputs.areas, inputs.facilities, residents=inputs.residents,
        premises=inputs.premises,
    )  # fmt: skip
    assert sorted(fault.key for fault in faults) == [
        "candidates.unknown_tenure", "siting.no_centres", "siting.no_such_candidate",
        "siting.unknown_group",
    ]  # fmt: skip
    assert {fault.file for fault in faults} == {"study.toml"}
    # Of what could not be read nothing is said; generated sites have names only later.
    assert not asked_faults(study, None, None, premises=(None,))
    made = replace(
        table, rule=(RuleTable(must=("S001",)),), weights={}, tenures=(), generate="grid"
    )
    assert not asked_faults(
        replace(study, siting=(made,)), None, None, premises=inputs.premises
    )  # fmt: skip


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def beside(small_study: Path, small_run: StudyRun) -> Callable[..., tuple[Path, Path]]:
    """Return a maker of studies with other keys, and of run folders beside the small run."""

    def make(name: str, body: str) -> tuple[Path, Path]:
        text = small_study.read_text(encoding="utf-8")
        start, end = text.index("[[siting]]"), text.index("[report]")
        path = small_study.with_name(f"{name}.toml")
        path.write_text(text[:start] + body + "\n" + text[end:], encoding="utf-8")
        return path, small_run.folder.parent / name

    return make


ASKED = '[[siting]]\nkind = "care_station"\ncandidates = "premises.xlsx"\n'


def test_another_question_takes_up_all_but_its_own_stage(beside, capsys) -> None:
    path, out = beside("other", ASKED + "sites = 3\nalternatives = 0\nfrontier = 0\n")
    assert cli.run_command(["site", str(path), "--out", str(out)]) == 0
    written = {p.name for p in out.iterdir()}
    assert written == {
        "stages", "tables", "tables.xlsx", "figures.json", "layers.gpkg", "sites.xlsx",
        "manifest.json",
    }  # fmt: skip
    run = StudyRun.open(out)
    assert run.manifest["ran"]["stages_reused"] == [s for s in STAGES if s != "siting"]
    assert len(run.findings.plans[0].plan.site_ids) == 3
    assert "sites.xlsx" in capsys.readouterr().out


def test_the_first_interrupt_ends_the_waiting_and_the_second_the_run(
    beside, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(pipeline, "write_pages", lambda *_, **__: None)
    presses = 1

    def impatient(*_: object) -> None:
        nonlocal presses
        while presses:
            presses -= 1
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(cli.Bar, "bound", impatient)
    body = ASKED + "sites = 4\nclose_at_most = 1\nstability = false\ntime_limit_s = 2\n"
    path, out = beside("hurried", body)
    before = signal.getsignal(signal.SIGINT)
    assert cli.run_command(["site", str(path), "--out", str(out)]) == 0
    assert signal.getsignal(signal.SIGINT) is before
    plan = StudyRun.open(out).findings.plans[0].plan
    assert plan.interrupted and not plan.repeatable and plan.gap >= 0
    assert plan.bound >= plan.objective
    # Twice: nothing is left behind, half-written or hidden.
    presses = 2
    again = out.with_name("twice")
    names = sorted(p.name for p in out.parent.iterdir())
    assert cli.run_command(["site", str(path), "--out", str(again)]) == 130
    assert sorted(p.name for p in out.parent.iterdir()) == names
    # A plan that was cut short is not taken up by a later run that has the time.
    presses = 0
    patient = run_study(path, out=again, stop_after="siting")
    assert patient.manifest["ran"]["stages_reused"] == [s for s in STAGES if s != "siting"]
    assert not patient.findings.plans[0].plan.interrupted
    assert patient.findings.plans[0].plan.objective >= plan.objective - 1e-6


def test_what_cannot_be_ends_with_2_and_leaves_nothing(beside, capsys) -> None:
    path, out = beside("never", ASKED + 'question = "fewest_sites"\nshare = 0.95\n')
    names = sorted(p.name for p in out.parent.iterdir())
    assert cli.run_command(["site", str(path), "--out", str(out)]) == 2
    assert sorted(p.name for p in out.parent.iterdir()) == names
    # The command speaks the study's language.
    said = capsys.readouterr().err
    assert "候选" in said
    assert json.dumps(said)
    assert read_study(path).siting[0].share == 0.95
