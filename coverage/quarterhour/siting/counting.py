"""What a choice of sites does, counted from the people themselves, in their own units."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

MILLI = 1000.0


def points_of(problem: "SitingProblem", site: int) -> NDArray[np.int32]:
    """Return the demand points within the limit of one candidate."""
    start, end = problem.covers_indptr[site : site + 2]
    return problem.covers_indices[start:end]


def times_covered(problem: "SitingProblem", sites: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return by how many of some sites each demand point is covered."""
    times = np.zeros(len(problem.weight), dtype=np.int64)
    for site in sites.tolist():
        times[points_of(problem, site)] += 1
    return times


def gained(
    problem: "SitingProblem",
    sites: NDArray[np.int64],
    what: NDArray[np.float64] | None = None,
) -> float:
    """Return the people (or another figure per demand point) whom only these sites cover."""
    new = (times_covered(problem, sites) > 0) & ~problem.already
    return float((problem.weight if what is None else what)[new].sum())


def unique(problem: "SitingProblem", sites: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each site the people whom it alone covers."""
    once = (times_covered(problem, sites) == 1) & ~problem.already
    people = np.where(once, problem.weight, 0.0)
    return np.array([people[points_of(problem, site)].sum() for site in sites.tolist()])


def building_order(
    problem: "SitingProblem", chosen: NDArray[np.int64], rank: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Order sites by gain, the largest first; of gains alike to a milli-person the earlier.

    Parameters
    ----------
    problem, chosen
        The question, and rows of candidates.
    rank
        Sites of a lower rank come first whatever they gain (years), int64 like ``chosen``.

    Returns
    -------
    tuple
        Rows in building order, and the gain of each in that order.
    """
    ranks = np.zeros(len(chosen), np.int64) if rank is None else rank
    left = sorted(zip(ranks.tolist(), chosen.tolist(), strict=True))
    open_people = np.where(problem.already, 0.0, problem.weight)
    order, gains = [], []
    while left:
        first = [entry for entry in left if entry[0] == left[0][0]]
        gain = [float(open_people[points_of(problem, site)].sum()) for _, site in first]
        best = int(np.argmax(np.rint(np.array(gain) * MILLI)))
        left.remove(first[best])
        order.append(first[best][1])
        gains.append(gain[best])
        open_people[points_of(problem, order[-1])] = 0.0
    return np.array(order, dtype=np.int64), np.array(gains, dtype=np.float64)


def walks_ms(problem: "SitingProblem", sites: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each demand point's milliseconds to the nearest facility, with some sites built.

    What is not told apart is ``cap_ms``.
    """
    times = problem.times
    if times is None:
        raise AssertionError("times are needed")
    ms = np.minimum(times.existing_ms, times.cap_ms)
    for site in sites.tolist():
        start, end = times.indptr[site : site + 2]
        at = times.indices[start:end]
        ms[at] = np.minimum(ms[at], times.ms[start:end])
    return ms


def can_be_reached(problem: "SitingProblem") -> NDArray[np.bool_]:
    """Return whose longest walk counts: ``whom``, else everybody who arrives at all.

    That is who walks less than ``cap_ms`` to an existing facility or an allowed candidate.
    """
    if problem.whom is not None:
        return problem.whom
    times = problem.times
    if times is None:
        raise AssertionError("times are needed")
    everything = walks_ms(problem, np.flatnonzero(problem.allowed))
    return (everything < times.cap_ms) & (problem.weight > 0)
