"""Street pieces: the places along streets at which people stand.

An edge is cut into equal *pieces* of at most 25 m, each with its people at its middle. Where nobody
says on which street people live, a piece draws them by its *weight*: its length times that of its
class of street (constants ``lived_homes``, ``lived_mixed`` and ``lived_through``; assumptions).
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.presets import constant
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.osm import walk_rules


@dataclass(frozen=True, slots=True, eq=False)
class StreetPieces:
    """Pieces of streets, each at its middle.

    Attributes
    ----------
    edge
        Edge of each piece (n,).
    offset_dm
        Its middle, in decimetres along the edge (n,).
    length_dm
        Its length in decimetres (n,).
    weight
        Its length in decimetres, times the weight of its class of street (n,).
    xy_m
        Its middle (n, 2), metres.
    """

    edge: NDArray[np.int32]
    offset_dm: NDArray[np.int32]
    length_dm: NDArray[np.float64]
    weight: NDArray[np.float64]
    xy_m: NDArray[np.float64]


def street_pieces(network: WalkNetwork, *, lived: bool = True) -> StreetPieces:
    """Cut streets into equal pieces: those that homes may stand along, or all (never bridges).

    Parameters
    ----------
    network
        Streets.
    lived
        Leave out classes that nobody lives on (corridors, platforms, lifts, crossings).
    """
    longest_m = constant("piece_urban_m")
    by_class = np.array([class_weight(name) for name in network.classes], np.float64)
    weight = by_class[network.edge_class]
    along = weight > 0 if lived else np.ones(network.n_edges, bool)
    along &= ~network.edge_bridge & ~network.edge_tunnel
    edges = np.flatnonzero(along)
    length = network.edge_length_dm[edges].astype(np.float64)
    count = np.maximum(1, np.ceil(length / (10.0 * longest_m))).astype(np.int64)
    edge = np.repeat(edges, count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    piece = np.repeat(length / count, count)
    offset = np.rint((within + 0.5) * piece).astype(np.int32)
    xy = network.points_at(edge.astype(np.int32), offset)
    return StreetPieces(edge.astype(np.int32), offset, piece, piece * weight[edge], xy)


def class_weight(name: str) -> float:
    """Return how many people a metre of a class of street draws, next to a street of homes.

    Never 0 for a road that leads through: people of an area that has no other street stay on it.
    """
    rules = walk_rules()
    if name in rules["lived_never"]:
        return 0.0
    if name in rules["lived_homes"]:
        return constant("lived_homes")
    return constant("lived_mixed" if name in rules["lived_mixed"] else "lived_through")


def pieces_inside(
    shapes: NDArray[np.object_], pieces: StreetPieces
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each piece inside a shape, and that shape; on the border of two, the first."""
    tree = shapely.STRtree(shapes)
    piece, shape = tree.query(shapely.points(pieces.xy_m), predicate="intersects")
    order = np.lexsort((shape, piece))
    piece, shape = piece[order], shape[order]
    first = np.ones(len(piece), bool)
    first[1:] = piece[1:] != piece[:-1]
    return piece[first], shape[first]
