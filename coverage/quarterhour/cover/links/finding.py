"""Missing links: which footbridge, lift or gate would bring most elders inside.

For one kind of facility (or ``any``) and the circle's walker, links that might help are sought
(:mod:`~quarterhour.cover.links.candidates`), each is walked by itself
(:mod:`~quarterhour.cover.links.counts`), and the best are listed by the people of the lead group
whom they bring inside the longest limit. A link of the same kind as a better one, within
``APART_M`` of it, that brings in for the greater part the same people is a *variant*: the same link
built a few steps away, counted but not listed. What several bring in
together is less than the sum of what each brings in alone; the best three together are counted
again.

This screens a map. It knows no levels, no land and no owners: whether a link can be built is for
others to find out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.gaps.finding import Gaps
from quarterhour.cover.gaps.names import nearest_streets
from quarterhour.cover.links.candidates import LINK_KINDS, Candidates, find_candidates
from quarterhour.cover.links.counts import Gainers, Progress, open_streets, recount, walk_links
from quarterhour.cover.links.levels import rises_m
from quarterhour.cover.links.walks import Layer, layers_of
from quarterhour.cover.quantiles import median_s
from quarterhour.reach.times import Direction
from quarterhour.streets.barriers import Barriers
from quarterhour.streets.network import WalkNetwork

# Why no link was sought: a walker in straight lines needs none; ways there and back together are
# not counted by one search; no facility of the kind; nobody is beyond the limit.
REASONS = ("straight", "direction", "no_facility", "nobody_outside")
APART_M = 200.0
TOGETHER = 3
_MOSTLY = 0.5
_NAMED_WITHIN_M = 400.0
_SAME_PEOPLE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class MissingLinks:
    """Links that would bring most people inside, best first; arrays have one entry per link.

    Attributes
    ----------
    kind, walker, minutes, direction
        Kind of facility (or ``any``), the circle's walker, its longest limit, its way.
    groups, residents, inside
        Groups, all people by group, and those inside today.
    because
        One of ``REASONS`` where no link was sought; else empty.
    what
        Index into ``LINK_KINDS``.
    xy_m
        Far end and near end of each link (n, 2, 2), metres: the near end is nearer to a facility.
    streets
        Names of the streets at both ends; empty where none is near.
    area_index, areas
        Row and name of the area in which the middle lies; -1 and empty outside all.
    barrier_kinds, barrier_names
        What the straight line between the ends crosses; empty where the map knows nothing there.
    length_m
        Straight length in metres.
    rise_m
        Metres by which the far end lies above the near end; ``nan`` where streets do not tell.
    link_s
        Seconds that the walker takes from end to end.
    gained
        People brought inside by each link alone (n, groups).
    before_s, after_s
        Median seconds of those people of the lead group to the nearest facility, without and with
        the link; ``inf`` beyond an hour.
    variants
        How many candidates are variants of each link.
    gaps
        Numbers of the gaps in which those people live, most people first.
    tried
        Candidates that were walked, by kind of link.
    together, together_gained
        Rows of the best links together, in the order in which they are added, and the people
        that the first, the first two and so on bring inside (rows, groups).
    """

    kind: str
    walker: str
    minutes: int
    direction: str
    groups: tuple[str, ...]
    residents: NDArray[np.float64]
    inside: NDArray[np.float64]
    because: str
    what: NDArray[np.int8]
    xy_m: NDArray[np.float64]
    streets: tuple[tuple[str, str], ...]
    area_index: NDArray[np.int32]
    areas: tuple[str, ...]
    barrier_kinds: tuple[str, ...]
    barrier_names: tuple[str, ...]
    length_m: NDArray[np.float64]
    rise_m: NDArray[np.float64]
    link_s: NDArray[np.float64]
    gained: NDArray[np.float64]
    before_s: NDArray[np.float64]
    after_s: NDArray[np.float64]
    variants: NDArray[np.int64]
    gaps: tuple[tuple[str, ...], ...]
    tried: NDArray[np.int64]
    together: NDArray[np.int64]
    together_gained: NDArray[np.float64]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kind of each link, one of ``LINK_KINDS``."""
        return tuple(LINK_KINDS[w] for w in self.what.tolist())

    def to_frame(self) -> pd.DataFrame:
        """Return one row per link; inside, gained and still outside add up to all people."""
        frame = pd.DataFrame(
            {
                "link": self.kinds, "far_x_m": self.xy_m[:, 0, 0], "far_y_m": self.xy_m[:, 0, 1],
                "near_x_m": self.xy_m[:, 1, 0], "near_y_m": self.xy_m[:, 1, 1],
                "far_street": [far for far, _ in self.streets],
                "near_street": [near for _, near in self.streets], "area": self.areas,
                "barrier": self.barrier_kinds, "barrier_name": self.barrier_names,
                "length_m": self.length_m, "rise_m": self.rise_m, "link_s": self.link_s,
                "before_s": self.before_s, "after_s": self.after_s, "variants": self.variants,
                "gaps": [" ".join(ids) for ids in self.gaps],
            }
        )  # fmt: skip
        for g, group in enumerate(self.groups):
            frame[f"inside_{group}"] = self.inside[g]
            frame[f"gained_{group}"] = self.gained[:, g]
            frame[f"outside_{group}"] = self.residents[g] - self.inside[g] - self.gained[:, g]
        return frame


