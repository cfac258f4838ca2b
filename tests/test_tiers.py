"""Two tiers: who may be led, told again by trying every way to lead."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from oracle import Case, all_values, best
from quarterhour.errors import InfeasibleError
from quarterhour.siting.answers import solve_problem
from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.siting.tiers import LeadRule, lead_rule, led_plan
from siting_cases import random_case


def rule_of(reach, *, room, new, at_most_new, at_most) -> LeadRule:
    return lead_rule(
        np.append(0, np.cumsum([len(row) for row in reach])).astype(np.int64),
        np.array([c for row in reach for c in row], dtype=np.int64),
        room=np.array(room, dtype=np.int64),
        centre_ids=tuple(f"z{k}" for k in range(len(room))),
        new_centre=np.array(new, dtype=bool),
        at_most_new=at_most_new,
        at_most=at_most,
    )


def random_rule(n: int, rng: np.random.Generator) -> tuple[LeadRule, dict]:
    n_centres = int(rng.integers(1, 5))
    said = {
        "reach": [np.flatnonzero(rng.random(n_centres) < 0.6).tolist() for _ in range(n)],
        "room": rng.integers(-1, 3, n_centres).tolist(),
        "new": (rng.random(n_centres) < 0.5).tolist(),
        "at_most_new": int(rng.integers(0, 3)),
        "at_most": int(rng.integers(1, 4)),
    }
    return rule_of(**said), said


def ways(order, said) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """Return every way to lead some sites: sum of the new centres, which they are, who leads."""
    news = [c for c, new in enumerate(said["new"]) if new]
    found = []
    for leads in product(*(sorted(said["reach"][s]) for s in order)):
        opened = tuple(c for c in news if c in leads)
        room = [said["at_most"] if new else r for r, new in zip(said["room"], said["new"],
                                                                strict=True)]  # fmt: skip
        fits = all(leads.count(c) <= room[c] for c in set(leads))
        if fits and len(opened) <= said["at_most_new"]:
            found.append((len(opened), opened, leads))
    return found


@pytest.mark.parametrize("question", ["fewest_sites", "shortest_longest"])
def test_no_choice_that_can_be_led_is_better(question: str) -> None:
    wrong = {}
    for seed in range(3000, 3036):
        rng = np.random.default_rng(seed)
        case = random_case(seed, question)
        rule, said = random_rule(case.problem.n_candidates, rng)
        # Two rules with columns of their own must not be mixed up.
        other, also = random_rule(case.problem.n_candidates, rng)
        rules = (rule, *case.problem.rules, *((other,) if seed % 3 == 0 else ()))
        keeps = [lambda sites, s=said: bool(ways(sorted(sites), s))]
        keeps += [lambda sites, s=also: bool(ways(sorted(sites), s))] if seed % 3 == 0 else []
        problem = replace(case.problem, rules=rules)
        values = all_values(Case(problem=problem, keeps=(*case.keeps, *keeps)))
        wanted = best(problem, values)
        try:
            found = solve_problem(problem, patience=Patience(60.0))
        except InfeasibleError as error:
            if wanted is not None or error.faults[0].key == "siting.none_found":
                wrong[seed] = f"{error} and not {wanted}"
            continue
        unit = 1000 if question == "shortest_longest" else 1
        chosen = tuple(found.chosen.tolist())
        right = found.proven and found.objective / unit == wanted and values.get(chosen) == wanted
        if not right:
            wrong[seed] = f"{found.objective / unit}, {chosen} and not {wanted}"
    assert wrong == {}


def test_the_rule_allows_what_can_be_led_and_nothing_else() -> None:
    told = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        problem = random_case(seed, "fewest_sites").problem
        rule, said = random_rule(problem.n_candidates, rng)
        free = {"must": (), "must_not": (), "n_sites": None, "budget": None, "rules": (rule,)}
        problem = replace(problem, **free)
        sides = Sides.of(problem)
        every = [c for k in (1, 2, 4) for c in combinations(range(problem.n_candidates), k)]
        for place in rng.permutation(len(every))[:6].tolist():
            order = rng.permutation(np.array(every[place], dtype=np.int64))
            possible = ways(order.tolist(), said)
            assert sides.allows(np.sort(order)) == bool(possible), seed
            if not possible:
                continue
            # As few new centres as it takes, with the least sum of places; then site by site.
            led = led_plan(problem, order)
            few = min((n, sum(opened)) for n, opened, _ in possible)
            opened = tuple(int(name[1:]) for name in led.new_centre_ids)
            assert (len(opened), sum(opened)) == few, seed
            first = min(leads for _, new, leads in possible if set(new) <= set(opened))
            assert led.centre_ids == tuple(f"z{c}" for c in first), seed
            told += 1
    assert told > 60


def test_later_sites_make_way() -> None:
    # Both could go to the first centre, which has one place; the second site can go elsewhere.
    rule = rule_of([[0, 1], [0, 1]], room=[1, 1], new=[False] * 2, at_most_new=0, at_most=9)
    problem = replace(_two(), rules=(rule,))
    assert led_plan(problem, np.array([0, 1])).centre_ids == ("z0", "z1")
    assert led_plan(problem, np.array([1, 0])).centre_ids == ("z0", "z1")
    # The second site has no other: the first one leaves it the only place.
    rule = rule_of([[0, 1], [0]], room=[1, 9], new=[False, True], at_most_new=1, at_most=2)
    led = led_plan(replace(problem, rules=(rule,)), np.array([0, 1]))
    assert led.centre_ids == ("z1", "z0")
    assert led.new_centre_ids == ("z1",)
    # An earlier site keeps its place, though the later ones would gain if it moved.
    rule = rule_of([[0, 2], [1, 2], [0, 1]], room=[1] * 3, new=[False] * 3, at_most_new=0,
                   at_most=9)  # fmt: skip
    three = next(p for p in (random_case(s, "fewest_sites").problem for s in range(99))
                 if p.n_candidates == 3)  # fmt: skip
    three = replace(three, must=(), must_not=(), n_sites=None, budget=None, rules=(rule,))
    assert led_plan(three, np.arange(3)).centre_ids == ("z0", "z2", "z1")


def test_a_plan_that_cannot_be_led_is_our_own_mistake() -> None:
    rule = rule_of([[], [0]], room=[1], new=[False], at_most_new=0, at_most=1)
    problem = replace(_two(), rules=(rule,))
    assert not Sides.of(problem).allows(np.array([0]))
    with pytest.raises(AssertionError):
        led_plan(problem, np.array([0]))


def _two():
    case = next(c for c in (random_case(s, "fewest_sites") for s in range(99))
                if c.problem.n_candidates == 2)  # fmt: skip
    return replace(case.problem, must=(), must_not=(), n_sites=None, budget=None)
