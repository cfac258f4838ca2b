"""Orders: which plates a run can have, in the order of their numbers, before any is drawn."""

from quarterhour import wording
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.guide_orders import guide_orders
from quarterhour.maps.imprint import clean, own_words
from quarterhour.maps.more_orders import (
    density_title,
    group_orders,
    kinds_shown,
    layout_orders,
    radius_orders,
    supply_orders,
)
from quarterhour.maps.titles import Order, PlateTitle
from quarterhour.words import Words

PLANNED = ("plan", "planned_reach", "canteens", "mutual_aid", "phases", "guide", "site")
# Number, word of the title, drawing and stem of what each question has a plate of.
_LAYOUT = (
    ("07", "candidates", "candidates", "candidates"), ("08", "plan", "plan", "plan"),
    ("09", "reach_planned", "planned_reach", "reach-planned"),
)  # fmt: skip
_YEARS = (("12", "phases", "phases", "phases"),)


def orders_of(findings: Findings, words: Words) -> list[Order]:
    """Return what is to be drawn, in order of the numbers."""
    minutes = findings.coverage.minutes[-1]
    own = own_words(findings)
    orders = [
        Order(PlateTitle("01", words("plate.title_area"), "01-planning-area"), "area"),
        Order(PlateTitle("02", density_title(findings, findings.lead_group, words), "02-density"),
              "density"),
        *group_orders(findings, words),
        Order(PlateTitle("03", words(f"plate.title_facilities{own}"), "03-facilities"),
              "facilities"),
    ]  # fmt: skip
    for n, kind in enumerate(kinds_shown(findings)):
        number = f"04-{n}" if n else "04"
        title = words("plate.title_reach_any", {"minutes": minutes, "kind": _name(kind, words)})
        orders.append(Order(PlateTitle(number, title, f"{number}-reach"), "reach", kind))
    orders += radius_orders(findings, words)
    known = findings.coverage.kinds
    asked = dict.fromkeys(p.plan.kind for p in findings.plans if p.plan.kind in known)
    for n, kind in enumerate(asked or (ANY,), start=1):
        number = f"06-{n}" if len(asked) > 1 else "06"
        title = words("plate.title_gaps", {"kind": _name(kind, words)})
        orders.append(Order(PlateTitle(number, title, f"{number}-gaps"), "gaps", kind))
    further = len(asked) + 1 if len(asked) > 1 else 1
    if findings.links is not None and len(findings.links.what):
        kind = findings.links.kind
        number = f"06-{further}"
        title = words("plate.title_links", {"kind": _name(kind, words)})
        orders.append(Order(PlateTitle(number, title, f"{number}-links"), "links", kind))
        further += 1
    orders += supply_orders(findings, words, first=further)
    return [
        *orders, *_plan_orders(findings, words, _LAYOUT), *layout_orders(findings, words),
        *_plan_orders(findings, words, _YEARS), *guide_orders(findings, words),
    ]  # fmt: skip


def _plan_orders(
    findings: Findings, words: Words, families: tuple[tuple[str, str, str, str], ...]
) -> list[Order]:
    orders = []
    for first, key, drawing, stem in families:
        for n, plan in enumerate(findings.plans, start=1):
            phases = plan.plan.phases
            if drawing == "phases" and phases is None:
                continue
            # A plate has the number of its question, also where another question has none.
            number = f"{first}-{n}" if len(findings.plans) > 1 else first
            kind = plan.plan.kind
            values = {"minutes": findings.coverage.minutes[-1], "kind": _name(kind, words)}
            text = f"plate.title_{key}{own_words(findings) if key == 'plan' else ''}"
            if drawing == "phases" and phases is not None:
                values |= {"year": phases.years[-1]}
                text = "planmap.title_phases"
            title = PlateTitle(number, words(text, values), f"{number}-{stem}")
            orders.append(Order(title, drawing, kind, plan))
    return orders


def _name(kind: str, words: Words) -> str:
    return _label(kind, "kind", words)


def _label(name: str, table: str, words: Words) -> str:
    return clean(wording.label(name, table, words.language))
