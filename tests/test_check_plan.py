"""The checker of plans: it finds every figure that is wrong, and nothing that is right."""

import ast
import math
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import quarterhour.siting.check as check_package
from quarterhour.errors import Fault, InfeasibleError, SolverError
from quarterhour.siting import (
    Capacity,
    Robust,
    Scenario,
    SitePlan,
    SitingProblem,
    check_plan,
    recommend,
)
from quarterhour.siting.check import check_moves
from quarterhour.siting.check.keeping import keeps, possible_without
from quarterhour.siting.moving import moves_of, with_moves
from quarterhour.siting.rules import Rule, apart, rule_of_rows, without
from siting_cases import QUESTIONS, random_case
from test_siting import key_of, world

# Nothing can be counted again of these: whether somebody pressed a key, and where the dust lies.
UNSEEN = {"interrupted"}


@pytest.fixture
def five_villages() -> SitingProblem:
    """The world of test_siting, with money, so that every figure has something to say."""
    covers = [{0, 1}, {1, 2, 3}, {2, 3, 4}, {4, 5}, {5}]
    return world(
        covers, [30, 10, 40, 10, 0.5, 100], 3, [0, 0, 0, 0, 0, 1], kind="care_station",
        must=(4,), cost=np.array([3, 1, 4, 1, 5]), budget=13,
    )  # fmt: skip


