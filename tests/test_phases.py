"""Years: the schedule against every possible one, money by year, and worlds worked by hand."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from quarterhour.errors import Fault, InfeasibleError, InputError
from quarterhour.siting.parts import Years
from quarterhour.siting.patience import Patience
from quarterhour.siting.phases import people_years, phased_plan, solve_years, solving
from quarterhour.siting.phases.bounding import Bounding
from quarterhour.siting.phases.hull import affordable_counts, count_cut
from quarterhour.siting.phases.ledger import Ledger
from quarterhour.siting.phases.proving import prove
from quarterhour.siting.phases.schedule import Phases, Schedule
from quarterhour.siting.phases.searching import Search, exchange
from quarterhour.siting.phases.unphased import Unphased
from quarterhour.siting.problem import SitingProblem
from quarterhour.siting.rules import Rule, rule_of_rows


def world(covers, weight, years, already=None, **more) -> SitingProblem:
    rows = [sorted(row) for row in covers]
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(len(rows))),
        covers_indptr=np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64),
        covers_indices=np.array([i for row in rows for i in row], dtype=np.int32),
        weight=np.array(weight, dtype=np.float64),
        already=np.zeros(len(weight), bool) if already is None else np.array(already, bool),
        years=years,
        **more,
    )


def years(n_years, build, yearly, *, budget=None, n_sites=None, carry_over=True) -> Years:
    return Years(
        years=tuple(range(2026, 2026 + n_years)),
        budget=None if budget is None else np.array(budget),
        n_sites=None if n_sites is None else np.array(n_sites),
        build_cost=np.array(build, dtype=np.int64),
        yearly_cost=np.array(yearly, dtype=np.int64),
        carry_over=carry_over,
    )


def two_of_one_helper(n: int) -> Rule:
    """Return the rule 2 h <= x0 + x1 <= 2 h: both or neither (h is a column of the rule)."""
    return Rule(
        said=Fault("siting.asks_lead", {"at_most": 1}),
        indptr=np.array([0, 3]), indices=np.array([0, 1, n]), values=np.array([1, 1, -2]),
        lower=np.array([0.0]), upper=np.array([0.0]), helper_upper=np.array([1]),
    )  # fmt: skip


def random_world(seed: int) -> SitingProblem:
    rng = np.random.default_rng(seed)
    n, n_years, n_demand = (
        int(rng.integers(2, 6)),
        int(rng.integers(1, 4)),
        int(rng.integers(0, 12)),
    )
    covers = [np.flatnonzero(rng.random(n_demand) < rng.uniform(0.1, 0.6)) for _ in range(n)]
    alike = rng.random() < 0.4
    build = np.full(n, 3) if alike else rng.integers(0, 6, n)
    yearly = np.full(n, rng.integers(0, 4)) if alike else rng.integers(0, 4, n)
    by = rng.integers(0, 3)
    roles = rng.permutation(n)
    rules = []
    if rng.random() < 0.3:
        rules.append(rule_of_rows(Fault("siting.asks_per_area", {"at_least": 1}),
                                  [roles[:2].tolist()], lower=[1.0], upper=[np.inf]))  # fmt: skip
    if rng.random() < 0.3:
        rules.append(rule_of_rows(Fault("siting.asks_spacing", {"metres": 1.0}),
                                  [roles[-2:].tolist()], lower=[-np.inf], upper=[1.0]))  # fmt: skip
    if rng.random() < 0.3:
        rules.insert(0, two_of_one_helper(n))
    merit = rng.integers(0, 9, n_demand).astype(float) if rng.random() < 0.3 else None
    return world(
        covers,
        rng.integers(0, 9, n_demand) if rng.random() < 0.6 else rng.gamma(1, 5, n_demand),
        years(
            n_years, build, yearly,
            budget=rng.integers(0, 14, n_years) if by != 1 else None,
            n_sites=rng.integers(0, 3, n_years) if by != 0 else None,
            carry_over=bool(rng.random() < 0.6),
        ),
        rng.random(n_demand) < 0.2,
        must=tuple(roles[:1].tolist()) if rng.random() < 0.2 else (),
        must_not=tuple(roles[1:2].tolist()) if rng.random() < 0.2 else (),
        n_sites=int(rng.integers(1, n)) if rng.random() < 0.4 else None,
        cost=rng.integers(0, 5, n) if rng.random() < 0.3 else None,
        budget=None,
        merit=merit,
        rules=tuple(rules),
    )  # fmt: skip


def tight_world(seed: int, *, floors: bool) -> SitingProblem:
    """Return a world of five sites of different costs, whose bound is far from its best schedule.

    ``floors``: two of the sites must be, whatever they add; these bounds of rows bind.
    """
    rng = np.random.default_rng(seed)
    covers = [np.flatnonzero(rng.random(14) < 0.35) for _ in range(5)]
    said = Fault("siting.asks_per_area", {"at_least": 1})
    floor = rule_of_rows(said, [[3], [4]], lower=[1.0, 1.0], upper=[np.inf, np.inf])
    asked = years(2, rng.integers(3, 9, 5), rng.integers(1, 4, 5), budget=[12, 14])
    return world(covers, rng.integers(1, 9, 14), asked, rules=(floor,) if floors else ())


def affords(problem: SitingProblem, opens: list[int]) -> bool:
    """Tell whether years allow a schedule; ``opens`` has the number of years for never."""
    asked = problem.years
    purse, places = 0, 0
    for year in range(len(asked.years)):
        new = [site for site, at in enumerate(opens) if at == year]
        running = [site for site, at in enumerate(opens) if at <= year]
        purse = purse if asked.carry_over else 0
        places = places if asked.carry_over else 0
        if asked.budget is not None:
            purse += int(asked.budget[year]) - sum(int(asked.build_cost[s]) for s in new)
            purse -= sum(int(asked.yearly_cost[s]) for s in running)
        if asked.n_sites is not None:
            places += int(asked.n_sites[year]) - len(new)
        if purse < 0 or places < 0:
            return False
    return True


def fits(problem: SitingProblem, chosen: set[int]) -> bool:
    if problem.n_sites is not None and len(chosen) > problem.n_sites:
        return False
    if not set(problem.must) <= chosen or chosen & set(problem.must_not):
        return False
    for rule in problem.rules:
        if rule.n_rows and len(rule.helper_upper):
            if (0 in chosen) != (1 in chosen):
                return False
            continue
        for row in range(rule.n_rows):
            of = set(rule.indices[rule.indptr[row] : rule.indptr[row + 1]].tolist())
            if not rule.lower[row] <= len(of & chosen) <= rule.upper[row]:
                return False
    return True


def worth(problem: SitingProblem, opens: list[int], what=None) -> float:
    what = problem.worth if what is None else what
    n_years, total = len(problem.years.years), 0.0
    for year in range(n_years):
        inside = set()
        for site, at in enumerate(opens):
            if at <= year:
                start, end = problem.covers_indptr[site : site + 2]
                inside |= set(problem.covers_indices[start:end].tolist())
        total += sum(float(what[i]) for i in inside if not problem.already[i])
    return total


def schedules(problem: SitingProblem):
    n_years = len(problem.years.years)
    for opens in product(range(n_years + 1), repeat=problem.n_candidates):
        chosen = {site for site, at in enumerate(opens) if at < n_years}
        if fits(problem, chosen) and affords(problem, list(opens)):
            yield list(opens)


def opens_of(problem: SitingProblem, answer) -> list[int]:
    opens = [len(problem.years.years)] * problem.n_candidates
    for site, at in zip(answer.chosen.tolist(), answer.opens.tolist(), strict=True):
        opens[site] = at
    return opens


def check_sums(problem: SitingProblem, answer) -> None:
    """Every figure of the phased plan ties with what a reader can add up."""
    order = answer.chosen[::-1].copy()
    plan = phased_plan(problem, answer, order)
    asked, n_years = problem.years, len(problem.years.years)
    assert plan.opened.sum() == len(order)
    assert plan.opens.tolist() == answer.opens[::-1].tolist()
    assert plan.build_spent.sum() == sum(int(asked.build_cost[site]) for site in order)
    run = [
        int(asked.yearly_cost[s]) * (n_years - int(at))
        for s, at in zip(order, plan.opens, strict=True)
    ]
    assert plan.running_spent.sum() == sum(run)
    if asked.budget is None:
        assert plan.money_left is None
    else:
        assert (plan.money_left >= 0).all()
        spent = int((plan.build_spent + plan.running_spent).sum())
        left = int(plan.money_left[-1] if asked.carry_over else plan.money_left.sum())
        assert left == int(asked.budget.sum()) - spent
    assert (np.diff(plan.people_by_year) >= 0).all()
    assert plan.worth_by_year.sum() == pytest.approx(people_years(problem, answer))
    assert plan.people_by_year.sum() == pytest.approx(
        worth(problem, opens_of(problem, answer), problem.weight)
    )
    alone = best_at_once(problem)
    assert plan.unphased_proven
    assert plan.unphased_worth == pytest.approx(alone, abs=answer.rounding / 1000 + 1e-9)
    assert plan.unphased_bound == plan.unphased_worth
    assert plan.price_of_phasing >= -1e-9
    assert len(plan.to_frame()) == n_years


def best_at_once(problem: SitingProblem) -> float:
    """Return the most that sites can be worth in a year, all money and openings at once."""
    asked, n_years, best = problem.years, len(problem.years.years), 0.0
    for flags in product((False, True), repeat=problem.n_candidates):
        chosen = np.flatnonzero(flags)
        cost = int((asked.build_cost + asked.yearly_cost)[chosen].sum())
        if asked.budget is not None and cost > asked.budget.sum():
            continue
        if asked.n_sites is not None and len(chosen) > asked.n_sites.sum():
            continue
        if fits(problem, set(chosen.tolist())):
            opens = [n_years - 1 if flag else n_years for flag in flags]
            best = max(best, worth(problem, opens))
    return best


@settings(deadline=None, max_examples=80, derandomize=True)
@given(seed=st.integers(0, 10**9))
def test_no_other_schedule_is_better(seed: int) -> None:
    problem = random_world(seed)
    every = list(schedules(problem))
    if not every:
        with pytest.raises(InfeasibleError) as caught:
            solve_years(problem, patience=Patience(60))
        assert caught.value.faults[0].key == "siting.infeasible_rules"
        return
    answer = solve_years(problem, patience=Patience(60))
    mine = opens_of(problem, answer)
    best = max(worth(problem, opens) for opens in every)
    assert answer.proven
    assert fits(problem, set(answer.chosen.tolist()))
    assert affords(problem, mine)
    assert worth(problem, mine) == pytest.approx(best, abs=answer.rounding / 1000 + 1e-9)
    assert people_years(problem, answer) == pytest.approx(worth(problem, mine))
    assert answer.objective == pytest.approx(
        1000 * worth(problem, mine), abs=answer.rounding + 1e-3
    )
    check_sums(problem, answer)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(seed=st.integers(0, 10**9))
def test_bounds_hold_at_every_stop(seed: int) -> None:
    """Cuts alone, a window, and no time at all: no schedule is ever above the bound."""
    problem = random_world(seed)
    every = list(schedules(problem))
    if not every:
        return
    best = max(worth(problem, opens) for opens in every)
    hurried = Patience(60)
    hurried.hurry()
    told: list[tuple[float, float]] = []
    answer = solve_years(problem, patience=hurried, on_progress=lambda *now: told.append(now))
    assert affords(problem, opens_of(problem, answer))
    assert answer.bound >= 1000 * best - answer.rounding - 1e-3
    assert all(bound >= objective for objective, bound in told)
    phases = Phases.of(problem)
    if not len(phases.cells):
        return
    bounding = Bounding(phases)
    bounding.tighten(milli=lambda: -1.0, stop=lambda: False, look=lambda _: None)
    dust = phases.cells.rounding_people * 1000 * phases.n_years + 1e-3
    assert bounding.ceiling.milli >= 1000 * best - dust
    n_years = phases.n_years
    for part in (1.0, 0.8, 0.5):
        left, needed = bounding.ceiling.settle(1000 * part * best - 2 * dust)
        for opens in every:
            if worth(problem, opens) >= part * best - 1e-9:
                assert all(left[at, site] for site, at in enumerate(opens) if at < n_years)
                assert all(opens[site] < n_years for site in np.flatnonzero(needed))


@pytest.mark.parametrize("seed", range(30))
def test_windows_and_kicks_find_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if much were left after the cuts: the way of large questions, on small ones.

    In odd worlds nothing is searched for, the first window is too narrow for the best schedule, and
    the others have to find it.
    """
    monkeypatch.setattr(solving, "_FEW_OPENINGS", -1)
    if seed % 2:
        monkeypatch.setattr(solving, "_WINDOWS", (0.001, 0.3))
        monkeypatch.setattr(solving, "improve", lambda _, schedule, **__: schedule)
        monkeypatch.setattr(solving, "filled", lambda _, schedule: schedule)
        nothing = Schedule(sites=np.zeros(0, np.int64), opens=np.zeros(0, np.int64))
        monkeypatch.setattr(solving, "rounded", lambda *_: nothing)
    problem = tight_world(seed, floors=False) if seed % 4 == 3 else random_world(seed)
    every = list(schedules(problem))
    if every:
        answer = solve_years(problem, patience=Patience(60))
        best = max(worth(problem, opens) for opens in every)
        assert answer.proven
        assert answer.objective == pytest.approx(1000 * best, abs=2 * answer.rounding + 1e-3)


