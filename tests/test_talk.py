"""The talk about a plan, against every choice that may be made: lists, frontiers, orders, costs."""

from dataclasses import replace
from itertools import chain, combinations, permutations

import numpy as np
import pytest

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting import Rule, SitingProblem, Times, recommend
from quarterhour.siting import Years as ByYear
from quarterhour.siting.answers import Answer
from quarterhour.siting.rules import at_most_of, rule_of_rows, without
from quarterhour.siting.talk import explain_infeasible, explain_plan, explained, unreachable
from quarterhour.siting.talk.conflict import Infeasibility
from quarterhour.siting.talk.demands import Demands
from quarterhour.siting.talk.shadow import things_asked
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.words import LANGUAGES, Words

CAP_MS, LIMIT_MS = 2000, 1000
QUESTIONS = ("most_people", "money", "fewest_sites", "least_walking", "shortest_longest")


def world(ms, weight, existing_ms=None, *, times=False, **more) -> SitingProblem:
    """Return a question from milliseconds, row = candidate."""
    ms = np.asarray(ms)
    far = np.full(ms.shape[1], CAP_MS) if existing_ms is None else np.asarray(existing_ms)
    inside, told = ms <= LIMIT_MS, ms < CAP_MS
    walks = Times(
        indptr=np.append(0, np.cumsum(told.sum(axis=1))).astype(np.int64),
        indices=np.nonzero(told)[1].astype(np.int32),
        ms=ms[told].astype(np.int32),
        existing_ms=far.astype(np.int64),
        cap_ms=CAP_MS,
    )
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(len(ms))),
        covers_indptr=np.append(0, np.cumsum(inside.sum(axis=1))).astype(np.int64),
        covers_indices=np.nonzero(inside)[1].astype(np.int32),
        weight=np.asarray(weight, dtype=np.float64),
        already=far <= LIMIT_MS,
        times=walks if times else None,
        limit_ms=LIMIT_MS,
        **more,
    )


def random_world(seed: int, question: str) -> SitingProblem:
    rng = np.random.default_rng([seed, QUESTIONS.index(question)])
    n, n_demand = int(rng.integers(3, 7)), int(rng.integers(4, 11))
    roles = rng.permutation(n).tolist()
    must = tuple(roles[:1]) if rng.random() < 0.3 else ()
    must_not = tuple(roles[1:2]) if rng.random() < 0.3 else ()
    more = {"n_sites": int(rng.integers(1, n - len(must_not) + 1))}
    if question == "money":
        more |= {"budget": int(rng.integers(3, 12)), "n_sites": None,
                 "cost": rng.integers(1, 6, n).astype(np.int64)}  # fmt: skip
    elif question == "fewest_sites":
        more |= {"n_sites": None, "share": float(rng.choice([0.6, 0.9, 1.0])),
                 "share_of": "reachable"}  # fmt: skip
    rules = []
    if rng.random() < 0.4:
        rules.append(at_most_of(rng.random(n) < 0.6, at_most=int(rng.integers(1, 3)), name="g"))
    if rng.random() < 0.3:
        rules.append(without(roles[:2]))
    if rng.random() < 0.3:
        rules.append(floor(roles[-2:], 1))
    return world(
        rng.integers(1, 24, (n, n_demand)) * 100,
        rng.integers(1, 9, n_demand),
        rng.integers(6, 40, n_demand) * 100,
        times=question in QUESTIONS[3:],
        question="most_people" if question == "money" else question,
        must=must, must_not=must_not, rules=tuple(rules), **more,
    )  # fmt: skip


def floor(rows, least, key="siting.asks_per_area") -> Rule:
    said = Fault(key, {"at_least": least})
    return rule_of_rows(said, [list(rows)], lower=[float(least)], upper=[np.inf])


# --- brute force, which reads rows and times by itself


def points(problem, site) -> set[int]:
    start, end = problem.covers_indptr[site : site + 2]
    return set(problem.covers_indices[start:end].tolist())


