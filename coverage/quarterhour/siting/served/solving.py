"""The door to sites with limited places: a question in, an :class:`Answer` out."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError, InputError
from quarterhour.siting.answers import Answer, OnBound
from quarterhour.siting.counting import MILLI
from quarterhour.siting.patience import Patience
from quarterhour.siting.served.bounds import Cut, Master
from quarterhour.siting.served.branching import Tree
from quarterhour.siting.served.model import ServedModel
from quarterhour.siting.served.prices import first_cuts
from quarterhour.siting.served.search import Keeper, Searcher
from quarterhour.siting.sides import Sides
from quarterhour.solver import solve

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_SHAKES = 40
_SEARCH_SHARE = 0.3
_SHAKE_EVERY = 10
_LOOK_EVERY = 5
# Sums of whole milli-people are exact; weighted means of them are good to this.
_DUST = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedMemory:
    """What a nearby question begins with: cells and cuts, which depend on no side condition."""

    model: ServedModel
    cuts: tuple[Cut, ...]


def solve_served(
    problem: "SitingProblem",
    *,
    patience: Patience,
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer a question with capacity; see :mod:`quarterhour.siting.answers` for the shape.

    The objective of ``most_people`` is what is served beyond what existing facilities serve on
    their own.

    Raises
    ------
    InputError
        ``siting.capacity_question`` for questions other than ``most_people`` and
        ``fewest_sites``, and with scenarios; ``siting.bad_capacity`` for a negative capacity.
    InfeasibleError
        ``siting.infeasible_rules`` if no choice keeps to the rules, and serves as many as asked;
        ``siting.none_found`` if none was found in time.
    """
    asked = "robust" if problem.robust is not None else problem.question
    if asked not in ("most_people", "fewest_sites"):
        raise InputError(Fault("siting.capacity_question", {"question": asked}))
    if asked == "fewest_sites":
        # What is asked for is a share of people, whatever they are worth.
        problem = problem.having(merit=None)
    memory = near.memory if near is not None else None
    before = memory if isinstance(memory, ServedMemory) and memory.model.is_of(problem) else None
    model = ServedModel.of(problem) if before is None else before.model
    work = _Work.of(problem, model, patience, on_progress)
    work.begin(near)
    work.prove([] if before is None else list(before.cuts))
    return work.answer()


def people_wanted(problem: "SitingProblem", model: ServedModel | None = None) -> float:
    """Return the people who must be served for ``fewest_sites``.

    Of the ``reachable``: of those who would be served if every allowed candidate were built.
    """
    model = ServedModel.of(problem.having(merit=None)) if model is None else model
    return _wanted_milli(problem, model) / MILLI


def _wanted_milli(problem: "SitingProblem", model: ServedModel) -> float:
    if problem.people_wanted is not None:
        milli = problem.people_wanted * MILLI
    elif problem.share_of == "all":
        milli = problem.share * float(problem.weight.sum()) * MILLI
    else:
        milli = problem.share * model.flow(np.flatnonzero(problem.allowed)).value
    # The dust of a product, and of people rounded to milli-people, asks for nobody more.
    return float(np.ceil(milli - 1e-6 - min(model.rounding, 1e-6 * milli)))