@pytest.mark.parametrize("seed", range(30))
def test_the_proof_looks_at_every_opening_that_is_left(seed: int) -> None:
    problem = random_world(seed).having(rules=(), must=())
    phases = Phases.of(problem)
    rng = np.random.default_rng(seed)
    left = phases.can & (rng.random(phases.can.shape) < 0.6)
    needed = left.any(axis=0) & (rng.random(phases.n) < 0.2)
    n_years = phases.n_years
    values = [
        phases.milli(Schedule(sites=np.flatnonzero(at < n_years), opens=at[at < n_years]))
        for at in map(np.array, schedules(problem))
        if all(left[year, site] for site, year in enumerate(at) if year < n_years)
        and (at[needed] < n_years).all()
    ]
    if not len(phases.cells):
        return
    found, bound = prove(phases, None, left=left, needed=needed, time_limit_s=60)
    if values and len(np.flatnonzero(left)) > needed.sum():
        assert found is not None
        assert phases.milli(found) == bound == max(values)
    elif values:
        assert bound >= max(values)


@pytest.mark.parametrize("seed", range(12))
def test_cuts_reach_the_bound_of_the_whole_linear_program(seed: int) -> None:
    phases = Phases.of(tight_world(seed, floors=bool(seed % 2)))
    bounding = Bounding(phases)
    bounding.tighten(milli=lambda: -1.0, stop=lambda: False, look=lambda _: None)
    whole = whole_program(phases)
    assert whole is not None
    assert whole - 1 <= bounding.ceiling.milli <= whole + 1 + 0.5 * phases.n_years