def others(value):
    """Return other values of the same type, each of which must be found out."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [0.0, 1.0] if math.isnan(value) else [value + 1, value - 1, math.nan]
    if isinstance(value, str):
        return [value + "x"]
    if isinstance(value, np.ndarray):
        return [changed(value, k) for k in list(np.ndindex(value.shape))[:: max(value.size - 1, 1)]]
    if value == ():
        return [(Fault("siting.shortfall_area"),)]
    if isinstance(value, tuple):
        return [value[::-1], value[:1] * len(value)]
    return [object()]


def changed(array: np.ndarray, at: tuple[int, ...]) -> np.ndarray:
    other = array.copy()
    if other.dtype == bool:
        other[at] = not other[at]
    elif np.isfinite(other[at]) if other.dtype.kind == "f" else True:
        other[at] += 1
    else:
        other[at] = 0
    return other


def refused(plan: SitePlan, problem: SitingProblem) -> None:
    with pytest.raises(SolverError) as caught:
        check_plan(plan, problem)
    assert set(key_of(caught)) == {"siting.check_failed"}


def test_every_figure_is_counted(five_villages: SitingProblem) -> None:
    assert check_plan(recommend(five_villages), five_villages).n_figures > 40


@pytest.mark.parametrize("name", sorted({f.name for f in fields(SitePlan)} - UNSEEN))
def test_a_figure_that_was_changed_is_found(five_villages: SitingProblem, name: str) -> None:
    plan = recommend(five_villages)
    check_plan(plan, five_villages)
    value = getattr(plan, name)
    for wrong in [True, False] if value is None else others(value):
        if isinstance(value, tuple) and wrong == value:
            continue
        refused(replace(plan, **{name: wrong}), five_villages)


def test_a_changed_alternative_is_found(five_villages: SitingProblem) -> None:
    problem = replace(five_villages, must=(), budget=None, n_sites=2)
    plan = recommend(problem)
    first = plan.alternatives[0]
    check_plan(plan, problem)
    for wrong in (
        replace(first, people_gained=91.0),
        replace(first, objective=91.0),
        replace(first, site_ids=("c0", "c3")),
        replace(first, site_ids=plan.site_ids),
        replace(first, site_ids=("c0", "nobody")),
        replace(first, status="within gap"),
    ):
        refused(replace(plan, alternatives=(wrong, *plan.alternatives[1:])), problem)
    refused(replace(plan, alternatives=plan.alternatives[::-1]), problem)
    refused(replace(plan, alternatives=plan.alternatives[1:]), problem)
    refused(replace(plan, alternatives=(*plan.alternatives, first)), problem)


def test_a_fault_of_a_thousandth_of_a_percent_is_found(five_villages) -> None:
    plan = recommend(five_villages)
    check_plan(replace(plan, people_gained=plan.people_gained * (1 + 1e-8)), five_villages)
    with pytest.raises(SolverError, match="people_gained"):
        check_plan(replace(plan, people_gained=plan.people_gained * (1 + 1e-5)), five_villages)


def test_a_gap_has_its_status(five_villages: SitingProblem) -> None:
    problem = replace(five_villages, must=(), budget=None, n_sites=1)
    plan = recommend(problem)
    best = plan.objective
    assert best == 60
    for status, bound in (("within gap", best * (1 + 5e-5)), ("time limit", 63.0)):
        stopped = replace(plan, status=status, bound=bound, repeatable=False, gap=1 - best / bound)
        check_plan(stopped, problem)
        # Beyond everybody within reach a bound is none, and below the plan it is wrong.
        for wrong in ({"gap": 0.0}, {"repeatable": True}):
            refused(replace(stopped, **wrong), problem)
        for far in (best * 0.9, 91.0):
            refused(replace(stopped, bound=far, gap=abs(1 - best / far)), problem)
        for said in {"optimal", "within gap", "time limit"} - {status}:
            refused(replace(stopped, status=said), problem)
    loose = replace(plan, status="within gap", bound=best, repeatable=False)
    check_plan(loose, problem)


def test_a_lie_that_is_told_everywhere_is_found(five_villages: SitingProblem) -> None:
    problem = replace(five_villages, must=(), budget=None, n_sites=1)
    plan = recommend(problem)
    lied = replace(
        plan, objective=plan.objective + 5, bound=plan.bound + 5,
        loss_if_vetoed=plan.loss_if_vetoed + 5,
    )  # fmt: skip
    with pytest.raises(SolverError, match="objective"):
        check_plan(lied, problem)


def test_a_veto_that_claims_too_much_is_found() -> None:
    # The best two are c0 and c2 with 14. Without c0 c1 and c2 gain 13, without c2 c0 and c1 12.
    problem = world([{0}, {1}, {2}, {3}], [8, 7, 6, 1], 2)
    problem = replace(problem, rules=(without([0, 1]),))
    plan = recommend(problem)
    assert sorted(plan.site_ids) == ["c0", "c2"]
    check_plan(plan, problem)
    runner_up = dict(zip(plan.site_ids, plan.runner_up, strict=True))
    assert runner_up == {"c0": ("c1", "c2"), "c2": ("c0", "c3")}
    # c2 and c3 (7) are a plan without c0 too; c1 and c2 are known to be better where they are
    # named as the plan without another site.
    three = replace(problem, n_sites=3)
    plan = recommend(three)
    assert sorted(plan.site_ids) == ["c0", "c2", "c3"]
    place = {site: plan.site_ids.index(site) for site in plan.site_ids}
    assert plan.runner_up[place["c0"]] == ("c1", "c2", "c3")
    others_said = list(plan.runner_up)
    others_said[place["c0"]] = ("c2", "c3")
    others_said[place["c2"]] = ("c1", "c3")
    loss = plan.loss_if_vetoed.copy()
    loss[place["c0"]], loss[place["c2"]] = 8.0, 7.0
    alternatives = [
        replace(plan.alternatives[0], site_ids=ids, people_gained=gain, objective=gain)
        for ids, gain in ((("c0", "c2"), 14.0), (("c1", "c3"), 8.0), (("c2", "c3"), 7.0))
    ]
    lied = replace(
        plan, runner_up=tuple(others_said), loss_if_vetoed=loss, alternatives=tuple(alternatives)
    )
    with pytest.raises(SolverError, match="none better known"):
        check_plan(lied, three)


def test_too_small_a_share_is_found() -> None:
    problem = world([{0}, {1}], [6, 4], None, question="fewest_sites", share=0.6)
    plan = recommend(problem)
    assert plan.site_ids == ("c0",)
    check_plan(plan, problem)
    with pytest.raises(SolverError, match="share"):
        check_plan(plan, replace(problem, share=0.61))


def test_a_site_is_needed_only_where_no_plan_is_without_it() -> None:
    area = Rule(
        said=Fault("siting.asks_per_area", {"at_least": 1}),
        indptr=np.array([0, 1, 3]), indices=np.array([0, 1, 2]), values=np.ones(3, np.int64),
        lower=np.array([1.0, 1.0]), upper=np.array([np.inf, np.inf]),
    )  # fmt: skip
    problem = world([{0}, {1}, {2}], [5, 4, 3], 2, rules=(area,))
    assert possible_without(problem, 0) is False
    assert possible_without(problem, 1) is True
    plan = recommend(problem)
    status = dict(zip(plan.site_ids, plan.veto_status, strict=True))
    assert status == {"c0": "needed", "c1": "optimal"}
    check_plan(plan, problem)
    # The other one is said to be needed too, though c2 would do.
    place = plan.site_ids.index("c1")
    lied = replace(
        plan,
        veto_status=("needed", "needed"),
        runner_up=((), ()),
        loss_if_vetoed=np.full(2, np.inf),
        alternatives=(),
    )
    assert plan.runner_up[place] == ("c0", "c2")
    refused(lied, problem)


def test_number_money_and_roles_are_kept() -> None:
    problem = world([{0}, {1}, {2}], [1, 1, 1], 2, must=(0,), must_not=(2,))
    assert [keeps(problem, rows) for rows in ((0,), (0, 1), (1,), (0, 2))] == [1, 1, 0, 0]
    assert not keeps(replace(problem, n_sites=1), (0, 1))
    paid = replace(problem, cost=np.array([2, 3, 0]), budget=5)
    assert [keeps(replace(paid, budget=money), (0, 1)) for money in (5, 4)] == [True, False]
    least = rule_of_rows(Fault("siting.asks_other"), [[0, 1]], lower=[2.0], upper=[np.inf])
    asked = replace(problem, rules=(least,))
    assert [keeps(asked, rows) for rows in ((0,), (0, 1))] == [False, True]


def test_rules_are_summed_row_by_row() -> None:
    xy = np.array([[0.0, 0.0], [3.0, 0.0], [9.0, 0.0]])
    problem = world([{0}, {1}, {2}], [1, 1, 1], 3, rules=(apart(xy, metres=4.0), without([1, 2])))
    kept = [
        rows for rows in ((), (0,), (0, 2), (0, 1), (1, 2), (0, 0), (3,)) if keeps(problem, rows)
    ]
    assert kept == [(), (0,), (0, 2)]
    # Two stations, one place to lead each; the helpers say who leads whom.
    lead = Rule(
        said=Fault("siting.asks_lead"),
        indptr=np.array([0, 2, 4, 6]), indices=np.array([0, 3, 1, 4, 3, 4]),
        values=np.array([-1, 1, -1, 1, 1, 1]),
        lower=np.array([0.0, 0.0, -np.inf]), upper=np.array([0.0, 0.0, 1.0]),
        helper_upper=np.array([1, 1]),
    )  # fmt: skip
    led = world([{0}, {1}, {2}], [1, 1, 1], 3, rules=(lead,))
    assert [keeps(led, rows) for rows in ((0,), (1, 2), (0, 1))] == [True, True, False]
    assert possible_without(led, 2)


# --- every question: each number in a plan, changed, is found out


@cache
def answered(question: str) -> tuple[SitePlan, SitingProblem]:
    """Return a plan of some sites with something to lose, and its question."""
    for seed in range(300):
        problem = random_case(seed, question).problem
        try:
            plan = recommend(problem)
        except InfeasibleError:
            continue
        rich = len(plan.site_ids) >= 2 and plan.alternatives and plan.people_gained > 0
        if question == "capacity":
            rich = rich and plan.served.relief and plan.served.relieved.any()
        if question == "least_walking":
            rich = rich and plan.led is not None and len(set(plan.led.centre_ids)) > 1
        if question == "years":
            paid = plan.phases.money_left is not None and plan.phases.money_left[0] > 0
            rich = rich and paid and plan.phases.carry_over and plan.phases.opens.any()
        if rich:
            return plan, problem
    raise AssertionError(question)


def leaves(thing, path=()):
    """Yield path and value of all that a plan holds, inside its own dataclasses too."""
    for field in fields(thing):
        value, at = getattr(thing, field.name), (*path, field.name)
        if is_dataclass(value):
            yield from leaves(value, at)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            for place, one in enumerate(value):
                yield from leaves(one, (*at, place))
        elif value is not None and field.name not in UNSEEN:
            yield at, value


def with_leaf(thing, path, value):
    if not path:
        return value
    if isinstance(path[0], int):
        return (
            *thing[: path[0]],
            with_leaf(thing[path[0]], path[1:], value),
            *thing[path[0] + 1 :],
        )
    return replace(thing, **{path[0]: with_leaf(getattr(thing, path[0]), path[1:], value)})


@pytest.mark.parametrize("question", QUESTIONS)
def test_all_that_a_plan_states_is_counted(question: str) -> None:
    plan, problem = answered(question)
    check_plan(plan, problem)
    for path, value in leaves(plan):
        if problem.capacity is not None and path[0] != "served":
            continue
        for wrong in others(value)[: 1 if problem.capacity is not None else 2]:
            if isinstance(value, tuple) and wrong == value:
                continue
            try:
                check_plan(with_leaf(plan, path, wrong), problem)
            except (SolverError, AssertionError):
                continue
            pytest.fail(f"{path}: {value} was changed to {wrong}")


def scenario(name: str, chance: int, covers, weight, already) -> Scenario:
    alone = world(covers, weight, 1, already)
    return Scenario(
        name=name, chance=chance, covers_indptr=alone.covers_indptr,
        covers_indices=alone.covers_indices, weight=alone.weight, already=alone.already,
    )  # fmt: skip


@pytest.mark.parametrize(("aim", "site", "value"), [("worst", "c1", 3.0), ("expected", "c0", 5.0)])
def test_scenarios_on_paper(aim: str, site: str, value: float) -> None:
    # Today 10 are inside on dry days and 4 on wet ones. c0 adds 8 and 2, c1 adds 1 and 3 or more.
    dry = scenario("dry", 1, [{0}, {1}], [8, 1, 10], [0, 0, 1])
    wet = scenario("wet", 1, [{0}, {1}], [2, 3, 4], [0, 0, 1])
    problem = world([{0}, {1}], [8, 1, 10], 1, robust=Robust(aim=aim, scenarios=(dry, wet)))
    plan = recommend(problem)
    assert (plan.site_ids, plan.objective) == ((site,), value)
    check_plan(plan, problem)
    refused(replace(plan, objective=value + 1, bound=value + 1), problem)


def test_places_are_shared_evenly_on_paper() -> None:
    # Two points of 4 share the 4 places of one site.
    capacity = Capacity(
        of_candidate=np.array([4.0, 4.0]), of_existing=np.zeros(0), existing_ids=(),
        existing_indptr=np.zeros(1, np.int64), existing_indices=np.zeros(0, np.int32),
    )  # fmt: skip
    problem = world([{0, 1}, set()], [4, 4], 1, capacity=capacity)
    plan = recommend(problem)
    assert plan.served.served_after == pytest.approx([2.0, 2.0], abs=1e-3)
    check_plan(plan, problem)
    uneven = replace(plan.served, served_after=np.array([3.0, 1.0]), relieved=np.zeros(2))
    with pytest.raises(SolverError, match="evenly"):
        check_plan(replace(plan, served=uneven), problem)


def test_moves_are_counted_again() -> None:
    # e0 serves two people whom c0 would serve as well, e1 one more; one of them may close.
    base = world([{0, 1, 2}, {3}], [2, 5, 1, 4], 1, [1, 0, 1, 0])
    problem = with_moves(
        base, existing_ids=("e0", "e1"), movable=np.ones(2, bool), at_most=1, replacing=False,
        existing_covers_indptr=np.array([0, 1, 2]),
        existing_covers_indices=np.array([0, 2], np.int32),
    )  # fmt: skip
    plan = recommend(problem)
    check_plan(plan, problem)
    moves = moves_of(problem, plan, 2)
    assert (moves.new_ids, moves.people_today, moves.people_after) == (("c0",), 3.0, 8.0)
    check_moves(moves, plan, problem, 2)
    for path, value in leaves(moves):
        wrong = ("c0", "e9") if isinstance(value, tuple) else others(value)[0]
        with pytest.raises(SolverError, match=path[0]):
            check_moves(replace(moves, **{path[0]: wrong}), plan, problem, 2)


def test_the_checker_shares_no_code_with_the_models() -> None:
    allowed = {
        "check",
        "plan",
        "problem",
        "parts",
        "rules",
        "phases",
        "served",
        "robust",
        "tiers",
        "moving",
    }
    for path in Path(check_package.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typing_only = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or "siting" not in (node.module or ""):
                continue
            room = node.module.split(".")[2]
            assert room in allowed, f"{path.name} imports {node.module}"
            assert room == "check" or id(node) in typing_only, f"{path.name} runs {node.module}"
