"""Random small questions about sites, of every kind and with every rule, for the brute force."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np

from oracle import Case
from quarterhour.siting import Capacity, Robust, Scenario, SitingProblem, Times, Years
from quarterhour.siting.moving import with_moves
from quarterhour.siting.rules import apart, at_least_in_area, at_most_of, without
from quarterhour.siting.tiers import lead_rule

CAP_MS, LIMIT_MS = 2000, 1000
QUESTIONS = (
    "most_people", "merit", "money", "fewest_sites", "least_cost", "least_walking",
    "shortest_longest", "capacity", "enough_places", "years", "expected", "worst", "moves",
)  # fmt: skip


def random_case(seed: int, question: str) -> Case:
    """Return a question of one kind with rules drawn at random; small enough for brute force."""
    rng = np.random.default_rng([seed, QUESTIONS.index(question)])
    most = {"years": 5, "capacity": 6, "enough_places": 6, "moves": 6}.get(question, 9)
    n, n_demand = int(rng.integers(1, most)), int(rng.integers(0, 13))
    whole = rng.random() < 0.7
    weight = rng.integers(0, 9, n_demand) if whole else rng.gamma(1.0, 5.0, n_demand)
    weight = weight * (1000 if rng.random() < 0.1 else 1)
    ms = rng.integers(1, 24, (n, n_demand)) * 100
    existing_ms = np.minimum(rng.integers(5, 30, n_demand) * 100, CAP_MS)
    roles = rng.permutation(n)
    n_not = int(rng.integers(0, max(1, n // 3)))
    n_must = int(rng.integers(0, 3)) if rng.random() < 0.3 else 0
    n_must = min(n_must, n - n_not)
    change = {
        "n_sites": int(rng.integers(max(1, n_must), n - n_not + 1)),
        "must": tuple(roles[:n_must].tolist()),
        "must_not": tuple(roles[n_must : n_must + n_not].tolist()),
        "cost": rng.integers(0, 6, n).astype(np.int64) if rng.random() < 0.5 else None,
    }
    inside = ms <= LIMIT_MS
    covers = [np.flatnonzero(row) for row in inside]
    problem = SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(n)),
        covers_indptr=np.concatenate([[0], np.cumsum(inside.sum(axis=1))]).astype(np.int64),
        covers_indices=np.concatenate([*covers, []]).astype(np.int32),
        weight=weight.astype(np.float64),
        already=existing_ms <= LIMIT_MS,
        limit_ms=LIMIT_MS,
        times=_times(ms, existing_ms) if rng.random() < 0.5 else None,
        **change,
    )
    problem = _MAKERS[question](problem, rng, ms, existing_ms)
    if question == "moves":
        return _moves(problem, rng)
    return with_rules(problem, rng)


def _times(ms: np.ndarray, existing_ms: np.ndarray) -> Times:
    told = ms < CAP_MS
    return Times(
        indptr=np.concatenate([[0], np.cumsum(told.sum(axis=1))]).astype(np.int64),
        indices=np.nonzero(told)[1].astype(np.int32),
        ms=ms[told].astype(np.int32),
        existing_ms=existing_ms.astype(np.int64),
        cap_ms=CAP_MS,
    )


def _plain(problem, rng, ms, existing_ms):
    del rng, ms, existing_ms
    return problem


def _merit(problem, rng, ms, existing_ms):
    del ms, existing_ms
    return replace(problem, merit=problem.weight * rng.integers(1, 4, len(problem.weight)))


def _money(problem, rng, ms, existing_ms):
    del ms, existing_ms
    cost = _costs(rng, problem.n_candidates)
    budget = int(rng.integers(0, 14))
    if cost.max() > 100:
        # Just what some sites cost, or one unit less: tolerances of a solver would not tell.
        budget = max(int(cost[rng.random(len(cost)) < 0.5].sum()) - int(rng.integers(0, 2)), 0)
    n_sites = problem.n_sites if rng.random() < 0.4 else None
    return replace(problem, cost=cost, budget=budget, n_sites=n_sites)


def _costs(rng, n):
    """Return small costs, or such as a gazette has, to the last unit."""
    if rng.random() < 0.7:
        return rng.integers(0, 7, n).astype(np.int64)
    return (rng.integers(1, 7, n) * 100_000 + rng.integers(0, 3, n)).astype(np.int64)


def _fewest(problem, rng, ms, existing_ms):
    del ms, existing_ms
    some = problem.already.copy()
    for site in np.flatnonzero(rng.random(problem.n_candidates) < 0.4):
        some[problem.covers_indices[slice(*problem.covers_indptr[site : site + 2])]] = True
    # Exactly what some sites reach is a share too.
    exact = problem.weight[some].sum() / max(problem.weight.sum(), 1e-9)
    share = float(rng.choice([1.0, 1.0, 0.9, 0.75, 0.5, rng.uniform(0.01, 1), exact or 1.0]))
    share_of = str(rng.choice(["all", "reachable", "reachable"]))
    n_sites = problem.n_sites if rng.random() < 0.3 else None
    more = {"n_sites": n_sites, "share": share, "share_of": share_of, "question": "fewest_sites"}
    if problem.cost is not None and rng.random() < 0.3:
        more["budget"] = int(rng.integers(0, 14))
    return replace(problem, **more)


def _least_cost(problem, rng, ms, existing_ms):
    cost = _costs(rng, problem.n_candidates)
    return replace(_fewest(replace(problem, cost=cost), rng, ms, existing_ms), fewest="cost")


def _walking(problem, rng, ms, existing_ms):
    problem = replace(problem, times=_times(ms, existing_ms), question="least_walking")
    if problem.cost is not None and rng.random() < 0.5:
        n_sites = problem.n_sites if rng.random() < 0.4 else None
        problem = replace(problem, budget=int(rng.integers(0, 14)), n_sites=n_sites)
    return problem


def _longest(problem, rng, ms, existing_ms):
    return replace(_walking(problem, rng, ms, existing_ms), question="shortest_longest")


def _capacity(problem, rng, ms, existing_ms):
    del ms, existing_ms
    n, n_demand = problem.n_candidates, len(problem.weight)
    n_existing = int(rng.integers(0, 3))
    reach = rng.random((n_existing, n_demand)) < 0.4
    capacity = Capacity(
        of_candidate=rng.integers(0, 20, n).astype(np.float64),
        of_existing=rng.integers(0, 20, n_existing).astype(np.float64),
        existing_indptr=np.concatenate([[0], np.cumsum(reach.sum(axis=1))]).astype(np.int64),
        existing_indices=np.nonzero(reach)[1].astype(np.int32),
        existing_ids=tuple(f"e{k}" for k in range(n_existing)),
    )
    problem = replace(problem, capacity=capacity, already=reach.any(axis=0), times=None)
    if rng.random() < 0.3:
        problem = _merit(problem, rng, None, None)
    if problem.cost is not None and rng.random() < 0.5:
        problem = replace(problem, budget=int(rng.integers(0, 14)))
    return problem


def _enough_places(problem, rng, ms, existing_ms):
    problem = replace(_capacity(problem, rng, ms, existing_ms), merit=None, budget=None)
    maker = _fewest if rng.random() < 0.5 else _least_cost
    problem = maker(problem, rng, ms, existing_ms)
    return replace(problem, share=min(problem.share, float(rng.choice([0.2, 0.4, 1.0]))))


def _years(problem, rng, ms, existing_ms):
    del ms, existing_ms
    n, n_years = problem.n_candidates, int(rng.integers(1, 4))
    by_money = rng.random() < 0.7
    by_number = not by_money or rng.random() < 0.4
    years = Years(
        years=tuple(range(2026, 2026 + n_years)),
        budget=rng.integers(0, 12, n_years).astype(np.int64) if by_money else None,
        n_sites=rng.integers(0, 3, n_years).astype(np.int64) if by_number else None,
        build_cost=rng.integers(0, 7, n).astype(np.int64),
        yearly_cost=rng.integers(0, 3, n).astype(np.int64),
        carry_over=bool(rng.random() < 0.6),
    )
    more = {"years": years, "n_sites": problem.n_sites if rng.random() < 0.5 else None}
    if problem.cost is not None and rng.random() < 0.3:
        more["budget"] = int(rng.integers(0, 14))
    if rng.random() < 0.3:
        more["merit"] = problem.weight * rng.integers(1, 4, len(problem.weight))
    return replace(problem, **more)


def _moves(problem, rng):
    """Let some existing facilities close, and say again what that means."""
    n, n_demand, n_existing = problem.n_candidates, len(problem.weight), int(rng.integers(1, 4))
    reach = rng.random((n_existing, n_demand)) < 0.4
    # Somebody may be inside through facilities that are not listed.
    already = reach.any(axis=0) | (rng.random(n_demand) < 0.1)
    cost = rng.integers(0, 6, n).astype(np.int64)
    budget = int(rng.integers(0, 14)) if rng.random() < 0.5 else None
    case = with_rules(replace(problem, already=already, cost=cost, budget=budget, times=None),
                      rng, but=("area", "lead"))  # fmt: skip
    movable, at_most = rng.random(n_existing) < 0.7, int(rng.integers(0, 3))
    replacing = bool(rng.random() < 0.5)
    closing = int(rng.integers(0, 4)) if budget is not None else None
    asked = case.problem
    problem = with_moves(
        asked,
        existing_ids=tuple(f"e{k}" for k in range(n_existing)),
        existing_covers_indptr=np.append(0, np.cumsum(reach.sum(axis=1))).astype(np.int64),
        existing_covers_indices=np.nonzero(reach)[1].astype(np.int32),
        movable=movable,
        at_most=at_most,
        cost_to_close=closing,
        replacing=replacing,
    )
    stays = reach[~movable].any(axis=0) | (already & ~reach.any(axis=0))
    assert (problem.already == stays).all()
    n_movable = int(movable.sum())

    def keep(sites: set[int]) -> bool:
        new = {site for site in sites if site < n}
        closed = n_movable - (len(sites) - len(new))
        spent = sum(int(cost[site]) for site in new) + (closing or 0) * closed
        return (
            len(new) <= asked.n_sites + (closed if replacing else 0)
            and closed <= at_most
            and (budget is None or spent <= budget)
            and all(keeps(new) for keeps in case.keeps)
        )

    return Case(problem=problem, keeps=(keep,), said=(*case.said, "moves"))


def _robust(problem, rng, aim):
    scenarios = []
    for number in range(int(rng.integers(1, 4))):
        n_demand = int(rng.integers(0, 11))
        reach = rng.random((problem.n_candidates, n_demand)) < rng.uniform(0.1, 0.5)
        weight = rng.integers(0, 9, n_demand) if rng.random() < 0.7 else rng.gamma(1, 5, n_demand)
        scenarios.append(
            Scenario(
                name=f"s{number}",
                chance=int(rng.integers(1, 4)),
                covers_indptr=np.append(0, np.cumsum(reach.sum(axis=1))).astype(np.int64),
                covers_indices=np.nonzero(reach)[1].astype(np.int32),
                weight=weight.astype(np.float64),
                already=rng.random(n_demand) < 0.2,
            )
        )
    return replace(problem, robust=Robust(aim=aim, scenarios=tuple(scenarios)))


_MAKERS = {
    "most_people": _plain, "merit": _merit, "money": _money, "fewest_sites": _fewest,
    "least_cost": _least_cost, "least_walking": _walking, "shortest_longest": _longest,
    "capacity": _capacity, "enough_places": _enough_places, "years": _years,
    "expected": lambda problem, rng, *_: _robust(problem, rng, "expected"),
    "worst": lambda problem, rng, *_: _robust(problem, rng, "worst"),
    "moves": _plain,
}  # fmt: skip


# --- rules, each made by the package and said again as a predicate


def with_rules(problem: SitingProblem, rng: np.random.Generator, but: tuple[str, ...] = ()) -> Case:
    """Add rules drawn at random."""
    rules, keeps, said, shortfalls = [], [], [], ()
    for name, maker in _RULES.items():
        if rng.random() < 0.25 and name not in but:
            rule, keep, *short = maker(problem, rng)
            rules.append(rule)
            keeps.append(keep)
            said.append(name)
            shortfalls += short[0] if short else ()
    problem = replace(problem, rules=tuple(rules), shortfalls=shortfalls)
    return Case(problem=problem, keeps=tuple(keeps), said=tuple(said))


def _per_area(problem, rng):
    area = rng.integers(-1, 3, problem.n_candidates).astype(np.int32)
    there = rng.integers(0, 3, int(rng.integers(0, 3))).astype(np.int32)
    at_least = int(rng.integers(1, 3))
    rule, short = at_least_in_area(
        area, ["a", "b", "c"], at_least=at_least, existing_area_index=there,
        allowed=problem.allowed,
    )  # fmt: skip
    wanted = {}
    for name in range(3):
        free = sum(1 for s in range(len(area)) if area[s] == name and problem.allowed[s])
        wanted[name] = min(at_least - int((there == name).sum()), free)

    def keep(sites: set[int]) -> bool:
        return all(sum(area[s] == name for s in sites) >= k for name, k in wanted.items())

    return rule, keep, short


def _spacing(problem, rng):
    xy = rng.integers(0, 6, (problem.n_candidates, 2)).astype(np.float64)
    metres = float(rng.integers(1, 5))
    there = rng.integers(0, 6, (int(rng.integers(0, 2)), 2)).astype(np.float64)

    def keep(sites: set[int]) -> bool:
        near = [(xy[a], xy[b]) for a, b in combinations(sorted(sites), 2)]
        near += [(xy[a], b) for a in sites for b in there]
        return all((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 >= metres**2 for a, b in near)

    return apart(xy, metres=metres, existing_xy_m=there), keep


def _at_most(problem, rng):
    group = rng.random(problem.n_candidates) < 0.6
    at_most = int(rng.integers(0, 3))
    rule = at_most_of(group, at_most=at_most, name="g")
    return rule, lambda sites: sum(bool(group[s]) for s in sites) <= at_most


def _no_good(problem, rng):
    size = int(rng.integers(1, min(4, problem.n_candidates) + 1))
    barred = set(rng.choice(problem.n_candidates, size, replace=False).tolist())
    return without(sorted(barred)), lambda sites: not barred <= sites


def _lead(problem, rng):
    n, n_centres = problem.n_candidates, int(rng.integers(1, 4))
    near = rng.random((n, n_centres)) < 0.7
    is_new = rng.random(n_centres) < 0.5
    room, at_most = rng.integers(0, 4, n_centres), int(rng.integers(1, 4))
    at_most_new = int(rng.integers(0, 3))
    rule = lead_rule(
        np.append(0, np.cumsum(near.sum(axis=1))).astype(np.int64), np.nonzero(near)[1],
        room=room, centre_ids=tuple(f"k{k}" for k in range(n_centres)), new_centre=is_new,
        at_most_new=at_most_new, at_most=at_most,
    )  # fmt: skip

    def keep(sites: set[int]) -> bool:
        for leaders in product(range(n_centres), repeat=len(sites)):
            pairs = list(zip(sorted(sites), leaders, strict=True))
            led = {c: leaders.count(c) for c in leaders}
            if (
                all(near[site, centre] for site, centre in pairs)
                and all(k <= (at_most if is_new[c] else room[c]) for c, k in led.items())
                and sum(bool(is_new[c]) for c in led) <= at_most_new
            ):
                return True
        return False

    return rule, cache_of(keep)


def cache_of(keep):
    known: dict[frozenset[int], bool] = {}

    def kept(sites: set[int]) -> bool:
        key = frozenset(sites)
        if key not in known:
            known[key] = keep(sites)
        return known[key]

    return kept


_RULES = {
    "lead": _lead,
    "area": _per_area,
    "spacing": _spacing,
    "at_most": _at_most,
    "no_good": _no_good,
}