def inside(problem, chosen) -> float:
    reached = set().union(*(points(problem, site) for site in chosen))
    return float(sum(problem.weight[p] for p in reached if not problem.already[p]))


def walks(problem, chosen) -> list[int]:
    ms = np.minimum(problem.times.existing_ms, CAP_MS).tolist()
    for site in chosen:
        for k in range(problem.times.indptr[site], problem.times.indptr[site + 1]):
            ms[problem.times.indices[k]] = min(ms[problem.times.indices[k]], problem.times.ms[k])
    return ms


def value(problem, chosen) -> float | None:
    """Return what a choice achieves; ``None`` where it is not enough."""
    allowed = np.flatnonzero(problem.allowed).tolist()
    if problem.question == "most_people":
        return inside(problem, chosen)
    if problem.question == "fewest_sites":
        before = float(problem.weight[problem.already].sum())
        wanted = problem.people_wanted
        if wanted is None:
            of = before + inside(problem, allowed)
            of = of if problem.share_of == "reachable" else float(problem.weight.sum())
            wanted = problem.share * of
        return float(len(chosen)) if before + inside(problem, chosen) >= wanted - 1e-6 else None
    ms = walks(problem, chosen)
    if problem.question == "least_walking":
        return float(sum(m * w for m, w in zip(ms, problem.weight, strict=True))) / 1000
    counts = problem.whom
    if counts is None:
        counts = [m < CAP_MS for m in walks(problem, allowed)]
    return max((m for m, one in zip(ms, counts, strict=True) if one), default=0) / 1000


def fits(problem, chosen) -> bool:
    if not set(problem.must) <= set(chosen) or set(problem.must_not) & set(chosen):
        return False
    if problem.n_sites is not None and len(chosen) > problem.n_sites:
        return False
    if problem.budget is not None and sum(problem.cost[list(chosen)]) > problem.budget:
        return False
    return all(
        rule.lower[row] <= sum(rule.values[k] for k in range(a, b) if rule.indices[k] in chosen)
        <= rule.upper[row]
        for rule in problem.rules
        for row, (a, b) in enumerate(zip(rule.indptr[:-1], rule.indptr[1:], strict=True))
    )  # fmt: skip


def all_values(problem) -> dict[tuple[int, ...], float]:
    n = range(problem.n_candidates)
    every = chain.from_iterable(combinations(n, k) for k in range(problem.n_candidates + 1))
    found = {chosen: value(problem, chosen) for chosen in every if fits(problem, chosen)}
    return {chosen: worth for chosen, worth in found.items() if worth is not None}


def ranked(problem) -> list[tuple[tuple[int, ...], float]]:
    """Return all choices, the best first; of equals those of fewer sites."""
    sign = -1 if problem.question == "most_people" else 1
    return sorted(all_values(problem).items(), key=lambda one: (sign * one[1], len(one[0]), one[0]))


def brute_solve(problem, *, patience, near=None, on_progress=None) -> Answer:
    """Answer as a model would."""
    del patience, near, on_progress
    found = ranked(problem)
    if not found:
        raise InfeasibleError(Fault("siting.infeasible_rules", {"rules": ""}))
    chosen, worth = found[0]
    small = {"fewest_sites": 1, "least_walking": 1e6}.get(problem.question, 1000)
    return Answer(
        chosen=np.array(chosen, dtype=np.int64), objective=worth * small, bound=worth * small,
        maximise=problem.question == "most_people",
    )  # fmt: skip


@pytest.fixture(params=["brute", "models"])
def solver(request, monkeypatch) -> str:
    """Let the questions be answered by brute force, or by the models themselves."""
    if request.param == "brute":
        monkeypatch.setattr("quarterhour.siting.answers.solve_problem", brute_solve)
        monkeypatch.setattr("quarterhour.siting.recommending.solve_problem", brute_solve)
    return request.param


def talked(seed, question, **more):
    """Return a question that has an answer, its plan and the talk about it."""
    problem = random_world(seed, question)
    if not all_values(problem):
        return None
    plan = recommend(problem)
    return problem, plan, explain_plan(problem, plan, **more)


