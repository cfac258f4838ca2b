"""Questions about sites as a study asks them: what types alone cannot say of ``[[siting]]``."""

from quarterhour.errors import Fault
from quarterhour.keylines import KeyLines, Way, dotted
from quarterhour.studytables import RuleTable, SitingTable


def siting_faults(questions: tuple[SitingTable, ...], place: KeyLines) -> list[Fault]:
    """Find what is missing from siting questions, or cannot be asked together."""
    faults = []
    for n, question in enumerate(questions):
        way: Way = ("siting", n)
        faults += _limits(question, place, way)
        faults += _together(question, place, way)
        faults += _years(question, place, way)
        for k, rule in enumerate(question.rule):
            faults += _rule(rule, place, (*way, "rule", k))
    return faults


def named_of(questions: tuple[SitingTable, ...]) -> list[tuple[Way, str]]:
    """Return each file that siting questions name, with its key."""
    named: list[tuple[Way, str]] = []
    for n, question in enumerate(questions):
        named.append((("siting", n, "candidates"), question.candidates))
        for k, rule in enumerate(question.rule):
            named.append((("siting", n, "rule", k, "hazard"), rule.hazard))
    return [(way, file) for way, file in named if file]


def read_for(question: SitingTable) -> dict[str, object]:
    """Return what of a question says which files are read, and how; the rest changes no input."""
    return {
        "kind": question.kind, "candidates": question.candidates, "datum": question.datum,
        "columns": question.columns,
        "hazards": [(rule.hazard, rule.hazard_datum) for rule in question.rule if rule.hazard],
    }  # fmt: skip


def _limits(question: SitingTable, place: KeyLines, way: Way) -> list[Fault]:
    faults = []
    if not question.candidates and not question.generate:
        faults.append(_missing((*way, "candidates"), place))
    budget = question.budget
    by_money = budget is not None and (budget.total is not None or bool(budget.by_year))
    limited = question.sites is not None or by_money or question.sites_a_year is not None
    if question.question != "fewest_sites" and not limited:
        faults.append(_missing((*way, "sites"), place))
    if question.fewest == "cost" and budget is None:
        faults.append(_missing((*way, "budget"), place))
    if question.robust and len(question.robust_speeds) < 1:
        faults.append(_missing((*way, "robust_speeds"), place))
    if question.generate and budget is not None and budget.site is None:
        # Nobody knows what a generated site costs.
        faults.append(_missing((*way, "budget", "site"), place))
    return faults + _idle(question, place, way)


def _idle(question: SitingTable, place: KeyLines, way: Way) -> list[Fault]:
    """Find keys that would have no effect without another one."""
    fewest = 'question = "fewest_sites"'
    idle = [
        (key, other)
        for key, said, needed, other in (
            ("share", question.share < 1.0, question.question == "fewest_sites", fewest),
            ("share_of", question.share_of != "all", question.question == "fewest_sites", fewest),
            ("fewest", question.fewest != "sites", question.question == "fewest_sites", fewest),
            ("places", question.places is not None, question.capacity, "capacity = true"),
            ("robust_speeds", bool(question.robust_speeds), bool(question.robust), "robust"),
        )
        if said and not needed
    ]
    return [
        place.fault("study.needs", {"key": f"siting.{key}", "other": other}, (*way, key))
        for key, other in idle
    ]


def _together(question: SitingTable, place: KeyLines, way: Way) -> list[Fault]:
    """Find what no model answers together."""
    asked = {
        "years": bool(question.years), "capacity": question.capacity,
        "robust": bool(question.robust), "weights": bool(question.weights),
    }  # fmt: skip
    wrong = [
        (one, other)
        for one, other in (("years", "capacity"), ("years", "robust"), ("capacity", "robust"),
                           ("robust", "weights"))
        if asked[one] and asked[other]
    ]  # fmt: skip
    covering = ("most_people",)
    for key, allowed in (
        ("years", covering), ("robust", covering), ("weights", covering),
        ("capacity", ("most_people", "fewest_sites")),
    ):  # fmt: skip
        if asked[key] and question.question not in allowed:
            wrong.append((key, f'question = "{question.question}"'))
    if question.close_at_most:
        others = [key for key in ("years", "capacity", "robust") if asked[key]]
        if question.question == "fewest_sites":
            others.append('question = "fewest_sites"')
        if any(rule.lead for rule in question.rule):
            others.append("siting.rule.lead")
        wrong += [("close_at_most", other) for other in others]
    return [
        place.fault("study.not_together", {"key": f"siting.{one}", "other": other}, (*way, one))
        for one, other in wrong
    ]


def _years(question: SitingTable, place: KeyLines, way: Way) -> list[Fault]:
    years, budget, faults = question.years, question.budget, list[Fault]()
    if tuple(sorted(set(years))) != years or any(not 1900 <= year <= 2200 for year in years):
        values = {"key": "siting.years", "value": str([*years]), "allowed": "[2027, 2028, 2029]"}
        faults.append(place.fault("study.bad_value", values, (*way, "years")))
    by_year = budget.by_year if budget is not None else {}
    unknown = [year for year in by_year if not year.isdigit() or int(year) not in years]
    if unknown:
        values = {"key": "siting.budget.by_year", "value": ", ".join(unknown),
                  "allowed": ", ".join(map(str, years)) or "siting.years"}  # fmt: skip
        faults.append(place.fault("study.bad_value", values, (*way, "budget", "by_year")))
    if years and not by_year and question.sites_a_year is None:
        faults.append(_missing((*way, "sites_a_year"), place))
    if question.sites_a_year is not None and not years:
        faults.append(_missing((*way, "years"), place))
    return faults


def _rule(rule: RuleTable, place: KeyLines, way: Way) -> list[Fault]:
    if rule == RuleTable():
        return [place.fault("study.nothing_named", {"key": dotted(way)}, way)]
    if rule.hazard_m > 0 and not rule.hazard:
        return [_missing((*way, "hazard"), place)]
    leading = rule.lead_minutes is not None or rule.lead_at_most != RuleTable().lead_at_most
    if leading and not rule.lead:
        return [_missing((*way, "lead"), place)]
    return []


def _missing(way: Way, place: KeyLines) -> Fault:
    return place.fault("study.missing_key", {"key": dotted(way)}, way)
