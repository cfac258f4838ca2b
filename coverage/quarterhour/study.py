"""One study: what a planner asks, read from ``study.toml`` and frozen.

pydantic reads and checks the file; frozen dataclasses leave. A key that is not in the schema is an
error that names the nearest one, with its line. The schema holds every stage's keys, so that a
study file stays valid as the tool grows; keys whose stage is not built yet are listed by
:meth:`Study.unused_keys` and reported, never ignored in silence.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, cast, get_args, get_type_hints

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.presets import Walker, walkers
from quarterhour.words import Language

DatumName = Literal["wgs84", "gcj02", "bd09", "cgcs2000"]
Question = Literal["most_people"]
_STRICT = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Table ``[study]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    name: str
    date: str = ""
    language: Language = "zh"
    crs: str = "auto"
    map_approval: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AreasTable:
    """Table ``[areas]``: the subdistricts."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    file: str = ""
    datum: DatumName = "wgs84"
    name_column: str = ""
    aliases: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetsTable:
    """Table ``[streets]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    file: str = ""
    place: str = ""
    buffer_m: float | None = None
    private: Literal["own", "open", "closed"] = "own"
    max_snap_m: float = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TerrainTable:
    """Table ``[terrain]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    file: str
    kind: Literal["terrain", "surface"] = "terrain"
    smooth_m: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentsTable:
    """Table ``[residents]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    file: str
    by: Literal["area", "street", "grid", "point"]
    datum: DatumName = "wgs84"
    place_on: Literal["buildings", "streets"] | None = None
    groups: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingsTable:
    """Table ``[buildings]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    osm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilitiesTable:
    """One table ``[[facilities]]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    file: str
    datum: DatumName = "wgs84"
    kind: str = ""
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkerTable:
    """One table ``[walkers.NAME]``: a walker of the study's own."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    flat_mps: float
    step_up_s: float = 0.93
    step_down_s: float = 0.94
    slope: bool = True
    steps: bool = True
    grade_limit: float = float("inf")
    grade_rule: Literal["report", "forbid"] = "report"
    rest_s_per_50_steps: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CircleTable:
    """Table ``[circle]``: who walks, how long, and which way."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    walker: str = "elder"
    walker_by_group: dict[str, str] = field(default_factory=lambda: {"80+": "elder_slow"})
    minutes: tuple[int, ...] = (5, 10, 15)
    direction: Literal["there", "back"] = "there"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsTable:
    """Table ``[gaps]``: from how many people on, and how near, homes form one gap."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    min_people: float = 100.0
    radius_m: float = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SitingTable:
    """One table ``[[siting]]``: a question about new sites."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    kind: str
    question: Question = "most_people"
    sites: int
    candidates: str
    datum: DatumName = "wgs84"
    columns: dict[str, str] = field(default_factory=dict)
    time_limit_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """Table ``[report]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    unit: str = ""
    classification: str = ""


