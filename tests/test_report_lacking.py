"""The report of studies that ask or know little: sections say so, and none is empty or fails."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from quarterhour.cover.bands import DistanceBands
from quarterhour.cover.case import Case
from quarterhour.cover.hierarchy import Hierarchy
from quarterhour.cover.supply.places import measure_supply
from quarterhour.cover.supply.served import share_out
from quarterhour.cover.sweep.results import Sweep
from quarterhour.findings import Findings
from quarterhour.report.chapters.scorecard import lead_pair, pair_text
from quarterhour.report.document import build_outline
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Grid, Heading, Listing, Outline, Paragraph
from quarterhour.report.tables import workbook_tables
from quarterhour.words import LANGUAGES, Language, Words
from withholding import withhold

BROKEN = re.compile(r"\bnan\b|\binf\b|\bNone\b|[{}]|\(\(|（（|，，|。。")


def no_question(findings: Findings) -> Findings:
    return replace(findings, plans=())


def nothing_beside(findings: Findings) -> Findings:
    measured = replace(
        findings.measured, years=None, neighbours=None, circles=(), services=None, placement=None,
        equity=replace(findings.measured.equity, zones=()),
    )  # fmt: skip
    return replace(findings, measured=measured, links=None)


def nothing_tried(findings: Findings) -> Findings:
    bare = nothing_beside(findings)
    measured = replace(bare.measured, hierarchy=Hierarchy(), bands=DistanceBands())
    return replace(bare, measured=measured, sweep=Sweep(), plans=())


def no_target(findings: Findings) -> Findings:
    card = findings.scorecard
    kept = tuple(replace(i, target=np.nan, verdict="side_by_side") for i in card.indicators)
    return replace(findings, scorecard=replace(card, indicators=kept, pairs=()))


def no_capacity(findings: Findings) -> Findings:
    f = findings.facilities
    facilities = replace(f, capacity=np.full(len(f.ids), np.nan))
    case = Case(findings.network, facilities, findings.demand, findings.areas,
                findings.study.walker("elder"))  # fmt: skip
    supply = measure_supply(case, need={}, turns={})
    served = share_out(case, need={}, turns={})
    measured = replace(findings.measured, supply=supply, served=served)
    return replace(findings, facilities=facilities, measured=measured)


def one_cannot_say(findings: Findings) -> Findings:
    return withhold(findings, [1])


def none_can_say(findings: Findings) -> Findings:
    return withhold(findings, range(len(findings.areas.names)))


CASES = (no_question, nothing_beside, nothing_tried, no_target, no_capacity, one_cannot_say,
         none_can_say)  # fmt: skip


@pytest.fixture(scope="module")
def findings(small_run) -> Findings:
    return small_run.findings


def texts_of(outline: Outline) -> list[str]:
    """Return every sentence, heading and cell of an outline."""
    said = [p.text for p in outline.summary.paragraphs]
    for block in outline.blocks:
        if isinstance(block, Paragraph | Heading):
            said.append(block.text)
        elif isinstance(block, Listing):
            said += [item.text for item in block.items]
        elif isinstance(block, Grid):
            said += [*block.headers, *block.notes, *(c for row in block.rows for c in row)]
    return said


def leads_of(outline: Outline) -> dict[str, str]:
    """Return what is said behind each bold lead of a list."""
    lists = [block for block in outline.blocks if isinstance(block, Listing)]
    return {item.lead: item.text for block in lists for item in block.items if item.lead}


def section_of(outline: Outline, name: str) -> str:
    """Return the paragraphs of a section; empty where there is no such heading."""
    said, inside = [], False
    for block in outline.blocks:
        if isinstance(block, Heading):
            inside = block.text.endswith(name)
        elif inside and isinstance(block, Paragraph):
            said.append(block.text)
    return "".join(said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lacking", CASES, ids=lambda case: case.__name__)
def test_a_report_of_little_is_whole(
    findings: Findings, lacking: Callable[[Findings], Findings], language: Language
) -> None:
    poor = lacking(findings)
    outline = build_outline(poor, language=language)
    assert not [text for text in texts_of(outline) if BROKEN.search(text)]
    assert all(p.text.strip() for p in outline.summary.paragraphs)
    assert all(b.text.strip() for b in outline.blocks if isinstance(b, Paragraph))
    # A heading is followed by something that is said under it.
    for one, other in zip(outline.blocks, outline.blocks[1:], strict=False):
        if isinstance(one, Heading) and isinstance(other, Heading):
            assert other.level > one.level, one.text
    tables = [b.number for b in outline.blocks if isinstance(b, Grid)]
    assert tables == list(range(1, len(tables) + 1))
    body = "\n".join(text for text in texts_of(outline))
    named = {int(n) for n in re.findall(r"(?:表|[Tt]ables? )(\d+)", body)}
    assert named <= set(tables)
    for name, table in workbook_tables(poor, language):
        assert len(name) <= 31
        assert not [c for row in table.texts() for c in row if re.search(r"\b(nan|inf)\b", c)]


def test_what_is_not_asked_has_no_section(findings: Findings) -> None:
    words = Words("zh")
    full, bare = (build_outline(f, language="zh") for f in (findings, nothing_tried(findings)))
    for key in ("circles", "links", "sweep", "scenarios"):
        name = words(f"{key}.h_section")
        assert section_of(full, name), key
        assert not section_of(bare, name), key
    assert section_of(bare, words("hierarchy.h_section")) == words("hierarchy.none")
    assert words("report.lead_matters") not in leads_of(bare)
    assert words("report.lead_matters") in leads_of(full)


def test_without_capacities_nobody_is_said_to_find_a_place(findings: Findings) -> None:
    outline = build_outline(no_capacity(findings), language="zh")
    said = leads_of(outline)[Words("zh")("report.lead_room")]
    assert said == "养老服务站的容量均待补充，走得到不等于有位置。"
    section = section_of(outline, Words("zh")("supply.h_section"))
    assert "无法测算有多少人可得到安排" in section and section.count("可得到安排") == 1


def test_without_a_rate_the_list_of_communities_is_asked_for(findings: Findings) -> None:
    words, none = Words("zh"), no_target(findings)
    assert lead_pair(Facts.of(none, "zh")) is None
    outline = build_outline(none, language="zh")
    said = "\n".join(texts_of(outline))
    assert words("scorecard.pair_unknown") in said and words("scorecard.counts_none") in said
    assert words("report.wanted_communities") in said and words("report.d_admin") in said
    known = "\n".join(texts_of(build_outline(findings, language="zh")))
    assert words("report.wanted_communities") not in known
    assert words("report.d_admin_beside") in known and words("report.d_admin") not in known


def test_a_rate_above_one_gives_way_to_one_that_counts_communities(findings: Findings) -> None:
    card, facts = findings.scorecard, Facts.of(findings, "zh")
    lead = lead_pair(facts)
    assert lead is not None and lead.rate <= 1.0
    doubled = tuple(replace(p, rate=1.9) if p is lead else p for p in card.pairs)
    other = replace(findings, scorecard=replace(card, pairs=doubled))
    found = lead_pair(Facts.of(other, "zh"))
    assert found is not None and found.measure != lead.measure and found.rate <= 1.0
    assert "190.0%" not in pair_text(Facts.of(other, "zh"))


def test_limits_name_what_the_study_rests_on(findings: Findings) -> None:
    words = Words("zh")
    full = "\n".join(texts_of(build_outline(findings, language="zh")))
    bare = "\n".join(texts_of(build_outline(nothing_tried(findings), language="zh")))
    for key in ("l_need", "l_access", "l_targets"):
        assert words(f"report.{key}") in full and words(f"report.{key}") in bare
    for key in ("l_links", "l_years", "l_border_shown", "l_placement_two"):
        assert words(f"report.{key}") in full and words(f"report.{key}") not in bare
    assert words("report.l_border") in bare and words("report.wanted_neighbours") in bare
    assert words("report.wanted_neighbours") not in full
    assert not [text for text in full.splitlines() if text == words("report.l_border")]


@pytest.mark.parametrize("lacking", [lambda f: f, one_cannot_say], ids=["whole", "one_withheld"])
def test_every_total_is_the_sum_of_its_rows(
    findings: Findings, lacking: Callable[[Findings], Findings]
) -> None:
    summed = 0
    for name, table in workbook_tables(lacking(findings), "en"):
        for at, column in enumerate(table.columns):
            cells = [row[at] for row in table.rows]
            if table.total is None or column.kind != "count" or isinstance(table.total[at], str):
                continue
            if not any(isinstance(cell, str) for cell in cells):
                assert sum(cells) == pytest.approx(table.total[at], abs=1e-5), (name, column.key)
                summed += 1
    assert summed > 50