def whole_program(phases: Phases) -> float | None:
    """Return the bound of the linear program with a column for each opening, helper and cell."""
    n, n_years, sides = phases.n, phases.n_years, phases.sides
    n_helpers, n_cells = sides.n_columns - n, len(phases.cells)
    width = n_years * n + n_helpers + n_years * n_cells
    rows, upper = [], []
    for use, limit in zip(phases.ledger.use, phases.ledger.limit, strict=True):
        rows.append(np.append(use.ravel(), np.zeros(width - use.size)))
        upper.append(limit)
    for row, low, high in zip(sides.matrix.toarray(), sides.lower, sides.upper, strict=True):
        full = np.concatenate([np.tile(row[:n], n_years), row[n:], np.zeros(n_years * n_cells)])
        for sign, limit in ((1, high), (-1, -low)):
            if np.isfinite(limit):
                rows.append(sign * full)
                upper.append(limit)
    for site in range(n):
        row = np.zeros(width)
        row[site : n_years * n : n] = 1
        rows += [row, -row] if phases.must[site] else [row]
        upper += [1, -1] if phases.must[site] else [1]
    reach = phases.by_cell.toarray()
    for year, cell in product(range(n_years), range(n_cells)):
        row = np.zeros(width)
        row[n_years * n + n_helpers + year * n_cells + cell] = 1
        row[: (year + 1) * n] = -np.tile(reach[cell], year + 1)
        rows.append(row)
        upper.append(0)
    worth_of = np.append(np.zeros(width - n_years * n_cells), np.tile(phases.cells.milli, n_years))
    most = np.concatenate([phases.can.ravel(), sides.column_upper[n:], np.ones(n_years * n_cells)])
    found = linprog(-worth_of, np.array(rows), np.array(upper), bounds=[(0, m) for m in most])
    return -found.fun if found.status == 0 else None


