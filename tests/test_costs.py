"""What a plan costs: one sum wherever it is told, and none where a part of it is not known."""

import re
from dataclasses import replace

import numpy as np
import pytest

from quarterhour.findings import Findings
from quarterhour.pipeline import StudyRun
from quarterhour.report.build.sites import proof_table, sites_table
from quarterhour.report.document import build_outline
from quarterhour.report.official import annual_table
from quarterhour.report.official.provenance import figures
from quarterhour.report.outline import Grid, Paragraph
from quarterhour.studytables import BudgetTable

EACH = 123_400.0


def priced(findings: Findings, *, own: float, budget: BudgetTable | None = None) -> Findings:
    """Return findings whose first site has no cost of its own, and all others one."""
    found = findings.plans[0]
    cost = np.full(len(found.premises.ids), np.nan)
    cost[found.chosen[1:]] = own
    premises = replace(found.premises, build_cost=cost)
    table = replace(found.table, budget=budget)
    return replace(findings, plans=(replace(found, premises=premises, table=table),))


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


def test_what_premises_do_not_say_the_question_says(findings: Findings) -> None:
    found = priced(findings, own=EACH, budget=BudgetTable(site=100_000)).plans[0]
    others = len(found.chosen) - 1
    assert found.costs.tolist() == [100_000.0] + [EACH] * others
    assert found.cost == 100_000.0 + EACH * others
    assert np.isnan(priced(findings, own=EACH).plans[0].cost)
    assert np.isnan(replace(found, chosen=found.chosen[:0]).cost)


def test_the_sum_is_the_same_wherever_it_stands(findings: Findings) -> None:
    known = priced(findings, own=EACH, budget=BudgetTable(site=100_000))
    total = known.plans[0].cost
    yuan, wan = f"{total:,.0f}", f"{total / 1e4:,.2f}"
    outline = build_outline(known, language="zh")
    assert f"{wan}万元" in [value for _, value in outline.summary.figures]
    said = [b.text for b in outline.blocks if isinstance(b, Paragraph)]
    assert any(yuan in text for text in said)
    grids = {b.caption: str(b) for b in outline.blocks if isinstance(b, Grid)}
    assert wan in next(text for caption, text in grids.items() if "综合论证" in caption)
    assert wan in next(text for caption, text in grids.items() if "主要指标对比" in caption)
    annual = annual_table(known, "zh")
    at = [column.key for column in annual.columns].index("invest")
    assert annual.total is not None and annual.total[at] == pytest.approx(total / 1e4)
    assert total in [row[1] for row in proof_table(known, "zh").rows]
    table = sites_table(known, "zh")
    at = [column.key for column in table.columns].index("build_cost")
    assert sum(row[at] for row in table.rows) == pytest.approx(total)
    assert figures(known, "zh")["plans"][0]["cost_cny"] == total


def test_a_sum_of_which_a_part_is_unknown_is_nowhere(findings: Findings) -> None:
    unknown = priced(findings, own=EACH)
    part = EACH * (len(unknown.plans[0].chosen) - 1)
    outline = build_outline(unknown, language="zh")
    told = " ".join(map(str, (outline.summary, *outline.blocks)))
    for sum_ in (f"{part / 1e4:,.2f}", f"{part:,.0f}"):
        assert not re.search(rf"(?<![\d,]){re.escape(sum_)}(?![\d])", told), sum_
    assert figures(unknown, "zh")["plans"][0]["cost_cny"] is None
