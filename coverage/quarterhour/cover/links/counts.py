"""Who gains by a link: the people outside whom it brings inside, exactly.

A shortest walk never comes to the same place twice, and so uses a link at most once, in one of its
two directions. With the link between ``u`` and ``v``, which takes ``c``, a home is as far as

``min(T(home), D(home, u) + c + T(v), D(home, v) + c + T(u))``

where ``T`` is the time to the nearest facility and ``D`` a walk, both on the streets as they are.
One search from each end, within what is left of the limit there, finds everybody who gains. A gate
may be passed more than once, and is counted on the streets with the compound open.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.links.candidates import longest
from quarterhour.cover.links.graph import LinkedStreets, Links
from quarterhour.cover.links.walks import Layer
from quarterhour.reach.times import walking_times
from quarterhour.streets.walker import UNREACHED

Progress = Callable[[int, int], None]
_Ints = NDArray[np.int64]
# Searches whose limits are alike run together; their answers are small.
_CHUNK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Gainers:
    """Homes that links bring inside, by link and home; one entry each.

    Attributes
    ----------
    link, home
        Rows of both.
    ms
        Milliseconds to the nearest facility with the link.
    """

    link: _Ints
    home: _Ints
    ms: _Ints

    def people(self, people: NDArray[np.float64], n_links: int) -> NDArray[np.float64]:
        """Return people that each link brings inside (links, groups).

        Parameters
        ----------
        people
            People at each home (homes, groups).
        n_links
            Number of links.
        """
        columns = [np.bincount(self.link, c, minlength=n_links) for c in people[self.home].T]
        return np.column_stack(columns).astype(np.float64)

    def of(self, link: int) -> tuple[_Ints, _Ints]:
        """Return homes and milliseconds of one link."""
        low, high = np.searchsorted(self.link, [link, link + 1])
        return self.home[low:high], self.ms[low:high]


def walk_links(
    layers: Sequence[Layer],
    links: Links,
    outside: _Ints,
    *,
    limit_ms: int,
    on_progress: Progress | None = None,
) -> Gainers:
    """Return who gains by each link alone.

    Parameters
    ----------
    layers
        The walker's streets and times.
    links
        Links to walk.
    outside
        Homes beyond the limit.
    limit_ms
        The inclusive limit.
    on_progress
        Called with ``(done, total)`` searches.
    """
    is_gate = np.array([len(g) > 0 for g in links.gates], bool)
    plain, gates = np.flatnonzero(~is_gate), np.flatnonzero(is_gate)
    tell = _Tally(on_progress, 2 * len(plain) * len(layers) + len(gates))
    parts = [_by_links(layers, links.take(plain), outside, limit_ms, tell)]
    parts.append(_by_gates(layers, links.take(gates), outside, limit_ms, tell))
    link = np.concatenate([plain[parts[0].link], gates[parts[1].link]])
    home = np.concatenate([p.home for p in parts])
    order = np.lexsort((home, link))
    return Gainers(link[order], home[order], np.concatenate([p.ms for p in parts])[order])


class _Tally:
    """Searches done so far."""

    def __init__(self, on_progress: Progress | None, total: int) -> None:
        self._on_progress, self._total, self._done = on_progress, total, 0

    def add(self, count: int) -> None:
        self._done += count
        if self._on_progress is not None:
            self._on_progress(self._done, self._total)


def _by_links(
    layers: Sequence[Layer], links: Links, outside: _Ints, limit_ms: int, tell: _Tally
) -> Gainers:
    """Return who gains by links; with two layers only who is inside on both."""
    n = max(1, len(outside))
    through = [_through(layer, links, outside, limit_ms, tell) for layer in layers]
    keys = np.unique(np.concatenate([key for key, _ in through]))
    link, at = keys // n, keys % n
    times = []
    for layer, (key, ms) in zip(layers, through, strict=True):
        best = layer.home_ms[outside[at]].astype(np.int64)
        np.minimum.at(best, np.searchsorted(keys, key), ms)
        times.append(best)
    total = longest(times)
    inside = total <= limit_ms
    return Gainers(link[inside], outside[at[inside]], total[inside])


def _through(
    layer: Layer, links: Links, outside: _Ints, limit_ms: int, tell: _Tally
) -> tuple[_Ints, _Ints]:
    """Return keys (link, home outside) and milliseconds of walks through links."""
    ends, n = links.ends, max(1, len(outside))
    times = layer.at(ends)
    this = np.arange(len(times))
    start = links.ms[this // 2] + times[this ^ 1]
    # Who comes to an end that is nearer by itself gains nothing by the link.
    useful = (times[this ^ 1] < UNREACHED) & (start < times) & (start <= limit_ms)
    this = np.flatnonzero(useful)
    this = this[np.argsort(start[this], kind="stable")]
    tell.add(len(times) - len(this))
    homes = layer.homes.take(outside)
    keys, found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for low in range(0, len(this), _CHUNK):
        chunk = this[low : low + _CHUNK]
        table = walking_times(
            layer.paced, ends.take(chunk), homes, limit_ms=int(limit_ms - start[chunk[0]]),
            direction=layer.direction,
        )  # fmt: skip
        own = chunk[table.sources()]
        ms = table.ms + start[own]
        within = ms <= limit_ms
        keys.append(own[within] // 2 * n + table.indices[within])
        found.append(ms[within])
        tell.add(len(chunk))
    return np.concatenate(keys), np.concatenate(found)


def _by_gates(
    layers: Sequence[Layer], links: Links, outside: _Ints, limit_ms: int, tell: _Tally
) -> Gainers:
    link, home, found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    streets = open_streets(layers, links) if len(links.gates) else ()
    for gate in range(len(links.gates)):
        ms = recount(streets, [gate], limit_ms=limit_ms)[outside]
        inside = np.flatnonzero(ms <= limit_ms)
        link.append(np.full(len(inside), gate))
        home.append(outside[inside])
        found.append(ms[inside])
        tell.add(1)
    return Gainers(np.concatenate(link), np.concatenate(home), np.concatenate(found))


def open_streets(layers: Sequence[Layer], links: Links) -> tuple[LinkedStreets, ...]:
    """Return each layer's streets with links that can be opened."""
    return tuple(
        LinkedStreets.of(layer.paced, layer.places, layer.homes, links, direction=layer.direction)
        for layer in layers
    )


def recount(streets: Sequence[LinkedStreets], opened: Sequence[int], *, limit_ms: int) -> _Ints:
    """Return milliseconds of every home with some links open, searched in full.

    Parameters
    ----------
    streets
        Streets of each layer.
    opened
        Links by number.
    limit_ms
        The inclusive limit; ``UNREACHED`` beyond.
    """
    return longest([s.nearest(opened, limit_ms=limit_ms).astype(np.int64) for s in streets])
