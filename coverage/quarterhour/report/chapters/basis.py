"""What the choice rests on: documents with their status, and principles."""

from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft

_SITING_PRINCIPLES = ("walk", "most", "fair", "reuse", "easy", "lawful", "checked")
_BEST = {
    "most_people": "most", "fewest_sites": "fewest", "least_walking": "walking",
    "shortest_longest": "longest",
}  # fmt: skip
_COVER_PRINCIPLES = ("walk", "everybody", "apart", "easy_cover", "checked")
# Places whose own documents are cited, as they stand in a study's name.
_OWN = {"沙坪坝": "spb", "大足": "dz"}


def add_basis(draft: Draft, facts: Facts) -> None:
    """Add the basis: documents with their status, and principles."""
    siting = bool(facts.findings.plans)
    draft.chapter(draft.text("report.h_basis" if siting else "report.h_basis_cover"))
    draft.section(draft.text("report.h_policies"))
    draft.say("report.policies", {"table": draft.next_table})
    rows = [
        (draft.text(f"report.doc_{name}"), draft.text(f"report.use_{name}"),
         draft.text(f"report.applies_{applies}"), draft.text("report.to_verify"))
        for name, applies in _documents(facts)
    ]  # fmt: skip
    headers = [draft.text(f"report.c_{c}") for c in ("document", "use", "applies", "status")]
    draft.grid(draft.text("report.t_policies"), headers, rows, numeric=(False,) * 4)
    draft.section(draft.text("report.h_principles"))
    draft.say("report.principles_siting" if siting else "report.principles_cover")
    names = _siting_principles(facts) if siting else _COVER_PRINCIPLES
    draft.listing([draft.text(f"report.p_{name}") for name in names], numbered=True)


def _siting_principles(facts: Facts) -> tuple[str, ...]:
    """Return the principles of the questions asked: what is best, and whether areas were a rule."""
    plans = facts.findings.plans
    best = dict.fromkeys(
        "merit" if p.table.weights else _BEST[p.plan.question] for p in plans
    )  # fmt: skip
    fair = any(rule.per_area_at_least for p in plans for rule in p.table.rule)
    first, _, _, *rest = _SITING_PRINCIPLES
    return (first, *best, "fair_rule" if fair else "fair", *rest)


def _documents(facts: Facts) -> list[tuple[str, str]]:
    """Return which documents are cited and how they apply; only what is used, and the own."""
    own = next((short for place, short in _OWN.items() if place in facts.district), "")
    here = "own" if own == "spb" else "model"
    found = [("spb_2020_56", here)]
    found += [("spb_canteen", here)] if facts.findings.plans else []
    found += [("spb_145_elder", "own"), ("spb_145_civil", "own")] if own == "spb" else []
    found += [("dz_145_elder", "own")] if own == "dz" else []
    return [*found, ("gb_50180", "quoted")]
