"""What the report says of other circles: a sentence for each, and one table for all."""

from quarterhour.cover.circles import OtherCircle
from quarterhour.report.build.circles import circles_table, kinds_text
from quarterhour.report.columns import clean_text
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.wording import label, percent

_SHOWN = ("circle", "kinds", "walker", "facilities", "limit", "within", "share", "no_street")


def add_circles(draft: Draft, facts: Facts) -> None:
    """Add the section on other circles, where the study names any."""
    circles = facts.findings.measured.circles
    if not circles:
        return
    draft.section(draft.text("circles.h_section"))
    said = [_said(circle, facts) for circle in circles]
    said.append(draft.text("circles.table", {"table": draft.next_table}))
    draft.paragraph(sentences(facts, said))
    add_table(draft, circles_table(facts.findings, draft.language).only(*_SHOWN), once="circle")


def _said(circle: OtherCircle, facts: Facts) -> str:
    """Return how many people a circle reaches within its longest limit."""
    name, kinds = clean_text(circle.name), kinds_text(circle, facts.language)
    if circle.facilities == 0:
        return facts.words("circles.said_none", {"circle": name, "kinds": kinds})
    values = {
        "circle": name, "kinds": kinds, "count": circle.facilities,
        "walker": label(circle.walker, "walker", facts.language), "minutes": circle.minutes[-1],
        "group": label(circle.lead_group, "group", facts.language),
        "people": facts.people(circle.people()), "share": percent(circle.share()),
    }  # fmt: skip
    return facts.words("circles.said", values)
