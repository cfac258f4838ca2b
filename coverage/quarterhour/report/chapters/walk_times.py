"""The report's section on walking times: how long, who gets nowhere, and who has a choice."""

import math

from quarterhour.inputs.facilities import ANY
from quarterhour.report.build.walk_times import (
    counted,
    walk_times_kinds_table,
    walker_values,
)
from quarterhour.report.facts import Facts, share_text
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.wording import minutes, whole

_SHOWN = ("kind", "mean", "median", "p90", "beyond", "no_street")


def add_walk_times(draft: Draft, facts: Facts) -> None:
    """Add the section: one paragraph on times, one on backup, and the table of kinds."""
    found = facts.findings.measured.walk_times
    kind = facts.lead_kind if facts.lead_kind in found.kinds else ANY
    draft.section(draft.text("walktimes.h_section"))
    draft.paragraph(sentences(facts, [_mean(facts, kind), _nowhere(facts, kind)]))
    longest = found.minutes[-1]
    group = facts.findings.lead_group
    values: dict[str, object] = {"minutes": longest, "kind": facts.kind(kind),
                                 "table": draft.next_table}  # fmt: skip
    residents = float(found.residents[:, found.groups.index(group)].sum())
    for how_many in ("none", "one", "two"):
        count = float(found.people_with(kind, how_many, group=group).sum())
        values[how_many] = facts.people(count)
        values[f"share_{how_many}"] = share_text(count, residents)
    draft.say("walktimes.backup", values)
    table = walk_times_kinds_table(facts.findings, draft.language)
    add_table(draft, facts.by_kind(table).only(*_SHOWN, f"one_{longest}", f"two_{longest}"))


def _mean(facts: Facts, kind: str) -> str:
    found = facts.findings.measured.walk_times
    k, g = found.kinds.index(kind), found.groups.index(facts.findings.lead_group)
    mean = float(found.mean_s[k, -1, g])
    values = {"kind": facts.kind(kind), "whom": facts.whom}
    if math.isnan(mean):
        return facts.words("walktimes.nobody_arrives", values)
    if counted(facts.findings) == "min":
        return facts.words("walktimes.mean", {**values, "mean": minutes(mean, facts.language)})
    return facts.words("walktimes.mean_m", {**values, "metres": whole(mean)})


def _nowhere(facts: Facts, kind: str) -> str:
    found = facts.findings.measured.walk_times
    k, g = found.kinds.index(kind), found.groups.index(facts.findings.lead_group)
    values = walker_values(facts.findings, facts.language)
    far = facts.words(f"walktimes.why_beyond_{counted(facts.findings)}", values)
    why = {facts.words("walktimes.why_no_street"): float(found.no_street[k, :, g].sum()),
           far: float(found.beyond[k, :, g].sum())}  # fmt: skip
    left = {reason: count for reason, count in why.items() if count >= 0.5}
    if not left:
        return facts.words("walktimes.everybody")
    reasons = [*left]
    if len(left) > 1:
        reasons = [
            facts.words("walktimes.nowhere_part", {"people": facts.people(n), "reason": reason})
            for reason, n in left.items()
        ]
    said = {"people": facts.people(sum(left.values())), "reasons": facts.join(reasons)}
    return facts.words("walktimes.nowhere", said)
