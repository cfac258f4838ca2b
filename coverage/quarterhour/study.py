"""One study: what a planner asks, read from ``study.toml`` and frozen.

pydantic reads and checks the file; frozen dataclasses leave. A key that is not in the schema is an
error that names the nearest one, with its line.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, cast, get_args, get_origin, get_type_hints

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.keylines import KeyLines, Way, dotted
from quarterhour.presets import Walker, walkers
from quarterhour.questions import named_of, siting_faults
from quarterhour.studytables import (
    MOST_FOOT_MPS,
    MOST_MINUTES,
    STRICT,
    About,
    AreasTable,
    BuildingsTable,
    CirclesTable,
    CircleTable,
    FacilitiesTable,
    GapsTable,
    Like,
    NeighboursTable,
    PrivacyTable,
    ReportTable,
    ResidentsTable,
    ScorecardTable,
    SitingTable,
    StreetsTable,
    SupplyTable,
    SweepTable,
    TerrainTable,
    WalkerTable,
    Within,
)
from quarterhour.words import Language

# Stands for a file that a study must name and does not.
_LACKS = "\0"
_NO_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One study, as its file says it; paths are relative to ``folder``."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    study: About
    areas: AreasTable = field(default_factory=AreasTable)
    streets: StreetsTable
    terrain: TerrainTable | None = None
    residents: ResidentsTable
    buildings: BuildingsTable = field(default_factory=BuildingsTable)
    facilities: tuple[FacilitiesTable, ...]
    neighbours: NeighboursTable | None = None
    walkers: dict[str, WalkerTable] = field(default_factory=dict)
    circle: CircleTable = field(default_factory=CircleTable)
    circles: tuple[CirclesTable, ...] = ()
    supply: SupplyTable = field(default_factory=SupplyTable)
    gaps: GapsTable = field(default_factory=GapsTable)
    sweep: SweepTable = field(default_factory=SweepTable)
    siting: tuple[SitingTable, ...] = ()
    scorecard: ScorecardTable = field(default_factory=ScorecardTable)
    privacy: PrivacyTable = field(default_factory=PrivacyTable)
    report: ReportTable = field(default_factory=ReportTable)
    folder: Path = Path()

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


def read_study(path: Path | str, *, files_may_lack: bool = False) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path
        The ``study.toml``.
    files_may_lack
        Whether files that the study names may still be missing: streets are downloaded first.

    Raises
    ------
    InputError
        With every fault of the file: not TOML, unknown keys (naming the nearest), missing keys,
        wrong types, unknown walkers, files that do not exist.
    """
    path = Path(path)
    text = _text(path)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        row = int(at[1]) if at else None
        raise InputError(Fault("study.not_toml", {"why": error}, path.name, row=row)) from None
    place = KeyLines.of(text, file=path.name)
    _spell_dates(tables)
    study = _with_fetched(replace(_validate(tables, place), folder=path.parent))
    faults = _check(study, place)
    raise_if(f for f in faults if not (files_may_lack and f.key == "input.missing_file"))
    return study


def fetched_name(place: str) -> str:
    """Return the name under which a study folder keeps the downloaded streets of a place."""
    return f"streets-{_NO_LETTERS.sub('-', place).strip('-')}.osm.gz"


def fetched_areas_name(place: str) -> str:
    """Return the name under which a study folder keeps the downloaded areas of a place."""
    return f"areas-{_NO_LETTERS.sub('-', place).strip('-')}.geojson"


def _with_fetched(study: Study) -> Study:
    """Let a study that names only a place take what ``fetch`` put beside it."""
    streets, areas = study.streets, study.areas
    name = fetched_name(streets.place)
    if streets.place and not streets.file and study.path(name).is_file():
        streets = replace(streets, file=name)
    name = fetched_areas_name(areas.place)
    if areas.place and not areas.file and study.path(name).is_file():
        # OpenStreetMap is in WGS 84, whatever the study's own files are in.
        areas = replace(areas, file=name, datum="wgs84", name_column="")
    return replace(study, streets=streets, areas=areas)


def peek_language(path: Path) -> Language | None:
    """Return the language a study file asks for, as far as that can be read from it."""
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return None
    said = re.search(r"^\s*language\s*=\s*[\"'](zh|en)[\"']", text, re.MULTILINE)
    return cast(Language, said[1]) if said else None


def _text(path: Path) -> str:
    if not path.exists():
        raise InputError(Fault("input.missing_file", {"path": str(path)}))
    if path.is_dir():
        raise InputError(Fault("input.is_a_folder", {"path": str(path)}))
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Fault("study.not_utf8", file=path.name)) from None
    except OSError as error:
        raise InputError(Fault("input.unreadable", {"why": error}, file=path.name)) from None


