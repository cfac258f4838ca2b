"""The page of siting says what the code asks: keys, words, constants; its examples are studies."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from quarterhour.asking import answering
from quarterhour.asking.worlds import _FASTER, _LONGER_MIN
from quarterhour.cover.case import SEARCH_MIN
from quarterhour.presets import constant
from quarterhour.siting import SitingProblem, recommend
from quarterhour.siting import plan as plans
from quarterhour.siting.problem import QUESTIONS
from quarterhour.siting.screening import RULE_OF
from quarterhour.siting.talk import conflict, frontier, nesting, points, shadow
from quarterhour.study import read_study
from quarterhour.studytables import BudgetTable, RuleTable, SitingTable

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "siting.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())
READMES = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")]
EXAMPLES = re.findall(r"```toml\n(.*?)```", "\n".join([PAGE, *READMES]), re.DOTALL)
REST = answering._TALK + answering._STABILITY + answering._COSTS
STUDY = """[study]
name = "an example"
[areas]
file = "areas.geojson"
[streets]
file = "streets.osm.pbf"
[residents]
file = "residents.xlsx"
by = "area"
[[facilities]]
file = "facilities.xlsx"
"""


def _first_cells() -> list[str]:
    """Return the first cell of every row of a table on the page."""
    return re.findall(r"^\| ([^|]+) \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("table", [SitingTable, BudgetTable, RuleTable])
def test_every_key_has_its_row(table: type) -> None:
    said = [name for cell in _first_cells() for name in re.findall(r"`([^`]+)`", cell)]
    named = {name.strip("[]").removeprefix("siting.") for name in said}
    assert [key.name for key in fields(table) if key.name not in named] == []


def test_every_question_unit_and_status_is_told() -> None:
    words = {*QUESTIONS, *get_args(plans.Unit), *get_args(plans.Status)}
    words |= {*get_args(plans.VetoStatus), *get_args(points.PointStatus)}
    words |= {*get_args(plans.SitePlan.__annotations__["tie_break"]), *RULE_OF.values()}
    assert [word for word in sorted(words) if f"`{word}`" not in PAGE] == []


@pytest.mark.parametrize(
    "said",
    [
        f"by more than {100 * plans.WITHIN_GAP:g} %",
        f"less than {constant('min_floor_area_m2'):g} m²",
        f"above storey {constant('max_storey_without_lift'):g} without a lift",
        f"or {answering._NEAR:g} m for each second of the limit",
        f"at most {REST:g} times as much again",
        "in tenths of the budget up to twice it",
        f"at least {frontier._LEAST_POINTS}, unless given",
        f"exactly up to {nesting._EXACT_SITES} sites",
        f"one by one up to {shadow._ONE_BY_ONE}, else together",
        f"one site more, {shadow._PERCENT_MORE} % more money, {shadow._POINTS_LESS} points less",
        f"Up to {conflict._FEW} demands",
        f"`lead_at_most` ({RuleTable().lead_at_most} unless given)",
    ],
)
def test_constants_are_those_of_the_code(said: str) -> None:
    assert said in TEXT


def test_what_stability_tries_is_what_the_page_says() -> None:
    assert (_FASTER, _LONGER_MIN, SEARCH_MIN) == ((0.9, 1.1), (-2, 2), 60.0)
    assert "a tenth slower and a tenth faster, limits two minutes shorter and longer" in TEXT
    assert "`cap` is an hour" in TEXT


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: " ".join(text.split())[:60])
def test_every_example_is_a_study(example: str, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY + example, encoding="utf-8")
    study = read_study(path, files_may_lack=True)
    assert len(study.siting) == 1


def test_the_example_of_the_library_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "docs/siting.md", "exec"), {})
    said, _, _ = capsys.readouterr().out.partition("\n")
    assert said in code


def test_a_saved_plan_with_any_part_can_be_opened() -> None:
    """A file loads no class: whatever a plan may hold is there once stages can be read."""
    held = (
        "phases.plan", "served.plan", "robust", "tiers", "moving", "stability", "talk.plantalk",
        "rulecost",
    )  # fmt: skip
    lacks = f"[m for m in {held} if f'quarterhour.siting.{{m}}' not in sys.modules]"
    asked = f"import sys, quarterhour.stages; print({lacks})"
    run = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.strip() == "[]"


def test_no_trade_off_where_none_is_wanted() -> None:
    problem = SitingProblem(
        candidate_ids=("a",), covers_indptr=np.array([0, 1]),
        covers_indices=np.zeros(1, np.int32), weight=np.ones(1), already=np.zeros(1, np.bool_),
        cost=np.array([5]), budget=10,
    )  # fmt: skip
    plan = recommend(problem)
    for by, limits in (("sites", [1]), ("money", [*range(1, 21)])):
        assert frontier.limits_of(problem, plan, by, None) == limits
        assert frontier.limits_of(problem, plan, by, 0) == []