@pytest.fixture
def three_villages() -> SitingProblem:
    """Villages of 50, 40 and 30 people, one candidate each; c3 reaches the last two.

    A site costs 2 to build and 1 a year; c3 costs 4 to build. Each of three years brings 3. Year 1
    pays one small site (3). Year 2 brings 3, of which 1 runs it: 2 are left, too few for another
    (3), and go over. Year 3 brings 3 + 2 - 1 = 4: another small site, 1 left.
    Or c3 in year 2 with nothing built before: 5 + 1 of 6, and year 3 runs it with 1 of 3.
    """
    rows = [{0}, {1}, {2}, {1, 2}]
    asked = years(3, [2, 2, 2, 4], [1, 1, 1, 1], budget=[3, 3, 3])
    return world(rows, [50, 40, 30], asked)


def test_three_villages_on_paper(three_villages: SitingProblem) -> None:
    answer = solve_years(three_villages, patience=Patience(60))
    # c0 in year 1 and c1 in year 3: 50 + 50 + 90. c3 in year 2: 70 + 70, and 2 + 0 left: no more.
    assert opens_of(three_villages, answer) == [0, 2, 3, 3]
    assert answer.objective == 190_000
    assert answer.proven
    plan = phased_plan(three_villages, answer, answer.chosen)
    assert plan.build_spent.tolist() == [2, 0, 2]
    assert plan.running_spent.tolist() == [1, 1, 2]
    assert plan.money_left.tolist() == [0, 2, 1]
    assert plan.people_by_year.tolist() == [50, 50, 90]
    assert plan.opened.tolist() == [1, 0, 1]
    # All 9 at once, one year of running: c0 (3) and c3 (5) reach everybody.
    assert plan.unphased_ids == ("c0", "c3")
    assert (plan.unphased_people, plan.unphased_bound, plan.price_of_phasing) == (120, 120, 30)
    assert plan.gap_to_unphased == pytest.approx(0.25)
    assert plan.to_frame()["money_left"].tolist() == [0, 2, 1]


