"""The study folders in data/: figures have sources, studies wait for exactly what READMEs name."""

import csv
import re
import tomllib
from pathlib import Path

import pytest

from quarterhour.checking import check_study
from quarterhour.errors import InputError
from quarterhour.study import named_files, read_study

DATA = Path(__file__).parents[1] / "data"
DISTRICTS = ("shapingba", "dazu")
STATUSES = {"document", "secondary", "assumption", "to be supplied"}
TOWNS = {"青木关镇", "凤凰镇", "回龙坝镇", "中梁镇"}


def facts(district: str) -> dict:
    return tomllib.loads((DATA / district / "facts.toml").read_text(encoding="utf-8"))


def canteens() -> list[dict[str, str]]:
    with (DATA / "shapingba" / "canteens_2023.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def to_be_supplied(readme: str) -> list[set[str]]:
    """Return the files of each table of a README, one set for each language."""
    tables: list[set[str]] = []
    for line in readme.splitlines():
        if re.match(r"\| (?:文件|file) \|", line):
            tables.append(set())
        elif tables and (match := re.match(r"\| `([^`]+)` \|", line)):
            tables[-1].add(match[1])
    return tables


@pytest.mark.parametrize("district", DISTRICTS)
def test_every_figure_has_a_source_with_a_title(district: str) -> None:
    found = facts(district)
    sources = found["sources"]
    assert all(len(source["title"]) >= 6 for source in sources.values())
    entries = [*found["figure"], *found.get("rule", []), *found["indicator"]]
    for entry in entries:
        assert entry["source"], entry
        assert set(entry["source"]) <= set(sources), entry
    used = {name for entry in entries for name in entry["source"]}
    assert used == set(sources)


@pytest.mark.parametrize("district", DISTRICTS)
def test_figures_say_what_they_are(district: str) -> None:
    found = facts(district)
    for entry in [*found["figure"], *found.get("rule", [])]:
        assert {"key", "zh", "en", "value", "unit", "status", "source"} <= set(entry), entry
        assert entry["status"] in STATUSES
    keys = [entry["key"] for entry in [*found["figure"], *found.get("rule", [])]]
    assert len(keys) == len(set(keys))
    for entry in found["indicator"]:
        assert entry.get("basis", "unit") == "unit"  # the documents know no other
        assert entry.get("op", ">=") in (">=", ">")


def test_facilities_of_2020_add_up() -> None:
    value = {figure["key"]: figure["value"] for figure in facts("shapingba")["figure"]}
    kinds = [v for k, v in value.items() if k.startswith("facilities_2020.")]
    assert sum(kinds) == value["facilities_2020"] == 140


def test_the_canteen_table_has_its_totals() -> None:
    rows = canteens()
    columns = ("care_centres", "care_stations", "learning_halls", "canteens")
    totals = [sum(int(row[column]) for row in rows) for column in columns]
    assert totals == [15, 90, 105, 35]
    value = {figure["key"]: figure["value"] for figure in facts("shapingba")["figure"]}
    assert totals == [value[f"canteens_2023.{column}"] for column in columns]


def test_the_canteen_table_is_whole() -> None:
    rows = canteens()
    assert [int(row["seq"]) for row in rows] == list(range(1, 24))
    assert {row["subdistrict"] for row in rows if row["subdistrict"].endswith("镇")} == TOWNS
    assert rows[-1]["subdistrict"] == "其他"
    for row in rows:
        centres_and_stations = int(row["care_centres"]) + int(row["care_stations"])
        assert int(row["learning_halls"]) == centres_and_stations


@pytest.mark.parametrize("district", DISTRICTS)
def test_the_study_waits_for_what_the_readme_names(district: str) -> None:
    with pytest.raises(InputError) as caught:
        read_study(DATA / district / "study.toml")
    faults = caught.value.faults
    assert {fault.key for fault in faults} == {"input.missing_file"}
    missing = {str(fault.values["path"]) for fault in faults}
    tables = to_be_supplied((DATA / district / "README.md").read_text(encoding="utf-8"))
    assert tables == [missing, missing]  # in Chinese and in English


@pytest.mark.parametrize("district", DISTRICTS)
def test_a_check_names_what_is_to_be_supplied_and_nothing_else(district: str) -> None:
    found = check_study(DATA / district / "study.toml")
    streets, *files = found.faults
    readme = (DATA / district / "README.md").read_text(encoding="utf-8")
    assert {fault.key for fault in files} == {"input.missing_file"}
    assert {str(fault.values["path"]) for fault in files} == to_be_supplied(readme)[0]
    assert streets.key == "study.place_not_fetched"
    assert len(found.remarks) == len(to_be_supplied(readme)[0]) + 1
    assert all(fault.file == "study.toml" for fault in found.faults)


@pytest.mark.parametrize("district", DISTRICTS)
def test_the_study_is_whole_once_the_files_are_there(district: str, tmp_path: Path) -> None:
    text = (DATA / district / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    readme = (DATA / district / "README.md").read_text(encoding="utf-8")
    for name in to_be_supplied(readme)[0]:
        (tmp_path / name).touch()
    study = read_study(tmp_path / "study.toml")
    assert study.study.name == district
    assert set(named_files(study)) == to_be_supplied(readme)[0]
    assert study.streets.place.endswith("重庆市, 中国")


@pytest.mark.parametrize("district", DISTRICTS)
def test_what_the_study_leaves_out_can_be_used(district: str, tmp_path: Path) -> None:
    """Its options, the # taken away, are understood; the district's targets are its own."""
    text = (DATA / district / "study.toml").read_text(encoding="utf-8")
    lines = [re.sub(r"^# (\[|[a-z_]+ = )", r"\1", line) for line in text.splitlines()]
    (tmp_path / "study.toml").write_text("\n".join(lines), encoding="utf-8")
    study = read_study(tmp_path / "study.toml", files_may_lack=True)
    assert study.scorecard.preset == district
    assert study.scorecard.file == "indicators.xlsx"
    assert study.neighbours is not None and study.neighbours.count == "show"
    assert len(study.circles) == 1


@pytest.mark.parametrize("district", DISTRICTS)
def test_the_study_asks_for_kinds_and_columns_that_the_package_knows(district: str) -> None:
    from quarterhour.inputs.facilities import KINDS

    study = tomllib.loads((DATA / district / "study.toml").read_text(encoding="utf-8"))
    assert {question["kind"] for question in study["siting"]} <= set(KINDS)


@pytest.mark.parametrize("district", DISTRICTS)
def test_the_readme_names_columns_that_the_reader_knows(district: str) -> None:
    from quarterhour.inputs.tables import fold, synonyms

    known = {
        fold(name)
        for table in ("column", "group")
        for field, others in synonyms(table).items()
        for name in (field, *others)
    }
    readme = (DATA / district / "README.md").read_text(encoding="utf-8")
    rows = [line for line in readme.splitlines() if re.match(r"\| `[^`]+` \|", line)]
    named = [c for row in rows for c in re.findall(r"`([^`]+)`", row.split("|")[4])]
    assert len(named) > 30
    assert [column for column in named if fold(column) not in known] == []


@pytest.mark.parametrize("district", DISTRICTS)
def test_no_data_of_a_district_is_kept(district: str) -> None:
    kept = {"README.md", "facts.toml", "study.toml", "canteens_2023.csv"}
    readme = (DATA / district / "README.md").read_text(encoding="utf-8")
    assert not kept & to_be_supplied(readme)[0]
