"""Pages of services, walking times and equity: tables that add up, sections that say the same."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from quarterhour.cover.case import Case
from quarterhour.cover.equity import assess_equity
from quarterhour.cover.services import assess_services
from quarterhour.cover.walk_times import measure_walk_times
from quarterhour.findings import Findings
from quarterhour.maps.lorenz_chart import CHART_PX, lorenz_chart
from quarterhour.pipeline import StudyRun
from quarterhour.report.build.equity import equity_table, zones_table
from quarterhour.report.build.services import services_areas_table, services_table
from quarterhour.report.build.walk_times import (
    backup_table,
    walk_times_kinds_table,
    walk_times_table,
)
from quarterhour.report.chapters.equity import add_equity
from quarterhour.report.chapters.walk_times import add_walk_times
from quarterhour.report.columns import Table
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Figure, Grid, Heading, Paragraph
from quarterhour.stages import walkers_of
from quarterhour.wording import percent
from quarterhour.words import LANGUAGES, Language, Words
from withholding import withhold

STATION, HELD = "care_station", 2


def with_measures(findings: Findings, *, known: bool = True, who: str = "") -> Findings:
    """Return findings with the three measures taken; access is made up."""
    study, held = findings.study, findings.streets_report.completeness.cannot_say
    coverage = findings.coverage
    case = Case(
        findings.network, findings.facilities, findings.demand, findings.areas,
        study.walker(who or coverage.walkers[0]), minutes=coverage.minutes,
        direction=study.circle.direction, max_snap_m=study.streets.max_snap_m,
    )  # fmt: skip
    access = np.random.default_rng(5).gamma(1.0, 1.0, (len(coverage.kinds) - 1, len(case.at)))
    access[:, :3] = np.nan
    names = findings.areas.names
    services = assess_services(
        case, coverage, walkers=walkers_of(study), walker_by_group=study.circle.walker_by_group,
        together={"meals": ["canteen", "care_centre"]}, withheld=held,
    )  # fmt: skip
    equity = assess_equity(
        case, coverage, access=access if known else None, withheld=held,
        zones={"旧城": names[:3], "新区": names[3:6]} if known else {},
    )  # fmt: skip
    measured = replace(
        findings.measured, services=services if known else None, equity=equity,
        walk_times=measure_walk_times(case, coverage),
    )  # fmt: skip
    return replace(findings, measured=measured)


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    """Return the small demo's findings, where one area cannot say."""
    return with_measures(withhold(small_run.findings, [HELD]))


def counts(table: Table, *keys: str) -> np.ndarray:
    return np.array([table.column(key) for key in keys], float)


def lead_total(findings: Findings) -> float:
    return float(findings.summary().lead_total)


def test_rows_of_services_add_up_to_the_residents(findings):
    table, areas = services_table(findings, "zh"), services_areas_table(findings, "zh")
    longest = findings.coverage.minutes[-1]
    parts = counts(table, f"within_{longest}", "beyond", "no_street").sum(axis=0)
    np.testing.assert_allclose(parts, lead_total(findings))
    keys = [f"within_{longest}", "beyond", "no_street"]
    np.testing.assert_allclose(counts(areas, *keys).sum(axis=0), counts(areas, "residents")[0])
    # A row of the first table is the sum of its rows in the second.
    first = [row for row in areas.rows if row[0] == table.rows[0][0]]
    at = [c.key for c in areas.columns].index(f"within_{longest}")
    assert sum(row[at] for row in first) == pytest.approx(table.column(f"within_{longest}")[0])
    # Stations are the community's tier: the same people as by kind.
    named = table.column("service").index("社区级")
    of_kind = findings.summary().of(STATION)
    assert table.column(f"within_{longest}")[named] == pytest.approx(of_kind.within[longest])
    assert table.column("share_by_group")[named] == pytest.approx(of_kind.share_by_group)
    assert table.column("median_min")[named] == pytest.approx(of_kind.median_s / 60)


def test_areas_that_cannot_say_print_the_words_and_keep_their_people(findings):
    dumb, name = Words("en")("completeness.cannot_say"), findings.areas.names[HELD]
    for table, keys in (
        (services_areas_table(findings, "en"), ["share"]),
        (walk_times_table(findings, "en"), ["mean", "median", "p90"]),
        (backup_table(findings, "en"), ["share_two"]),
    ):
        mine = [area == name for area in table.column("area")]
        assert any(mine) and name in table.note
        for key in keys:
            assert [cell == dumb for cell in table.column(key)] == mine
        people = counts(table, "residents")[0]
        assert (people[mine] > 0).all()
    zones = zones_table(findings, "en", kind=STATION)
    assert zones.column("held")[0] == pytest.approx(
        findings.coverage.residents[HELD, findings.coverage.groups.index(findings.lead_group)]
    )
    assert findings.areas.names[HELD] not in equity_table(findings, "en").column("worst_area")


