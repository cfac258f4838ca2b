"""Street files that are not OpenStreetMap, said in OpenStreetMap's words.

A *made extract* is an :class:`~quarterhour.osmfile.OsmExtract` whose nodes and ways were numbered
here: filter, chains, private compounds, stairs and the network report are then the same for every
source. *Figures* are what a reader counted on the way; they join the network report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.datum import Datum, is_code
from quarterhour.osmfile import OsmExtract
from quarterhour.studytables import DatumName

_SHOWN_WORDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class MadeStreets:
    """What a reader hands on: an extract, and the figures of its reading."""

    extract: OsmExtract
    figures: Mapping[str, object]


def made_extract(
    way_tags: Sequence[Mapping[str, str]],
    way_offset: NDArray[np.int64],
    way_nodes: NDArray[np.int64],
    *,
    lonlat: NDArray[np.float64],
    z_m: NDArray[np.float64],
    node_tags: Mapping[int, Mapping[str, str]] | None = None,
    way_ids: NDArray[np.int64] | None = None,
) -> OsmExtract:
    """Return an extract of streets alone.

    Parameters
    ----------
    way_tags
        Tags of each way.
    way_offset, way_nodes
        Rows in ``lonlat`` of way ``w`` are ``way_nodes[way_offset[w]:way_offset[w + 1]]``.
    lonlat, z_m
        Nodes: WGS 84 degrees (n, 2), and heights (n,), ``nan`` where there are none.
    node_tags
        Tags of gates and lifts, by row in ``lonlat``.
    way_ids
        Numbers of the ways; 1, 2, ... without.
    """
    nothing = np.empty(0, object)
    numbers = np.arange(1, len(lonlat) + 1, dtype=np.int64)
    return OsmExtract(
        way_ids=np.arange(1, len(way_tags) + 1, dtype=np.int64) if way_ids is None else way_ids,
        way_tags=tuple(way_tags),
        way_offset=way_offset,
        way_refs=numbers[way_nodes],
        node_ids=numbers,
        node_lonlat=lonlat,
        node_z_m=z_m,
        node_tags={row + 1: tags for row, tags in sorted((node_tags or {}).items())},
        entrance_lonlat=np.empty((0, 2)),
        gate_lonlat=np.empty((0, 2)),
        buildings=nothing,
        levels=np.empty(0),
        uses=(),
        water=nothing,
        rivers=nothing,
        rails=nothing,
        grounds=nothing,
    )


def no_extract() -> OsmExtract:
    """Return an extract that holds nothing."""
    none = np.empty(0, np.int64)
    return made_extract((), np.zeros(1, np.int64), none, lonlat=np.empty((0, 2)), z_m=np.empty(0))


def in_wgs84(extract: OsmExtract, datum: DatumName) -> OsmExtract:
    """Return an extract whose degrees meant ``datum`` in WGS 84 degrees."""
    if datum in ("wgs84", "cgcs2000") or is_code(datum):
        return extract

    def moved(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(Datum(datum).to_wgs84(lonlat[:, 0], lonlat[:, 1]))

    def shapes(held: NDArray[np.object_]) -> NDArray[np.object_]:
        return np.asarray(shapely.transform(held, moved), object) if len(held) else held

    changed: dict[str, Any] = {}
    for name in (f.name for f in fields(extract)):
        held = getattr(extract, name)
        if name.endswith("_lonlat"):
            changed[name] = moved(held)
        elif isinstance(held, np.ndarray) and held.dtype == object:
            changed[name] = shapes(held)
    return replace(extract, **changed)


def middle_of(lonlat: NDArray[np.float64]) -> tuple[float, float]:
    """Return the middle of the box around positions; unknown ones do not count."""
    lon, lat = (np.nanmin(lonlat, axis=0) + np.nanmax(lonlat, axis=0)) / 2
    return float(lon), float(lat)


def word_counts(counts: Mapping[str, int]) -> list[str]:
    """Return words with how often each stood, the most frequent first."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [f"{word or '-'} ({n})" for word, n in ranked]


def some_words(counts: Mapping[str, int]) -> str:
    """Return the most frequent words in one text."""
    words = word_counts(counts)
    return ", ".join([*words[:_SHOWN_WORDS], "…"] if len(words) > _SHOWN_WORDS else words)


def tell(doubts: list[Fault] | None, found: Sequence[Fault]) -> None:
    """Hand doubts to whoever asked for them."""
    if doubts is not None:
        doubts += found
