"""Walking times by area: mean, median, 90th percentile, who gets nowhere, and backup.

Times are those to the nearest facility of a kind, as far as the search looks (an hour, or the
longest limit where that is more). The *mean* is of those who arrive; *median* and 90th percentile
are of all residents, ``inf`` where fewer arrive. Who does not arrive has *no street* near or lives
*beyond* the search. *Backup* counts facilities of a kind within a limit: none, just one, or two and
more. Walkers that count metres have metres in place of seconds.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.quantiles import time_quantiles_by
from quarterhour.cover.quotients import over
from quarterhour.inputs.facilities import ANY
from quarterhour.streets.walker import UNREACHED

QUANTILES = (0.5, 0.9)
BACKUP = ("none", "one", "two")


@dataclass(frozen=True, slots=True, eq=False)
class WalkTimes:
    """Walking times; rows of people are areas, the last (``""``) outside all of them.

    Attributes
    ----------
    kinds, minutes, groups, areas
        As in the coverage.
    residents
        People (areas, groups).
    arrived, no_street, beyond
        People who arrive, have no street near, or live beyond the search (kinds, areas, groups);
        the three add up to the residents.
    mean_s
        Mean seconds of those who arrive (kinds, areas + 1, groups), the last row of all people;
        ``nan`` where nobody arrives.
    quantile_s
        Seconds within which the shares ``QUANTILES`` of all residents arrive (quantiles, kinds,
        areas + 1, groups), the last row of all people; ``inf`` where fewer arrive or nobody lives.
    backup
        People with none, one, or two and more facilities within each limit (``BACKUP``, kinds,
        minutes, areas, groups); the three add up to the residents.
    """

    kinds: tuple[str, ...]
    minutes: tuple[int, ...]
    groups: tuple[str, ...]
    areas: tuple[str, ...]
    residents: NDArray[np.float64]
    arrived: NDArray[np.float64]
    no_street: NDArray[np.float64]
    beyond: NDArray[np.float64]
    mean_s: NDArray[np.float64]
    quantile_s: NDArray[np.float64]
    backup: NDArray[np.float64]

    def people_with(
        self, kind: str, how_many: str, *, minutes: int | None = None, group: str
    ) -> NDArray[np.float64]:
        """Return people by area with ``none``, ``one`` or ``two`` and more within a limit.

        Without ``minutes`` the longest limit.
        """
        return self.backup[
            BACKUP.index(how_many), self.kinds.index(kind),
            self.minutes.index(minutes or self.minutes[-1]), :, self.groups.index(group),
        ]  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind, group and area; times of all people stand in no row."""
        rows = []
        for k, kind in enumerate(self.kinds):
            for g, group in enumerate(self.groups):
                frame = pd.DataFrame(
                    {
                        "area": self.areas, "kind": kind, "group": group,
                        "residents": self.residents[:, g], "arrived": self.arrived[k, :, g],
                        "no_street": self.no_street[k, :, g], "beyond": self.beyond[k, :, g],
                        "mean_s": self.mean_s[k, :-1, g],
                        "median_s": self.quantile_s[0, k, :-1, g],
                        "p90_s": self.quantile_s[1, k, :-1, g],
                    }
                )  # fmt: skip
                for m, minutes in enumerate(self.minutes):
                    for b, how_many in enumerate(BACKUP):
                        frame[f"{how_many}_within_{minutes}_min"] = self.backup[b, k, m, :, g]
                rows.append(frame)
        return pd.concat(rows, ignore_index=True)


def measure_walk_times(case: Case, coverage: Coverage) -> WalkTimes:
    """Measure walking times and backup of every kind, by area and group.

    Parameters
    ----------
    case
        The circle; its table of all pairs (``reach``) tells the facilities in reach.
    coverage
        Coverage by kind of the same circle: its first walker is that of the case.
    """
    people = case.demand.people
    shape = (len(coverage.kinds), case.n_areas, people.shape[1])
    arrived, no_street, beyond = (np.zeros(shape) for _ in range(3))
    mean = np.full((shape[0], shape[1] + 1, shape[2]), np.nan)
    quantile = np.full((len(QUANTILES), *mean.shape), np.inf)
    on_street = np.ones(len(people), bool) if case.walker.straight else case.homes.found
    everybody = np.zeros(len(people), np.int64)
    for k, ms in enumerate(coverage.ms[:, 0]):
        there = ms != UNREACHED
        arrived[k] = case.by_area(people * there[:, None])
        no_street[k] = case.by_area(people * (~there & ~on_street)[:, None])
        beyond[k] = case.by_area(people * (~there & on_street)[:, None])
        seconds = case.by_area(people * np.where(there, ms / 1000.0, 0.0)[:, None])
        mean[k] = over(_and_all(seconds), _and_all(arrived[k]))
        for rows, at, n in ((slice(0, -1), case.at, shape[1]), (slice(-1, None), everybody, 1)):
            quantile[:, k, rows] = time_quantiles_by(ms, people, at, n_rows=n, quantiles=QUANTILES)
    return WalkTimes(
        kinds=coverage.kinds, minutes=case.minutes, groups=coverage.groups, areas=coverage.areas,
        residents=case.by_area(people), arrived=arrived, no_street=no_street, beyond=beyond,
        mean_s=mean, quantile_s=quantile, backup=_backup(case, coverage),
    )  # fmt: skip


def _backup(case: Case, coverage: Coverage) -> NDArray[np.float64]:
    people, n_kinds, n = case.demand.people, len(coverage.kinds), len(case.demand.people)
    out = np.zeros(
        (len(BACKUP), n_kinds, len(case.minutes), case.n_areas, people.shape[1])
    )  # fmt: skip
    code = {kind: k for k, kind in enumerate(coverage.kinds)}
    kind_of = np.array([code[kind] for kind in case.facilities.kinds], np.int64)
    pair = kind_of[case.reach.sources()] * n + case.reach.indices
    for m, minutes in enumerate(case.minutes):
        limit_ms = case.walker.limit_ms(minutes)
        near = np.bincount(pair[case.reach.ms <= limit_ms], minlength=n_kinds * n)
        near = near.reshape(n_kinds, n)
        near[code[ANY]] = near.sum(axis=0)
        # Who is covered has one at least: without stairs, the way there and its twin on stairs
        # may lead to two different facilities, and no pair of the table is within the limit.
        near = np.maximum(near, coverage.ms[:, 0] <= limit_ms)
        for b, some in enumerate((near == 0, near == 1, near >= 2)):
            for k in range(n_kinds):
                out[b, k, m] = case.by_area(people * some[k][:, None])
    return out


def _and_all(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums by area with their total as a last row."""
    return np.vstack([values, values.sum(axis=0)])
