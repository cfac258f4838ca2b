"""Rules that a plan must keep to, each a named block of linear rows over the candidates.

A rule is ``lower <= sum of (coefficient x chosen) <= upper``, one or more rows of it. All
coefficients are whole numbers, so that sums are exact. A rule may have columns of its own beside
the candidates (*helpers*, whole numbers from 0): which centre leads which station is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault


def _none() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One rule: its sentence, and its rows.

    Attributes
    ----------
    said
        The rule as a sentence of the catalogue, with its values.
    indptr, indices, values
        Rows (CSR). Columns below ``n_candidates`` are candidates; ``n_candidates + k`` is helper
        ``k``.
    lower, upper
        Bounds of rows, float64 (n_rows,): whole numbers, or infinite.
    helper_upper
        Largest value of each helper, int64 (n_helpers,).
    """

    said: Fault
    indptr: NDArray[np.int64]
    indices: NDArray[np.int64]
    values: NDArray[np.int64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    helper_upper: NDArray[np.int64] = field(default_factory=_none)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.lower)


def rule_of_rows(
    said: Fault,
    rows: Sequence[Sequence[int]],
    *,
    lower: Sequence[float],
    upper: Sequence[float],
) -> Rule:
    """Return the rule of which each row bounds how many of some candidates are chosen."""
    sizes = [len(row) for row in rows]
    indices = np.array([site for row in rows for site in row], dtype=np.int64)
    return Rule(
        said=said,
        indptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        indices=indices,
        values=np.ones(len(indices), dtype=np.int64),
        lower=np.array(lower, dtype=np.float64),
        upper=np.array(upper, dtype=np.float64),
    )


def at_least_in_area(
    area_index: NDArray[np.int32],
    area_names: Sequence[str],
    *,
    at_least: int,
    existing_area_index: NDArray[np.int32],
    allowed: NDArray[np.bool_] | None = None,
    kind: str = "",
) -> tuple[Rule, tuple[Fault, ...]]:
    """Return the rule of at least so many facilities in each area, and what cannot be kept.

    Parameters
    ----------
    area_index
        Area of each candidate, -1 for none, int32 (n_candidates,).
    area_names
        Names of the areas.
    at_least
        Facilities that each area is to have, those that stand there included.
    existing_area_index
        Area of each existing facility of the kind.
    allowed
        Whether a candidate may be chosen; all by default.
    kind
        Kind of facility, for the sentence.

    Returns
    -------
    tuple
        The rule, which asks of an area no more than its candidates allow; and a named shortfall
        for each area where that is less than ``at_least``.
    """
    free = np.ones(len(area_index), dtype=np.bool_) if allowed is None else allowed
    there = np.bincount(existing_area_index[existing_area_index >= 0], minlength=len(area_names))
    rows, lower, short = [], [], []
    for area, name in enumerate(area_names):
        wanted = at_least - int(there[area])
        sites = np.flatnonzero((area_index == area) & free).tolist()
        if wanted > len(sites):
            values = {"area": name, "wanted": at_least, "there": int(there[area]),
                      "candidates": len(sites), "kind": kind}  # fmt: skip
            short.append(Fault("siting.shortfall_area", values))
        if wanted > 0 and sites:
            rows.append(sites)
            lower.append(float(min(wanted, len(sites))))
    said = Fault("siting.asks_per_area", {"at_least": at_least})
    rule = rule_of_rows(said, rows, lower=lower, upper=[np.inf] * len(rows))
    return rule, tuple(short)


def apart(
    xy_m: NDArray[np.float64],
    *,
    metres: float,
    existing_xy_m: NDArray[np.float64] | None = None,
) -> Rule:
    """Return the rule that no two sites, and no site and existing facility, are nearer.

    Parameters
    ----------
    xy_m
        Positions of candidates, float64 (n_candidates, 2).
    metres
        Least distance in a straight line; exactly as far is far enough.
    existing_xy_m
        Positions of existing facilities of the kind.
    """
    from scipy.spatial import KDTree

    rows: list[Sequence[int]] = []
    n = len(xy_m)
    near = {site: set[int]() for site in range(n)}
    if n > 1:
        pairs = KDTree(xy_m).query_pairs(metres, output_type="ndarray")
        gap = np.hypot(*(xy_m[pairs[:, 0]] - xy_m[pairs[:, 1]]).T)
        for a, b in pairs[gap < metres].tolist():
            near[a].add(b)
            near[b].add(a)
    # Groups in which all are too near to each other, one row each: far fewer and tighter than
    # a row for each pair.
    left = {(a, b) for a in near for b in near[a] if a < b}
    for a, b in sorted(left):
        if (a, b) not in left:
            continue
        group = [a, b]
        for other in sorted(near[a] & near[b]):
            if near[other].issuperset(group):
                group.append(other)
        left -= {(x, y) for x in group for y in group if x < y}
        rows.append(sorted(group))
    upper = [1.0] * len(rows)
    if existing_xy_m is not None and len(existing_xy_m) and n:
        metres_to, _ = KDTree(existing_xy_m).query(xy_m)
        for site in np.flatnonzero(metres_to < metres).tolist():
            rows.append([site])
            upper.append(0.0)
    said = Fault("siting.asks_spacing", {"metres": metres})
    return rule_of_rows(said, rows, lower=[-np.inf] * len(rows), upper=upper)


def at_most_of(group: NDArray[np.bool_], *, at_most: int, name: str) -> Rule:
    """Return the rule of at most so many sites of a group, named as the reader knows it."""
    said = Fault("siting.asks_at_most", {"group": name, "at_most": at_most})
    return rule_of_rows(
        said, [np.flatnonzero(group).tolist()], lower=[-np.inf], upper=[float(at_most)]
    )


def without(sites: Sequence[int]) -> Rule:
    """Return the rule that not all of some sites are chosen together (a no-good cut)."""
    said = Fault("siting.asks_other", {"count": len(sites)})
    return rule_of_rows(said, [list(sites)], lower=[-np.inf], upper=[len(sites) - 1.0])
