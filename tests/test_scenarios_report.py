"""Tables and sections on tiers, years, neighbours and distance bands, from the small demo."""

from dataclasses import replace

import numpy as np
import pytest

from quarterhour.cover.bands import OUT_OF_REACH, DistanceBands, measure_bands
from quarterhour.cover.case import Case
from quarterhour.cover.hierarchy import Hierarchy, assess_hierarchy
from quarterhour.cover.neighbours import compare_neighbours
from quarterhour.cover.years import series_by_year
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.pipeline import StudyRun
from quarterhour.report.build.hierarchy import (
    flagged_table,
    hierarchy_people_table,
    hierarchy_table,
    leaders_table,
)
from quarterhour.report.build.scenarios import (
    bands_table,
    neighbour_places_table,
    neighbours_areas_table,
    neighbours_table,
    years_table,
)
from quarterhour.report.chapters.hierarchy import add_hierarchy
from quarterhour.report.chapters.scenarios import add_scenarios
from quarterhour.report.columns import Table
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Grid, Paragraph
from quarterhour.words import LANGUAGES, Language, Words
from withholding import withhold


def case_of(findings: Findings) -> Case:
    study = findings.study
    return Case(
        findings.network, findings.facilities, findings.demand, findings.areas,
        study.walker(study.circle.walker), minutes=study.circle.minutes,
        direction=study.circle.direction,
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(small_run: StudyRun) -> Findings:
    """Return the small demo with planned facilities and neighbours, and area 1 withheld."""
    findings = withhold(small_run.findings, [1])
    case, f = case_of(findings), findings.facilities
    n = np.arange(len(f.ids))
    every = replace(
        f, state=tuple("planned" if r % 9 == 0 else s for r, s in enumerate(f.state)),
        year=np.where(n % 9 == 0, 2027.0, np.where(n % 20 == 5, np.nan, f.year)),
    )  # fmt: skip
    own, around = f.take(n % 7 != 0), f.take(n % 7 == 0)
    withheld = findings.streets_report.completeness.cannot_say
    measured = replace(
        findings.measured, hierarchy=assess_hierarchy(case),
        bands=measure_bands(case, findings.coverage, withheld=withheld),
        years=series_by_year(case, every, (), known_from=2026),
        neighbours=compare_neighbours(case.having(facilities=own), around, counted=False),
    )  # fmt: skip
    return replace(findings, measured=measured)


def rural(findings: Findings, *areas: int) -> Findings:
    """Return findings in which some areas are out of walking reach of everything."""
    bands = findings.measured.bands
    verdict = bands.verdict.copy()
    verdict[bands.kinds.index(ANY), list(areas)] = OUT_OF_REACH
    measured = replace(findings.measured, bands=replace(bands, verdict=verdict))
    return replace(findings, measured=measured)


def figures(table: Table, *keys: str) -> np.ndarray:
    return np.column_stack([np.array(table.column(key), float) for key in keys])


def written(findings: Findings, language: Language, *sections) -> Draft:
    draft, facts = Draft(language), Facts.of(findings, language)
    draft.chapter("x")
    for add in sections:
        add(draft, facts)
    return draft


def text_of(draft: Draft) -> str:
    return "\n".join(b.text for b in draft.blocks if isinstance(b, Paragraph))


def grids_of(draft: Draft) -> list[Grid]:
    return [b for b in draft.blocks if isinstance(b, Grid)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_of_every_table_add_up_to_the_residents(told: Findings, language: Language) -> None:
    lead = float(told.demand.people_of(told.lead_group).sum())
    total = Words(language)("table.v_total")
    parts = {
        hierarchy_people_table: ("inside_led", "inside_alone", "inside_unknown", "outside"),
        years_table: ("inside", "outside"),
        neighbours_table: ("without", "gained", "not_gained"),
        neighbours_areas_table: ("without", "gained", "not_gained"),
        bands_table: ("near", "to_2000", "to_5000", "farther", "no_way"),
    }
    for make, keys in parts.items():
        table = make(told, language)
        residents = figures(table, "residents")[:, 0]
        assert np.allclose(figures(table, *keys).sum(axis=1), residents), make
        if "area" not in [c.key for c in table.columns]:
            assert np.allclose(residents, lead)
            continue
        whole = np.array([area == total for area in table.column("area")])
        assert np.allclose(residents[whole], lead)
        assert np.isclose(residents[~whole].sum(), lead * whole.sum())
    near = figures(bands_table(told, language), "to_300", "to_500", "to_1000", "near")
    assert np.allclose(near[:, :3].sum(axis=1), near[:, 3])


def test_an_area_that_cannot_say_gives_no_share_and_no_verdict(told: Findings) -> None:
    dumb, name = Words("zh")("completeness.cannot_say"), told.areas.names[1]
    for table, keys in (
        (neighbours_areas_table(told, "zh"), ("share_without", "share_together")),
        (bands_table(told, "zh"), ("median_m", "reach")),
        (hierarchy_people_table(told, "zh"), ("share_led",)),
    ):
        mine = [area == name for area in table.column("area")]
        assert any(mine) and name in table.note
        for key in keys:
            assert [cell == dumb for cell in table.column(key)] == mine, (table.key, key)


def test_tiers_in_tables(told: Findings) -> None:
    found, table = told.measured.hierarchy, hierarchy_table(told, "zh")
    assert table.column("id") == found.ids
    words = Words("zh")
    # The demo has no district nursing centre: nobody knows what leads its towns' centres.
    towns = [n for n, tier in enumerate(found.tier) if tier == "town"]
    assert towns
    for key in ("leader", "walk_min", "straight_m", "state"):
        assert {table.column(key)[n] for n in towns} == {words("table.v_to_supply")}
    flagged = flagged_table(told, "zh")
    assert len(flagged.rows) == found.state.count("beyond") > 0
    assert set(flagged.column("state")) == {words("hierarchy.v_beyond")}
    far = [60.0 if isinstance(c, str) else c for c in flagged.column("walk_min")]
    assert far == sorted(far, reverse=True)
    leaders = leaders_table(told, "zh")
    assert sum(leaders.column("leads")) == found.state.count("led")
    assert (figures(leaders, "leads_own") <= figures(leaders, "leads")).all()
    named = [n for cell in leaders.column("leads_ids") for n in str(cell).split("、") if n != "—"]
    assert sorted(named) == sorted(
        i for i, s in zip(found.ids, found.state, strict=True) if s == "led"
    )


def test_years_in_the_table(told: Findings) -> None:
    series, table = told.measured.years, years_table(told, "en", kind=ANY)
    assert table.column("year") == tuple(str(y) for y in series.years)
    assert table.column("basis")[-2:] == ("today", "as planned")
    assert set(table.column("basis")[:-2]) == {"back then"}
    shares = figures(table, "share")[:, 0]
    change = figures(table, "change")[:, 0]
    assert np.isnan(change[0])
    assert np.allclose(change[1:], np.diff(shares) * 100, atol=0.051)
    assert len(years_table(told, "en").rows) == len(series.kinds) * len(series.years)


def test_neighbours_that_give_most_come_first(told: Findings) -> None:
    table = neighbour_places_table(told, "en")
    gained = figures(table, "gained")[:, 0]
    assert (np.diff(gained) <= 0).all() and gained[0] > 0
    assert (gained <= figures(table, "served")[:, 0] + 1e-9).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sections_say_what_the_tables_hold(told: Findings, language: Language) -> None:
    far = rural(told, 0, 2)
    draft = written(far, language, add_hierarchy, add_scenarios)
    text, grids = text_of(draft), grids_of(draft)
    assert len(grids) == 3
    assert all(len(grid.headers) <= 8 for grid in grids)
    assert [len(grid.rows) <= 10 for grid in grids] == [True] * 3
    for number in range(1, 4):
        assert f"表{number}" in text or f"able {number}" in text
    assert far.areas.names[0] in text and far.areas.names[2] in text
    assert [row[0] for row in grids[2].rows] == [far.areas.names[0], far.areas.names[2]]
    share = 100.0 * far.measured.hierarchy.share_led("community", far.lead_group)
    assert f"{share:.1f}%" in text
    assert "nan" not in text and "inf" not in text
    assert written(far, language, add_hierarchy, add_scenarios).blocks == draft.blocks


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_anything_to_tell_the_sections_stay_short(
    told: Findings, language: Language
) -> None:
    bare = replace(told, measured=replace(
        told.measured, hierarchy=Hierarchy(), bands=DistanceBands(), years=None, neighbours=None,
    ))  # fmt: skip
    draft = written(bare, language, add_hierarchy, add_scenarios)
    assert text_of(draft) == Words(language)("hierarchy.none")
    assert grids_of(draft) == []
    few = replace(told, measured=replace(told.measured, years=None, neighbours=None))
    said = text_of(written(few, language, add_scenarios))
    none = Words(language)("scenarios.bands_none", {"kind": Facts.of(few, language).kind(ANY)})
    assert said.startswith(none)


def test_many_areas_are_not_all_named(told: Findings) -> None:
    far = rural(told, *range(2, 12))
    draft = written(far, "zh", add_scenarios)
    names = far.areas.names
    assert f"{names[6]}等" in text_of(draft) and names[7] not in text_of(draft)
    assert len(grids_of(draft)[-1].rows) == 8