SEEDS = range(12)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_part_is_what_brute_force_finds(question, solver) -> None:
    n_talks = 0
    for seed in SEEDS if solver == "brute" else range(100, 104):
        found = talked(seed, question, n_best=6, most_sites=7)
        if found is None or not len(found[1].chosen):
            continue
        n_talks += 1
        problem, plan, talk = found
        assert talk.repeatable, (seed, talk)
        check_best(problem, plan, talk.near_best)
        check_frontier(problem, plan, talk.frontier)
        check_shadow(problem, plan, talk.shadow)
        for order in talk.nested:
            check_nested(problem, plan, order, talk.frontier)
    assert n_talks >= 3


def check_best(problem, plan, best) -> None:
    wanted, cores = [], []
    for chosen, worth in ranked(problem):
        if not chosen:
            break  # what is left does nothing that building nothing does not
        if not any(core <= set(chosen) for core in cores):
            cores.append(set(chosen))
            wanted.append(worth)
    assert best.objective.tolist() == pytest.approx(wanted[:6])
    assert len({*best.site_ids}) == len(best.site_ids)
    assert best.site_ids[0] == tuple(sorted(plan.site_ids))
    assert (best.loss >= -1e-9).all()
    assert best.ended.key == ("talk.ended_asked" if len(wanted) >= 6 else "talk.ended_all")
    for ids, row in zip(best.appears_ids, best.appears, strict=True):
        assert row == sum(ids in plan for plan in best.site_ids)
    assert sum(best.appears) == sum(map(len, best.site_ids))


def replace_limit(problem, name, limit):
    question = "most_people" if problem.question == "fewest_sites" else problem.question
    return problem.having(question=question, **{name: limit})


def check_frontier(problem, plan, frontier) -> None:
    total = problem.weight.sum()
    before = problem.weight[problem.already].sum()
    for k, limit in enumerate(frontier.limit.tolist()):
        name = {"sites": "n_sites", "money": "budget"}[frontier.by]
        if name == "n_sites" and limit < len(problem.must):
            assert frontier.status[k] == "infeasible"
            continue
        found = ranked(replace_limit(problem, name, limit))
        if not found:
            assert frontier.status[k] == "infeasible"
            assert np.isnan(frontier.objective[k])
            continue
        assert frontier.status[k] == "optimal"
        assert frontier.objective[k] == pytest.approx(found[0][1])
        assert frontier.bound[k] == frontier.objective[k]
        rows = [problem.candidate_ids.index(name) for name in frontier.site_ids[k]]
        assert frontier.people_inside[k] == pytest.approx(before + inside(problem, rows))
        assert frontier.share[k] == pytest.approx(frontier.people_inside[k] / total)
    if frontier.by == "sites" and problem.n_sites is not None:
        assert plan.sites_needed <= frontier.limit[-1]


def check_shadow(problem, plan, shadow) -> None:
    things = things_asked(problem)
    assert list(shadow.said) == [thing.said for thing in things]
    sign = 1 if plan.more_is_better else -1
    for k, thing in enumerate(things):
        eased = ranked(problem.having(**thing.changes))[0][1]
        assert shadow.objective[k] == pytest.approx(eased)
        assert shadow.loss[k] == pytest.approx(sign * (eased - plan.objective))
        assert shadow.loss[k] >= -1e-9
    last = len(things) - len(problem.rules)
    for place, rule in enumerate(problem.rules):
        others = tuple(other for other in problem.rules if other is not rule)
        assert shadow.objective[last + place] == pytest.approx(
            ranked(problem.having(rules=others))[0][1]
        )


