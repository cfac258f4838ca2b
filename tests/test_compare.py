"""Two runs compared: what changed is found, what did not is not, and every row is kept."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quarterhour.comparing import Comparison, compare_runs, difference_tables, write_comparison
from quarterhour.comparing.differences import difference
from quarterhour.comparing.tables import areas_table, facilities_table, gaps_table, kinds_table
from quarterhour.errors import InputError
from quarterhour.findings import Findings
from quarterhour.maps.change import points_text
from quarterhour.pipeline import StudyRun, compare_folders
from quarterhour.report.columns import Column, Table
from quarterhour.studytables import WalkerTable
from quarterhour.wording import MISSING


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


def with_coverage(findings: Findings, **changed: object) -> Findings:
    return replace(findings, coverage=replace(findings.coverage, **changed))


def test_a_run_does_not_differ_from_itself(findings: Findings) -> None:
    same = compare_runs(findings, findings)
    assert same.cautions == ()
    assert [len(same.facilities.opened), len(same.facilities.closed)] == [0, 0]
    assert len(same.facilities.moved) == 0
    for kind in same.kinds:
        points = same.points(kind)
        assert np.all(points[np.isfinite(points)] == 0)
    assert all(len(g.new) == len(g.closed) == 0 for g in same.gaps)
    tables = difference_tables(findings, findings, "en")
    assert len(tables) >= 7
    for _, table in tables:
        changes = [c for column in table.columns if column.key.endswith("_change")
                   for c in table.column(column.key)]  # fmt: skip
        assert all(isinstance(c, str) or c == 0 for c in changes)


def test_people_and_shares_by_hand(findings: Findings) -> None:
    coverage, kind = findings.coverage, "care_station"
    k, g = coverage.kinds.index(kind), coverage.groups.index("60+")

    def with_area_3(people: float, all_: float) -> Findings:
        within, residents = coverage.within.copy(), coverage.residents.copy()
        within[k, 0, :, 3, g], residents[3, g] = people, all_
        return with_coverage(findings, within=within, residents=residents)

    # Area 3 had 100 of 400 elders inside and now has 200 of 500: 25 % and 40 %.
    before, after = with_area_3(100.0, 400.0), with_area_3(200.0, 500.0)
    compared = compare_runs(before, after)
    row = areas_table(compared, "en", kind)
    assert row.rows[3][1:7] == (400, 500, 100, 100, 200, 100)
    if not compared.withheld[compared.kinds.index(kind), 3]:
        assert row.rows[3][7:] == (0.25, 0.4, 15.0)
        assert compared.points(kind)[3] == pytest.approx(15.0)
    assert row.total is not None
    assert row.total[3] == pytest.approx(100)  # residents: only area 3 changed
    kinds = kinds_table(compared, "en")
    at = [r[0] for r in kinds.rows].index("care station")
    assert kinds.rows[at][6] == pytest.approx(100)


def test_rows_add_up_to_the_total(findings: Findings) -> None:
    compared = compare_runs(findings, findings)
    for kind in compared.kinds:
        table = areas_table(compared, "zh", kind)
        assert table.total is not None
        for c in range(1, 7):
            total = sum(float(r[c]) for r in table.rows if not isinstance(r[c], str))
            assert total == pytest.approx(float(table.total[c]), abs=1e-6)


def test_facilities_that_came_went_and_moved(findings: Findings) -> None:
    f = findings.facilities
    keep = np.arange(len(f.ids)) != 5
    before = replace(findings, facilities=f.take(keep))  # 5 opened since
    xy = f.xy_m.copy()
    xy[0] += (49.0, 0.0)  # within 50 m: the same place
    xy[1] += (0.0, 120.0)
    names = list(f.names)
    names[7] = "改名的站"
    after = replace(findings, facilities=replace(f, xy_m=xy, names=tuple(names)))
    found = compare_runs(before, after).facilities
    assert found.opened.tolist() == [5, 7]
    assert found.closed.tolist() == [6]  # row 7 of the whole is row 6 without row 5
    assert found.moved.tolist() == [1]
    assert found.moved_m.tolist() == pytest.approx([120.0])
    table = facilities_table(compare_runs(before, after), "zh")
    assert [r[0] for r in table.rows] == ["新增", "新增", "减少", "迁移"]


def test_areas_of_one_run_only_are_kept(findings: Findings) -> None:
    names = ("从来没有街道", *findings.areas.names[1:])
    before = replace(findings, areas=replace(findings.areas, names=names))
    compared = compare_runs(before, findings)
    assert [c.key for c in compared.cautions] == ["compare.only_after", "compare.only_before"]
    assert compared.areas == (*findings.areas.names, "从来没有街道", "")
    assert np.isnan(compared.residents[0, 0])
    assert np.isnan(compared.residents[1, -2])
    assert np.isnan(compared.points("any")[0])
    # Nobody is lost or counted twice.
    lead = findings.coverage.groups.index("60+")
    whole = findings.coverage.residents[:, lead].sum()
    assert np.nansum(compared.residents, axis=1) == pytest.approx([whole, whole])


def test_areas_that_cannot_say_have_no_change(findings: Findings) -> None:
    judged = findings.streets_report.completeness
    dumb = judged.cannot_say.copy()
    dumb[:, 2] = True
    report = replace(
        findings.streets_report, completeness=replace(judged, cannot_say=dumb)
    )  # only the earlier run cannot say: that is enough
    compared = compare_runs(replace(findings, streets_report=report), findings)
    assert np.isnan(compared.points("any")[2])
    assert areas_table(compared, "en", "any").rows[2][7] != areas_table(
        compare_runs(findings, findings), "en", "any"
    ).rows[2][7]  # fmt: skip


def test_gaps_are_followed(findings: Findings) -> None:
    kind = "care_station"
    at = findings.coverage.kinds.index(kind)
    gaps = findings.gaps_of(kind)
    assert len(gaps.ids) > 2
    xy = gaps.xy_m.copy()
    xy[0] += 1e6  # gone from where it was
    moved = tuple(replace(g, xy_m=xy) if n == at else g for n, g in enumerate(findings.gaps))
    changes = compare_runs(findings, replace(findings, gaps=moved)).gaps[at]
    assert changes.new.tolist() == [0]
    assert 0 in changes.closed.tolist()
    assert len(changes.stayed) + len(changes.new) == len(gaps.ids)
    assert len(changes.stayed) + len(changes.closed) == len(gaps.ids)
    table = gaps_table(compare_runs(findings, replace(findings, gaps=moved)), "en")
    assert {"new", "stayed", "closed"} >= {r[1] for r in table.rows}


def test_other_settings_are_told(findings: Findings) -> None:
    study = findings.study
    slower = replace(study, circle=replace(study.circle, walker="elder_slow"))
    compared = compare_runs(findings, replace(findings, study=slower))
    assert [c.key for c in compared.cautions] == ["compare.other_settings"]
    assert compared.cautions[0].values["keys"] == "walker"


def test_settings_that_only_one_run_has_are_told_either_way(findings: Findings) -> None:
    study = findings.study
    assert study.neighbours is not None
    counted = replace(study.neighbours, count="yes")
    for table, value, keys in (
        ("terrain", None, "kind, smooth_m"),
        ("neighbours", counted, "count"),
        ("circles", study.circles[:1], study.circles[1].name),
        ("circles", (study.circles[0], replace(study.circles[1], minutes=(20,))),
         study.circles[1].name),
        ("walkers", {"ours": WalkerTable(flat_mps=0.7)}, "ours"),
        ("supply", replace(study.supply, need={}), "need"),
        ("scorecard", replace(study.scorecard, targets={}), "targets"),
        ("siting", (replace(study.siting[0], sites=9),), "care_station"),
    ):  # fmt: skip
        other = replace(findings, study=replace(study, **{table: value}))
        for pair in ((findings, other), (other, findings)):
            said = compare_runs(*pair).cautions
            assert [(c.key, c.values["table"], c.values["keys"]) for c in said] == [
                ("compare.other_settings", table, keys)
            ]


def test_every_difference_of_a_run_with_itself_is_nothing(findings: Findings) -> None:
    tables = difference_tables(findings, findings, "en")
    assert len(tables) > 10
    for sheet, table in tables:
        for at, column in enumerate(table.columns):
            if column.key.endswith("_change"):
                said = {row[at] for row in table.rows}
                assert said <= {0, MISSING}, (sheet, column.key, said)


def test_nothing_in_common(findings: Findings) -> None:
    names = tuple(f"别处{n}镇" for n in range(len(findings.areas.names)))
    other = replace(findings, areas=replace(findings.areas, names=names))
    with pytest.raises(InputError) as caught:
        compare_runs(other, findings)
    assert caught.value.faults[0].key == "compare.nothing_common"


def table(rows: list[tuple[object, ...]]) -> Table:
    columns = (Column("area", "Area"), Column("people", "People", "count"),
               Column("share", "Share", "share"))  # fmt: skip
    return Table("areas", "t", "n", columns, tuple(rows))  # type: ignore[arg-type]


def test_a_difference_by_hand() -> None:
    made = difference(
        table([("A", 10, 0.5), ("B", 4, 0.25), ("gone", 1, 1.0)]),
        table([("A", 12, 0.625), ("B", "cannot say", 0.25), ("new", 3, 0.1)]),
        "en", areas={},
    )  # fmt: skip
    assert made is not None
    assert made.rows == (
        ("A", 10, 12, 2, 0.5, 0.625, 12.5),
        ("B", 4, "cannot say", "—", 0.25, 0.25, 0),
        ("new", "—", 3, "—", "—", 0.1, "—"),
        ("gone", 1, "—", "—", 1.0, "—", "—"),
    )
    assert [c.unit for c in made.columns][-1] == "points"
    twice = table([("A", 1, 0.1), ("A", 2, 0.2)])
    assert difference(twice, twice, "en", areas={}) is None


def test_points_carry_their_sign() -> None:
    assert [points_text(v) for v in (1.25, -0.04, 0.0, -3.0, float("nan"))] == [
        "+1.2", "0.0", "0.0", "-3.0", "—",
    ]  # fmt: skip


def only_any(compared: Comparison) -> Comparison:
    """Leave one kind, and so one plate, which is drawn as all others are."""
    at = [compared.kinds.index("any")]
    return replace(
        compared, kinds=("any",), within=compared.within[:, at], withheld=compared.withheld[at],
        gaps=tuple(compared.gaps[n] for n in at),
    )  # fmt: skip


def test_the_pages_repeat_and_escape(findings: Findings, tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    f = findings.facilities
    hostile = replace(findings, facilities=replace(f, names=(bad, *f.names[1:])))
    digests = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        write_comparison(only_any(compare_runs(findings, hostile)), folder, language="en")
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        digests.append([(p.relative_to(folder), hashlib.sha256(p.read_bytes()).hexdigest())
                        for p in files])  # fmt: skip
    assert digests[0] == digests[1]
    html = (tmp_path / "one" / "compare.html").read_text(encoding="utf-8")
    assert bad not in html
    assert "&lt;script&gt;" in html
    assert {"compare.docx", "compare.xlsx"} <= {str(p) for p, _ in digests[0]}


def test_two_folders(small_run: StudyRun, tmp_path: Path) -> None:
    steps: list[str] = []
    found = compare_folders(
        small_run.folder, small_run.folder, out=tmp_path / "new", language="zh",
        on_progress=lambda step, done, total: steps.append(step),
    )  # fmt: skip
    assert steps == ["plates", "tables", "report", "done"]
    assert "两次运行比较" in (found / "compare.html").read_text(encoding="utf-8")
    with pytest.raises(InputError):
        compare_folders(tmp_path, small_run.folder, out=tmp_path / "no")
    assert not (tmp_path / "no").exists()
