"""Orders of the plates of one area (13-n) and of one recommended site (S-n).

Sites are numbered in building order: ``S-1``, ``S-2`` where one question was asked, and
``S-1-1``, ``S-2-1`` (question, then site) where there are several. Design of this tool.
"""

from quarterhour.findings import Findings, PlanFinding
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.imprint import clean, own_words
from quarterhour.maps.titles import Order, PlateTitle
from quarterhour.words import Words

GUIDE, SITE = "guide", "site"


def guide_orders(findings: Findings, words: Words) -> list[Order]:
    """Return a plate for each area, and for each recommended site of each question."""
    orders = []
    plan = next(iter(findings.plans), None)
    asked = plan.plan.kind if plan is not None else ANY
    kind = asked if asked in findings.coverage.kinds else ANY
    for row, name in enumerate(findings.areas.names):
        number = f"13-{row + 1}"
        title = words(f"guide.title_area{own_words(findings)}", {"area": clean(name)})
        plate = PlateTitle(number, title, f"{number}-guide")
        orders.append(Order(plate, GUIDE, kind, plan, area=row))
    for n, plan in enumerate(findings.plans, start=1):
        first = f"S-{n}-" if len(findings.plans) > 1 else "S-"
        for rank in range(len(plan.chosen)):
            number = f"{first}{rank + 1}"
            title = words("guide.title_site", {"site": site_name(plan, rank)})
            plate = PlateTitle(number, title, f"{number}-site")
            orders.append(Order(plate, SITE, plan.plan.kind, plan, site=rank))
    return orders


def site_name(plan: PlanFinding, rank: int) -> str:
    """Return id and name of a recommended site, as far as it has one."""
    row = int(plan.chosen[rank])
    id_, name = plan.premises.ids[row], clean(plan.premises.names[row])
    return f"{id_} {name}" if name and name != id_ else id_
