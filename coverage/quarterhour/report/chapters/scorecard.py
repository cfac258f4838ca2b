"""The section on indicators: what is met, the administrative rate beside the walk, and targets."""

import numpy as np

from quarterhour.cover.scorecard.results import SideBySide
from quarterhour.report.build.scorecard import storey_counts, targets_table
from quarterhour.report.build.scorecard_words import ScorecardWords
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.wording import percent, points, whole

_PRINTED = ("indicator", "value", "target", "verdict", "status", "source")
_ROWS = 12


def add_scorecard(draft: Draft, facts: Facts) -> None:
    """Add the section: counts of verdicts, the rate beside the walk, storeys, and the targets."""
    draft.section(draft.text("scorecard.h_section"))
    draft.paragraph(sentences(facts, [_counts(facts), _passed(facts)]))
    counts = storey_counts(facts.findings, draft.language)
    storeys = draft.text("scorecard.storeys_said", {"counts": counts})
    draft.paragraph(sentences(facts, [pair_text(facts), storeys]))
    table = targets_table(facts.findings, draft.language)
    if table.rows:
        caption = draft.text("scorecard.caption")
        add_table(draft, table.only(*_PRINTED), rows=_ROWS, caption=caption)


def pair_text(facts: Facts) -> str:
    """Return the finding: an administrative rate beside the share of people in reach."""
    pair = lead_pair(facts)
    if pair is None:
        return facts.words("scorecard.pair_unknown")
    said, card = ScorecardWords(facts.findings, facts.language), facts.findings.scorecard
    one = next(i for i in card.indicators if i.measure == pair.measure)
    values = {
        "measure": said.measure(pair.measure), "rate": percent(pair.rate),
        "numerator": whole(one.numerator), "denominator": whole(one.denominator),
        "whom": facts.whom, "minutes": card.minutes, "kinds": said.kinds(pair.kinds),
        "share": percent(pair.share), "points": points(abs(pair.difference), facts.language),
    }  # fmt: skip
    return facts.words("scorecard.pair", values)


def lead_pair(facts: Facts) -> SideBySide | None:
    """Return the pair that the report speaks of: of the kind it speaks of first, else the first.

    A rate above 1 (two facilities of one community count twice) comes last: it says nothing of
    how many communities have one.
    """
    known = [p for p in facts.findings.scorecard.pairs if np.isfinite(p.difference)]
    order = [(p.rate > 1.0, facts.lead_kind not in p.kinds) for p in known]
    return known[min(range(len(known)), key=order.__getitem__)] if known else None


def targets_text(facts: Facts) -> str:
    """Return how many targets are met, and the rate beside the walk, for the first page."""
    aimed = [i.verdict for i in facts.findings.scorecard.indicators if np.isfinite(i.target)]
    values = {"count": len(aimed), **{v: aimed.count(v) for v in ("met", "not_met", "unknown")}}
    counts = facts.words("scorecard.summary" if aimed else "scorecard.counts_none", values)
    return sentences(facts, [counts, pair_text(facts)])


def _counts(facts: Facts) -> str:
    aimed = [i for i in facts.findings.scorecard.indicators if np.isfinite(i.target)]
    if not aimed:
        return facts.words("scorecard.counts_none")
    said = [i.verdict for i in aimed]
    values = {
        "count": len(aimed), "met": said.count("met"), "not_met": said.count("not_met"),
        "unknown": said.count("unknown"), "sheet": facts.words("scorecard.s_missing"),
    }  # fmt: skip
    return facts.words("scorecard.counts", values)


def _passed(facts: Facts) -> str:
    card = facts.findings.scorecard
    passed = sum(i.target_passed for i in card.indicators)
    values = {"count": passed, "year": card.year}
    return facts.words("scorecard.passed", values) if passed else ""
