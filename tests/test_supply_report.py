"""Supply on the page: rows add up, what is unknown is not 0, and the section says the finding."""

from dataclasses import replace

import numpy as np
import pytest

from quarterhour.cover.case import Case
from quarterhour.cover.supply.places import measure_supply
from quarterhour.cover.supply.served import CLASSES, share_out
from quarterhour.findings import Findings
from quarterhour.report.build.supply import (
    supply_areas_table,
    supply_facilities_table,
    supply_served_table,
    supply_table,
)
from quarterhour.report.chapters.supply import add_supply
from quarterhour.report.columns import Table
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Grid, Paragraph
from quarterhour.wording import label
from quarterhour.words import LANGUAGES, Words

TABLES = (supply_table, supply_areas_table, supply_facilities_table, supply_served_table)


def supplied(findings: Findings, *, capacity=None, **asked) -> Findings:
    """Return findings with the supply of some capacities."""
    facilities = findings.facilities
    if capacity is not None:
        facilities = replace(facilities, capacity=capacity)
    case = Case(
        findings.network, facilities, findings.demand, findings.areas,
        findings.study.walker("elder"),
    )  # fmt: skip
    given = {"need": {}, "turns": {}} | asked
    measured = replace(
        findings.measured, supply=measure_supply(case, **given), served=share_out(case, **given)
    )
    return replace(findings, facilities=facilities, measured=measured)


@pytest.fixture(scope="module")
def whole(small_run) -> Findings:
    return supplied(small_run.findings)


@pytest.fixture(scope="module")
def holed(small_run) -> Findings:
    """Return findings in which no canteen and only half of the stations say their capacity."""
    f = small_run.findings.facilities
    capacity = f.capacity.copy()
    capacity[f.rows_of("canteen")] = np.nan
    capacity[f.rows_of("care_station")[::2]] = np.nan
    return supplied(small_run.findings, capacity=capacity, need={"care_station": 0.1})


def add_up(table: Table, parts: tuple[str, ...], whole_: str) -> None:
    sums = np.array([table.column(key) for key in parts], float).sum(axis=0)
    np.testing.assert_allclose(sums, np.array(table.column(whole_), float))


def test_rows_add_up_to_the_residents(whole):
    add_up(supply_table(whole, "en"), CLASSES, "residents")
    served = supply_served_table(whole, "en")
    add_up(served, CLASSES, "residents")
    areas = supply_areas_table(whole, "en")
    add_up(areas, ("with_places", "without_places", "access_unknown"), "residents")
    total = whole.coverage.residents[:, whole.coverage.groups.index("60+")].sum()
    for table in (served, areas):
        assert sum(table.column("residents")) / len(whole.measured.supply.kinds) == (
            pytest.approx(total)
        )
    kinds, people = served.column("kind"), np.array(served.column("served"))
    by_kind = supply_table(whole, "en")
    for kind, count in zip(by_kind.column("kind"), by_kind.column("served"), strict=True):
        assert people[np.array(kinds) == kind].sum() == pytest.approx(count)


def test_facilities_stand_as_in_the_files(whole):
    table = supply_facilities_table(whole, "zh")
    assert table.column("id") == whole.facilities.ids
    assigned, room = (np.array(table.column(key), float) for key in ("assigned", "room"))
    assert (assigned <= room + 1e-6).all()
    used = np.array(table.column("used"), float)
    np.testing.assert_allclose(used[room > 0], (assigned / room)[room > 0])


def test_areas_that_cannot_say_give_no_share(whole):
    words = Words("zh")
    dumb = words("completeness.cannot_say")
    for table, keys in (
        (supply_areas_table(whole, "zh"), ("access_mean", "access_median")),
        (supply_served_table(whole, "zh"), ("share_served",)),
    ):
        expected = [
            name in whole.withheld_names(kind)
            for kind in whole.measured.supply.kinds
            for name in whole.areas.names
        ]
        assert any(expected)
        for key in keys:
            assert [cell == dumb for cell in table.column(key)] == expected
        assert dumb in table.note


def test_what_is_not_known_is_to_be_supplied(holed):
    to_supply = Words("en")("table.v_to_supply")
    table = supply_table(holed, "en")
    row = dict(zip(table.column("kind"), table.rows, strict=True))[label("canteen", "kind", "en")]
    cells = dict(zip([c.key for c in table.columns], row, strict=True))
    for key in ("room", "per_1000", "served", "share_served", "mean_walk", "proof"):
        assert cells[key] == to_supply
    assert cells["unknown"] == cells["facilities"] == 35
    assert cells["unknown_room"] > 0
    places = supply_facilities_table(holed, "en")
    unknown = np.isnan(holed.facilities.capacity)
    for key in ("capacity", "room", "assigned", "used"):
        assert [cell == to_supply for cell in places.column(key)] == unknown.tolist()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_is_short_and_says_the_finding(whole, holed, language):
    for findings in (whole, holed):
        draft = Draft(language)
        draft.chapter("…")
        add_supply(draft, Facts.of(findings, language))
        grids = [b for b in draft.blocks if isinstance(b, Grid)]
        said = "".join(b.text for b in draft.blocks if isinstance(b, Paragraph))
        assert len(grids) == 1
        assert len(grids[0].headers) <= 8
        assert "{" not in said
        assert "nan" not in said
        for table in TABLES:
            assert "nan" not in "".join(cell for row in table(findings, language).texts()
                                        for cell in row)  # fmt: skip


def test_the_section_says_who_asks(whole, holed):
    def section(findings: Findings) -> str:
        draft = Draft("zh")
        draft.chapter("…")
        add_supply(draft, Facts.of(findings, "zh"))
        return "".join(b.text for b in draft.blocks if isinstance(b, Paragraph))

    assert "每一名60岁及以上老年人都需要一个位置" in section(whole)
    assert "924人可得到安排" in section(whole)
    assert "90处已满" in section(whole)
    assert "养老服务站10.0%" in section(holed)
    assert "社区食堂35处，容量均待补充" in section(holed)
    assert "其中45处容量待补充" in section(holed)
    assert "但可达容量待补充的设施" in section(holed)