def test_the_unphased_best_is_never_below_the_last_year(three_villages: SitingProblem) -> None:
    poor = Unphased(chosen=np.array([2]), bound=40.0, proven=False, question=())
    better = poor.not_below(three_villages, np.array([0, 1]))
    assert (better.chosen.tolist(), better.bound) == ([0, 1], 90)
    assert poor.not_below(three_villages, np.array([2])).bound == 40


def test_without_carry_over_unused_money_is_lost(three_villages: SitingProblem) -> None:
    lost = three_villages.having(years=replace(three_villages.years, carry_over=False))
    answer = solve_years(lost, patience=Patience(60))
    # Year 2 and year 3 have 2 beside the running of c0: never enough for another.
    assert opens_of(lost, answer) == [0, 3, 3, 3]
    plan = phased_plan(lost, answer, answer.chosen)
    assert plan.money_left.tolist() == [0, 2, 2]
    assert plan.people_by_year.tolist() == [50, 50, 50]


def test_openings_by_year(three_villages: SitingProblem) -> None:
    asked = years(3, [0] * 4, [0] * 4, n_sites=[0, 1, 0])
    answer = solve_years(three_villages.having(years=asked), patience=Patience(60))
    assert opens_of(three_villages, answer) == [3, 3, 3, 1]
    plan = phased_plan(three_villages.having(years=asked), answer, answer.chosen)
    assert plan.budget is None
    assert plan.unphased_ids == ("c3",)
    assert plan.price_of_phasing == 0


def test_nearby_questions_have_the_same_answer_as_cold_ones() -> None:
    for seed in range(12):
        problem = random_world(seed)
        if not any(True for _ in schedules(problem)):
            continue
        answer = solve_years(problem, patience=Patience(60))
        for site in answer.chosen.tolist():
            other = problem.having(must=tuple(s for s in problem.must if s != site),
                                   must_not=(*problem.must_not, site), n_sites=None)  # fmt: skip
            if not any(True for _ in schedules(other)):
                continue
            near = solve_years(other, patience=Patience(60), near=answer)
            assert near.proven
            assert near.objective == solve_years(other, patience=Patience(60)).objective


