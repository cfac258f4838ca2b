"""Orders of further plates: other groups, straight radii, supply, canteens, mutual-aid points."""

import math

from quarterhour import wording
from quarterhour.findings import Findings, PlanFinding
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.imprint import clean, year_of
from quarterhour.maps.titles import Order, PlateTitle
from quarterhour.words import Words

RADIUS = "policy_radius"
# Of these nested groups one has a plate beside the lead group; a group of the study's own always.
_NESTED, _OLDEST = ("all", "60+", "65+", "80+"), "80+"
_VILLAGE_PRESETS = ("dazu",)


def density_title(findings: Findings, group: str, words: Words) -> str:
    """Return the title of a plate of density: elders, or people of any other sort."""
    year = year_of(findings.study.study.date)
    values = {"group": clean(wording.label(group, "group", words.language)), "year": year}
    if not year:
        return words("plate.title_density_undated", values)
    return words(
        "plate.title_density" if group.endswith("+") else "plate.title_density_all", values
    )


def group_orders(findings: Findings, words: Words) -> list[Order]:
    """Return 02-n: those of 80 and more, and the study's own groups; ``kind`` is the group."""
    lead, groups = findings.lead_group, findings.demand.groups
    further = [g for g in groups if g != lead and (g == _OLDEST or g not in _NESTED)]
    return [
        Order(PlateTitle(f"02-{n}", density_title(findings, group, words), f"02-{n}-density"),
              "group_density", group)
        for n, group in enumerate(further, start=1)
    ]  # fmt: skip


def kinds_shown(findings: Findings) -> tuple[str, ...]:
    """Return what reach is shown of: any kind, then each; a single kind is all there is."""
    kinds = findings.facilities.all_kinds()
    return kinds if len(kinds) == 1 else (ANY, *kinds)


def radius_orders(findings: Findings, words: Words) -> list[Order]:
    """Return 05, and 05-n for each kind that is asked about, ``n`` as on plate 04-n."""
    if not math.isfinite(findings.summary().of(ANY).share_policy_radius):
        return []
    asked = {found.plan.kind for found in findings.plans}
    orders = []
    for n, kind in enumerate(kinds_shown(findings)):
        if n and kind not in asked:
            continue
        number = f"05-{n}" if n else "05"
        title = words("moreplates.title_radius", {"kind": _name(kind, words)})
        orders.append(Order(PlateTitle(number, title, f"{number}-radius"), "radius", kind))
    return orders


def supply_orders(findings: Findings, words: Words, *, first: int) -> list[Order]:
    """Return 06-n after the gaps and links: places and demand of each kind that is asked about.

    Without a question, of each kind of which the study says how many ask for a place.
    """
    supply = findings.measured.supply
    asked = dict.fromkeys(p.plan.kind for p in findings.plans if p.plan.kind in supply.kinds)
    if not asked:
        said = needs(findings)
        asked = dict.fromkeys(kind for kind in supply.kinds if kind in said)
    orders = []
    for n, kind in enumerate(asked, start=first):
        title = words("moreplates.title_supply", {"kind": _name(kind, words)})
        orders.append(Order(PlateTitle(f"06-{n}", title, f"06-{n}-supply"), "supply", kind))
    return orders


def needs(findings: Findings) -> dict[str, float]:
    """Return the share that asks for a place, by kind, where the study says one."""
    return _said(findings, findings.study.supply.need)


def turns_of(findings: Findings, kind: str) -> float | None:
    """Return people per place a day; ``None`` where the study does not say."""
    return _said(findings, findings.study.supply.turns).get(kind)


def layout_orders(findings: Findings, words: Words) -> list[Order]:
    """Return 10 (canteens) and 11 (mutual-aid points), where the study has any or asks for some."""
    held, orders = findings.facilities.all_kinds(), []
    village = findings.study.scorecard.preset in _VILLAGE_PRESETS
    for number, kind, stem, always in (
        ("10", "canteen", "canteens", False), ("11", "mutual_aid", "mutual-aid", village),
    ):  # fmt: skip
        plans = [(n, p) for n, p in enumerate(findings.plans, start=1) if p.plan.kind == kind]
        if not plans and kind not in held and not always:
            continue
        chosen: list[tuple[int, PlanFinding | None]] = [*plans] or [(0, None)]
        for n, plan in chosen:
            # Several questions of this kind: each plate has the number of its question.
            own = f"{number}-{n}" if len(chosen) > 1 else number
            drawing = stem.replace("-", "_")
            title = PlateTitle(own, words(f"moreplates.title_{drawing}"), f"{own}-{stem}")
            orders.append(Order(title, drawing, kind, plan))
    return orders


def _said(findings: Findings, table: dict[str, float]) -> dict[str, float]:
    from quarterhour.cover.circles import kind_of
    from quarterhour.inputs.tables import fold

    by_name = {fold(kind): kind for kind in findings.facilities.all_kinds()}
    told = {kind_of(word): value for word, value in table.items()}
    return {by_name.get(fold(kind), kind): value for kind, value in told.items()}


def _name(kind: str, words: Words) -> str:
    return clean(wording.label(kind, "kind", words.language))