def _spell_dates(tables: dict[str, Any]) -> None:
    """Let ``date = 2026-01-01`` without quotes, a date to TOML, mean its text."""
    about = tables.get("study")
    if isinstance(about, dict) and isinstance(about.get("date"), date):
        about["date"] = about["date"].isoformat()


def _validate(tables: dict[str, Any], place: KeyLines) -> Study:
    from pydantic import TypeAdapter, ValidationError

    if "folder" in tables:
        raise InputError(_unknown_key(("folder",), place))
    try:
        return TypeAdapter(Study).validate_python(tables)
    except ValidationError as error:
        raise InputError(
            [_to_fault(cast(dict[str, Any], e), place) for e in error.errors()]
        ) from None


# What a value must be, by the start of pydantic's name for the error.
_WANTED = {
    "string": "study.want_text", "float": "study.want_number", "int": "study.want_whole",
    "bool": "study.want_truth", "tuple": "study.want_list", "dict": "study.want_table",
    "dataclass": "study.want_table",
}  # fmt: skip


def _to_fault(error: dict[str, Any], place: KeyLines) -> Fault:
    where = tuple(error["loc"])
    key = dotted(where)
    kind = error["type"]
    if kind == "unexpected_keyword_argument":
        return _unknown_key(where, place)
    if kind in ("missing", "missing_argument"):
        return place.fault("study.missing_key", {"key": key}, where)
    given = error["input"]
    values = {"key": key, "value": given if isinstance(given, str | int | float) else "[…]"}
    if kind == "literal_error":
        allowed = str(error["ctx"]["expected"]).replace(" or ", ", ")
        return place.fault("study.bad_value", {**values, "allowed": allowed}, where)
    doubled = where in (("facilities",), ("siting",), ("circles",)) or where[-1] == "rule"
    if kind == "tuple_type" and doubled:
        return place.fault("study.want_double", {"key": key}, where)
    wanted = _WANTED.get(kind.partition("_")[0])
    if wanted is None:
        return place.fault("study.bad_value", {**values, "allowed": error["msg"]}, where)
    return place.fault(wanted, values, where)


def _unknown_key(where: Way, place: KeyLines) -> Fault:
    known = _keys_at(where[:-1])
    wrong = str(where[-1])
    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    key = "study.unknown_key_near" if near else "study.unknown_key"
    values = {"key": wrong, "near": near[0] if near else "", "known": ", ".join(known)}
    return place.fault(key, values, where)


def _keys_at(where: Way) -> list[str]:
    """Return the names that may stand at a place of the file."""
    kind: Any = Study
    for part in where:
        if isinstance(part, int) or get_origin(kind) is dict:
            kind = get_args(kind)[-1] if get_origin(kind) is dict else kind
            continue
        kind = get_type_hints(kind).get(str(part)) if is_dataclass(kind) else None
        inner = [a for a in get_args(kind) if is_dataclass(a)]
        kind = inner[0] if inner and get_origin(kind) is not dict else kind
    if not is_dataclass(kind):
        return []
    return [f.name for f in fields(kind) if f.name != "folder"]


def _check(study: Study, place: KeyLines) -> list[Fault]:
    """Find what types alone cannot say."""
    faults = []
    known = study.all_walkers()
    used: dict[Way, str] = {("circle", "walker"): study.circle.walker}
    for group, walker in study.circle.walker_by_group.items():
        used["circle", "walker_by_group", group] = walker
    for n, circle in enumerate(study.circles):
        used |= {("circles", n, "walker"): circle.walker} if circle.walker else {}
    for where, walker in used.items():
        if walker not in known:
            values = {"walker": walker, "known": ", ".join(sorted(known))}
            faults.append(place.fault("study.unknown_walker", values, where))
    limits: dict[Way, tuple[int, ...]] = {("circle", "minutes"): study.circle.minutes}
    limits |= {("circles", n, "minutes"): c.minutes for n, c in enumerate(study.circles)}
    limits |= {("sweep", "minutes"): study.sweep.minutes}
    for where, minutes in limits.items():
        within = all(0 < m <= MOST_MINUTES for m in minutes)
        # A sweep without limits tries none; every circle has at least one.
        within &= bool(minutes) or where[0] == "sweep"
        if not within or tuple(sorted(set(minutes))) != minutes:
            values = {"key": dotted(where), "value": str([*minutes]), "allowed": "[5, 10, 15]"}
            faults.append(place.fault("study.bad_value", values, where))
    for name, own in study.walkers.items():
        if own.ways == "foot" and own.flat_mps > MOST_FOOT_MPS:
            values = {"walker": name, "value": f"{own.flat_mps:g}", "most": f"{MOST_FOOT_MPS:g}"}
            faults.append(place.fault("study.too_fast", values, ("walkers", name, "flat_mps")))
    if not study.streets.file and not study.streets.place:
        faults.append(_missing(("streets", "file"), place))
    if not study.facilities:
        faults.append(_missing(("facilities",), place))
    if study.residents.place_on == "grid" and not study.residents.grid:
        faults.append(_missing(("residents", "grid"), place))
    if not study.study.name.strip():
        faults.append(_missing(("study", "name"), place))
    faults += _nameless(study, place) + siting_faults(study.siting, place)
    return faults + _out_of_range(study, place) + _file_faults(study, place)


