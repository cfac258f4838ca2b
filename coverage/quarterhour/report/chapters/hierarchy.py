"""The report's section on the hierarchy: which stations have a centre in reach (中心带站)."""

import numpy as np

from quarterhour.report.build.hierarchy import flagged_table, people_of_tier, tier_name
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.wording import percent

_ROWS = 5
_SHOWN = ("id", "name", "tier", "area", "leader", "walk_min", "straight_m")


def add_hierarchy(draft: Draft, facts: Facts) -> None:
    """Add the section on tiers: who has a centre in reach, and how many people that concerns."""
    found = facts.findings.measured.hierarchy
    draft.section(draft.text("hierarchy.h_section"))
    if not found.tiers:
        draft.say("hierarchy.none")
        return
    said = [draft.text("hierarchy.judged", {"how": facts.how})]
    said += [_tier_text(facts, tier) for tier in found.tiers]
    if found.inferred:
        said.append(draft.text("hierarchy.inferred", {"count": found.inferred}))
    draft.paragraph(sentences(facts, said))
    people = [text for tier in found.tiers if (text := _people_text(facts, tier))]
    if "beyond" in found.state:
        people.append(draft.text("hierarchy.flagged", {"table": draft.next_table}))
    draft.paragraph(sentences(facts, people))
    if "beyond" in found.state:
        table = flagged_table(facts.findings, draft.language)
        add_table(draft, table.only(*_SHOWN), rows=_ROWS)


def _tier_text(facts: Facts, tier: str) -> str:
    found, words = facts.findings.measured.hierarchy, facts.words
    mine = np.array([t == tier for t in found.tier], bool)
    values: dict[str, object] = {
        "tier": tier_name(tier, facts.language), "count": int(mine.sum()),
        "above": words(f"hierarchy.above_{tier}"),
    }  # fmt: skip
    if found.count(tier, "unknown"):
        return words("hierarchy.tier_unknown", values)
    if found.count(tier, "distance_only"):
        km = float(np.median(found.straight_m[mine])) / 1000.0
        return words("hierarchy.tier_distance", {**values, "km": f"{km:.1f}"})
    beyond = mine & np.array([s == "beyond" for s in found.state], bool)
    values |= {
        "led": found.count(tier, "led"), "beyond": int(beyond.sum()),
        "bare": int((beyond & (found.own_centre == 0)).sum()),
    }  # fmt: skip
    return words("hierarchy.tier_said", values)


def _people_text(facts: Facts, tier: str) -> str:
    _, shares = people_of_tier(facts.findings, tier)
    if not np.isfinite(shares[-1]):
        return ""
    values = {
        "tier": tier_name(tier, facts.language), "whom": facts.whom, "share": percent(shares[-1]),
    }  # fmt: skip
    return facts.words("hierarchy.people_said", values)
