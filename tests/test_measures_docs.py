"""The page of measures says what the code counts: sheets, letters, constants, sources, links."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from quarterhour.cover.gaps.causes import DETOUR
from quarterhour.cover.links.candidates import DETOUR as LINK_DETOUR
from quarterhour.cover.links.candidates import DETOUR_M, SAVED_S, SPACING_M
from quarterhour.cover.links.climbs import RISE_M, STEEP
from quarterhour.cover.links.finding import APART_M
from quarterhour.cover.scorecard.definitions import measures
from quarterhour.cover.supply.ratio import SLOW_DECAY
from quarterhour.pipeline import StudyRun
from quarterhour.presets import constant
from quarterhour.report.tables import workbook_tables
from quarterhour.study import Study
from quarterhour.words import data_file

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def page() -> str:
    """Return the page, its lines joined, so that no sentence is cut."""
    return " ".join((ROOT / "docs" / "measures.md").read_text(encoding="utf-8").split())


def _anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        if "://" in target:
            continue
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            lost.append(target)
    assert lost == []


def test_every_sheet_it_names_is_one_of_the_workbook(page: str, small_run: StudyRun) -> None:
    sheets = [name for name, _ in workbook_tables(small_run.findings, "en")]
    told = re.findall(r'(\d+(?:-\d+)?) "([^"]+)"', page)
    assert len(told) > 20
    assert [f"{n} {name}" for n, name in told if f"{n} {name}" not in sheets] == []
    # Those whose number depends on what a study has are told by name alone.
    loose = re.findall(r'Sheets? ((?:"[^"]+"(?:, | and )?)+)', page)
    names = {name.partition(" ")[2] for name in sheets}
    assert [n for each in loose for n in re.findall(r'"([^"]+)"', each) if n not in names] == []


def test_every_measure_of_the_scorecard_has_its_letters_on_the_page(page: str) -> None:
    rows = re.findall(r"\| ([A-D]\d(?:, [A-D]\d)?) \| ([^|]+) \|", page)
    letters = {name: said for said, names in rows for name in re.findall(r"`(\w+)`", names)}
    told = {name: one.formula for name, one in measures().items() if one.formula != "-"}
    assert [n for n, formula in told.items() if formula not in letters.get(n, "")] == []


@pytest.mark.parametrize(
    "said",
    [
        f"| `hopeless_share` | {constant('hopeless_share'):.2f} |",
        f"| `hopeless_m` | {constant('hopeless_m'):,.0f} m |",
        f"riding a lift: {constant('lift_s'):g} |",
        f"| `vehicle_leg_mps` | {constant('vehicle_leg_mps'):g} m/s |",
        f"walk_m >= {DETOUR:g} x straight_m",
        f"on foot at least {LINK_DETOUR:g} times as far and {DETOUR_M:g} m more",
        f"saves at least {SAVED_S:g} s",
        f"at most {SPACING_M:g} m apart along streets",
        f"streets of {100 * STEEP:g} % and more that meet and rise {RISE_M:g} m",
        f"within {APART_M:g} m of a better one's",
        "Weights are {:g}, {:g} and {:g}".format(*SLOW_DECAY),
    ],
)
def test_constants_are_those_of_the_code(page: str, said: str) -> None:
    assert said in page


def test_every_source_of_the_code_of_measures_is_on_the_page(page: str) -> None:
    cover = ROOT / "coverage" / "quarterhour" / "cover"
    code = " ".join(path.read_text(encoding="utf-8") for path in sorted(cover.rglob("*.py")))
    found = {doi.rstrip(".)`") for doi in re.findall(r"doi:\s?(10\.\d{4,}/\S+)", code)}
    assert len(found) > 5
    assert [doi for doi in sorted(found) if doi not in page] == []


def test_keys_of_the_study_that_measures_read_are_in_the_design() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    for table in ("supply", "gaps", "sweep", "scorecard", "neighbours"):
        row = next(line for line in text.splitlines() if line.startswith(f"| `[{table}]` |"))
        hint = Study.__annotations__[table]
        held = fields(getattr(hint, "__args__", (hint,))[0])
        assert [key.name for key in held if f"`{key.name}" not in row] == []


def test_classes_of_streets_on_which_people_stand_are_those_of_the_code(page: str) -> None:
    rules = tomllib.loads(data_file("walkable.toml").read_text(encoding="utf-8"))
    for key in ("lived_homes", "lived_never"):
        assert ", ".join(rules[key]) in page
