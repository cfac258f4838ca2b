"""Numbers that are not the planner's: walkers and constants, each with its source and status.

A *walker* is who walks: a flat speed, seconds per step up and down, whether slopes slow them and
whether stairs are open to them. *Status* says how far a number can be trusted: ``document`` (read
in a planning document), ``secondary`` (read as quoted elsewhere), ``assumption``, or ``to be
supplied``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from quarterhour.errors import Fault, InputError
from quarterhour.words import data_file

Status = Literal["document", "secondary", "assumption", "to be supplied"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A constant with its unit and provenance."""

    name: str
    value: float
    unit: str
    status: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """Who walks, and how fast.

    Attributes
    ----------
    flat_mps
        Speed on the flat, metres per second.
    step_up_s, step_down_s
        Seconds per step of a stair, up and down.
    slope
        Whether slopes slow this walker (Tobler's function relative to the flat).
    steps
        Whether stairs are open to this walker.
    grade_limit, grade_rule
        Steepest grade (rise over run; ``inf`` for none) and whether passing it is only reported
        or forbidden.
    rest_s_per_50_steps
        Rest on long flights, in seconds per 50 steps; 0 by default.
    straight
        Distances are straight lines, for comparison with service radii.
    limits_m
        For walkers that count metres: the metres that stand for given minutes; empty for all who
        count seconds.
    """

    name: str
    flat_mps: float
    step_up_s: float = 0.0
    step_down_s: float = 0.0
    slope: bool = True
    steps: bool = True
    grade_limit: float = float("inf")
    grade_rule: Literal["report", "forbid"] = "report"
    rest_s_per_50_steps: float = 0.0
    straight: bool = False
    limits_m: Mapping[int, float] = field(default_factory=dict)
    source: str = ""
    status: str = "assumption"

    @property
    def counts_metres(self) -> bool:
        """Whether this walker counts metres instead of seconds."""
        return bool(self.limits_m)

    def limit_ms(self, minutes: float) -> int:
        """Return the inclusive limit for ``minutes``, in whole milliseconds.

        A walker that counts metres walks at 1 m/s and takes its metres as seconds; minutes
        without a policy distance are scaled from the longest one.
        """
        if not self.limits_m:
            return round(minutes * 60_000)
        metres = self.limits_m.get(round(minutes))
        if metres is None:
            longest = max(self.limits_m)
            metres = self.limits_m[longest] * minutes / longest
        return round(metres * 1000)

    def flat(self) -> "Walker":
        """Return the same walker in a world without slopes and steps, to tell causes apart."""
        return replace(
            self, name=f"{self.name}_flat", slope=False, steps=True, step_up_s=0.0,
            step_down_s=0.0, rest_s_per_50_steps=0.0, grade_rule="report",
        )  # fmt: skip


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(data_file("presets.toml").read_text(encoding="utf-8"))


def walkers() -> dict[str, Walker]:
    """Return all walkers of the package, by name."""
    found = {}
    for name, table in _file()["walker"].items():
        limits = {int(minutes): float(m) for minutes, m in table.get("limits_m", {}).items()}
        found[name] = Walker(name=name, **{**table, "limits_m": limits})
    return found


def walker(name: str) -> Walker:
    """Return one walker of the package.

    Raises
    ------
    InputError
        If there is no walker of this name.
    """
    known = walkers()
    if name not in known:
        raise InputError(
            Fault("study.unknown_walker", {"walker": name, "known": ", ".join(sorted(known))})
        )
    return known[name]


def constants() -> dict[str, Preset]:
    """Return all constants of the package with their provenance, by name."""
    return {
        name: Preset(name, float(t["value"]), t["unit"], t["status"], t["source"])
        for name, t in _file()["constant"].items()
    }


def constant(name: str) -> float:
    """Return the value of one constant (unit as in :func:`constants`)."""
    return float(_file()["constant"][name]["value"])