@dataclass(slots=True, kw_only=True, eq=False)
class _Work:
    """One question: the best choice in hand, and the bound."""

    problem: "SitingProblem"
    model: ServedModel
    sides: Sides
    keeper: Keeper
    patience: Patience
    searcher: Searcher
    on_progress: OnBound | None
    seconds: float
    cost: NDArray[np.float64] | None
    wanted: float | None
    best: NDArray[np.int64] | None = None
    score: float = -np.inf
    bound: float = np.inf
    proven: bool = False
    cuts: list[Cut] = field(default_factory=list)
    looked: set[bytes] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        problem: "SitingProblem",
        model: ServedModel,
        patience: Patience,
        on_progress: OnBound | None,
    ) -> "_Work":
        sides = Sides.of(problem)
        cost = wanted = None
        if problem.question == "fewest_sites":
            cost = np.ones(problem.n_candidates)
            if problem.fewest == "cost" and problem.cost is not None:
                cost = problem.cost.astype(np.float64)
            wanted = _wanted_milli(problem, model)
        keeper = Keeper.of(sides)
        searcher = Searcher(
            model=model, keeper=keeper, must=problem.must, stop=lambda: patience.over
        )
        return cls(
            problem=problem, model=model, sides=sides, keeper=keeper, patience=patience,
            searcher=searcher, on_progress=on_progress, seconds=patience.left_s, cost=cost,
            wanted=wanted, bound=model.total if cost is None else 0.0,
        )  # fmt: skip

    # --- choices

    def offer(self, chosen: NDArray[np.int64]) -> bool:
        """Take a choice if it is better than the best and keeps to everything."""
        if self.cost is None:
            score = self.searcher.value(chosen)
        else:
            score = -float(self.cost[chosen].sum())
        if score <= self.score or not self.keeper.allows(chosen):
            return False
        if self.wanted is not None and self.searcher.value(chosen) < self.wanted:
            return False
        self.best, self.score = np.sort(chosen), score
        self.tell()
        return True

    def tell(self) -> None:
        """Say how far it is."""
        if self.on_progress is not None and self.best is not None:
            self.on_progress(self.objective(), self.outer())

    def objective(self) -> float:
        """Return the objective of the best choice, in the units of the answer."""
        if self.wanted is not None:
            return -self.score
        return float(np.rint(self.score - self.model.base))

    def outer(self) -> float:
        """Return the bound in the units of the answer, rounded to the safe side."""
        if self.wanted is not None:
            bound = max(0.0, float(np.ceil(-self.bound - 1e-6)))
            return min(bound, self.objective()) if self.best is not None else bound
        bound = float(np.floor(self.bound - self.model.base + _DUST))
        return max(bound, self.objective()) if self.best is not None else bound

    def threshold(self) -> float:
        """Return the least score of a choice that is better than the best."""
        if self.best is None:
            return -np.inf
        if self.wanted is not None:
            return self.score + 1.0 - 1e-6
        return self.model.base + self.objective() + 1.0 - _DUST

    def begin(self, near: Answer | None) -> None:
        """Find a first choice: of the nearby question, the greedy one, or any that is allowed."""
        search, must = self.searcher, np.array(sorted(set(self.problem.must)), dtype=np.int64)
        starts = [must]
        if near is not None:
            kept = near.chosen[self.problem.allowed[near.chosen]]
            starts.insert(0, np.union1d(kept, must).astype(np.int64))
        for start in starts:
            wanted = np.inf if self.wanted is None else self.wanted
            if not self.offer(search.grown(start, wanted=wanted, cost=self._price())):
                self.offer(start)
        if self.best is None:
            start = self._any_allowed()
            if self.wanted is None or search.value(start) >= self.wanted:
                self.offer(start)
            else:
                self.offer(search.improved(search.grown(start), enough=self.wanted))
        if self.best is None:
            return
        share = self.patience.share(_SEARCH_SHARE)
        search.stop = lambda: share.over
        if self.wanted is None:
            self.offer(search.improved(self.best))
            self.offer(search.shaken(self.best, rounds=_SHAKES))
        else:
            self._spared()
        search.stop = lambda: self.patience.over

    def _price(self) -> NDArray[np.float64] | None:
        """Return what the sites that go first should cost little of."""
        if self.cost is not None:
            return self.cost
        money = self.problem.budget is not None and self.problem.n_sites is None
        cost = self.problem.cost
        return cost.astype(np.float64) if money and cost is not None else None

    def _spared(self) -> None:
        """Make do with less: leave a site out and exchange others until enough are served."""
        if self.best is None or self.cost is None or self.wanted is None:
            return
        self.offer(self.searcher.without_useless(self.best, wanted=self.wanted))
        found = True
        while found and not self.searcher.stop():
            found = False
            self.searcher.keeper = self.keeper.costing_at_most(self.cost, -self.score - 1.0)
            loss = [self.searcher.value(self.best[self.best != site]) for site in self.best]
            for place in np.argsort(-np.array(loss), kind="stable").tolist():
                site = int(self.best[place])
                if site in self.problem.must or self.searcher.stop():
                    continue
                rest = self.best[self.best != site]
                if self.offer(self.searcher.improved(rest, enough=self.wanted)):
                    found = True
                    break
        self.searcher.keeper = self.keeper

    def _any_allowed(self) -> NDArray[np.int64]:
        """Return a choice that keeps to everything, found by the solver.

        Raises
        ------
        InfeasibleError
            If none does, or none was found in time.
        """
        from quarterhour.siting.fewest.programs import impossible

        sides = self.sides
        gain = np.zeros(sides.n_columns)
        earned, _ = self.model.earned(self.model.flow(np.zeros(0, np.int64)).price)
        gain[: sides.n_candidates] = earned[: sides.n_candidates]
        cost = gain / max(1.0, float(gain.max(initial=0.0)))
        program = sides.program(cost, maximise=True)
        found = solve(
            program, time_limit_s=max(self.patience.left_s, 0.1), stop=lambda: self.patience.over
        )
        if found.status == "infeasible":
            raise impossible(sides)
        if found.x is None:
            raise self._late()
        return np.flatnonzero(found.x[: sides.n_candidates] > 0.5)

    def _late(self) -> InfeasibleError:
        return InfeasibleError(Fault("siting.none_found", {"seconds": round(self.seconds, 1)}))

    # --- bounds

    def prove(self, cuts: list[Cut]) -> None:
        """Lower the bound until it meets the best choice, or the time is up."""
        if self.wanted is None and not self.patience.over:
            cuts = cuts + self._first_cuts()
        if not cuts:
            from quarterhour.siting.served.bounds import cut_of

            cuts = [cut_of(self.model, np.zeros(len(self.model.people)))]
        master = Master(self.model, self.sides, cost=self.cost, wanted=self.wanted, cuts=cuts)
        tree = Tree(
            master, threshold=self.threshold, look=self._look, settle=self._settle,
            stop=lambda: self.patience.over, near_best=self._shares,
        )  # fmt: skip
        for divided, bound in enumerate(tree.grow(), start=1):
            # Parts that were put aside hold nothing better than the best choice.
            better = max(bound, self.score)
            if better < self.bound if self.wanted is None else -better > -self.bound:
                self.bound = better
                self.tell()
            if self.wanted is None and self.best is not None and divided % _SHAKE_EVERY == 0:
                self.offer(self.searcher.shaken(self.best, rounds=1))
        self.cuts = master.cuts
        self.bound = (
            min(self.bound, max(tree.bound(), self.score))
            if self.best is not None
            else (tree.bound())
        )
        self.proven = tree.finished

    def _first_cuts(self) -> list[Cut]:
        chosen = np.zeros(0, np.int64) if self.best is None else self.best
        flow = self.model.flow(chosen)
        return first_cuts(
            self.model, price=flow.price, value=flow.value, pick=self._pick,
            stop=lambda: self.patience.over,
        )  # fmt: skip

    def _pick(self, earned: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the sites that earn most, by number or money; nothing else is looked at."""
        problem = self.problem
        earned = np.where(problem.allowed, earned, -1.0)
        earned[list(problem.must)] = np.inf
        if problem.budget is not None and problem.cost is not None:
            ranked = np.argsort(-earned / np.maximum(problem.cost, 1e-3), kind="stable")
            affordable = np.cumsum(problem.cost[ranked]) <= problem.budget
            ranked = ranked[affordable]
        else:
            ranked = np.argsort(-earned, kind="stable")
        ranked = ranked[: problem.n_sites] if problem.n_sites is not None else ranked
        return ranked[earned[ranked] > 0]

    def _shares(self) -> NDArray[np.float64] | None:
        if self.best is None:
            return None
        shares = np.zeros(self.problem.n_candidates)
        shares[self.best] = 1.0
        return shares

    def _look(self, y: NDArray[np.float64]) -> None:
        """Round shares of sites to a choice, and improve it."""
        chosen = self._rounded(y)
        key = np.sort(chosen).astype(np.int32).tobytes()
        if key in self.looked:
            return
        self.looked.add(key)
        if self.wanted is not None:
            if self.searcher.value(chosen) >= self.wanted:
                chosen = self.searcher.without_useless(chosen, wanted=self.wanted)
                self.offer(chosen)
            return
        better = self.offer(chosen)
        if better or len(self.looked) % _LOOK_EVERY == 1:
            self.offer(self.searcher.improved(chosen))

    def _rounded(self, y: NDArray[np.float64]) -> NDArray[np.int64]:
        chosen = np.array(sorted(set(self.problem.must)), dtype=np.int64)
        wanted = np.inf if self.wanted is None else self.wanted
        while self.searcher.value(chosen) < wanted:
            may = self.keeper.may_join(chosen, growing=True)
            share = np.where(may, y, -1.0)
            site = int(np.argmax(share))
            if share[site] <= (1e-6 if self.wanted is None else -0.5):
                break
            chosen = np.append(chosen, site)
        return chosen

    def _settle(self, chosen: NDArray[np.int64]) -> None:
        self.offer(chosen)

    # --- the end

    def answer(self) -> Answer:
        """Return the best choice with its bound.

        Raises
        ------
        InfeasibleError
            If there is none.
        """
        if self.best is None:
            from quarterhour.siting.fewest.programs import impossible

            raise impossible(self.sides) if self.proven else self._late()
        chosen = self.best
        if self.wanted is None:
            chosen = np.sort(self.searcher.without_useless(chosen))
        elif not self.proven:
            self.offer(self.searcher.without_useless(chosen, wanted=self.wanted))
            chosen = self.best
        return Answer(
            chosen=chosen.astype(np.int64),
            objective=self.objective(),
            bound=self.outer(),
            maximise=self.wanted is None,
            rounding=self.model.rounding if self.wanted is None else 0.0,
            memory=ServedMemory(model=self.model, cuts=tuple(self.cuts[-200:])),
        )
