"""The report's section on equity: areas, the oldest, zones, and the Gini index in plain words."""

import math

import numpy as np

from quarterhour.inputs.facilities import ANY
from quarterhour.maps.lorenz_chart import CHART_PX, lorenz_chart, lorenz_title
from quarterhour.report.build.equity import equity_table, zone_name
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Picture
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.report.withheld import area_label
from quarterhour.wording import label, percent, points

_SHOWN = ("kind", "worst_area", "worst_share", "best_area", "best_share", "gap", "gini_areas",
          "gini_access")  # fmt: skip


def add_equity(draft: Draft, facts: Facts) -> None:
    """Add the section: what differs between areas, ages and zones, the kinds, and the curve."""
    found = facts.findings.measured.equity
    kind = facts.lead_kind if facts.lead_kind in found.kinds else ANY
    draft.section(draft.text("equity.h_section"))
    left_out = int(facts.findings.cannot_say(kind)[:-1].sum())
    said = [_areas(facts, kind)]
    said += [facts.words("report.left_out", {"count": left_out})] if left_out else []
    draft.paragraph(sentences(facts, [*said, _oldest(facts, kind), _zones(facts, kind)]))
    table = facts.words("equity.table", {"table": draft.next_table})
    draft.paragraph(sentences(facts, [_gini_areas(facts, kind), _gini_access(facts, kind), table]))
    spread = facts.by_kind(equity_table(facts.findings, draft.language))
    add_table(draft, spread.only(*_SHOWN))
    if np.isfinite(found.gini_access[found.kinds.index(kind)]):
        chart = lorenz_chart(found, kind, draft.language)
        title = lorenz_title(found, kind, draft.language)
        draft.figure(title, Picture(chart, "image/png", *CHART_PX))


def spread_text(facts: Facts) -> str:
    """Return how far areas lie apart, and the oldest from the others, in short."""
    found = facts.findings.measured.equity
    kind = facts.lead_kind if facts.lead_kind in found.kinds else ANY
    return sentences(facts, [_areas(facts, kind), _zones(facts, kind)])


def _areas(facts: Facts, kind: str) -> str:
    found, findings = facts.findings.measured.equity, facts.findings
    k = found.kinds.index(kind)
    if math.isnan(found.gap(kind)):
        return facts.words("equity.areas_none")
    worst, best = int(found.worst[k]), int(found.best[k])
    values = {"minutes": facts.summary.minutes, "kind": facts.kind(kind)}
    if found.gap(kind) < 5e-4:
        share = {"share": percent(found.share_of(kind, worst))}
        return facts.words("equity.areas_same", {**values, **share})
    said = {
        **values, "worst": area_label(findings, worst, facts.language),
        "best": area_label(findings, best, facts.language),
        "worst_share": percent(found.share_of(kind, worst)),
        "best_share": percent(found.share_of(kind, best)),
        "points": points(found.gap(kind), facts.language),
    }  # fmt: skip
    return facts.words("equity.areas", said)


def _oldest(facts: Facts, kind: str) -> str:
    """Return how the oldest fare beside the lead group, at one pace and each at its own."""
    found = facts.findings.measured.equity
    k = found.kinds.index(kind)
    groups = {g: label(getattr(found, g), "group", facts.language) for g in ("lead", "oldest")}
    shares = np.stack([found.share_lead[:, k], found.share_oldest[:, k]])
    if not found.oldest or not np.isfinite(shares[:, 0]).all():
        return ""
    same = {**groups, "share_lead": percent(shares[0, 0]), "share_oldest": percent(shares[1, 0])}
    said = [facts.words("equity.oldest", same)]
    if np.isfinite(shares[:, 1]).all():
        own = {
            **groups, "share_lead": percent(shares[0, 1]), "share_oldest": percent(shares[1, 1]),
            "than": _than(facts, float(shares[1, 1] - shares[0, 1])),
        }  # fmt: skip
        said.append(facts.words("equity.oldest_own", own))
    return sentences(facts, said)


def _than(facts: Facts, change: float) -> str:
    if abs(change) < 5e-4:
        return facts.words("equity.equal")
    values = {"points": points(abs(change), facts.language)}
    return facts.words("equity.lower" if change < 0 else "equity.higher", values)


def _zones(facts: Facts, kind: str) -> str:
    found = facts.findings.measured.equity
    if len(found.zones) < 2:
        return ""
    shares = found.zone_share[found.kinds.index(kind)]
    said = []
    for z in range(len(found.zones) - 1):
        told = percent(float(shares[z]))
        if found.zone_people[z] > 0 and not np.isfinite(shares[z]):
            told = facts.words("completeness.cannot_say")
        values = {"zone": zone_name(found, z, facts.language), "share": told}
        said.append(facts.words("equity.zone", values))
    parts = [facts.words("equity.zones", {"zones": facts.join(said)})]
    if math.isfinite(found.zone_gap(kind)):
        apart = {"points": points(found.zone_gap(kind), facts.language)}
        parts.append(facts.words("equity.zones_apart", apart))
    return sentences(facts, parts)


def _gini_areas(facts: Facts, kind: str) -> str:
    found = facts.findings.measured.equity
    index = float(found.gini_areas[found.kinds.index(kind)])
    return facts.words("equity.gini_areas", {"gini": f"{index:.3f}"}) if index >= 0 else ""


def _gini_access(facts: Facts, kind: str) -> str:
    found = facts.findings.measured.equity
    index = float(found.gini_access[found.kinds.index(kind)])
    values = {"gini": f"{index:.3f}", "whom": facts.whom,
              "half": percent(found.half_has(kind))}  # fmt: skip
    if not index >= 0:
        return ""
    said = [facts.words("equity.gini_access", values)]
    unknown = float(found.access_unknown[found.kinds.index(kind)])
    if unknown >= 0.5:
        left = {"people": facts.people(unknown)}
        said.append(facts.words("equity.gini_without", left))
    return sentences(facts, said)
