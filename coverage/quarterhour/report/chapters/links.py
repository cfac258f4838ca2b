"""What the report says of missing links: how many were tried, the best one, the best together."""

from quarterhour.cover.links.candidates import LINK_KINDS
from quarterhour.cover.links.finding import MissingLinks
from quarterhour.report.build.links import area_text, between_text, links_table, withheld
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.wording import minutes

_SHOWN = 5
_COLUMNS = ("rank", "what", "area", "between", "barrier", "length", "gained", "after")


def add_links(draft: Draft, facts: Facts) -> None:
    """Add the section on missing links; nothing where the study asks for none."""
    found = facts.findings.links
    if found is None:
        return
    draft.section(draft.text("links.h_section"))
    values = {"kind": facts.kind(found.kind), "whom": facts.whom, "how": facts.how}
    if found.because:
        draft.say(f"links.{found.because}", values)
        return
    tried = {"tried": f"{int(found.tried.sum()):,}"}
    if len(found.what) == 0:
        draft.say("links.none", {**values, **tried})
        return
    each = {what: f"{int(found.tried[k]):,}" for k, what in enumerate(LINK_KINDS)}
    shown = {"count": min(_SHOWN, len(found.what)), "table": draft.next_table}
    said = [draft.text("links.tried", {**values, **tried, **each, **shown})]
    said.append(_best(draft, facts, found))
    draft.paragraph(sentences(facts, said))
    said = [_together(draft, facts, found), draft.text("links.screening")]
    draft.paragraph(sentences(facts, said))
    table = links_table(facts.findings, draft.language)
    add_table(draft, table.only(*_COLUMNS), rows=_SHOWN)


def _best(draft: Draft, facts: Facts, found: MissingLinks) -> str:
    area = area_text(facts.findings, found, 0, draft.language)
    if withheld(facts.findings, found, 0):
        return draft.text("links.best_withheld", {"area": area})
    lead = found.groups.index(facts.findings.lead_group)
    values = {
        "area": area, "between": between_text(found, 0, draft.language),
        "what": draft.text(f"links.{found.kinds[0]}"), "length": f"{found.length_m[0]:.0f}",
        "whom": facts.whom, "people": facts.people(float(found.gained[0, lead])),
        "before": minutes(float(found.before_s[0]), draft.language),
        "after": minutes(float(found.after_s[0]), draft.language),
    }  # fmt: skip
    return draft.text("links.best", values)


def _together(draft: Draft, facts: Facts, found: MissingLinks) -> str:
    """Return what the best few bring in together; nothing where one of them cannot say."""
    rows = found.together.tolist()
    if len(rows) < 2 or any(withheld(facts.findings, found, row) for row in rows):
        return ""
    lead = found.groups.index(facts.findings.lead_group)
    both = float(found.together_gained[-1, lead])
    alone = float(found.gained[found.together, lead].sum())
    values = {"count": len(rows), "people": facts.people(both), "sum": facts.people(alone)}
    overlap = facts.people(alone) != facts.people(both)
    return draft.text("links.together" if overlap else "links.together_apart", values)