def check_nested(problem, plan, order, frontier) -> None:
    asked = "most_people" if problem.question == "fewest_sites" else problem.question
    base = problem.having(question=asked, n_sites=int(problem.allowed.sum()))
    rows = order.candidate_row.tolist()
    assert len(rows) == len(plan.chosen)
    if order.sites == "plan":
        assert sorted(rows) == sorted(plan.chosen.tolist())
    else:
        assert fits(problem.having(question=asked, n_sites=len(rows)), tuple(sorted(rows)))
    values = [value(base, tuple(rows[: k + 1])) for k in range(len(rows))]
    assert order.objective.tolist() == pytest.approx(values)
    assert not (order.price < 0).any()
    assert (order.price <= order.price_at_most)[~np.isnan(order.price)].all()
    if frontier.by == "money":
        for k, spent in enumerate(order.cost.tolist()):
            found = ranked(base.having(budget=spent, n_sites=problem.n_sites))
            if order.keeps[k]:
                assert order.price[k] == pytest.approx(found[0][1] - values[k])
    else:
        for k in np.flatnonzero(~np.isnan(order.price)).tolist():
            lost = abs(frontier.objective[k] - values[k])
            assert order.price[k] == pytest.approx(lost, abs=1e-6)
        if order.sites == "plan":
            assert order.status == "proven"
            sign = 1 if asked == "most_people" else -1
            sums = [
                sum(sign * value(base, other[: k + 1]) for k in range(len(other)))
                for other in permutations(rows)
            ]
            assert sign * sum(values) == pytest.approx(max(sums))


def test_more_candidates_do_not_make_the_task_larger(solver) -> None:
    """Only c1, which must not be, reaches village 1; the plan need not, with c1 or without."""
    ms = [[500, 2500, 500], [2500, 500, 2500], [1500, 2500, 500]]
    fewest = world(ms, [1, 1, 1], question="fewest_sites", share_of="reachable", must_not=(1,))
    longest = world(
        ms, [1, 1, 1], times=True, question="shortest_longest", must_not=(1,), n_sites=1
    )
    for problem in (fewest, longest):
        shadow = explain_plan(problem, recommend(problem), n_best=1).shadow
        place = [fault.key for fault in shadow.said].index("talk.asks_must_not")
        assert (shadow.status[place], shadow.loss[place]) == ("optimal", 0)


def three_that_overlap(**more) -> SitingProblem:
    """c0 is the best alone, with 12; the other two have 10 and 11, and together 21 of all 23."""
    covers = [{1, 2, 4}, {0, 1}, {2, 3}]
    ms = [[500 if p in row else 1500 for p in range(5)] for row in covers]
    return world(ms, [5, 5, 5, 6, 2], **more)


def test_the_largest_gain_first_is_not_the_best_order(monkeypatch) -> None:
    problem = three_that_overlap(n_sites=3)
    order = explain_plan(problem, recommend_by(brute_solve, problem, monkeypatch)).nested[0]
    # 11 + 21 + 23 after each step; 12 + 18 + 23 with the largest gain first.
    assert order.site_ids == ("c2", "c1", "c0")
    assert order.price.tolist() == [1, 0, 0]
    assert order.status == "proven"


def test_with_money_an_order_is_weighed_by_what_the_next_step_takes(monkeypatch) -> None:
    problem = three_that_overlap(cost=np.array([1, 1, 10]), budget=12)
    plan = recommend_by(brute_solve, problem, monkeypatch)
    monkeypatch.setattr("quarterhour.siting.answers.solve_problem", brute_solve)
    talk = explain_plan(problem, plan)
    # c2 is dear: 12 stand while 1 is spent, 17 while 10 are.
    assert talk.nested[0].site_ids == ("c0", "c1", "c2")
    assert talk.nested[0].cost.tolist() == [1, 2, 12]
    assert talk.nested[0].price.tolist() == [0, 0, 0]
    assert talk.frontier.by == "money"
    assert talk.frontier.limit[[0, -1]].tolist() == [1, 12]
    assert talk.frontier.ended.key == "talk.ended_everyone"


def test_sites_that_only_pad_make_no_other_plan(monkeypatch) -> None:
    def padded(problem, **more) -> Answer:
        best = brute_solve(problem, **more)
        same = [c for c, worth in all_values(problem).items() if worth * 1000 == best.objective]
        return replace(best, chosen=np.array(max(same, key=len), dtype=np.int64))

    ms = np.array([[3, 9, 9, 9], [9, 9, 4, 3], [9, 3, 9, 5], [8, 9, 9, 9]]) * 100
    problem = world(ms, [1, 1, 1, 1], times=True, question="shortest_longest", n_sites=3)
    monkeypatch.setattr("quarterhour.siting.answers.solve_problem", padded)
    plan = recommend_by(padded, problem, monkeypatch)
    check_best(problem, plan, explain_plan(problem, plan, n_best=6).near_best)


