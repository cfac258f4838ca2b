"""Findings: everything that a page can show, in one frozen object.

Maps, tables and the report all read from here, so that no two pages can disagree. What more than
one page quotes is computed here once and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage, time_quantiles
from quarterhour.cover.gaps.finding import Gaps
from quarterhour.cover.links.finding import MissingLinks
from quarterhour.cover.measured import Measured
from quarterhour.cover.network_report import NetworkReport
from quarterhour.cover.scorecard.results import Scorecard
from quarterhour.cover.step_free import StepFreeReport
from quarterhour.cover.sweep.results import Sweep
from quarterhour.demand import Demand
from quarterhour.errors import Fault
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import ANY, NEIGHBOUR, Facilities
from quarterhour.inputs.premises import Premises
from quarterhour.inputs.unlocated import Unlocated
from quarterhour.siting import Screening, SitePlan
from quarterhour.streets.network import WalkNetwork
from quarterhour.study import Study
from quarterhour.studytables import SitingTable

if TYPE_CHECKING:
    from quarterhour.siting.moving import Moves
    from quarterhour.siting.rulecost import RuleCost
    from quarterhour.siting.stability import Stability
    from quarterhour.siting.talk import PlanTalk, Unreachable


@dataclass(frozen=True, slots=True)
class Source:
    """One input file: name, what it is for (a word key), size in bytes and SHA-256."""

    file: str
    role: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What is drawn under everything: water and railways, in metres."""

    water: NDArray[np.object_]
    rails: NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Isochrones for the eye: ``shapes[kind, minute]``, dissolved, each within the next."""

    kinds: tuple[str, ...]
    minutes: tuple[int, ...]
    shapes: NDArray[np.object_]

    def of(self, kind: str) -> NDArray[np.object_]:
        """Return the shapes of one kind, smallest limit first."""
        found: NDArray[np.object_] = self.shapes[self.kinds.index(kind)]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class PlanFinding:
    """One answered question about new sites.

    Attributes
    ----------
    table
        The question as the study asks it.
    premises, screening, plan
        What was offered, what passed, what is recommended.
    chosen
        Rows of ``premises`` that are recommended, in building order.
    shapes
        Isochrones of the kind with the recommended sites built.
    within_after
        Lead group within the longest limit once built, by area (the last: outside all areas).
    talk
        Near-best plans, the frontier, a nested order, and what each rule costs.
    stability
        What becomes of the sites under other assumptions; ``None`` where not asked.
    unreachable
        Whom no candidate and no existing facility can bring inside.
    rule_costs
        What each rule for premises costs.
    moves
        Which existing facilities close; ``None`` where nobody asked.
    """

    table: SitingTable
    premises: Premises
    screening: Screening
    plan: SitePlan
    chosen: NDArray[np.int64]
    shapes: Shapes
    within_after: NDArray[np.float64]
    talk: "PlanTalk"
    stability: "Stability | None"
    unreachable: "Unreachable"
    rule_costs: "tuple[RuleCost, ...]"
    moves: "Moves | None" = None

    @property
    def repeatable(self) -> bool:
        """Whether another run would say the same; a time limit may have stopped a part."""
        return self.plan.repeatable and self.talk.repeatable

    @property
    def people_today(self) -> float:
        """People within reach before anything is built; those of facilities that close, too."""
        return self.plan.people_before if self.moves is None else self.moves.people_today

    def costs_at(self, rows: NDArray[np.int64], *, yearly: bool = False) -> NDArray[np.float64]:
        """Return what some premises cost once, or a year, in currency units.

        Parameters
        ----------
        rows
            Rows of ``premises`` (n,).
        yearly
            Cost of a year instead of that of building.

        Returns
        -------
        array (n,)
            What the premises say, else what the question's budget takes for a site; ``nan`` where
            neither says it.
        """
        own = (self.premises.yearly_cost if yearly else self.premises.build_cost)[rows]
        budget = self.table.budget
        if budget is None or not (taken := budget.yearly if yearly else budget.site):
            return own
        return np.where(np.isnan(own), float(taken), own)

    @property
    def costs(self) -> NDArray[np.float64]:
        """What each site costs once, in currency units (n_sites,); ``nan`` where nobody says it."""
        return self.costs_at(self.chosen)

    @property
    def cost(self) -> float:
        """What the plan costs once; ``nan`` where that of a site is not known, or there is none."""
        return float(self.costs.sum()) if len(self.chosen) else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Uncounted:
    """What the planner's files hold and no figure counts.

    Attributes
    ----------
    set_aside
        Facilities that are closed, or not there yet at the study's date; numbered as if they
        counted, so that no number stands for two.
    unlocated
        Rows of facilities and premises without a position.
    withheld
        How many counts of people are withheld, wholly or in part, by group; they count as 0 or as
        their known part. Groups without any are absent.
    neighbours
        Facilities of the districts around that the study shows and does not count; ``None`` where
        it shows none.
    """

    set_aside: Facilities
    unlocated: tuple[Unlocated, ...]
    withheld: Mapping[str, int]
    neighbours: Facilities | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """One run's results, as every page reads them.

    Attributes
    ----------
    study, areas, network, facilities, demand, coverage
        Each stage's result.
    gaps
        Gaps of each kind, in the order of ``coverage.kinds``.
    shapes
        Isochrones of each kind for the circle's walker.
    plans
        Answered siting questions, in the order of the study.
    backdrop
        Water and railways.
    sources
        Input files.
    streets_report
        What the streets are good for: the network report, with the areas that cannot say.
    step_free
        What stairs and steep grades take from a step-free walker.
    measured
        All that is counted beside coverage: supply, hierarchy, equity, and so on.
    links
        Missing links that would bring most people inside; ``None`` where none were asked for.
    scorecard, sweep
        Indicators against targets, and how coverage depends on what was assumed.
    doubts
        What is doubtful about the study and its files, in the order of the stages, without notes.
    uncounted
        What the files hold and no figure counts.
    """

    study: Study
    areas: Areas
    network: WalkNetwork
    facilities: Facilities
    demand: Demand
    coverage: Coverage
    gaps: tuple[Gaps, ...]
    shapes: Shapes
    plans: tuple[PlanFinding, ...]
    backdrop: Backdrop
    sources: tuple[Source, ...]
    streets_report: NetworkReport
    step_free: StepFreeReport
    measured: Measured
    links: MissingLinks | None
    scorecard: Scorecard
    sweep: Sweep
    doubts: tuple[Fault, ...]
    uncounted: Uncounted

    @property
    def synthetic(self) -> bool:
        """Whether the data are made up, which every page must say."""
        return self.study.study.synthetic

    @property
    def lead_group(self) -> str:
        """The group that texts and maps speak of."""
        return self.coverage.lead_group

    @property
    def streets_from_osm(self) -> bool:
        """Whether the streets are OpenStreetMap's, which asks to be named, or a layer of lines."""
        return "crossings_noded" not in self.network.report

    @property
    def facilities_from_osm(self) -> int:
        """How many facilities are OpenStreetMap's: a starting point, no register."""
        return self.facilities.origin.count("osm")

    @property
    def outline_approximate(self) -> bool:
        """Whether the outline is a guess too: it was drawn around the centre points."""
        return self.areas.approximate and not self.study.areas.outline

    @property
    def network_report(self) -> Mapping[str, object]:
        """Figures of the network report by name."""
        return self.streets_report.figures()

    def neighbours(self) -> Facilities | None:
        """Return the facilities of the districts around, counted or only shown."""
        rows = np.flatnonzero([origin == NEIGHBOUR for origin in self.facilities.origin])
        return self.facilities.take(rows) if len(rows) else self.uncounted.neighbours

    def planned(self) -> Facilities:
        """Return the facilities that are not there yet at the study's date."""
        aside = self.uncounted.set_aside
        return aside.take(np.flatnonzero([state != "closed" for state in aside.state]))

    def cannot_say(self, kind: str = ANY) -> NDArray[np.bool_]:
        """Return which areas cannot say a coverage (路网数据不足); the last: outside all areas.

        A kind that no facility has yet is withheld where there are next to no streets.
        """
        judged = self.streets_report.completeness
        if kind not in judged.kinds:
            return np.asarray(judged.bare & (judged.people > 0))
        row: NDArray[np.bool_] = judged.cannot_say[judged.kinds.index(kind)]
        return row

    def withheld_names(self, kind: str = ANY, *, outside: str = "") -> list[str]:
        """Return the names of the areas that cannot say; ``outside`` names what is outside all."""
        names = np.array((*self.areas.names, outside), object)
        found: list[str] = names[self.cannot_say(kind)].tolist()
        return found

    def gaps_of(self, kind: str) -> Gaps:
        """Return the gaps of one kind."""
        return self.gaps[self.coverage.kinds.index(kind)]

    def summary(self) -> "Summary":
        """Return the figures that every page may quote."""
        return _summary(self)