def _nameless(study: Study, place: KeyLines) -> list[Fault]:
    """Find what carries no name or holds nothing, and circles that share a name."""
    held: dict[Way, tuple[str, tuple[str, ...]]] = {
        ("areas", "zones", name): (name, areas) for name, areas in study.areas.zones.items()
    }
    for name, kinds in study.circle.together.items():
        held["circle", "together", name] = (name, kinds)
    for n, circle in enumerate(study.circles):
        held["circles", n, "kinds"] = (circle.name, circle.kinds)
    faults = []
    for where, (name, held_by) in held.items():
        if not name.strip() or not held_by or not all(one.strip() for one in held_by):
            faults.append(place.fault("study.nothing_named", {"key": dotted(where)}, where))
    names = [circle.name.strip() for circle in study.circles]
    for n, name in enumerate(names):
        if name and name in names[:n]:
            faults.append(place.fault("study.circle_twice", {"name": name}, ("circles", n, "name")))
    return faults


def _missing(where: Way, place: KeyLines) -> Fault:
    key = dotted(where)
    return place.fault("study.missing_key", {"key": key}, where)


def _out_of_range(table: object, place: KeyLines, where: Way = ()) -> list[Fault]:
    """Return a fault per value outside what its field allows; ``nan`` is in no range."""
    faults = []
    for name, hint in get_type_hints(type(table), include_extras=True).items():
        value, here = getattr(table, name, None), (*where, name)
        parts: list[tuple[Way, Any]] = [(here, value)]
        faults += _against(getattr(hint, "__metadata__", ()), parts, place)
        if isinstance(value, tuple):
            parts = [((*here, n), part) for n, part in enumerate(value)]
        elif isinstance(value, dict):
            parts = [((*here, n), part) for n, part in value.items()]
        for inner in get_args(hint):
            faults += _against(getattr(inner, "__metadata__", ()), parts, place)
        for at, part in parts:
            faults += _out_of_range(part, place, at) if is_dataclass(part) else []
    return faults


def _against(
    rules: Iterable[object], values: list[tuple[Way, Any]], place: KeyLines
) -> list[Fault]:
    """Return a fault per value that breaks a rule; what is not given breaks none."""
    faults = []
    for rule in rules:
        for where, value in values:
            allowed = ""
            if isinstance(rule, Within) and isinstance(value, int | float):
                allowed = "" if rule.low <= value <= rule.high else rule.text()
            elif isinstance(rule, Like):
                allowed = "" if re.fullmatch(rule.pattern, str(value)) else rule.said
            if allowed:
                said = {"key": dotted(where), "value": value, "allowed": allowed}
                faults.append(place.fault("study.bad_value", said, where))
    return faults


def _file_faults(study: Study, place: KeyLines) -> list[Fault]:
    faults = []
    for where, name in _named(study):
        values = {"path": name}
        if name == _LACKS:
            faults.append(_missing(where, place))
        elif is_database(study.path(name)):
            continue
        elif study.path(name).is_dir():
            faults.append(place.fault("input.is_a_folder", values, where))
        elif not study.path(name).is_file():
            faults.append(place.fault("input.missing_file", values, where))
    return faults


def _named(study: Study) -> list[tuple[Way, str]]:
    """Return each file a study names, or must name, with its key, in the order of the tables."""
    named: list[tuple[Way, str]] = [
        (("areas", "file"), study.areas.file),
        (("areas", "outline"), study.areas.outline),
        (("streets", "file"), study.streets.file),
    ]
    named += [(("terrain", "file"), study.terrain.file or _LACKS)] if study.terrain else []
    named.append((("residents", "file"), study.residents.file or _LACKS))
    named.append((("residents", "grid"), study.residents.grid))
    named.append((("buildings", "file"), study.buildings.file))
    for n, table in enumerate(study.facilities):
        named.append((("facilities", n, "file"), table.file or ("" if table.osm else _LACKS)))
    if study.neighbours:
        named.append((("neighbours", "file"), study.neighbours.file or _LACKS))
    named += named_of(study.siting)
    named.append((("scorecard", "file"), study.scorecard.file))
    return [(where, name) for where, name in named if name]


def is_database(path: Path) -> bool:
    """Tell whether a path is a file geodatabase: a folder that is read like a file."""
    return path.suffix.lower() == ".gdb" and path.is_dir()


def named_files(study: Study) -> list[str]:
    """Return the files that a study names, each once, in the order of its tables."""
    return list(dict.fromkeys(name for _, name in _named(study) if name != _LACKS))