# --- demands in conflict


def tangled(seed: int) -> SitingProblem:
    """Return a question with many demands, which often contradict each other."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 6))
    roles = rng.permutation(n).tolist()
    rules = [
        at_most_of(rng.random(n) < 0.6, at_most=int(rng.integers(0, 2)), name="g"),
        floor(roles[:3], int(rng.integers(1, 4))),
        floor(roles[1:], int(rng.integers(1, 4)), "siting.asks_lead"),
        without(roles[1:3]),
    ]
    fewest = rng.random() < 0.5
    return world(
        rng.integers(1, 24, (n, 6)) * 100,
        rng.integers(1, 9, 6),
        rng.integers(6, 40, 6) * 100,
        question="fewest_sites" if fewest else "most_people",
        share=float(rng.choice([0.3, 0.7, 1.0])) if fewest else 1.0,
        share_of=str(rng.choice(["all", "reachable"])),
        n_sites=int(rng.integers(2, n)),
        cost=rng.integers(1, 6, n).astype(np.int64),
        budget=int(rng.integers(2, 16)),
        must=tuple(roles[:1]) if rng.random() < 0.4 else (),
        must_not=tuple(roles[-1:]) if rng.random() < 0.4 else (),
        rules=tuple(rule for rule in rules if rng.random() < 0.6),
    )


def demands_of(problem: SitingProblem) -> list:
    """Return each demand as a predicate over a choice, in the order in which they are told."""
    keeps = [
        lambda chosen: len(chosen) <= problem.n_sites,
        lambda chosen: sum(problem.cost[list(chosen)]) <= problem.budget,
    ]
    bare = problem.having(n_sites=problem.n_candidates, budget=None, must=(), must_not=(), rules=())
    for rule in problem.rules:
        keeps.append(lambda chosen, rule=rule: fits(replace(bare, rules=(rule,)), chosen))
    if problem.question == "fewest_sites":
        keeps.append(lambda chosen: value(problem, chosen) is not None)
    keeps += [lambda chosen, row=row: row in chosen for row in problem.must]
    keeps += [lambda chosen, row=row: row not in chosen for row in problem.must_not]
    return keeps


def possible(problem, keeps) -> bool:
    n = range(problem.n_candidates)
    every = chain.from_iterable(combinations(n, k) for k in range(problem.n_candidates + 1))
    return any(all(keep(chosen) for keep in keeps) for chosen in every)


def test_the_smallest_conflict_is_found() -> None:
    n_conflicts = 0
    for seed in range(40):
        problem = tangled(seed)
        keeps = demands_of(problem)
        found = explain_infeasible(problem)
        assert len(found.demands) == len(keeps)
        if possible(problem, keeps):
            assert found.status == "feasible"
            assert found.conflict == ()
            continue
        n_conflicts += 1
        assert (found.status, found.irreducible, found.smallest) == ("infeasible", True, True)
        place = [found.demands.index(said) for said in found.conflict]
        assert not possible(problem, [keeps[k] for k in place])
        for size in range(len(place)):
            for fewer in combinations(keeps, size):
                assert possible(problem, fewer)
        for k, enough in zip(place, found.enough, strict=True):
            assert enough == possible(problem, keeps[:k] + keeps[k + 1 :])
    assert n_conflicts >= 8


def contradiction() -> SitingProblem:
    return world(np.full((4, 3), 500), [1, 1, 1], n_sites=2, rules=(
        at_most_of(np.array([1, 1, 0, 0], bool), at_most=1, name="g"),
        floor([0, 1], 2), floor([0, 1, 2], 3), without([3]),
    ))  # fmt: skip


def test_a_conflict_is_told_as_sentences() -> None:
    # "At most one of c0, c1" against "both of them"; "two sites" against "three" is as small, so
    # giving up one of either pair is not enough.
    found = explain_infeasible(contradiction())
    assert [fault.key for fault in found.conflict] == [
        "siting.asks_at_most", "siting.asks_per_area",
    ]  # fmt: skip

    assert found.enough == (False, False)
    error = found.error()
    assert isinstance(error, InfeasibleError)
    for language in LANGUAGES:
        lines = error.render(language).splitlines()
        assert Words(language)("siting.asks_at_most", {"group": "g", "at_most": 1}) == lines[1]
        assert found.to_frame(language)["demand"].tolist() == lines[1:]


def test_many_demands_are_struck_out_one_by_one() -> None:
    problem = contradiction()
    more = tuple(without([0, 1, 2, 3]) for _ in range(9))
    found = explain_infeasible(problem.having(rules=(*more, *problem.rules)))
    assert (found.irreducible, found.smallest, len(found.conflict)) == (True, False, 2)


def test_an_error_that_says_more_stays_in_front() -> None:
    problem = contradiction()
    plain = InfeasibleError(Fault("siting.infeasible_rules", {"rules": ""}))
    more = InfeasibleError(Fault("siting.shortfall_area"))
    late = InfeasibleError(Fault("siting.none_found", {"seconds": 1}))
    assert explained(problem, plain).faults[0].key == "talk.conflict"
    assert [f.key for f in explained(problem, more).faults][:2] == [
        "siting.shortfall_area", "talk.conflict",
    ]  # fmt: skip
    assert explained(problem, late) is late
    assert explained(problem.having(rules=()), plain) is plain
    assert explained(problem.having(rules=())).faults[0].key == "talk.no_conflict_known"


def test_money_by_year_is_a_demand() -> None:
    years = ByYear(
        years=(2026, 2027),
        budget=np.array([6, 2]),
        n_sites=np.array([1, 1]),
        build_cost=np.array([4, 5, 9]),
        yearly_cost=np.array([1, 1, 1]),
    )
    problem = world(np.full((3, 2), 500), [1, 1], years=years, must=(0, 1), rules=(floor([0], 1),))
    # c0 costs 5 in 2026 and 1 in 2027; what is left, 1 + 1, does not build c1, which costs 6.
    found = explain_infeasible(problem)
    assert sorted(fault.key for fault in found.conflict) == [
        "talk.asks_must", "talk.asks_must", "talk.asks_years_money",
    ]  # fmt: skip
    # Three must be, and two years open one each.
    three = problem.having(must=(0, 1, 2), years=replace(years, budget=None), rules=())
    keys = [fault.key for fault in explain_infeasible(three).conflict]
    assert keys == ["talk.asks_years_sites", *["talk.asks_must"] * 3]
    rich = replace(years, budget=np.array([6, 8]))
    assert explain_infeasible(problem.having(years=rich)).status == "feasible"
    lost = replace(rich, carry_over=False, budget=np.array([5, 6]))
    assert explain_infeasible(problem.having(years=lost)).status == "infeasible"


def test_what_was_not_found_out_says_so(monkeypatch) -> None:
    problem = contradiction()
    monkeypatch.setattr(Demands, "fit", lambda *_: None)
    found = explain_infeasible(problem)
    assert (found.status, found.conflict) == ("unknown", ())
    # Only everything together is known to be impossible.
    everything = frozenset(range(len(found.demands)))
    monkeypatch.setattr(Demands, "fit", lambda _, some, __: False if some == everything else None)
    found = explain_infeasible(problem)
    assert isinstance(found, Infeasibility)
    assert (found.status, found.irreducible, found.smallest) == ("infeasible", False, False)
    assert found.conflict == found.demands
    assert set(found.enough) == {None}


# --- who is out of reach


def test_who_cannot_be_reached_on_paper() -> None:
    # The limit is 1 s, times are told up to 2 s; c1 may not be chosen, so v2 is out for all that.
    ms = np.array([[900, 1400, 1900, 2000, 2000], [2000, 2000, 500, 2000, 2000]]) * 1000
    problem = replace(
        world(np.minimum(ms // 1000, 2000), [5, 4, 3, 2, 0], times=True, n_sites=1, must_not=(1,)),
        limit_ms=1000,
    )
    found = unreachable(problem, area_index=np.array([0, 1, 1, -1, -1], dtype=np.int32))
    assert found.mask.tolist() == [False, True, True, True, False]
    assert (found.people, found.people_total, found.people_beyond) == (9, 14, 2)
    assert found.limit_that_would_do_s == 1.9
    assert found.nearest_row.tolist() == [0, 0, 0, -1, -1]
    assert found.nearest_s.tolist() == [0.9, 1.4, 1.9, np.inf, np.inf]
    assert found.area.tolist() == [1, -1]
    assert found.area_people.tolist() == [7, 2]
    assert found.step_s.tolist() == [60]
    assert found.step_people.tolist() == [2]
    assert found.area_frame()["people_out"].sum() == found.people


def test_longer_limits_let_more_people_in() -> None:
    rng = np.random.default_rng(3)
    ms = rng.integers(5, 60, (3, 40)) * 60_000
    cap = 45 * 60_000
    problem = world(np.full((3, 40), 1500), np.ones(40), n_sites=1)
    told = ms < cap
    longer = Times(
        indptr=np.append(0, np.cumsum(told.sum(axis=1))).astype(np.int64),
        indices=np.nonzero(told)[1].astype(np.int32), ms=ms[told].astype(np.int32),
        existing_ms=np.full(40, cap), cap_ms=cap,
    )  # fmt: skip
    problem = replace(problem, limit_ms=10 * 60_000)
    found = unreachable(problem, longer=longer)
    assert found.people == 40
    need = ms.min(axis=0)
    assert found.people_beyond == (need >= cap).sum()
    assert found.limit_that_would_do_s == need[need < cap].max() / 1000
    assert 1 < len(found.step_s) <= 10
    for limit, people in zip(found.step_s, found.step_people, strict=True):
        assert people == (need > limit * 1000).sum()
    assert found.step_people[-1] == found.people_beyond
    assert len(found.to_frame()) == len(found.step_s)


def test_without_times_nothing_is_known_of_the_nearest() -> None:
    found = unreachable(world([[500, 1500]], [1, 2], n_sites=1))
    assert (found.people, found.limit_that_would_do_s) == (2, np.inf)
    assert found.nearest_row.tolist() == [-1, -1]
    assert found.area.tolist() == []


# --- time


@pytest.fixture
def row_of_six() -> SitingProblem:
    """Six candidates in a row that reach two villages each, neighbours one together."""
    ms = np.full((6, 7), 1500)
    for site in range(6):
        ms[site, site : site + 2] = 500
    return world(ms, [9, 1, 5, 7, 2, 6, 1], n_sites=3)


def test_a_plan_that_is_not_proven_is_not_called_so(row_of_six, monkeypatch) -> None:
    def half(problem, **more) -> Answer:
        found = brute_solve(problem, **more)
        return replace(found, bound=2 * found.bound)

    plan = recommend_by(brute_solve, row_of_six, monkeypatch)
    monkeypatch.setattr("quarterhour.siting.answers.solve_problem", half)
    talk = explain_plan(row_of_six, plan, n_best=4)
    assert talk.near_best.status == ("optimal", "time limit", "time limit", "time limit")
    # 12, 22 and 30 with one, two and three sites; three are proven by the plan, and no two can do
    # more than the best three.
    assert talk.frontier.status[2] == "optimal"
    assert talk.frontier.bound[:3].tolist() == [24, 30, 30]
    assert not talk.repeatable
    assert (talk.nested[0].price_at_most >= talk.nested[0].price).all()


def test_what_follows_a_plan_that_is_not_proven_is_not_either(row_of_six, monkeypatch) -> None:
    plan = recommend_by(brute_solve, row_of_six, monkeypatch)
    monkeypatch.setattr("quarterhour.siting.answers.solve_problem", brute_solve)
    unsure = replace(plan, status="time limit", bound=plan.bound + 1)
    assert set(explain_plan(row_of_six, unsure).near_best.status) == {"time limit"}


def test_a_worse_answer_does_not_take_the_place_of_a_known_one(row_of_six, monkeypatch) -> None:
    def poor(problem, **_) -> Answer:
        return Answer(chosen=np.array([1]), objective=6000.0, bound=30_000.0)

    plan = recommend_by(brute_solve, row_of_six, monkeypatch)
    monkeypatch.setattr("quarterhour.siting.answers.solve_problem", poor)
    talk = explain_plan(row_of_six, plan, n_best=2)
    assert talk.frontier.objective.tolist()[2:] == [plan.objective] * 4
    # One by one in the best order, the first two steps beat what the models found for as many.
    assert (talk.nested[0].price == 0).all()
    assert talk.frontier.objective[:2].tolist() == talk.nested[0].objective[:2].tolist()
    assert talk.shadow.loss.tolist() == [0]
    assert talk.shadow.bound.tolist() == [30]


def test_nothing_found_in_time_is_no_proof(row_of_six, monkeypatch) -> None:
    def late(problem, **_) -> Answer:
        raise InfeasibleError(Fault("siting.none_found", {"seconds": 1}))

    plan = recommend_by(brute_solve, row_of_six, monkeypatch)
    monkeypatch.setattr("quarterhour.siting.answers.solve_problem", late)
    talk = explain_plan(row_of_six, plan, n_best=3)
    assert talk.frontier.status == (*["none found"] * 2, "optimal", *["time limit"] * 3)
    assert talk.near_best.ended.key == "talk.ended_time"
    assert talk.frontier.gap[3] == np.inf
    assert not talk.repeatable


def test_whoever_does_not_wait_gets_what_there_is(row_of_six, monkeypatch) -> None:
    from quarterhour.siting.patience import Patience

    done = []

    def hurrying(problem, *, patience, **more) -> Answer:
        done.append(problem)
        if len(done) == 2:
            patience.hurry()
        return brute_solve(problem, patience=patience, **more)

    plan = recommend_by(brute_solve, row_of_six, monkeypatch)
    monkeypatch.setattr("quarterhour.siting.answers.solve_problem", hurrying)
    heard = []
    talk = explain_plan(row_of_six, plan, on_progress=lambda *at: heard.append(at))
    assert isinstance(Patience(1.0), Patience)
    assert talk.interrupted
    assert not talk.repeatable
    assert len(done) == 2 == len(talk.frontier.limit)
    assert talk.frontier.ended.values == {"done": 2, "asked": 6}
    assert talk.near_best.site_ids == (tuple(sorted(plan.site_ids)),)
    assert len(talk.shadow.said) == 0
    assert len(talk.nested) == 1
    assert heard == [(1, heard[0][1]), (2, heard[0][1])]


def recommend_by(solve, problem, monkeypatch):
    monkeypatch.setattr("quarterhour.siting.recommending.solve_problem", solve)
    return recommend(problem)


def test_the_talk_is_kept_and_framed(row_of_six, tmp_path, solver) -> None:
    plan = recommend(row_of_six)
    talk = explain_plan(row_of_six, plan)
    save_stage(tmp_path / "talk.npz", talk, key="k")
    again = load_stage(tmp_path / "talk.npz")
    assert again.frontier.site_ids == talk.frontier.site_ids
    for one, other in ((talk, again),):
        assert one.frontier.to_frame().equals(other.frontier.to_frame())
        assert one.near_best.to_frame().equals(other.near_best.to_frame())
        assert one.near_best.appears_frame().equals(other.near_best.appears_frame())
        assert one.nested[0].to_frame().equals(other.nested[0].to_frame())
        assert one.shadow.to_frame("en").equals(other.shadow.to_frame("en"))
    assert talk.near_best.appears_share.max() <= 1
    with pytest.raises(ValueError, match="read-only"):
        talk.frontier.objective[0] = 0
    assert talk.frontier.n_proven == len(talk.frontier.limit)
