"""Parts of a question about sites that not every question has."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


def _freeze(thing: object, *names: str) -> None:
    for name in names:
        # A view: the caller's own array stays as writable as it was.
        array: NDArray[np.generic] = getattr(thing, name).view()
        array.setflags(write=False)
        object.__setattr__(thing, name, array)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Times:
    """Walking times of candidates and of the existing facilities.

    Attributes
    ----------
    indptr, indices, ms
        Milliseconds between a candidate (row, CSR) and the demand points it can be walked to
        from; a pair that is not listed is at ``cap_ms`` or beyond.
    existing_ms
        Milliseconds to the nearest existing facility, int64 (n_demand,), at most ``cap_ms``.
    cap_ms
        The longest walk that is told apart: who walks longer, or never arrives, counts as this.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    ms: NDArray[np.int32]
    existing_ms: NDArray[np.int64]
    cap_ms: int

    def __post_init__(self) -> None:
        _freeze(self, "indptr", "indices", "ms", "existing_ms")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Capacity:
    """How many people each facility and each candidate can serve; people may be split.

    Attributes
    ----------
    of_candidate
        People that a candidate can serve if built, float64 (n_candidates,).
    of_existing
        The same of existing facilities, float64 (n_existing,).
    existing_indptr, existing_indices
        Demand points within the limit of each existing facility (CSR: row = facility).
    existing_ids
        Their ids.
    """

    of_candidate: NDArray[np.float64]
    of_existing: NDArray[np.float64]
    existing_indptr: NDArray[np.int64]
    existing_indices: NDArray[np.int32]
    existing_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, "of_candidate", "of_existing", "existing_indptr", "existing_indices")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Years:
    """Money, or numbers of sites, year by year.

    Attributes
    ----------
    years
        Ascending.
    budget
        Whole currency units that each year brings, int64 (n_years,); ``None`` where money does
        not limit.
    n_sites
        New sites that may open in each year, int64 (n_years,); ``None`` for no limit by year.
    build_cost, yearly_cost
        What a candidate costs once, in the year it opens, and in that and every later year;
        whole currency units, int64 (n_candidates,).
    carry_over
        Whether money (and openings) not used in a year may be used later.
    """

    years: tuple[int, ...]
    budget: NDArray[np.int64] | None
    n_sites: NDArray[np.int64] | None
    build_cost: NDArray[np.int64]
    yearly_cost: NDArray[np.int64]
    carry_over: bool = True

    def __post_init__(self) -> None:
        _freeze(self, "build_cost", "yearly_cost")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """One way the world may be: another speed, another placement of the people.

    Attributes
    ----------
    name
        In the reader's words.
    chance
        Whole parts: 1 and 3 are a quarter and three quarters.
    covers_indptr, covers_indices
        Demand points within the limit of each candidate (CSR).
    weight, already
        People per demand point, and whether existing facilities cover it.
    """

    name: str
    chance: int
    covers_indptr: NDArray[np.int64]
    covers_indices: NDArray[np.int32]
    weight: NDArray[np.float64]
    already: NDArray[np.bool_]

    def __post_init__(self) -> None:
        _freeze(self, "covers_indptr", "covers_indices", "weight", "already")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Robust:
    """Several scenarios, and what is asked of a plan in all of them.

    Attributes
    ----------
    aim
        ``expected``: most people on average, by chance. ``worst``: most people in the scenario
        in which the plan gains least, counted as people inside the circle in all.
    scenarios
        At least one; candidates are the same in all.
    """

    aim: Literal["expected", "worst"]
    scenarios: tuple[Scenario, ...]
