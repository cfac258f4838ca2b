"""The kernel: bounded label-setting searches over a CSR graph, compiled by numba.

All jitted functions live in this one file, because numba's cache watches only the caller's file.
A *label* is ``milliseconds << 32 | row of the source``: adding an arc adds to its upper half, and
one comparison orders labels by time and equal times by the lowest row. An *arc* is
``milliseconds << 32 | head``, with the bit between them set where the head is a dead end: all it
leads to is where one came from, so it gets its label and never waits. Sums of whole numbers are
exact in any order; a limit is inclusive.

The queue has 64 buckets, and one machine word tells which of them hold nodes. Bucket ``b`` holds
the nodes whose milliseconds, shifted right, end in ``b``; the shift is such that all waiting labels
fit on the circle (:func:`quarterhour.reach.search.shift_for`). Nodes of one bucket leave it in any
order, and a node that a bucket-mate improves comes back to it. A waiting node is an element of its
bucket's doubly linked list, so nothing grows inside the loop: the caller owns every buffer, and a
search that would overrun the output stops before the row that does not fit, to be resumed there.

Indices are unsigned throughout, which spares the test for negative ones.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

UNREACHED = int(np.iinfo(np.int32).max)
N_BUCKETS = 64

_U32, _U64 = np.uint32, np.uint64
_ZERO, _ONE, _SIX, _HALF = _U64(0), _U64(1), _U64(6), _U64(32)
_LAST = _U64(63)
_TIME = _U64(0xFFFFFFFF00000000)
_ROW = _U64(0xFFFFFFFF)
_HEAD, _DEAD_END = _U64(0x7FFFFFFF), _U64(0x80000000)
NEVER = _U64(0xFFFFFFFFFFFFFFFF)  # the label of a node that is not reached
NOBODY = _U32(0xFFFFFFFF)  # the end of a list; the milliseconds of a home that is not reached
# The place of a word's lowest bit: multiply by a de Bruijn number, read the six upper bits.
_DE_BRUIJN = 0x03F79D71B4CB0A89
_PLACE = np.zeros(64, np.uint64)
_PLACE[[((_DE_BRUIJN << bit) & 0xFFFFFFFFFFFFFFFF) >> 58 for bit in range(64)]] = np.arange(64)
_MULTIPLY, _UPPER_SIX = _U64(_DE_BRUIJN), _U64(58)


@njit(cache=True, error_model="numpy", nogil=True, inline="always")
def _lowest(word: np.uint64) -> np.uint64:
    place: np.uint64 = _PLACE[((word & (~word + _ONE)) * _MULTIPLY) >> _UPPER_SIX]
    return place


@njit(cache=True, error_model="numpy", nogil=True)
def _seed(
    node: np.uint64,
    key: np.uint64,
    label: NDArray[np.uint64],
    following: NDArray[np.uint32],
    before: NDArray[np.uint32],
    first: NDArray[np.uint32],
    touched: NDArray[np.uint32],
    n_touched: np.uint64,
    word: np.uint64,
    shift: np.uint64,
) -> tuple[np.uint64, np.uint64]:
    """Offer a label to a node before the search begins."""
    old = label[node]
    if key >= old:
        return n_touched, word
    if old == NEVER:
        touched[n_touched] = node
        n_touched += _ONE
    else:
        bucket = (old >> shift) & _LAST
        after, ahead = following[node], before[node]
        if ahead == NOBODY:
            first[bucket] = after
            if after == NOBODY:
                word &= ~(_ONE << bucket)
        else:
            following[ahead] = after
        if after != NOBODY:
            before[after] = ahead
    label[node] = key
    bucket = (key >> shift) & _LAST
    after = first[bucket]
    following[node] = after
    before[node] = NOBODY
    if after != NOBODY:
        before[after] = node
    first[bucket] = node
    return n_touched, word | (_ONE << bucket)


@njit(cache=True, error_model="numpy", nogil=True)
def spread(
    indptr: NDArray[np.uint32],
    arcs: NDArray[np.uint64],
    label: NDArray[np.uint64],
    following: NDArray[np.uint32],
    before: NDArray[np.uint32],
    first: NDArray[np.uint32],
    touched: NDArray[np.uint32],
    n_touched: np.uint64,
    word: np.uint64,
    shift: np.uint64,
    last_key: np.uint64,
) -> np.uint64:
    """Search from the seeded nodes until nothing waits; return how many nodes were touched.

    A node is its own follower while it does not wait. ``last_key`` is the greatest label within
    the limit. Leaving and entering a list stand here in full: as calls they cost half as much
    again as the whole search.
    """
    bucket = _ZERO
    while word != _ZERO:
        # The next bucket on the circle that holds a node.
        turned = (word >> bucket) | (word << ((_U64(64) - bucket) & _LAST))
        bucket = (bucket + _lowest(turned)) & _LAST
        node = _U64(first[bucket])
        after = following[node]
        first[bucket] = after
        if after == NOBODY:
            word &= ~(_ONE << bucket)
        else:
            before[after] = NOBODY
        following[node] = node
        here = label[node]
        for a in range(_U64(indptr[node]), _U64(indptr[node + _ONE])):
            arc = arcs[a]
            there = here + (arc & _TIME)
            if there > last_key:
                continue
            head = arc & _HEAD
            old = label[head]
            if there < old:
                if old == NEVER:
                    touched[n_touched] = head
                    n_touched += _ONE
                if arc & _DEAD_END:
                    label[head] = there
                    continue
                into = (there >> shift) & _LAST
                if following[head] != head:
                    out_of = (old >> shift) & _LAST
                    if out_of == into:
                        label[head] = there
                        continue
                    after, ahead = following[head], before[head]
                    if ahead == NOBODY:
                        first[out_of] = after
                        if after == NOBODY:
                            word &= ~(_ONE << out_of)
                    else:
                        following[ahead] = after
                    if after != NOBODY:
                        before[after] = ahead
                label[head] = there
                after = first[into]
                following[head] = after
                before[head] = NOBODY
                if after != NOBODY:
                    before[after] = head
                first[into] = head
                word |= _ONE << into
    return n_touched


@njit(cache=True, error_model="numpy", nogil=True)
def nearest_labels(
    indptr: NDArray[np.uint32],
    arcs: NDArray[np.uint64],
    seed_node: NDArray[np.uint32],
    seed_key: NDArray[np.uint64],
    last_key: np.uint64,
    shift: np.uint64,
    label: NDArray[np.uint64],
    following: NDArray[np.uint32],
    before: NDArray[np.uint32],
    first: NDArray[np.uint32],
    touched: NDArray[np.uint32],
) -> np.uint64:
    """Label every node with the time and the row of its nearest source, up to a limit.

    ``label`` arrives as ``NEVER`` and leaves with the labels. Returns how many nodes are reached;
    they stand in ``touched``.
    """
    n_touched, word = _ZERO, _ZERO
    for s in range(_U64(len(seed_node))):
        if seed_key[s] <= last_key:
            n_touched, word = _seed(
                _U64(seed_node[s]), seed_key[s], label, following, before, first, touched,
                n_touched, word, shift,
            )  # fmt: skip
    return spread(
        indptr, arcs, label, following, before, first, touched, n_touched, word, shift, last_key
    )


@njit(cache=True, error_model="numpy", nogil=True)
def nearest_at_homes(
    label: NDArray[np.uint64],
    home_node: NDArray[np.uint32],
    home_ms: NDArray[np.uint32],
    near: NDArray[np.uint64],
    last_key: np.uint64,
    ms: NDArray[np.int32],
    row: NDArray[np.int32],
) -> None:
    """Write the milliseconds and the facility of each home; ``UNREACHED`` and -1 beyond the limit.

    A home takes the best of ``near`` (its label along its own edge, ``NEVER`` for none) and of
    both ends of its edge: ``home_node`` and ``home_ms`` (homes, 2), ``NOBODY`` without a street.
    """
    for h in range(_U64(len(near))):
        best = near[h]
        for end in range(_U64(2)):
            walk = home_ms[h, end]
            if walk != NOBODY:
                at_end = label[_U64(home_node[h, end])]
                if at_end != NEVER:
                    best = min(best, at_end + (_U64(walk) << _HALF))
        if best <= last_key:
            ms[h], row[h] = np.int32(best >> _HALF), np.int32(best & _ROW)
        else:
            ms[h], row[h] = UNREACHED, -1


@njit(cache=True, error_model="numpy", nogil=True)
def milliseconds_of(label: NDArray[np.uint64], ms: NDArray[np.int32]) -> None:
    """Write the milliseconds of each label; ``UNREACHED`` for ``NEVER``."""
    for at in range(_U64(len(label))):
        ms[at] = UNREACHED if label[at] == NEVER else np.int32(label[at] >> _HALF)


@njit(cache=True, error_model="numpy", nogil=True)
def reach_rows(
    indptr: NDArray[np.uint32],
    arcs: NDArray[np.uint64],
    seed_ptr: NDArray[np.uint32],
    seed_node: NDArray[np.uint32],
    seed_ms: NDArray[np.uint32],
    near_ptr: NDArray[np.uint32],
    near: NDArray[np.uint64],
    home_ptr: NDArray[np.uint32],
    homes: NDArray[np.uint64],
    last_key: np.uint64,
    shift: np.uint64,
    label: NDArray[np.uint64],
    following: NDArray[np.uint32],
    before: NDArray[np.uint32],
    first: NDArray[np.uint32],
    touched: NDArray[np.uint32],
    best: NDArray[np.uint32],
    marks: NDArray[np.uint64],
    out_ptr: NDArray[np.uint64],
    out_index: NDArray[np.uint32],
    out_ms: NDArray[np.uint32],
    row: np.uint64,
    filled: np.uint64,
) -> tuple[np.uint64, np.uint64]:
    """Write, for each source from ``row`` on, the homes within the limit and their milliseconds.

    Seeds of source ``s`` are ``seed_ptr[s]:seed_ptr[s + 1]``; ``near`` are homes that it reaches
    along its own edge, and ``homes`` those on the edges of each node, both packed as
    ``milliseconds << 32 | home``. With empty ``homes`` the nodes themselves are written. Homes of a
    row ascend. Returns the row to resume from (the number of sources when all are done) and how
    much of the output is filled; ``best`` and ``marks`` leave as they came.
    """
    room, n_sources = _U64(len(out_index)), _U64(len(seed_ptr)) - _ONE
    to_nodes = len(home_ptr) == 0
    last_ms = last_key >> _HALF
    while row < n_sources:
        n_touched, word = _ZERO, _ZERO
        for s in range(_U64(seed_ptr[row]), _U64(seed_ptr[row + _ONE])):
            key = _U64(seed_ms[s]) << _HALF
            if key <= last_key:
                n_touched, word = _seed(
                    _U64(seed_node[s]), key, label, following, before, first, touched,
                    n_touched, word, shift,
                )  # fmt: skip
        n_touched = spread(
            indptr, arcs, label, following, before, first, touched, n_touched, word, shift,
            last_key,
        )  # fmt: skip
        hits, low, high = _ZERO, _U64(len(marks)), _ZERO
        if not to_nodes:
            for k in range(_U64(near_ptr[row]), _U64(near_ptr[row + _ONE])):
                home, ms = near[k] & _ROW, near[k] >> _HALF
                if ms <= last_ms and _U32(ms) < best[home]:
                    if best[home] == NOBODY:
                        hits += _ONE
                        at = home >> _SIX
                        marks[at] |= _ONE << (home & _LAST)
                        low, high = min(low, at), max(high, at)
                    best[home] = _U32(ms)
        for t in range(n_touched):
            node = _U64(touched[t])
            here = label[node]
            label[node] = NEVER
            if to_nodes:
                hits += _ONE
                best[node] = _U32(here >> _HALF)
                at = node >> _SIX
                marks[at] |= _ONE << (node & _LAST)
                low, high = min(low, at), max(high, at)
            else:
                for k in range(_U64(home_ptr[node]), _U64(home_ptr[node + _ONE])):
                    home = homes[k] & _ROW
                    ms = (here + (homes[k] & _TIME)) >> _HALF
                    if ms <= last_ms and _U32(ms) < best[home]:
                        if best[home] == NOBODY:
                            hits += _ONE
                            at = home >> _SIX
                            marks[at] |= _ONE << (home & _LAST)
                            low, high = min(low, at), max(high, at)
                        best[home] = _U32(ms)
        fits = filled + hits <= room
        if hits > _ZERO:
            for at in range(low, high + _ONE):
                word = marks[at]
                marks[at] = _ZERO
                while word != _ZERO:
                    home = (at << _SIX) | _lowest(word)
                    word &= word - _ONE
                    if fits:
                        out_index[filled] = home
                        out_ms[filled] = best[home]
                        filled += _ONE
                    best[home] = NOBODY
        if not fits:
            break
        row += _ONE
        out_ptr[row] = filled
    return row, filled


@njit(cache=True, error_model="numpy", nogil=True)
def stamp_squares(
    flat: NDArray[np.float64], columns: int, places: NDArray[np.float64], reach: int
) -> None:
    """Lower squared distances from the nodes of a square grid to the nearest of some places.

    Places (n, 2) are in cells, column first; nodes up to ``reach`` away to either side are
    touched, all of which must lie on the grid.
    """
    for p in range(_U64(len(places))):
        x, y = places[p, 0], places[p, 1]
        left, top = np.int64(np.floor(x)) + 1 - reach, np.int64(np.floor(y)) + 1 - reach
        for row in range(top, top + 2 * reach):
            down = row - y
            for column in range(left, left + 2 * reach):
                right = column - x
                squared = down * down + right * right
                node = _U64(row * columns + column)
                if squared < flat[node]:
                    flat[node] = squared
