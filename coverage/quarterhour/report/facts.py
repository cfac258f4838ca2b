"""Facts: the figures that the report's sentences quote, written in one language.

Everything here reads from the findings; nothing is computed that another page quotes too.
"""

import math
import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.findings import Findings, KindSummary, PlanFinding, Summary
from quarterhour.inputs.facilities import ANY
from quarterhour.presets import Walker
from quarterhour.report.columns import Table, clean_text
from quarterhour.report.outline import Plate
from quarterhour.wording import MISSING, label, people, percent
from quarterhour.words import Language, Words

_BRACKETED = re.compile(r"\s*[（(][^（）()]*[）)]$")


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Findings and their summary, with the words of one language."""

    findings: Findings
    summary: Summary
    language: Language
    plates: tuple[Plate, ...] = ()

    @classmethod
    def of(
        cls, findings: Findings, language: Language, *, plates: tuple[Plate, ...] = ()
    ) -> "Facts":
        """Return the facts of some findings, with the plates that show them."""
        return cls(findings, findings.summary(), language, plates)

    def plates_of(self, number: str) -> tuple[Plate, ...]:
        """Return the plates of one number: ``06`` means 06 and 06-1, 06-2."""
        return tuple(p for p in self.plates if p.number.partition("-")[0] == number)

    @property
    def words(self) -> Words:
        """The catalogue."""
        return Words(self.language)

    @property
    def district(self) -> str:
        """The study's name; a made-up one without its remark, which stands on every page."""
        name = clean_text(self.findings.study.study.name)
        return (_BRACKETED.sub("", name) or name) if self.findings.synthetic else name

    @property
    def scope(self) -> str:
        """The district, or the study area."""
        whole = self.district.endswith("区") or self.district.lower().endswith("district")
        return self.words("report.scope_district" if whole else "report.scope_study")

    @property
    def one_kind(self) -> bool:
        """Whether any kind of facility is the only kind, so that both say the same."""
        kinds, counted = self.findings.coverage.kinds, self.findings.coverage.people
        own = [kind for kind in kinds if kind != ANY]
        return len(own) == 1 and ANY in kinds and np.array_equal(counted(own[0]), counted(ANY))

    def by_kind(self, table: Table) -> Table:
        """Return a table of one row per kind, without any kind where that says the same."""
        return replace(table, rows=table.rows[:-1]) if self.one_kind else table

    @property
    def whom(self) -> str:
        """The lead group, as it stands in a sentence."""
        elders = self.summary.group.endswith("+")
        values = {"group": label(self.summary.group, "group", self.language)}
        return self.words("report.whom_elders" if elders else "report.whom_others", values)

    @property
    def walker(self) -> Walker:
        """Who walks."""
        return self.findings.study.walker(self.findings.study.circle.walker)

    @property
    def how(self) -> str:
        """How far people walk: the circle in words."""
        walker, minutes = self.walker, self.summary.minutes
        if not walker.counts_metres:
            values = {"minutes": minutes, "pace": f"{walker.flat_mps:.2f}"}
            return self.words("report.how_pace", values)
        metres = f"{walker.limit_ms(minutes) / 1000:.0f}"
        if walker.straight:
            return self.words("report.how_straight", {"metres": metres})
        return self.words("report.how_metres", {"metres": metres})

    @property
    def lead_kind(self) -> str:
        """The kind that the report speaks of first: that of the first question, else any."""
        asked = [p.plan.kind for p in self.findings.plans]
        return asked[0] if asked else ANY

    def kind(self, kind: str) -> str:
        """Return the name of a kind, as it stands in a sentence."""
        if kind == ANY:
            return self.words("report.any_kind")
        return clean_text(label(kind, "kind", self.language))

    def people(self, count: float) -> str:
        """Return people in a sentence."""
        return people(count, self.language)

    def sites(self, count: int) -> str:
        """Return a number of sites."""
        return self.words("report.sites_1" if count == 1 else "report.sites_n", {"count": count})

    def join(self, parts: list[str]) -> str:
        """Return parts of a sentence, joined."""
        return self.words("report.join").join(parts)

    def of_kind(self, kind: str) -> KindSummary | None:
        """Return the figures of a kind; ``None`` where no facility is of it."""
        return next((k for k in self.summary.kinds if k.kind == kind), None)

    def area(self, index: int) -> str:
        """Return the name of an area by its row; -1 lies outside all."""
        if index < 0:
            return self.words("report.outside_areas")
        return clean_text(self.findings.areas.names[index])

    def site(self, finding: PlanFinding, site_id: str) -> str:
        """Return a site with its name and area."""
        row = finding.premises.ids.index(site_id)
        values = {
            "id": site_id, "name": clean_text(finding.premises.names[row]),
            "area": self.area(int(finding.premises.area_index[row])),
        }  # fmt: skip
        return self.words(self._named(values), values)

    def facility(self, facility_id: str) -> str:
        """Return an existing facility with its name and area."""
        found = self.findings.facilities
        row = found.ids.index(facility_id)
        values = {
            "id": facility_id, "name": clean_text(found.names[row]),
            "area": self.area(int(found.area_index[row])),
        }  # fmt: skip
        return self.words(self._named(values), values)

    @staticmethod
    def _named(values: dict[str, str]) -> str:
        # What has no name of its own is called by its number, once.
        same = values["id"] == values["name"] or not values["name"]
        return "report.site_numbered" if same else "report.site_named"

    def missing(self) -> str:
        """Return what stands for something that is not known."""
        return self.words("status.to be supplied")


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Coverage by area before and after a plan; areas without people of the lead group are out.

    ``rows`` are areas, the least covered today first; the others have one entry per row. Areas
    that cannot say their coverage are not ranked: ``left_out`` counts them.
    """

    rows: NDArray[np.int64]
    people: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    left_out: int

    @classmethod
    def of(cls, facts: Facts, finding: PlanFinding) -> "Spread":
        """Return the spread of a plan."""
        coverage, plan = facts.findings.coverage, finding.plan
        residents = coverage.residents[:-1, coverage.groups.index(coverage.lead_group)]
        known = plan.kind in coverage.kinds
        within = coverage.people(plan.kind)[:-1] if known else np.zeros_like(residents)
        dumb = facts.findings.cannot_say(plan.kind)[:-1]
        lived = np.flatnonzero((residents > 0) & ~dumb)
        before = within[lived] / residents[lived]
        after = finding.within_after[:-1][lived] / residents[lived]
        order = np.argsort(before, kind="stable")
        return cls(
            lived[order], residents[lived][order], before[order], after[order], int(dumb.sum())
        )

    @property
    def worst_before(self) -> int:
        """Position of the least covered area today."""
        return 0

    @property
    def worst_after(self) -> int:
        """Position of the least covered area with the plan."""
        return int(self.after.argmin())


def gap_text(gap: float) -> str:
    """Return a gap as a percentage, rounded up: what is stated must hold."""
    return f"{math.ceil(round(gap * 1e4, 6)) / 100:.2f}%"


def people_before_after(finding: PlanFinding) -> tuple[float, float]:
    """Return the people covered today and with a plan; what closes is gone by then."""
    after = finding.plan.people_after if finding.moves is None else finding.moves.people_after
    return finding.people_today, after


def shares_before_after(finding: PlanFinding) -> tuple[float, float]:
    """Return the share of people covered before and after a plan."""
    total = finding.plan.people_total
    before, after = people_before_after(finding)
    return (before / total, after / total) if total else (0.0, 0.0)


def share_text(part: float, whole: float) -> str:
    """Return a part of a whole as a percentage; a dash where the whole is nothing."""
    return percent(part / whole) if whole > 0 else MISSING
