"""Decks: bridges and tunnels, which do not follow the ground.

A node of decks alone takes its height from the ends of the decks, where they meet the ground: the
harmonic solution with weights 1 / length, which along a single deck is a straight line.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import spsolve

from quarterhour.inputs.datum import Plane
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.terrain import Terrain


def node_heights(network: WalkNetwork, terrain: Terrain) -> NDArray[np.float64]:
    """Return node heights on the terrain; inside bridges and tunnels they are interpolated.

    Parameters
    ----------
    network
        Streets; their bridges and tunnels are the decks.
    terrain
        Heights of the ground.

    Returns
    -------
    numpy.ndarray
        Heights (nodes,) in metres, ``nan`` where the terrain has none.
    """
    height = terrain.heights(network.node_xy_m, Plane(network.crs))
    lifted = network.edge_bridge | network.edge_tunnel
    ground = np.zeros(network.n_nodes, bool)
    ground[network.edge_from[~lifted]] = ground[network.edge_to[~lifted]] = True
    touched = np.zeros(network.n_nodes, bool)
    touched[network.edge_from[lifted]] = touched[network.edge_to[lifted]] = True
    inner = np.flatnonzero(touched & ~ground)
    if len(inner) == 0:
        return height
    a, b = network.edge_from[lifted], network.edge_to[lifted]
    pull = 1.0 / network.edge_length_dm[lifted]
    n = network.n_nodes
    graph = sparse.csr_array((np.r_[pull, pull], (np.r_[a, b], np.r_[b, a])), shape=(n, n))
    # A deck that touches the ground nowhere (or only off the raster) keeps the ground's height.
    _, part = csgraph.connected_components(graph, directed=False)
    known = touched & ground & np.isfinite(height)
    anchored = np.zeros(part.max() + 1, bool)
    anchored[part[known]] = True
    inner = inner[anchored[part[inner]]]
    if len(inner) == 0:
        return height
    rows = graph[inner]
    weight = rows @ (known | np.isin(np.arange(n), inner)).astype(float)
    system = sparse.diags_array(weight) - rows[:, inner]
    right = rows @ np.where(known, np.nan_to_num(height), 0.0)
    height[inner] = spsolve(sparse.csc_array(system), right)
    return height