@dataclass(frozen=True, slots=True)
class KindSummary:
    """Figures of one kind (or ``any``) for the lead group.

    ``within`` and ``share`` are by limit in minutes; ``outside`` counts people beyond the longest
    limit, those without a street included; seconds are ``inf`` where fewer people arrive at all.
    The worst area is the least covered of those that can say (``""`` where none can);
    ``areas_withheld`` counts the others.
    """

    kind: str
    facilities: int
    within: Mapping[int, float]
    share: Mapping[int, float]
    share_policy_walk: float
    share_policy_radius: float
    share_by_group: float
    outside: float
    no_street: float
    median_s: float
    p90_s: float
    gaps: int
    people_in_gaps: float
    worst_area: str
    worst_area_share: float
    areas_withheld: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures that every page may quote."""

    group: str
    residents: Mapping[str, float]
    lead_total: float
    minutes: int
    kinds: tuple[KindSummary, ...]
    date: str

    def of(self, kind: str) -> KindSummary:
        """Return the figures of one kind."""
        return next(k for k in self.kinds if k.kind == kind)


def _summary(findings: Findings) -> Summary:
    coverage = findings.coverage
    totals = coverage.residents.sum(axis=0)
    group = coverage.lead_group
    return Summary(
        group=group,
        residents=dict(zip(coverage.groups, totals.tolist(), strict=True)),
        lead_total=float(totals[coverage.groups.index(group)]),
        minutes=coverage.minutes[-1],
        kinds=tuple(_kind_summary(findings, kind) for kind in coverage.kinds),
        date=findings.study.study.date,
    )


def _kind_summary(findings: Findings, kind: str) -> KindSummary:
    coverage, gaps = findings.coverage, findings.gaps_of(kind)
    lead = coverage.groups.index(coverage.lead_group)
    total = coverage.residents[:, lead].sum()
    within = {m: float(coverage.people(kind, minutes=m).sum()) for m in coverage.minutes}
    rows = findings.facilities.rows_of(kind)
    shares = np.divide(
        coverage.people(kind)[:-1], coverage.residents[:-1, lead],
        out=np.full(len(coverage.areas) - 1, np.inf), where=coverage.residents[:-1, lead] > 0,
    )  # fmt: skip
    dumb = findings.cannot_say(kind)[:-1]
    shares[dumb] = np.inf
    worst = int(shares.argmin())
    median, p90 = time_quantiles(coverage, findings.demand, kind)

    def share(walker: str) -> float:
        known = walker in coverage.walkers
        return coverage.share(kind, walker=walker) if known else float("nan")

    return KindSummary(
        kind=kind,
        facilities=len(rows),
        within=within,
        share={m: (w / float(total) if total else 0.0) for m, w in within.items()},
        share_policy_walk=share("policy_walk"),
        share_policy_radius=share("policy_radius"),
        share_by_group=share("by_group"),
        outside=float(total - within[coverage.minutes[-1]]),
        no_street=float(coverage.no_street[0, :, lead].sum()),
        median_s=median,
        p90_s=p90,
        gaps=len(gaps.ids),
        people_in_gaps=float(gaps.people[:, lead].sum()),
        worst_area=coverage.areas[worst] if np.isfinite(shares[worst]) else "",
        worst_area_share=float(shares[worst]),
        areas_withheld=int(dumb.sum()),
    )