# Keys of the whole schema (docs/design.md) whose stage is not built yet: a study that has them
# stays valid and is told that they have no effect.
LATER_KEYS: Mapping[str, tuple[str, ...]] = {
    "": ("neighbours", "scorecard", "sweep", "privacy"),
    "areas": ("place",),
    "streets": ("datum",),
    "buildings": ("file", "levels_column", "use_column"),
    "facilities": ("osm",),
    "siting": ("share", "budget", "years", "rule", "weights", "generate", "spacing_m"),
    "report": ("plates", "sizes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One study, as its file says it; paths are relative to ``folder``."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    study: About
    areas: AreasTable = field(default_factory=AreasTable)
    streets: StreetsTable
    terrain: TerrainTable | None = None
    residents: ResidentsTable
    buildings: BuildingsTable = field(default_factory=BuildingsTable)
    facilities: tuple[FacilitiesTable, ...]
    walkers: dict[str, WalkerTable] = field(default_factory=dict)
    circle: CircleTable = field(default_factory=CircleTable)
    gaps: GapsTable = field(default_factory=GapsTable)
    siting: tuple[SitingTable, ...] = ()
    report: ReportTable = field(default_factory=ReportTable)
    folder: Path = Path()
    unused_keys: tuple[str, ...] = ()

    def path(self, name: str) -> Path:
        """Return the path of one of the study's files."""
        return self.folder / name

    def walker(self, name: str) -> Walker:
        """Return a walker of this study or of the package, by name."""
        return self.all_walkers()[name]

    def all_walkers(self) -> dict[str, Walker]:
        """Return the package's walkers and the study's own; the study's win."""
        own = {
            name: Walker(
                name=name, source="study.toml", status="assumption",
                **{f.name: getattr(table, f.name) for f in fields(table)},
            )
            for name, table in self.walkers.items()
        }  # fmt: skip
        return {**walkers(), **own}


def read_study(path: Path | str) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path
        The ``study.toml``.

    Raises
    ------
    InputError
        With every fault of the file: not TOML, unknown keys (naming the nearest), missing keys,
        wrong types, unknown walkers, files that do not exist.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(Fault("input.missing_file", {"path": str(path)}))
    try:
        text = path.read_bytes().decode("utf-8-sig")
        tables = tomllib.loads(text)
    except UnicodeDecodeError:
        raise InputError(Fault("study.not_utf8", file=path.name)) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault("study.not_toml", {"why": str(error)}, file=path.name)) from None
    later = _take_later_keys(tables)
    study = replace(_validate(tables, text, path.name), folder=path.parent, unused_keys=later)
    raise_if(_check(study, path.name))
    return study


def _validate(tables: dict[str, Any], text: str, name: str) -> Study:
    from pydantic import TypeAdapter, ValidationError

    for reserved in ("folder", "unused_keys"):
        if reserved in tables:
            raise InputError(_unknown_key((reserved,), text, name))
    try:
        return TypeAdapter(Study).validate_python(tables)
    except ValidationError as error:
        raise InputError(
            [_to_fault(cast(dict[str, Any], e), text, name) for e in error.errors()]
        ) from None


def _to_fault(error: dict[str, Any], text: str, name: str) -> Fault:
    where = tuple(part for part in error["loc"])
    key = ".".join(str(part) for part in where if not isinstance(part, int))
    kind = error["type"]
    if kind == "unexpected_keyword_argument":
        return _unknown_key(where, text, name)
    if kind in ("missing", "missing_argument"):
        return Fault("study.missing_key", {"key": key}, file=name)
    allowed = str(error.get("ctx", {}).get("expected", "")) or error["msg"]
    return Fault(
        "study.bad_value",
        {"key": key, "value": error["input"], "allowed": allowed},
        file=name,
        row=_line_of(str(where[-1]), text),
    )


def _unknown_key(where: tuple[object, ...], text: str, name: str) -> Fault:
    known = _keys_at(where[:-1])
    wrong = str(where[-1])
    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    key = "study.unknown_key_near" if near else "study.unknown_key"
    values = {"key": wrong, "near": near[0] if near else "", "known": ", ".join(known)}
    return Fault(key, values, file=name, row=_line_of(wrong, text))


def _keys_at(where: tuple[object, ...]) -> list[str]:
    """Return the names that may stand at a place of the file."""
    kind: Any = Study
    for part in where:
        if isinstance(part, int):
            continue
        hints = get_type_hints(kind) if is_dataclass(kind) else {}
        kind = hints.get(str(part), kind if not hints else None)
        inner = [a for a in get_args(kind) if is_dataclass(a)]
        kind = inner[0] if inner else kind
    if not is_dataclass(kind):
        return []
    names = [f.name for f in fields(kind)]
    return [n for n in names if n not in ("folder", "unused_keys")]


def _line_of(key: str, text: str) -> int | None:
    pattern = re.compile(rf"^\s*(?:\[+[^\]]*\b{re.escape(key)}\b|\"?{re.escape(key)}\"?\s*=)")
    return next((n for n, line in enumerate(text.splitlines(), 1) if pattern.match(line)), None)


def _take_later_keys(tables: dict[str, Any]) -> tuple[str, ...]:
    """Remove keys of stages that are not built yet and return their names."""
    taken = []
    for table, names in LATER_KEYS.items():
        places = [tables] if not table else tables.get(table, [])
        for place in places if isinstance(places, list) else [places]:
            for name in names:
                if isinstance(place, dict) and place.pop(name, None) is not None:
                    taken.append(f"{table}.{name}" if table else name)
    return tuple(taken)


def _check(study: Study, name: str) -> list[Fault]:
    """Find what types alone cannot say."""
    faults = []
    known = study.all_walkers()
    used = {study.circle.walker, *study.circle.walker_by_group.values()}
    for walker in sorted(used - set(known)):
        values = {"walker": walker, "known": ", ".join(sorted(known))}
        faults.append(Fault("study.unknown_walker", values, file=name))
    faults += [
        _bad(f"walkers.{w}.flat_mps", t.flat_mps, "0.1 ... 3.0", name)
        for w, t in study.walkers.items()
        if not 0.1 <= t.flat_mps <= 3.0
    ]
    minutes = study.circle.minutes
    if not minutes or any(m <= 0 for m in minutes) or tuple(sorted(set(minutes))) != minutes:
        faults.append(_bad("circle.minutes", list(minutes), "[5, 10, 15]", name))
    if not study.streets.file and not study.streets.place:
        faults.append(Fault("study.missing_key", {"key": "streets.file"}, file=name))
    if not study.facilities:
        faults.append(Fault("study.missing_key", {"key": "facilities"}, file=name))
    faults += [
        _bad("siting.sites", question.sites, ">= 1", name)
        for question in study.siting
        if question.sites < 1
    ]
    return faults + [
        Fault("input.missing_file", {"path": wanted}, file=name)
        for wanted in named_files(study)
        if not study.path(wanted).is_file()
    ]


def _bad(key: str, value: object, allowed: str, name: str) -> Fault:
    return Fault("study.bad_value", {"key": key, "value": value, "allowed": allowed}, file=name)


def named_files(study: Study) -> list[str]:
    """Return the files that a study names, in the order of its tables."""
    names = [study.areas.file, study.streets.file]
    names += [study.terrain.file] if study.terrain else []
    names += [study.residents.file, *(t.file for t in study.facilities)]
    names += [t.candidates for t in study.siting]
    return list(dict.fromkeys(name for name in names if name))
