"""Classic instances of siting, as questions: OR-Library p-median, San Francisco, Swain.

All lie in the folder ``location`` of the real data (``QUARTERHOUR_REAL_DATA``). Distances are not
times, and the model counts whole numbers: each reader says how many of its *milliseconds* are one
unit of distance. No facility exists, so everybody starts at the cap, one above the largest
distance. The readers raise ``KeyError`` where the variable is not set.

References
----------
J. E. Beasley, "OR-Library: distributing test problems by electronic mail", Journal of the
Operational Research Society 41(11), 1069-1072 (1990).
R. Swain, "A decomposition algorithm for a class of facility location problems", PhD thesis,
Cornell University (1971).
"""

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.parts import Times
from quarterhour.siting.problem import Question, SitingProblem

PMED_MS = 1
"""Milliseconds per unit of distance of OR-Library instances: their edges are whole numbers."""
SF_MS = 1000
"""Milliseconds per metre: distances to a millimetre."""
SWAIN_MS = 1_000_000
"""Milliseconds per unit of Swain's plane."""
SF_PUBLISHED = {
    "LSCP": 8.0, "MCLP": 875_247.0, "p-median": 2_848_268_129.71, "p-centre": 7403.06,
}  # fmt: skip
"""Published optima with 4 stores (LSCP and MCLP within 5,000 m), to the cent."""


def place() -> Path:
    """Return the folder of the instances."""
    return Path(os.environ["QUARTERHOUR_REAL_DATA"]) / "location"


def pmed_optima() -> dict[str, tuple[int, int]]:
    """Return the published optima of the OR-Library instances at hand: p-median and p-centre."""
    return {
        row["instance"]: (int(row["p_median_optimum"]), int(row["p_centre_optimum"]))
        for row in _table(place() / "pmed" / "optima.csv")
    }


def pmed(name: str, *, question: Question = "least_walking") -> SitingProblem:
    """Return an OR-Library instance: every node is demand of one person, and a candidate.

    The file holds ``n m p`` and then edges; of an edge told twice the last one counts. Everybody
    is within the limit of every candidate.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    numbers = np.array((place() / "pmed" / f"{name}.txt").read_text().split(), dtype=np.int64)
    n, n_edges, n_sites = numbers[:3].tolist()
    # A sparse matrix would add up what is told twice; a dict keeps the last.
    edges: dict[tuple[int, int], int] = {}
    for a, b, length in numbers[3 : 3 + 3 * n_edges].reshape(-1, 3).tolist():
        edges[min(a, b) - 1, max(a, b) - 1] = length
    ends = np.array(list(edges))
    lengths = np.array(list(edges.values()), dtype=np.float64)
    graph = csr_array((lengths, (ends[:, 0], ends[:, 1])), shape=(n, n))
    ms = np.rint(dijkstra(graph, directed=False)).astype(np.int64) * PMED_MS
    return _problem(ms, np.ones(n), n_sites, question, limit_ms=int(ms.max()))


def sf_metres() -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """Return stores, metres from store (row) to tract, and people of each tract.

    Tracts are joined to the distances by name: the two files have them in other orders.
    """
    folder = place() / "sf"
    people = {
        row["NAME"]: float(row["POP2000"])
        for row in _table(folder / "SF_demand_205_centroid_uniform_weight.csv")
    }
    stores = [row["NAME"] for row in _table(folder / "SF_store_site_16_longlat.csv")]
    tract = {name: column for column, name in enumerate(people)}
    metres = np.full((len(stores), len(people)), np.inf)
    distances = "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    for row in _table(folder / distances):
        metres[stores.index(row["name"]), tract[row["DestinationName"]]] = float(row["distance"])
    return tuple(stores), metres, np.array(list(people.values()))


def sf(question: Question, *, n_sites: int = 4, limit_m: float = 5000.0) -> SitingProblem:
    """Return a question about San Francisco's 16 stores and 205 tracts.

    ``fewest_sites`` asks for everybody within ``limit_m``, with any number of stores.
    """
    stores, metres, people = sf_metres()
    ms = np.rint(metres * SF_MS).astype(np.int64)
    return _problem(
        ms, people, n_sites, question, limit_ms=round(limit_m * SF_MS), within=metres <= limit_m,
        ids=stores,
    )  # fmt: skip


def swain(question: Question, *, n_sites: int = 1, radius: float = 15.0) -> SitingProblem:
    """Return a question about Swain's 55 points: each is demand, and a candidate; straight lines.

    ``fewest_sites`` asks for everybody within ``radius``, with any number of sites.
    """
    rows = [
        [float(part) for part in line.split(",")[:4]]
        for line in (place() / "swain.dat").read_text().splitlines()
        if line.strip()
    ]
    _, x, y, people = np.array(rows).T
    distance = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    ms = np.rint(distance * SWAIN_MS).astype(np.int64)
    return _problem(
        ms, people, n_sites, question, limit_ms=round(radius * SWAIN_MS), within=distance <= radius,
    )  # fmt: skip


def swain_optima() -> list[tuple[str, int | None, float | None, float]]:
    """Return computed optima as (``LSCP``, ``MCLP`` or ``p-median``, sites, radius, optimum)."""
    found = []
    for row in _table(place() / "swain_optima_computed.csv"):
        sites = int(row["p"]) if row["p"] else None
        radius = float(row["radius"]) if row["radius"] else None
        found.append((row["problem"].split()[0], sites, radius, float(row["optimum"])))
    return found


def _problem(
    ms: NDArray[np.int64],
    people: NDArray[np.float64],
    n_sites: int,
    question: Question,
    *,
    limit_ms: int,
    within: NDArray[np.bool_] | None = None,
    ids: tuple[str, ...] = (),
) -> SitingProblem:
    """Return the question for a full matrix of distances; row = candidate."""
    n, n_demand = ms.shape
    cap = int(ms.max()) + 1
    covers = ms <= limit_ms if within is None else within
    every = np.tile(np.arange(n_demand, dtype=np.int32), n)
    more: dict[str, Any] = {} if question == "fewest_sites" else {"n_sites": n_sites}
    return SitingProblem(
        candidate_ids=ids or tuple(f"c{row + 1}" for row in range(n)),
        covers_indptr=np.concatenate([[0], np.cumsum(covers.sum(axis=1))]).astype(np.int64),
        covers_indices=np.nonzero(covers)[1].astype(np.int32),
        weight=people,
        already=np.zeros(n_demand, dtype=np.bool_),
        question=question,
        times=Times(
            indptr=np.arange(n + 1, dtype=np.int64) * n_demand, indices=every,
            ms=ms.ravel().astype(np.int32), cap_ms=cap,
            existing_ms=np.full(n_demand, cap, dtype=np.int64),
        ),
        limit_ms=limit_ms,
        **more,
    )  # fmt: skip


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