def test_rows_of_walking_times_and_backup_add_up(findings):
    times, backup = walk_times_table(findings, "zh"), backup_table(findings, "zh")
    residents = counts(times, "residents")[0]
    np.testing.assert_allclose(
        counts(times, "arrived", "beyond", "no_street").sum(axis=0), residents
    )
    for m in findings.coverage.minutes:
        keys = [f"none_{m}", f"one_{m}", f"two_{m}"]
        np.testing.assert_allclose(counts(backup, *keys).sum(axis=0), residents)
    kinds = walk_times_kinds_table(findings, "zh")
    np.testing.assert_allclose(
        counts(kinds, "arrived", "beyond", "no_street").sum(axis=0), lead_total(findings)
    )
    k = list(findings.coverage.kinds).index(STATION)
    summary = findings.summary().of(STATION)
    assert kinds.column("median")[k] == pytest.approx(summary.median_s / 60)
    assert kinds.column("p90")[k] == pytest.approx(summary.p90_s / 60)
    one = walk_times_table(findings, "zh", kind=STATION)
    assert one.total is not None
    assert one.total[-2] == pytest.approx(summary.median_s / 60)
    whole = backup_table(findings, "zh", kind=STATION)
    assert whole.total is not None and whole.total[2] == pytest.approx(lead_total(findings))
    far = Words("zh")("walktimes.v_over_min", {"minutes": 60})
    assert far in kinds.column("p90")  # few live within an hour of a mutual-aid point


def test_zones_hold_everybody(findings):
    table = zones_table(findings, "zh", kind="any")
    assert table.total is not None
    assert table.total[2] == pytest.approx(lead_total(findings))
    parts = counts(table, "held", "counted", "outside").sum(axis=0)
    np.testing.assert_allclose(parts, counts(table, "residents")[0])
    assert table.column("zone")[:2] == ("旧城", "新区")


def sections(findings: Findings, language: Language) -> Draft:
    draft, facts = Draft(language), Facts.of(findings, language)
    draft.chapter("x")
    add_walk_times(draft, facts)
    add_equity(draft, facts)
    return draft


@pytest.mark.parametrize("language", LANGUAGES)
def test_sections_say_what_the_tables_say(findings, language):
    draft = sections(findings, language)
    said = "\n".join(b.text for b in draft.blocks if isinstance(b, Paragraph))
    found = findings.measured.equity
    kind = Facts.of(findings, language).lead_kind
    k = found.kinds.index(kind)
    assert findings.areas.names[found.worst[k]] in said
    assert percent(found.share_of(kind, int(found.worst[k]))) in said
    assert percent(float(found.share_oldest[1, k])) in said
    assert f"{found.gini_areas[k]:.3f}" in said and f"{found.gini_access[k]:.3f}" in said
    assert "旧城" in said and percent(float(found.zone_share[k, 0])) in said
    grids = [b for b in draft.blocks if isinstance(b, Grid)]
    assert [len(g.headers) for g in grids] == [8, 8]
    assert sum(isinstance(b, Heading) for b in draft.blocks) == 3
    assert sum(isinstance(b, Figure) for b in draft.blocks) == 1
    assert not any(text in said for text in ("nan", "inf", "{"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_nobody_measured_is_not_spoken_of(small_run, language):
    bare = with_measures(withhold(small_run.findings, range(len(small_run.findings.areas.names))),
                         known=False)  # fmt: skip
    assert services_table(bare, language).rows == ()
    assert services_areas_table(bare, language).rows == ()
    assert zones_table(bare, language).rows == ()
    table = equity_table(bare, language)
    supply = Words(language)("table.v_to_supply")
    assert [cell == supply for cell in table.column("gini_access")] == (
        [kind != "any" for kind in bare.coverage.kinds]
    )
    draft = sections(bare, language)
    said = "\n".join(b.text for b in draft.blocks if isinstance(b, Paragraph))
    assert Words(language)("equity.areas_none") in said
    assert not any(isinstance(b, Figure) for b in draft.blocks)
    assert not any(text in said for text in ("nan", "inf", "{"))


def test_a_walker_that_counts_metres_has_metres_in_its_tables(small_run):
    plain = small_run.findings
    first = plain.coverage.walkers.index("policy_walk")
    order = [first, *(n for n in range(len(plain.coverage.walkers) - 1) if n != first)]
    coverage = replace(
        plain.coverage, walkers=tuple(plain.coverage.walkers[n] for n in order),
        within=plain.coverage.within[:, order], no_street=plain.coverage.no_street[order],
        ms=plain.coverage.ms[:, order],
    )  # fmt: skip
    found = with_measures(replace(plain, coverage=coverage))
    table = walk_times_kinds_table(found, "en")
    mean = table.columns[[c.key for c in table.columns].index("mean")]
    assert (mean.kind, mean.unit) == ("metres", "m")
    k = list(coverage.kinds).index(STATION)
    assert table.column("median")[k] == pytest.approx(
        found.measured.walk_times.quantile_s[0, k, -1, coverage.groups.index("60+")]
    )
    assert "over 4000 m" in table.column("p90")
    said = "\n".join(b.text for b in sections(found, "en").blocks if isinstance(b, Paragraph))
    assert " m to go on average" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_curve_is_drawn_the_same_twice(findings, language):
    drawn = [lorenz_chart(findings.measured.equity, STATION, language) for _ in range(2)]
    assert drawn[0] == drawn[1]
    picture = Image.open(BytesIO(drawn[0]))
    assert picture.size == CHART_PX
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    # The palette keeps colours to five bits a channel.
    near = np.abs(pixels.astype(int) - [0x0B, 0x4F, 0x8A]) < 8
    blue = near.all(axis=1).mean()
    assert 0.001 < blue < 0.05
