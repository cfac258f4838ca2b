"""Street files: whatever they are, one way in.

The suffix says which reader is meant. All of them but one make an extract of OpenStreetMap's kind,
from which the network is built; a *stored* network is one that
:func:`~quarterhour.streets.write_network` wrote, and comes back as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from quarterhour.errors import Fault, InputError, NetworkError
from quarterhour.inputs.datum import Plane, choose_plane, is_code
from quarterhour.inputs.tables import MAP_SUFFIXES
from quarterhour.osmfile import SUFFIXES as OSM_SUFFIXES
from quarterhour.osmfile import OsmExtract, read_osm
from quarterhour.streets.exchange import from_networkx, is_own
from quarterhour.streets.extracts import MadeStreets, in_wgs84, middle_of, no_extract
from quarterhour.streets.graphml import graph_streets, load_graph
from quarterhour.streets.lines import read_lines
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.osm import Private, build_network
from quarterhour.streets.stored import is_stored, moved_to, read_stored
from quarterhour.studytables import DatumName

GRAPH_SUFFIXES = (".graphml",)
SUFFIXES = (*OSM_SUFFIXES, *GRAPH_SUFFIXES, *MAP_SUFFIXES)
_SAME_AS_WGS84 = ("wgs84", "cgcs2000")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class StreetFile:
    """A street file as read, before a plane is chosen.

    Attributes
    ----------
    extract
        Ways and what else the file holds, WGS 84; empty where the network was stored.
    stored
        The network that was stored, else ``None``.
    figures
        What was counted on the way.
    name
        Name of the file.
    """

    extract: OsmExtract
    stored: WalkNetwork | None
    figures: Mapping[str, object]
    name: str

    def network(
        self, plane: Plane, *, private: Private = "own", within_m: Box | None = None
    ) -> WalkNetwork:
        """Return the walking network in a plane.

        Parameters
        ----------
        plane
            Plane to measure in. A stored network is drawn in it and keeps its lengths.
        private
            Who may use private ways. A stored network has its answer already.
        within_m
            West, south, east, north in metres of the plane; streets wholly outside are left out.

        Raises
        ------
        InputError
            If a stored network was built with another ``private``.
        NetworkError
            If nothing is left to walk on.
        """
        if self.stored is not None:
            return _stored_network(self.stored, self.name, plane, private, within_m)
        network = build_network(self.extract, plane, private=private, within_m=within_m)
        return replace(network, report={**network.report, "private": private, **self.figures})


def read_street_file(
    path: Path,
    *,
    datum: DatumName = "wgs84",
    columns: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
) -> StreetFile:
    """Read a street file of any kind.

    Parameters
    ----------
    path
        A file with one of ``SUFFIXES``.
    datum
        What the file's degrees mean.
    columns
        Headers of a layer of lines, by field.
    doubts
        Receives what was taken for something else or put right.

    Raises
    ------
    InputError
        If the file cannot be read, or ``datum`` or ``columns`` do not go with it.
    NetworkError
        If it holds no streets.
    """
    name = path.name.lower()
    if path.is_dir():
        raise InputError(Fault("input.is_a_folder", {"path": str(path)}))
    if not name.endswith(SUFFIXES):
        values = {"suffix": path.suffix, "known": " ".join(dict.fromkeys(SUFFIXES))}
        raise InputError(Fault("streets.unknown_format", values, path.name))
    if not path.is_file():
        raise InputError(Fault("input.missing_file", {"path": str(path)}))
    stored: WalkNetwork | None = None
    made: MadeStreets | None = None
    is_lines = name.endswith(MAP_SUFFIXES) and not (name.endswith(".parquet") and is_stored(path))
    if columns and not is_lines:
        raise InputError(Fault("streets.columns_not_used", {"suffix": path.suffix}, path.name))
    if is_code(datum) and not is_lines:
        raise InputError(Fault("streets.datum_in_metres", {"datum": datum}, path.name))
    if is_lines:
        made = read_lines(path, datum=datum, columns=columns, doubts=doubts)
    elif name.endswith(GRAPH_SUFFIXES):
        graph = load_graph(path)
        if is_own(graph):
            stored = from_networkx(graph, file=path.name)
        else:
            made = graph_streets(graph, file=path.name, doubts=doubts)
    elif name.endswith(OSM_SUFFIXES):
        made = MadeStreets(read_osm(path), {})
    else:
        stored = read_stored(path)
    if stored is not None and datum not in _SAME_AS_WGS84:
        raise InputError(Fault("streets.stored_datum", {"datum": datum}, path.name))
    if made is None:
        return StreetFile(no_extract(), stored, {}, path.name)
    return StreetFile(in_wgs84(made.extract, datum), None, made.figures, path.name)


def read_network(
    path: Path,
    *,
    crs: str = "auto",
    private: Private = "own",
    datum: DatumName = "wgs84",
    columns: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
) -> WalkNetwork:
    """Read a walking network from a street file; grades come later, or with a stored network.

    Parameters
    ----------
    path
        OpenStreetMap (``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``), a GraphML file of osmnx,
        a layer of lines (GeoPackage, shapefile, GeoJSON, GeoParquet), or a network that was stored.
    crs
        Plane to measure in, or ``"auto"``. A stored network keeps its own with ``"auto"``.
    private
        Who may use private ways: ``own`` residents, everybody (``open``), nobody (``closed``).
    datum
        What the file's degrees mean.
    columns
        Headers of a layer of lines, by field.
    doubts
        Receives what was taken for something else or put right.

    Raises
    ------
    InputError
        If the file cannot be read.
    NetworkError
        If nothing in it is walkable.
    """
    found = read_street_file(path, datum=datum, columns=columns, doubts=doubts)
    if found.stored is not None:
        own = Plane(found.stored.crs)
        middle = middle_of(own.to_lonlat(found.stored.node_xy_m))
        plane = own if crs == "auto" else choose_plane(*middle, wanted=crs)
        return found.network(plane, private=private)
    plane = choose_plane(*middle_of(found.extract.node_lonlat), wanted=crs)
    return found.network(plane, private=private)


def _stored_network(
    network: WalkNetwork, file: str, plane: Plane, private: Private, within_m: Box | None
) -> WalkNetwork:
    built = str(network.report.get("private", private))
    if built != private:
        values = {"stored": built, "wanted": private}
        raise InputError(Fault("streets.stored_private", values, file))
    network = moved_to(network, plane)
    if within_m is None:
        return network
    west, south, east, north = within_m
    x, y = network.vertex_xy_m.T
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    keep = np.add.reduceat(inside.astype(np.int64), network.vertex_offset[:-1]) > 0
    if not keep.any():
        values = {"dropped": f"outside {network.n_edges}"}
        raise NetworkError(Fault("streets.nothing_walkable", values, file))
    report = {**network.report, "stored_edges_outside": int((~keep).sum())}
    return replace(network.keep_edges(keep), report=report)
