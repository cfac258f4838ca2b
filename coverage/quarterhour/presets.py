"""Numbers that are not the planner's: walkers and constants, each with its source and status.

A *walker* is who walks: a flat speed, seconds per step up and down, whether slopes slow them and
whether stairs are open to them. *Status* says how far a number can be trusted: ``document`` (read
in a planning document), ``secondary`` (read as quoted elsewhere), ``assumption``, or ``to be
supplied``.
"""

import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from quarterhour.errors import Fault, InputError
from quarterhour.words import Language, Words, aligned, data_file, locale_language

if TYPE_CHECKING:
    import pandas as pd

_T = TypeVar("_T")
_NONE = "-"
Status = Literal["document", "secondary", "assumption", "to be supplied"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A constant with its unit and provenance."""

    name: str
    value: float
    unit: str
    status: str
    source: str
    source_zh: str = ""

    def source_in(self, language: Language) -> str:
        """Return the source in a language, as far as it is written in it."""
        return self.source_zh if language == "zh" and self.source_zh else self.source


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
    ways
        Which streets: those on ``foot``, or of these the ones that a ``vehicle`` may take (no
        steps, no ways for walkers only; private ways as a destination).
    straight
        Distances are straight lines, for comparison with service radii.
    limits_m
        For walkers that count metres: the metres that stand for given minutes; empty for all who
        count seconds.
    source, source_zh, status
        Where the numbers come from, in English and in Chinese, and how far to trust them.
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
    ways: Literal["foot", "vehicle"] = "foot"
    straight: bool = False
    limits_m: Mapping[int, float] = field(default_factory=dict)
    source: str = ""
    status: str = "assumption"
    source_zh: str = ""

    def source_in(self, language: Language) -> str:
        """Return the source in a language, as far as it is written in it."""
        return self.source_zh if language == "zh" and self.source_zh else self.source

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

    def on_stairs(self) -> "Walker":
        """Return the same walker if stairs were open, at the pace of ``elder_slow`` on steps."""
        slow = walker("elder_slow")
        return replace(
            self, name=f"{self.name}_on_stairs", steps=True, step_up_s=slow.step_up_s,
            step_down_s=slow.step_down_s, grade_rule="report",
        )  # fmt: skip


class _Printed(Mapping[str, _T], ABC):
    """A mapping that prints its values as a table, in Chinese or English."""

    __slots__ = ("_held", "_language")

    def __init__(self, held: Mapping[str, _T], *, language: Language | None = None) -> None:
        self._held = dict(held)
        self._language = language

    def __getitem__(self, name: str) -> _T:
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    @abstractmethod
    def _headers(self, words: Words) -> list[str]: ...

    @abstractmethod
    def _row(self, one: _T, words: Words) -> list[str]: ...

    def _cells(self) -> list[list[str]]:
        words = Words(self._language or locale_language())
        return [self._headers(words), *(self._row(one, words) for one in self._held.values())]

    def __str__(self) -> str:
        return "\n".join(aligned(self._cells()))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        head, *body = [[escape(text) for text in row] for row in self._cells()]
        rows = ["".join(f"<td>{text}</td>" for text in row) for row in body]
        first = "".join(f"<th>{text}</th>" for text in head)
        inner = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{first}</tr></thead><tbody>{inner}</tbody></table>"


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(data_file("presets.toml").read_text(encoding="utf-8"))


class Walkers(_Printed[Walker]):
    """Walkers by name, as a mapping that prints itself as a table."""

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per walker, columns named as the attributes of :class:`Walker`."""
        import pandas as pd

        names = [f.name for f in fields(Walker)]
        return pd.DataFrame([{n: getattr(w, n) for n in names} for w in self.values()])

    def __str__(self) -> str:
        return f"{super().__str__()}\n\n{self._note()}"

    def _repr_html_(self) -> str:
        return f"{super()._repr_html_()}<p>{escape(self._note())}</p>"

    def _note(self) -> str:
        """Return which ways a vehicle may take."""
        words = Words(self._language or locale_language())
        classes = words("preset.comma").join(vehicle_ways())
        return words("circles.vehicle_ways", {"classes": classes})

    def _headers(self, words: Words) -> list[str]:
        heads = [words(f"preset.h_{name}") for name in (
            "walker", "flat", "up", "down", "slope", "steps", "grade", "rest", "limits", "status",
            "source",
        )]  # fmt: skip
        return [heads[0], words("circles.h_ways"), *heads[1:]]

    def _row(self, one: Walker, words: Words) -> list[str]:
        yes, no = words("preset.yes"), words("preset.no")
        climbs = one.steps and not one.counts_metres
        grade = _NONE
        if one.grade_limit < float("inf"):
            values = {"limit": f"{one.grade_limit:.2%}"}
            forbid = one.grade_rule == "forbid"
            grade = words("preset.grade_forbid" if forbid else "preset.grade_report", values)
        kind = "preset.limit_straight" if one.straight else "preset.limit_walked"
        limits = [
            words(kind, {"minutes": minutes, "metres": f"{metres:g}"})
            for minutes, metres in sorted(one.limits_m.items())
        ]
        known = f"walker.{one.name}"
        return [
            f"{words(known)} ({one.name})" if words.has(known) else one.name,
            words(f"circles.ways_{one.ways}"),
            _NONE if one.counts_metres else f"{one.flat_mps:.2f}",
            f"{one.step_up_s:.2f}" if climbs else _NONE,
            f"{one.step_down_s:.2f}" if climbs else _NONE,
            yes if one.slope else no,
            yes if one.steps else no,
            grade,
            f"{one.rest_s_per_50_steps:g}" if climbs else _NONE,
            words("preset.comma").join(limits) or _NONE,
            words(f"status.{one.status}"),
            one.source_in(words.language) or _NONE,
        ]


class Presets(_Printed[Preset]):
    """Constants by name, as a mapping that prints itself as a table."""

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per constant, columns named as the attributes of :class:`Preset`."""
        import pandas as pd

        names = [f.name for f in fields(Preset)]
        return pd.DataFrame([{n: getattr(p, n) for n in names} for p in self.values()])

    def _headers(self, words: Words) -> list[str]:
        return [words(f"preset.h_{name}") for name in ("constant", "value", "unit", "status",
                                                       "source")]  # fmt: skip

    def _row(self, one: Preset, words: Words) -> list[str]:
        name, unit = f"table.c_{one.name}", f"table.unit_{one.unit}"
        return [
            f"{words(name)} ({one.name})" if words.has(name) else one.name,
            f"{one.value:g}",
            _NONE if one.unit == "1" else words(unit) if words.has(unit) else one.unit,
            words(f"status.{one.status}"),
            one.source_in(words.language),
        ]


def walkers(*, language: Language | None = None) -> Walkers:
    """Return all walkers of the package, by name.

    Parameters
    ----------
    language
        Language the table prints itself in; by default that of the machine.
    """
    found = {}
    for name, table in _file()["walker"].items():
        limits = {int(minutes): float(m) for minutes, m in table.get("limits_m", {}).items()}
        found[name] = Walker(name=name, **{**table, "limits_m": limits})
    return Walkers(found, language=language)


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


def vehicle_ways() -> tuple[str, ...]:
    """Return the classes of streets (values of ``highway``) that a vehicle may take."""
    return tuple(_file()["ways"]["vehicle"]["classes"])


def constants(*, language: Language | None = None) -> Presets:
    """Return all constants of the package with their provenance, by name.

    Parameters
    ----------
    language
        Language the table prints itself in; by default that of the machine.
    """
    found = {
        name: Preset(
            name, float(t["value"]), t["unit"], t["status"], t["source"], t.get("source_zh", "")
        )
        for name, t in _file()["constant"].items()
    }
    return Presets(found, language=language)


def constant(name: str) -> float:
    """Return the value of one constant (unit as in :func:`constants`)."""
    return float(_file()["constant"][name]["value"])
