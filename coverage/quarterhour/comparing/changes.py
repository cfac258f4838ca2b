"""Changes: what an earlier and a later run have in common, and in what they differ.

Areas are the same where their names mean the same (:mod:`~quarterhour.inputs.names`), facilities
where kind and name agree; a facility of the same name and kind more than 50 m away has *moved*.
Gaps are the same where their middles lie within 300 m. What only one run has stays in the tables.
Nothing is said to be better or worse: what was assumed differently is listed as a *caution*.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from quarterhour.errors import Fault, InputError
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import Facilities
from quarterhour.inputs.names import match_areas
from quarterhour.inputs.tables import fold

_MOVED_M = 50.0
_SAME_GAP_M = 300.0
_FELT = (
    "areas", "circle", "walkers", "streets", "terrain", "gaps", "residents", "buildings",
    "neighbours", "circles", "supply", "sweep", "scorecard", "privacy", "siting",
)  # fmt: skip
# Other files and other headings are what the next year brings; what they hold is compared.
_OF_FILES = ("file", "columns", "grid", "outline", "candidates", "name_column", "levels_column",
             "use_column")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class FacilityChanges:
    """Facilities that came, went and moved; rows of the later and of the earlier run."""

    opened: NDArray[np.int64]
    closed: NDArray[np.int64]
    moved: NDArray[np.int64]
    moved_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GapChanges:
    """Gaps of one kind: rows of the later run that are new or stayed, of the earlier that closed.

    ``stayed_before`` are the earlier rows of those that stayed.
    """

    kind: str
    new: NDArray[np.int64]
    stayed: NDArray[np.int64]
    stayed_before: NDArray[np.int64]
    closed: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two runs, and how they differ.

    Attributes
    ----------
    before, after
        The findings of both.
    kinds, minutes, group
        Kinds that both have (``any`` last), the longest limit that both have, and the group.
    areas
        Names of areas: those of the later run, then those that only the earlier one has, then
        ``""`` for outside all areas.
    row_before, row_after
        Row of each of them in both runs' tables by area; -1 where a run lacks it.
    residents
        People of the group (2, areas): before and after; ``nan`` where a run lacks the area.
    within
        People within the limit (2, kinds, areas), likewise.
    withheld
        Where either run cannot say (kinds, areas).
    facilities, gaps
        Which came, went, moved or stayed.
    cautions
        What differs between the runs besides the district itself.
    """

    before: Findings
    after: Findings
    kinds: tuple[str, ...]
    minutes: int
    group: str
    areas: tuple[str, ...]
    row_before: NDArray[np.int64]
    row_after: NDArray[np.int64]
    residents: NDArray[np.float64]
    within: NDArray[np.float64]
    withheld: NDArray[np.bool_]
    facilities: FacilityChanges
    gaps: tuple[GapChanges, ...]
    cautions: tuple[Fault, ...]

    def shares(self, kind: str) -> tuple[float, float]:
        """Return the share of all people within the limit, before and after."""
        k = self.kinds.index(kind)
        total = np.nansum(self.residents, axis=1)
        both = np.divide(
            np.nansum(self.within[:, k], axis=1), total, out=np.full(2, np.nan), where=total > 0
        )
        return float(both[0]), float(both[1])

    def points(self, kind: str) -> NDArray[np.float64]:
        """Return the change of each area's share in percentage points; ``nan`` where unknown."""
        k = self.kinds.index(kind)
        share = np.divide(
            self.within[:, k], self.residents, out=np.full(self.residents.shape, np.nan),
            where=self.residents > 0,
        )  # fmt: skip
        change = 100.0 * (share[1] - share[0])
        return np.where(self.withheld[k], np.nan, change)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind and area, with people, shares and change."""
        n = len(self.areas)
        frame = pd.DataFrame({
            "kind": np.repeat(np.array(self.kinds, object), n),
            "area": np.tile(np.array(self.areas, object), len(self.kinds)),
        })  # fmt: skip
        for at, when in enumerate(("before", "after")):
            frame[f"residents_{when}"] = np.tile(self.residents[at], len(self.kinds))
            frame[f"within_{when}"] = self.within[at].ravel()
        frame["points"] = np.concatenate([self.points(kind) for kind in self.kinds])
        return frame


def compare_runs(before: Findings, after: Findings) -> Comparison:
    """Compare an earlier run with a later one.

    Parameters
    ----------
    before, after
        Their findings.

    Raises
    ------
    InputError
        If they have no area, no kind, no group or no limit in common.
    """
    a, b = before.coverage, after.coverage
    kinds = tuple(k for k in b.kinds if k in a.kinds)
    minutes = max((m for m in b.minutes if m in a.minutes), default=0)
    group = b.lead_group if b.lead_group in a.groups else ""
    match = match_areas(after.areas.names, before.areas.names)
    if not (kinds and minutes and group and (match.index >= 0).any()):
        raise InputError(Fault("compare.nothing_common"))
    areas, row_before, row_after = _rows(before, after, match.index)
    people, within = [], []
    for coverage, rows in ((a, row_before), (b, row_after)):
        g = coverage.groups.index(group)
        people.append(_at(coverage.residents[:, g], rows))
        counted = [coverage.people(k, minutes=minutes, group=group) for k in kinds]
        within.append(np.stack([_at(column, rows) for column in counted]))
    dumb = [
        np.stack([_at(f.cannot_say(k).astype(float), rows) == 1.0 for k in kinds])
        for f, rows in ((before, row_before), (after, row_after))
    ]
    return Comparison(
        before, after, kinds, minutes, group, areas, row_before, row_after, np.stack(people),
        np.stack(within), dumb[0] | dumb[1], _facilities(before, after),
        tuple(_gaps(before, after, kind) for kind in kinds),
        tuple(_cautions(before, after, areas, row_before, row_after)),
    )  # fmt: skip


def _rows(
    before: Findings, after: Findings, match: NDArray[np.int32]
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
    """Return the areas of both runs with their rows; outside all areas comes last."""
    n_before, n_after = len(before.areas.names), len(after.areas.names)
    # Two later areas may mean one earlier one (it was split): the first keeps it.
    first = np.zeros(n_after, bool)
    first[np.unique(match, return_index=True)[1]] = True
    kept = np.where(first, match, -1)
    gone = np.setdiff1d(np.arange(n_before), kept)
    names = (*after.areas.names, *(before.areas.names[g] for g in gone.tolist()), "")
    nowhere = np.full(len(gone), -1)
    return (
        names,
        np.concatenate([kept, gone, [n_before]]).astype(np.int64),
        np.concatenate([np.arange(n_after), nowhere, [n_after]]).astype(np.int64),
    )


def _at(column: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(rows < 0, np.nan, column[np.maximum(rows, 0)])


def _in_plane_of(xy_m: NDArray[np.float64], here: Findings, there: Findings) -> (
    NDArray[np.float64]
):  # fmt: skip
    """Return places of one run in the plane of the other."""
    if here.areas.crs == there.areas.crs or len(xy_m) == 0:
        return xy_m
    return there.areas.plane.to_xy(*here.areas.plane.to_lonlat(xy_m).T)


def _facilities(before: Findings, after: Findings) -> FacilityChanges:
    old, new = before.facilities, after.facilities
    old_xy = _in_plane_of(old.xy_m, before, after)
    waiting: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(_keys(old)):
        waiting.setdefault(key, []).append(row)
    opened, moved, metres = [], [], []
    for row, key in enumerate(_keys(new)):
        rows = waiting.get(key, [])
        if not rows:
            opened.append(row)
            continue
        away = np.hypot(*(old_xy[rows] - new.xy_m[row]).T)
        nearest = int(away.argmin())
        rows.pop(nearest)
        if away[nearest] > _MOVED_M:
            moved.append(row)
            metres.append(float(away[nearest]))
    closed = sorted(row for rows in waiting.values() for row in rows)
    return FacilityChanges(
        np.array(opened, np.int64), np.array(closed, np.int64), np.array(moved, np.int64),
        np.array(metres, np.float64),
    )  # fmt: skip


def _keys(facilities: Facilities) -> list[tuple[str, str]]:
    return [(k, fold(n)) for k, n in zip(facilities.kinds, facilities.names, strict=True)]


def _gaps(before: Findings, after: Findings, kind: str) -> GapChanges:
    old, new = before.gaps_of(kind), after.gaps_of(kind)
    n_old, n_new = len(old.ids), len(new.ids)
    if not n_old or not n_new:
        none = np.zeros(0, np.int64)
        return GapChanges(kind, np.arange(n_new), none, none, np.arange(n_old))
    away, row = KDTree(_in_plane_of(old.xy_m, before, after)).query(new.xy_m)
    near = np.flatnonzero(away <= _SAME_GAP_M)
    # Each earlier gap is continued by the nearest of those that lie near it.
    order = near[np.lexsort((near, away[near], row[near]))]
    first = order[np.unique(row[order], return_index=True)[1]]
    stayed = np.sort(first)
    return GapChanges(
        kind, np.setdiff1d(np.arange(n_new), stayed), stayed, row[stayed].astype(np.int64),
        np.setdiff1d(np.arange(n_old), row[stayed]),
    )  # fmt: skip


def _cautions(
    before: Findings, after: Findings, areas: tuple[str, ...], row_before: NDArray[np.int64],
    row_after: NDArray[np.int64],
) -> list[Fault]:  # fmt: skip
    """Return what differs besides the district itself."""
    said = []
    a, b = asdict(before.study), asdict(after.study)
    for table in _FELT:
        keys = _differing(_settings(a[table]), _settings(b[table]))
        if keys:
            values = {"table": table, "keys": ", ".join(keys)}
            said.append(Fault("compare.other_settings", values))
    for rows, key in ((row_before, "compare.only_after"), (row_after, "compare.only_before")):
        names = [areas[at] for at in np.flatnonzero(rows < 0).tolist()]
        if names:
            said.append(Fault(key, {"names": ", ".join(names)}))
    if before.areas.crs != after.areas.crs:
        values = {"before": before.areas.crs, "after": after.areas.crs}
        said.append(Fault("compare.other_plane", values))
    return said


def _settings(table: Any) -> dict[str, object]:  # noqa: ANN401 - any table of a study
    """Return the settings of one table, or of several of one name: those under what each is."""
    if table is None:
        return {}
    if isinstance(table, Mapping):
        return {str(k): v for k, v in table.items() if k not in _OF_FILES}
    found: dict[str, object] = {}
    for one in table:
        name = str(one.get("name") or one["kind"])
        found[name] = (*cast(tuple[object, ...], found.get(name, ())), _settings(one))
    return found


def _differing(a: Mapping[str, object], b: Mapping[str, object]) -> list[str]:
    """Return the keys that only one of two has, or that mean another thing in each."""
    return [key for key in dict.fromkeys([*b, *a]) if a.get(key) != b.get(key)]
