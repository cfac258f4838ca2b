"""A new study: its tables are understood by the readers, and nothing in them counts by mistake."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import openpyxl
import pytest

from quarterhour.cover.scorecard.definitions import check_targets
from quarterhour.errors import InputError
from quarterhour.inputs import read_areas, read_facilities, read_premises, read_residents
from quarterhour.inputs.indicators import read_indicators
from quarterhour.inputs.tables import find_columns, meaning, read_sheet
from quarterhour.starter import start_study
from quarterhour.study import Study, read_study
from quarterhour.studytables import BudgetTable, RuleTable, SitingTable
from quarterhour.templates import TEMPLATES, Template
from quarterhour.words import LANGUAGES, Words, width_of

CHINESE = re.compile(r"[\u4e00-\u9fff]")
BY_NAME = {template.name: template for template in TEMPLATES}
AREAS = """{"type": "FeatureCollection", "features": [{"type": "Feature",
"properties": {"name": "示例街道"}, "geometry": {"type": "Polygon", "coordinates":
[[[106.4, 29.5], [106.5, 29.5], [106.5, 29.6], [106.4, 29.6], [106.4, 29.5]]]}}]}"""


@pytest.fixture(scope="module", params=LANGUAGES)
def started(request, tmp_path_factory) -> tuple[str, Path]:
    """Return a language and a new study folder in it."""
    folder = tmp_path_factory.mktemp("started") / request.param
    return request.param, start_study(folder, language=request.param).parent


@pytest.fixture
def areas(tmp_path: Path):
    path = tmp_path / "areas.geojson"
    path.write_text(AREAS, encoding="utf-8")
    return read_areas(path)


def filled(folder: Path, template: Template, language: str, to: Path, **cells: object) -> Path:
    """Return a copy of a template with one row: each column's example, or what is given."""
    book = openpyxl.load_workbook(folder / f"{template.name}.xlsx")
    page, words = book.worksheets[0], Words(language)
    for at, column in enumerate(template.columns, start=1):
        key = f"group_{column.field[:-1] if '+' in column.field else column.field}"
        key = key if column.table == "group" else column.field
        page.cell(2, at).value = cells.get(column.field, words(f"starter.eg_{key}"))
    to.parent.mkdir(exist_ok=True)
    book.save(to)
    return to


@pytest.mark.parametrize("name", BY_NAME)
def test_the_readers_understand_every_header(name: str, started, tmp_path) -> None:
    language, folder = started
    path = filled(folder, BY_NAME[name], language, tmp_path / f"{name}.xlsx")
    sheet = read_sheet(path)
    for table in ("column", "group"):
        fields = [c.field for c in BY_NAME[name].columns if c.table == table]
        found, faults = find_columns(sheet, fields, required=fields, table=table)
        assert faults == []
        of = {c.field: c.header(language) for c in BY_NAME[name].columns}
        assert found == {field: of[field] for field in fields}


@pytest.mark.parametrize("name", BY_NAME)
def test_every_choice_means_what_it_says(name: str, started) -> None:
    """What a drop-down offers, the readers take; Excel allows 255 signs for all of them."""
    language, folder = started
    page = openpyxl.load_workbook(folder / f"{name}.xlsx").worksheets[0]
    lists = {
        str(rule.sqref).partition("2")[0]: rule.formula1.strip('"').split(",")
        for rule in page.data_validations.dataValidation
        if rule.type == "list"
    }
    wanted = [c for c in BY_NAME[name].columns if c.choices]
    assert len(lists) == len(wanted)
    for at, column in enumerate(BY_NAME[name].columns):
        if not column.choices:
            continue
        offered = lists[chr(ord("A") + at)]
        assert offered == column.options(language)
        assert len(",".join(offered)) <= 255
        meant = [meaning(option, column.choices) for option in offered]
        assert None not in meant and len(set(meant)) == len(offered)
        assert (language == "en") != any(CHINESE.search(option) for option in offered)
        assert Words(language)(f"starter.eg_{column.field}") in offered


def test_the_readers_meet_nothing_in_an_untouched_template(started, areas) -> None:
    _, folder = started
    readers = {
        "residents": lambda path: read_residents(path, areas, by="area"),
        "facilities": lambda path: read_facilities(path, areas),
        "neighbours": lambda path: read_facilities(path, areas),
        "premises": lambda path: read_premises(path, areas),
        "indicators": lambda path: read_indicators(path, areas),
    }
    assert set(readers) == set(BY_NAME)
    for name, read in readers.items():
        with pytest.raises(InputError) as caught:
            read(folder / f"{name}.xlsx")
        assert [f.key for f in caught.value.faults] == ["input.empty_table"], name


