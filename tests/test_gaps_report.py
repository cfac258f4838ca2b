"""Gaps on paper: tables, names, walks and what an area that cannot say keeps to itself."""

import re
from dataclasses import replace

import numpy as np
import pytest

from quarterhour.cover import CAUSES
from quarterhour.cover.gaps.finding import CrowdedPlaces
from quarterhour.cover.gaps.names import Apart
from quarterhour.findings import Findings
from quarterhour.maps.gap_layers import HATCHES
from quarterhour.maps.gap_place import gap_place
from quarterhour.pipeline import StudyRun
from quarterhour.report import build
from quarterhour.report.build.gaps import barrier_text, cause_text, causes_text
from quarterhour.report.document import build_outline
from quarterhour.report.outline import Paragraph
from quarterhour.words import LANGUAGES, Words
from withholding import withhold

STATION = "care_station"


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


def with_gaps(findings: Findings, **changed) -> Findings:
    """Return the findings with something else said of the gaps of stations."""
    gaps = tuple(replace(g, **changed) if g.kind == STATION else g for g in findings.gaps)
    return replace(findings, gaps=gaps)


def test_every_cause_has_a_name_and_those_of_gaps_a_hatch() -> None:
    for language in LANGUAGES:
        assert all(Words(language).has(f"cause.{c}") for c in CAUSES)
    assert set(HATCHES) == set(CAUSES) - {"capacity"}
    assert len(set(HATCHES.values())) == len(HATCHES)


def test_places_of_gaps_in_words() -> None:
    streets = ("松林路", "松林路", "松林路", "", "", "松林路")
    apart = Apart(
        ("", "", "柏树路", "", "", "柏树路"), ("east", "", "", "north", "", ""),
        np.array([0, 0, 0, 0, 0, 2]),
    )  # fmt: skip
    said = [gap_place(streets, apart, n, "zh") for n in range(6)]
    assert said == ["松林路（东侧）", "松林路", "松林路、柏树路", "北侧", "—",
                    "松林路、柏树路（第2处）"]  # fmt: skip
    assert gap_place(streets, apart, 5, "en") == "松林路 and 柏树路 (no. 2)"


def test_shares_by_cause_and_barriers_in_words(findings: Findings) -> None:
    n = len(findings.gaps_of(STATION).ids)
    people = np.zeros((n, len(CAUSES)))
    people[:, CAUSES.index("stairs")], people[:, CAUSES.index("barrier")] = 30, 90
    told = with_gaps(
        findings, by_cause=people, cause=("barrier",) * n, barrier_kind=("river",) * n,
        barrier_name=("示例江", *[""] * (n - 1)),
    ).gaps_of(STATION)  # fmt: skip
    assert causes_text(told, 0, "zh") == "阻隔绕行75.0%、台阶25.0%"
    assert cause_text(told, 0, "zh") == "阻隔绕行：示例江"
    assert barrier_text(told, 1, "en") == "water"
    assert cause_text(replace(told, barrier_kind=("",) * n, barrier_name=("",) * n), 0, "zh") == (
        "阻隔绕行"
    )


def test_no_two_rows_of_one_kind_share_area_and_place(findings: Findings) -> None:
    table = build.gaps_table(findings, "zh")
    named = list(zip(table.column("kind"), table.column("area"), table.column("street"),
                     strict=True))  # fmt: skip
    assert len(set(named)) == len(named)


def test_shares_by_cause_are_all_who_are_outside(findings: Findings) -> None:
    lead = findings.coverage.groups.index(findings.lead_group)
    for gaps in findings.gaps:
        outside = gaps.people[:, lead].sum() + gaps.scattered[lead]
        counted = gaps.by_cause.sum() + gaps.scattered_by_cause.sum()
        assert counted == pytest.approx(outside)


def test_example_walks_are_of_coverage_and_withheld_with_their_gap(findings: Findings) -> None:
    gaps = findings.gaps_of(STATION)
    table = build.gap_examples_table(findings, "zh", kind=STATION)
    assert len(table.rows) == len(gaps.examples.gap) > len(gaps.ids)
    ms = findings.coverage.ms[findings.coverage.kinds.index(STATION), 0]
    told = (gaps.examples.seconds[np.isfinite(gaps.examples.seconds)] * 1000).round()
    assert np.isin(told, ms).all()
    # Minutes are of the home, metres of its way: an elder walks at 0.85 m/s at best.
    known = np.isfinite(gaps.examples.metres)
    pace = gaps.examples.metres[known] / gaps.examples.seconds[known]
    assert (pace <= 0.85 + 1e-3).all() and known.any()
    area = findings.areas.names.index(gaps.areas[0])
    held = build.gap_examples_table(withhold(findings, [area], kinds=[STATION]), "zh", kind=STATION)
    dumb = Words("zh")("completeness.cannot_say")
    mine = [gaps.areas[g] == gaps.areas[0] for g in gaps.examples.gap]
    for key in ("walk_min", "way_m", "steps", "up_m", "nearest", "facility"):
        assert [c == dumb for c in held.column(key)] == mine


def test_the_report_walks_from_its_largest_gaps(findings: Findings) -> None:
    said = "\n".join(
        str(b.text) for b in build_outline(findings, language="zh").blocks
        if isinstance(b, Paragraph)
    )  # fmt: skip
    walks = re.search(r"步行示例：.*", said)
    assert walks is not None
    assert re.search(r"从\S+出发，步行[\d.]+ ?分钟到最近的设施", walks.group())


def test_places_that_run_out_stand_in_a_table_of_their_own(findings: Findings) -> None:
    unknown = tuple(replace(g, crowded=None) for g in findings.gaps)
    findings = replace(findings, gaps=unknown)
    assert build.crowded_table(findings, "zh").rows == ()
    n = len(findings.demand.area_index)
    crowded = CrowdedPlaces(
        ("K01",), (findings.areas.names[0],), ("松林路",),
        Apart(("",), ("west",), np.zeros(1, np.int32)), np.zeros((1, 2)), np.array([120.0]),
        np.full(n, -1, np.int32), 30.0,
    )  # fmt: skip
    told = with_gaps(findings, crowded=crowded)
    table = build.crowded_table(told, "zh")
    assert [row[1:] for row in table.rows] == [
        ("K01", findings.areas.names[0], "松林路（西侧）", 120.0), ("—", "零散分布", "—", 30.0),
    ]  # fmt: skip
    assert build.crowded_table(told, "zh", kind="any").rows == ()
    # The uncovered stay what they were.
    assert build.gaps_table(told, "zh").rows == build.gaps_table(findings, "zh").rows


def test_the_note_says_how_gaps_were_found(findings: Findings) -> None:
    assert "DBSCAN" in build.gaps_table(findings, "en").note
    other = tuple(replace(g, method="hdbscan") for g in findings.gaps)
    note = build.gaps_table(replace(findings, gaps=other), "en").note
    assert "HDBSCAN" in note and "One point stands for every 10 people" in note