def find_links(
    case: Case,
    coverage: Coverage,
    *,
    kind: str,
    n: int = 20,
    longest_m: float = 150.0,
    most_candidates: int = 5000,
    barriers: Barriers | None = None,
    gaps: Gaps | None = None,
    on_progress: Progress | None = None,
) -> MissingLinks:
    """Return the links that would bring most people of the lead group inside.

    Parameters
    ----------
    case, coverage
        The circle, and its coverage.
    kind
        Kind of facility, or ``any``.
    n
        Most links that are returned.
    longest_m
        Longest link in a straight line, metres, inclusive.
    most_candidates
        Most candidates that are walked, those with the best prospects.
    barriers
        What the links may cross; by default the rivers that the network knows.
    gaps
        Gaps of the same kind, to say which ones a link serves.
    on_progress
        Called with ``(done, total)`` searches.
    """
    empty = _nothing(case, coverage, kind)
    if empty.because:
        return empty
    ms = coverage.ms[coverage.kinds.index(kind), 0]
    layers, limit_ms = layers_of(case, kind), case.limit_ms
    found = find_candidates(case, layers, longest_m=longest_m, most=most_candidates)
    outside = np.flatnonzero((ms > limit_ms) & (case.demand.people > 0).any(axis=1))
    gainers = walk_links(layers, found.links, outside, limit_ms=limit_ms, on_progress=on_progress)
    gained = gainers.people(case.demand.people, len(found.what))
    lead = case.demand.groups.index(case.demand.lead_group)
    best, variants = _apart(found, gainers, case.demand.people[:, lead], n)
    kept = found.take(best)
    together, both = _recounted(case, layers, kept, gained[best], ms)
    xy_m, seconds = _gates_walked(layers[0], kept)
    ends = kept.links.ends
    far, near = (
        ends.take(np.arange(0, len(ends.edge), 2)),
        ends.take(np.arange(1, len(ends.edge), 2)),
    )
    rises = rises_m(case.network, far, near)
    barriers = Barriers.of_network(case.network) if barriers is None else barriers
    crossed = barriers.crossed(xy_m[:, 0], xy_m[:, 1])
    area = case.areas.area_of(xy_m.mean(axis=1))
    before, after = _medians(case, gainers, best, ms)
    return replace(
        empty, what=kept.what, xy_m=xy_m, streets=_street_names(case.network, xy_m),
        area_index=area, areas=tuple(case.areas.names[a] if a >= 0 else "" for a in area),
        barrier_kinds=tuple(c[0] for c in crossed), barrier_names=tuple(c[1] for c in crossed),
        length_m=kept.length_m, rise_m=rises, link_s=seconds, gained=gained[best], before_s=before,
        after_s=after, variants=variants, gaps=_gaps_of(case, gainers, best, gaps),
        tried=np.bincount(found.what, minlength=len(LINK_KINDS)).astype(np.int64),
        together=together, together_gained=both,
    )  # fmt: skip