def test_a_filled_template_reads_back(started, areas, tmp_path) -> None:
    language, folder = started
    place = {"lies_in": "示例街道", "area_name": "示例街道"}

    def made(name: str) -> Path:
        path = tmp_path / language / f"{name}.xlsx"
        return filled(folder, BY_NAME[name], language, path, **place)

    doubts: list = []
    facilities = read_facilities(made("facilities"), areas, doubts=doubts)
    assert facilities.kinds == ("care_station",) and facilities.state == ("open",)
    assert facilities.tier == ("community",) and facilities.step_free.tolist() == [1]
    assert facilities.beds.tolist() == [320] and facilities.floor_area_m2.tolist() == [750]
    assert facilities.year.tolist() == [2021] and facilities.area_index.tolist() == [0]
    premises = read_premises(made("premises"), areas, doubts=doubts)
    assert premises.lift.tolist() == [1] and premises.storey.tolist() == [1]
    residents = read_residents(made("residents"), areas, by="area", doubts=doubts)
    assert residents.groups == ("all", "60+", "65+", "80+")
    assert residents.totals.tolist() == [52300, 12450, 8900, 1980]
    indicators = read_indicators(made("indicators"), areas, doubts=doubts)
    assert indicators.nursing_beds.tolist() == [180]
    assert doubts == []  # the sheets of explanations are not called unread


def test_the_second_sheet_explains_each_column(started) -> None:
    language, folder = started
    for template in TEMPLATES:
        page, notes = openpyxl.load_workbook(folder / f"{template.name}.xlsx").worksheets
        heads = [cell.value for cell in page[1]]
        assert page.max_row == 1 and page.freeze_panes == "B2"
        assert all(cell.comment is not None for cell in page[1])
        rows = {row[0].value: [cell.value for cell in row] for row in notes.iter_rows()}
        need = {"yes": "need_yes", "any": "need_any", "no": "need_no"}
        for column, head in zip(template.columns, heads, strict=True):
            assert head == column.header(language)
            _, about, _, needed, example, options, _ = rows[head]
            assert about and example
            assert needed == Words(language)(f"starter.{need[column.need]}")
            assert all(option in (options or "") for option in column.options(language))
        assert all(d.width >= 10 for d in page.column_dimensions.values())


def test_the_same_bytes_each_time(started, tmp_path) -> None:
    language, folder = started
    again = start_study(tmp_path / "again", language=language).parent
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_the_study_file_speaks_of_every_table_and_key_of_a_planner(started) -> None:
    _, folder = started
    text = (folder / "study.toml").read_text(encoding="utf-8")
    assert all(f"{template.name}.xlsx" in text for template in TEMPLATES)
    assert max(width_of(line) for line in text.splitlines()) <= 100
    for key in ("place", "outline", "outline_datum", "totals", "grid", "aliases", "levels_column",
                "use_column", "osm", "[neighbours]", "[scorecard]", "[privacy]", "k", "zones",
                "count", "together", "years", "[[circles]]", "kinds", "[supply]", "need", "turns",
                "method", "links", "link_m", "[sweep]", "speeds", "preset", "targets",
                *(key.name for table in (SitingTable, BudgetTable, RuleTable)
                  for key in fields(table)
                  if key.name not in ("budget", "rule", "datum", "columns", "hazard_datum")),
                "[siting.budget]", "[[siting.rule]]"):  # fmt: skip
        assert re.search(rf"^(# )?{re.escape(key)}", text, re.MULTILINE), key
    with pytest.raises(InputError) as caught:
        read_study(folder / "study.toml")
    assert {f.key for f in caught.value.faults} == {"input.missing_file"}


def test_what_is_commented_out_can_be_used(started, tmp_path) -> None:
    """All options together, the # taken away, are a study that is understood."""
    _, folder = started
    lines = (folder / "study.toml").read_text(encoding="utf-8").splitlines()
    opened = "\n".join(line[2:] if re.match(r"# (\[|[a-z_]+ = )", line) else line for line in lines)
    tables = tomllib.loads(opened)
    assert {"neighbours", "scorecard", "privacy", "walkers"} <= set(tables)
    path = tmp_path / "study.toml"
    path.write_text(opened, encoding="utf-8")
    study = read_study(path, files_may_lack=True)
    assert isinstance(study, Study)
    (meals,) = study.circles
    assert meals.walker == "meal_delivery" and study.walker(meals.walker).ways == "vehicle"
    assert study.circle.together and study.circle.years and study.areas.zones
    assert study.supply.need and study.scorecard.targets and study.gaps.method == "hdbscan"
    assert check_targets(study.scorecard.targets) == []
    first, money, by_year, robust, moves = study.siting
    assert first.rule and money.capacity and by_year.years and robust.robust and moves.close_at_most