def test_the_answer_repeats() -> None:
    problem = random_world(7)
    first, second = (solve_years(problem, patience=Patience(60)) for _ in range(2))
    assert first.chosen.tolist() == second.chosen.tolist()
    assert first.opens.tolist() == second.opens.tolist()


def test_the_earlier_of_equal_candidates_is_taken() -> None:
    asked = years(2, [1] * 3, [0] * 3, budget=[1, 0])
    problem = world([{0}, {0}, {0}], [5], asked)
    answer = solve_years(problem, patience=Patience(60))
    assert answer.chosen.tolist() == [0]
    search = Search(Phases.of(problem), Schedule(sites=np.array([2]), opens=np.array([0])))
    exchange(search, stop=lambda: False)
    assert search.opens == {0: 0}


def test_a_strange_neighbour_is_only_a_place_to_begin() -> None:
    """Of other people, or without a candidate: cells and cuts of such a question are not used."""
    asked = years(2, [1, 1, 1], [0, 0, 0], budget=[1, 0])
    problem = world([{0}, {1}, {2}], [5, 4, 3], asked)
    other = world([{0}, {1}, {2}], [1, 2, 3], asked)
    without = problem.having(must_not=(0,))
    for near in (other, without):
        begun = solve_years(near, patience=Patience(60))
        answer = solve_years(problem, patience=Patience(60), near=begun)
        assert (answer.chosen.tolist(), answer.objective, answer.bound) == ([0], 10_000, 10_000)
        assert phased_plan(problem, answer, answer.chosen).unphased_ids == ("c0",)


@pytest.mark.parametrize(
    ("more", "other"),
    [({"question": "fewest_sites"}, "fewest_sites")],
)
def test_other_questions_are_refused(three_villages: SitingProblem, more, other) -> None:
    with pytest.raises(InputError) as caught:
        solve_years(three_villages.having(**more), patience=Patience(60))
    fault = caught.value.faults[0]
    assert (fault.key, fault.values) == ("siting.years_question", {"other": other})


def test_lengths_and_signs_are_checked(three_villages: SitingProblem) -> None:
    wrong = years(3, [2, -1, 2, 4], [1] * 4, budget=[3, 3])
    with pytest.raises(InputError) as caught:
        solve_years(three_villages.having(years=wrong), patience=Patience(60))
    assert [fault.key for fault in caught.value.faults] == [
        "siting.wrong_length",
        "siting.bad_cost",
    ]


def test_counts_that_can_be_afforded() -> None:
    """Each costs 2 in its first year and 1 after; 5 a year, carried over: 2, then 3 or 4."""
    ledger = Ledger.of(years(2, [1] * 9, [1] * 9, budget=[5, 5]))
    counts = affordable_counts(ledger, np.ones((2, 9), bool), at_most=9)
    # None at first: 5 of 10. One: 2 + 1, of 7 left 3 more. Two: 4 + 2, of 4 left 2 more.
    assert sorted(map(tuple, counts.tolist())) == [(0, 5), (1, 4), (2, 4)]
    a, b = count_cut(counts, np.array([2.5, 3.75]))
    assert (counts @ a <= b).all()
    assert (np.array([2.5, 3.75]) * a).sum() > b
    assert count_cut(counts, np.array([2.0, 4.0])) is None


def test_the_search_follows_its_changes() -> None:
    rng = np.random.default_rng(0)
    covers = [np.flatnonzero(rng.random(12) < 0.6) for _ in range(5)]
    asked = years(3, rng.integers(1, 9, 5), rng.integers(1, 9, 5), budget=[9, 9, 9])
    problem = world(covers, rng.integers(1, 9, 12), asked)
    phases = Phases.of(problem)
    none = np.zeros(0, np.int64)
    search = Search(phases, Schedule(sites=none, opens=none))
    for _ in range(60):
        site = int(rng.integers(phases.n))
        if site in search.opens:
            search.take(site)
        else:
            search.put(int(rng.integers(phases.n_years)), site)
        now = search.schedule
        assert search.milli == phases.milli(now)
        assert search.spent.tolist() == phases.ledger.spent(now.sites, now.opens).tolist()
        gains = search.gains()
        for year, other in product(range(phases.n_years), range(phases.n)):
            if other in search.opens:
                continue
            more = Schedule(sites=np.append(now.sites, other), opens=np.append(now.opens, year))
            assert gains[year, other] == phases.milli(more) - search.milli
