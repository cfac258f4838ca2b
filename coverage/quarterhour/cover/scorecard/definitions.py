"""Indicator definitions: what is measured, against which targets, as ``_data/scorecard.toml`` says.

A *measure* is a formula with its basis, numerator and denominator. A *goal* is a target that a
document sets for a measure. The *basis* says what a rate counts: facilities and communities
(``unit``), ``residential_land``, people (``population``), ground (``area``), beds, floor or land
per head (``supply``), or nothing that the document states (``unstated``). Rates of different bases
are never compared, nor drawn in one chart.
"""

import difflib
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from quarterhour.errors import Fault
from quarterhour.inputs.facilities import ANY, KINDS
from quarterhour.words import data_file

Basis = Literal["unit", "residential_land", "population", "area", "supply", "unstated"]
Op = Literal[">=", ">", "="]
# In the order in which tables show them.
BASES: tuple[Basis, ...] = (
    "unit", "population", "residential_land", "area", "supply", "unstated",
)  # fmt: skip
# Walkers whose share of people is an indicator, and the start of its key; "" is the circle's.
WALKED = (("walk", ""), ("policy_walk", "policy_walk"), ("policy_radius", "policy_radius"))


@dataclass(frozen=True, slots=True)
class Measure:
    """One formula: ``factor`` x numerator / denominator.

    Attributes
    ----------
    key, formula
        Name, and the letters by which docs/measures.md lists it.
    basis, unit
        What it counts, and the unit of its value (``share`` is of 1).
    numerator, denominator
        Names of figures; empty where nothing of a study makes them known.
    factor
        1, or people or households per whom it is told.
    kinds
        Kinds of facilities that it speaks of.
    walker
        For shares of people: who walks; empty for the circle's.
    only
        Kind of areas that it is confined to, or empty.
    reckon
        ``ratio`` of sums, ``least`` numerator of any area, or ``walk`` (people in reach).
    formula_status
        How far the formula can be trusted, as a target's ``status``.
    needs
        What would make known what no input of a study does (source and name).
    beside
        Whether it stands beside the share of people and has no target by nature.
    listed
        ``always``, or only with ``goals``.
    """

    key: str
    formula: str
    basis: Basis
    unit: str
    formula_status: str
    numerator: str = ""
    denominator: str = ""
    factor: float = 1.0
    kinds: tuple[str, ...] = ()
    walker: str = ""
    only: str = ""
    reckon: Literal["ratio", "least", "walk"] = "ratio"
    needs: tuple[tuple[str, str], ...] = ()
    beside: bool = False
    listed: Literal["always", "goals"] = "always"


@dataclass(frozen=True, slots=True)
class Goal:
    """A target for a measure, or that there is none (``nan``).

    Attributes
    ----------
    key, measure
        Name of the row, and what it is a target for.
    target, op, year
        What is to be reached, and by when (0 where nobody says it).
    kind
        ``binding`` (约束性), ``expected`` (预期性), or empty.
    status, source
        How far to trust it, and short names of its documents.
    preset
        District that it binds; empty for all.
    name
        The document's own name for it; empty where it has none.
    """

    key: str
    measure: str
    target: float = float("nan")
    op: Op = ">="
    year: int = 0
    kind: str = ""
    status: str = "to be supplied"
    source: tuple[str, ...] = ()
    preset: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class StoreyRule:
    """A rule on storeys: above ``highest_without_lift`` a facility needs a lift."""

    key: str
    highest_without_lift: int
    status: str
    source: tuple[str, ...]


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(data_file("scorecard.toml").read_text(encoding="utf-8"))


@cache
def measures() -> Mapping[str, Measure]:
    """Return the measures of the catalogue by key, without the shares of people by kind."""
    found = {}
    for key, table in _file()["measure"].items():
        needs = tuple((source, name) for source, name in table.get("needs", ()))
        rest = {k: v for k, v in table.items() if k not in ("needs", "kinds")}
        found[key] = Measure(key=key, needs=needs, kinds=tuple(table.get("kinds", ())), **rest)
    return found


@cache
def goals() -> tuple[Goal, ...]:
    """Return all goals of the catalogue, those of all districts first."""
    return tuple(Goal(**{**table, "source": tuple(table["source"])}) for table in _file()["goal"])


@cache
def storey_rules() -> tuple[StoreyRule, ...]:
    """Return the rules on storeys and lifts, the district's first."""
    rules = _file()["storey_rule"]
    return tuple(StoreyRule(**{**table, "source": tuple(table["source"])}) for table in rules)


def walk_measure(start: str, kind: str) -> Measure:
    """Return the share of people who reach a kind within the longest limit (formula C1).

    Parameters
    ----------
    start
        One of the starts of ``WALKED``.
    kind
        Kind of facility, or ``any``.
    """
    return Measure(
        f"{start}_{kind}", "C1", "population", "share", "assumption", "people_within", "people",
        kinds=(kind,), walker=dict(WALKED)[start], reckon="walk", beside=True,
    )  # fmt: skip


def all_measures(kinds: Sequence[str]) -> Mapping[str, Measure]:
    """Return every measure by key, grouped by basis.

    Parameters
    ----------
    kinds
        Kinds whose shares of people are indicators.
    """
    walked = [walk_measure(start, kind) for kind in kinds for start, _ in WALKED]
    known = [*measures().values(), *walked]
    return {m.key: m for m in sorted(known, key=lambda m: BASES.index(m.basis))}


def check_targets(targets: Mapping[str, float], *, kinds: Sequence[str] = ()) -> list[Fault]:
    """Find what is wrong with a study's own targets.

    Parameters
    ----------
    targets
        Targets by measure; shares are of 1, so 95 % is 0.95.
    kinds
        Kinds of the study beside those of the package.

    Returns
    -------
    list of Fault
        Unknown measures, with the nearest known one; targets that are no number, not above 0, or
        shares above 1.
    """
    known = all_measures(tuple(dict.fromkeys((*KINDS, *kinds, ANY))))
    faults = []
    for key, target in targets.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
            faults.append(Fault("scorecard.unknown_target", {"key": key, "near": near[0]}))
        elif not math.isfinite(target) or target <= 0:
            faults.append(Fault("scorecard.bad_target", {"key": key, "value": target}))
        elif known[key].unit == "share" and target > 1:
            faults.append(Fault("scorecard.target_above_one", {"key": key, "value": target}))
    return faults