def _nothing(case: Case, coverage: Coverage, kind: str) -> MissingLinks:
    """Return an answer without links, with the reason if there can be none."""
    people, groups = case.demand.people, case.demand.groups
    inside, reason = np.zeros(len(groups)), ""
    if case.walker.straight:
        reason = "straight"
    elif case.direction not in ("there", "back"):
        reason = "direction"
    elif kind not in coverage.kinds or len(case.facilities.rows_of(kind)) == 0:
        reason = "no_facility"
    if kind in coverage.kinds:
        within = coverage.ms[coverage.kinds.index(kind), 0] <= case.limit_ms
        inside = people[within].sum(axis=0)
        lead = groups.index(case.demand.lead_group)
        reason = reason or ("" if people[~within, lead].sum() > 0 else "nobody_outside")
    nothing, none = np.zeros(0), np.zeros(0, np.int64)
    direction: Direction = case.direction
    return MissingLinks(
        kind=kind, walker=case.walker.name, minutes=case.minutes[-1], direction=direction,
        groups=groups, residents=people.sum(axis=0), inside=inside, because=reason,
        what=np.zeros(0, np.int8), xy_m=np.zeros((0, 2, 2)), streets=(),
        area_index=np.zeros(0, np.int32), areas=(), barrier_kinds=(), barrier_names=(),
        length_m=nothing, rise_m=nothing, link_s=nothing, gained=np.zeros((0, len(groups))),
        before_s=nothing, after_s=nothing, variants=none, gaps=(),
        tried=np.zeros(len(LINK_KINDS), np.int64), together=none,
        together_gained=np.zeros((0, len(groups))),
    )  # fmt: skip


