"""A network in one GeoParquet file, and back without loss.

One row per edge, with its shape and with columns that any GIS can read (``class``, ``name``,
``length_m``) beside the arrays of the network. What is said once (tables of classes and names, the
report, links, nodes that no edge places) is JSON in the file's metadata. The same network gives the
same bytes.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.datum import Plane
from quarterhour.streets.exchange import (
    OWN,
    check_schema,
    edge_names,
    head_of,
    names_of,
    network_from,
)
from quarterhour.streets.network import WalkNetwork

_OFFSETS = ("vertex_offset", "vertex_xy_m", "piece_offset")
_LISTS = {"vertex_": "vertex_offset", "piece_": "piece_offset"}


def write_network(network: WalkNetwork, path: Path) -> None:
    """Write a network as GeoParquet.

    Parameters
    ----------
    network
        Any network, draped or flat.
    path
        The ``.parquet`` to write; an old one is replaced.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    lines = network.lines()
    columns: dict[str, Any] = {
        "geometry": pa.array(shapely.to_wkb(lines), pa.binary()),
        "class": pa.array([network.classes[c] for c in network.edge_class.tolist()], pa.string()),
        "name": pa.array([network.names[n] for n in network.edge_name.tolist()], pa.string()),
        "length_m": pa.array(network.edge_length_dm / 10.0),
    }
    columns |= {n: pa.array(getattr(network, n)) for n in ("edge_from", "edge_to", *edge_names())}
    for start, offset in _LISTS.items():
        for n in names_of(start, without=_OFFSETS):
            columns[n] = pa.LargeListArray.from_arrays(
                pa.array(getattr(network, offset)), pa.array(getattr(network, n))
            )
    head = head_of(network)
    head["links"] = [network.link_from.tolist(), network.link_to.tolist()]
    head["placed"] = _unplaced(network)
    table = pa.table(columns).replace_schema_metadata(
        {"geo": _geo(network, lines), OWN: json.dumps(head, ensure_ascii=False, sort_keys=True)}
    )
    part = path.with_name(path.name + ".part")
    pq.write_table(table, part, compression="zstd")
    part.replace(path)


def _geo(network: WalkNetwork, lines: NDArray[np.object_]) -> str:
    """Return the metadata that GeoParquet asks for."""
    from pyproj import CRS

    bounds = shapely.total_bounds(lines).tolist()
    column = {
        "encoding": "WKB", "geometry_types": ["LineString"], "bbox": bounds,
        "crs": CRS.from_user_input(network.crs).to_json_dict(),
    }  # fmt: skip
    said = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return json.dumps(said, sort_keys=True)


def _at_ends(
    n_nodes: int, ends: tuple[NDArray[Any], NDArray[Any]], offset: NDArray[Any], xy: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the place of each node as the lines that end there say; ``nan`` where none does."""
    out = np.full((n_nodes, 2), np.nan)
    out[ends[1]] = xy[offset[1:] - 1]
    out[ends[0]] = xy[offset[:-1]]
    return out


def _unplaced(network: WalkNetwork) -> list[list[float]]:
    """Return number and place of the nodes that stand where no line ends."""
    ends = (network.edge_from, network.edge_to)
    told = _at_ends(network.n_nodes, ends, network.vertex_offset, network.vertex_xy_m)
    other = np.flatnonzero((told != network.node_xy_m).any(axis=1))
    places = network.node_xy_m[other].tolist()
    return [[n, x, y] for n, (x, y) in zip(other.tolist(), places, strict=True)]


def is_stored(path: Path) -> bool:
    """Tell whether a Parquet file is one that :func:`write_network` made."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return OWN.encode() in (pq.read_schema(path).metadata or {})
    except (OSError, pa.ArrowException):
        return False


def read_stored(path: Path) -> WalkNetwork:
    """Read a network that :func:`write_network` wrote; every array comes back equal.

    Raises
    ------
    InputError
        If the file cannot be read, or another version wrote it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        head = json.loads(table.schema.metadata[OWN.encode()])
        check_schema(head, path.name)
        links, placed, n_nodes = head["links"], head["placed"], int(head["nodes"])
        if len(table) != head["edges"]:
            raise ValueError(f"{len(table)} of {head['edges']} edges")
        xy, line = shapely.get_coordinates(
            shapely.from_wkb(table["geometry"].to_numpy()), return_index=True
        )
        arrays: dict[str, Any] = {
            n: table[n].to_numpy() for n in ("edge_from", "edge_to", *edge_names())
        }
        for start, offset in _LISTS.items():
            for n in names_of(start, without=_OFFSETS):
                held = table[n].combine_chunks()
                arrays[n] = held.flatten().to_numpy()
                arrays[offset] = np.concatenate([[0], np.cumsum(held.value_lengths().to_numpy())])
    except InputError:
        raise
    except (OSError, KeyError, TypeError, ValueError, AttributeError, pa.ArrowException,
            shapely.GEOSException) as error:  # fmt: skip
        why = f"{type(error).__name__}: {error}"
        raise InputError(Fault("input.unreadable", {"why": why}, file=path.name)) from error
    count = np.bincount(line, minlength=len(table))
    arrays |= {
        "vertex_xy_m": xy, "vertex_offset": np.concatenate([[0], np.cumsum(count)]),
        "link_from": links[0], "link_to": links[1],
    }  # fmt: skip
    ends = (arrays["edge_from"], arrays["edge_to"])
    nodes = _at_ends(n_nodes, ends, arrays["vertex_offset"], xy)
    for n, x, y in placed:
        nodes[n] = x, y
    return network_from(head, {**arrays, "node_xy_m": nodes})


def moved_to(network: WalkNetwork, plane: Plane) -> WalkNetwork:
    """Return a network drawn in another plane.

    Positions move. Lengths, grades and steps stay as they were measured, so that no walking time
    depends on the plane in which a map is drawn.
    """
    if plane.crs == network.crs:
        return network
    own = Plane(network.crs)

    def moved(xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        lonlat = own.to_lonlat(xy_m)
        return plane.to_xy(lonlat[:, 0], lonlat[:, 1])

    rivers = shapely.transform(network.river_shapes, moved) if network.rivers else []
    return replace(
        network, crs=plane.crs, node_xy_m=moved(network.node_xy_m),
        vertex_xy_m=moved(network.vertex_xy_m),
        rivers=tuple(shapely.to_wkb(list(rivers), hex=True).tolist()),
    )  # fmt: skip