def _apart(
    found: Candidates, gainers: Gainers, people: NDArray[np.float64], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the best links that are no variants of better ones, and how many each one has."""
    of = people[gainers.home]
    gained = np.bincount(gainers.link, of, minlength=len(found.what))
    order = np.lexsort((np.arange(len(gained)), found.length_m, -np.round(gained, 6)))
    order = order[np.round(gained[order], 6) > 0]
    middle = found.xy_m.mean(axis=1)
    best: list[int] = []
    variants: list[int] = []
    while len(order) and len(best) < n:
        first = int(order[0])
        has = np.zeros(len(people), bool)
        has[gainers.of(first)[0]] = True
        shared = np.bincount(gainers.link, of * has[gainers.home], minlength=len(gained))
        same = found.what[order] == found.what[first]
        same &= np.hypot(*(middle[order] - middle[first]).T) <= APART_M
        same &= shared[order] >= _MOSTLY * gained[order]
        best.append(first)
        variants.append(int(same.sum()) - 1)
        order = order[~same]
    return np.array(best, np.int64), np.array(variants, np.int64)


def _recounted(
    case: Case,
    layers: Sequence[Layer],
    kept: Candidates,
    gained: NDArray[np.float64],
    ms: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count the best links again in full, and then the best few together, one after the other."""
    streets, people = open_streets(layers, kept.links), case.demand.people
    lead = case.demand.groups.index(case.demand.lead_group)

    def gain(links: list[int]) -> NDArray[np.float64]:
        new = (recount(streets, links, limit_ms=case.limit_ms) <= case.limit_ms) & (
            ms > case.limit_ms)  # fmt: skip
        return np.asarray(people[new].sum(axis=0))

    for k in range(len(kept.what)):
        if np.abs(gain([k]) - gained[k]).max() > _SAME_PEOPLE:
            raise AssertionError("a link counts the same both ways")
    chosen: list[int] = []
    sums: list[NDArray[np.float64]] = []
    left = list(range(len(kept.what)))
    while left and len(chosen) < TOGETHER:
        gains = [gained[k] for k in left] if not chosen else [gain([*chosen, k]) for k in left]
        at = int(np.argmax(np.round([g[lead] for g in gains], 6)))
        chosen.append(left.pop(at))
        sums.append(gains[at])
    none = np.zeros((0, people.shape[1]))
    return np.array(chosen, np.int64), np.stack(sums) if sums else none


def _gates_walked(
    layer: Layer, kept: Candidates
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ends and seconds of links; of gates with the exit that is really taken."""
    xy_m, seconds = kept.xy_m.copy(), kept.links.ms / 1000.0
    network, paced = layer.paced.network, layer.paced
    gates = [k for k, rows in enumerate(kept.links.gates) if len(rows)]
    if not gates:
        return xy_m, seconds
    there = layer.direction == "there"
    tail = np.repeat(np.arange(network.n_nodes), np.diff(paced.indptr))
    ms = paced.arc_out_ms if there else paced.arc_in_ms
    own = np.flatnonzero((paced.arc_edge >= 0) & network.edge_private[paced.arc_edge])
    # A sparse matrix would add parallel arcs together: the quickest of each pair of nodes stays.
    own = own[np.lexsort((ms[own], paced.indices[own], tail[own]))]
    pair = tail[own] * network.n_nodes + paced.indices[own]
    own = own[np.unique(pair, return_index=True)[1]]
    # Before scipy 1.15 it searches only graphs whose nodes are numbered in 32 bits.
    ends = tail[own].astype(np.int32), paced.indices[own].astype(np.int32)
    inner = sparse.csr_array((ms[own].astype(np.float64), ends), shape=(network.n_nodes,) * 2)
    place = network.node_xy_m[network.link_from]
    for k in gates:
        rows = kept.links.gates[k]
        entry = rows[np.hypot(*(place[rows] - xy_m[k, 0]).T).argmin()]
        walk = csgraph.dijkstra(inner, indices=int(network.link_to[entry]))[network.link_to[rows]]
        total = walk + layer.node_ms[network.link_from[rows]]
        total[rows == entry] = np.inf
        out = int(total.argmin())
        xy_m[k, 1], seconds[k] = place[rows[out]], walk[out] / 1000.0
    return xy_m, seconds


def _medians(
    case: Case, gainers: Gainers, best: NDArray[np.int64], ms: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lead = case.demand.people_of(case.demand.lead_group)
    out = np.zeros((2, len(best)))
    for row, link in enumerate(best.tolist()):
        homes, after = gainers.of(link)
        out[:, row] = [median_s(ms[homes], lead[homes]), median_s(after, lead[homes])]
    return out[0], out[1]


def _gaps_of(
    case: Case, gainers: Gainers, best: NDArray[np.int64], gaps: Gaps | None
) -> tuple[tuple[str, ...], ...]:
    if gaps is None or not gaps.ids:
        return ((),) * len(best)
    lead = case.demand.people_of(case.demand.lead_group)
    found = []
    for link in best.tolist():
        homes = gainers.of(link)[0]
        homes = homes[gaps.member[homes] >= 0]
        people = np.bincount(gaps.member[homes], lead[homes], minlength=len(gaps.ids))
        order = np.argsort(-np.round(people, 6), kind="stable")
        found.append(tuple(gaps.ids[g] for g in order.tolist() if people[g] > _SAME_PEOPLE))
    return tuple(found)


def _street_names(network: WalkNetwork, xy_m: NDArray[np.float64]) -> tuple[tuple[str, str], ...]:
    """Return the nearest named street at both ends."""
    texts = nearest_streets(network, xy_m.reshape(-1, 2))
    return tuple(zip(texts[::2], texts[1::2], strict=True))
