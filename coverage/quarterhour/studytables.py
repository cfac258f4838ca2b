"""The tables of ``study.toml``: one frozen dataclass each, with the range of every number."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from quarterhour.words import Language


@dataclass(frozen=True, slots=True)
class Like:
    """Pattern of a text, and how it is printed."""

    pattern: str
    said: str


# A datum, or the code of the projected system in which a table gives metres.
_DATUM = Like(
    r"wgs84|cgcs2000|gcj02|bd09|(?i:EPSG):\d{4,6}", "wgs84, cgcs2000, gcj02, bd09, EPSG:…"
)
DatumName = Annotated[str, _DATUM]
# Plates by number, by family (04, 13, S), or a set of them; whether a run has them is seen there.
PLATES = Like(r"main|all|none|(?:\d\d|S)(?:-\d+)*", "main, all, none, 04, 04-2, 13, S-1, …")
PlateToken = Annotated[str, PLATES]
SheetName = Literal["A3", "A3-portrait", "A4", "A4-portrait"]
ReportForm = Literal["report", "gongwen"]
Question = Literal["most_people", "fewest_sites", "least_walking", "shortest_longest"]
STRICT = {"extra": "forbid"}
MOST_MINUTES = 180
MOST_SNAP_M = 1000.0
MOST_FOOT_MPS = 3.0
_MOST_MPS = 15.0


@dataclass(frozen=True, slots=True)
class Within:
    """Range of a number, both ends allowed."""

    low: float
    high: float = float("inf")

    def text(self) -> str:
        """Return the range as it is printed."""
        return f"≥ {self.low:g}" if self.high == float("inf") else f"{self.low:g} … {self.high:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Table ``[study]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    name: str
    date: str = ""
    language: Language = "zh"
    crs: str = "auto"
    map_approval: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AreasTable:
    """Table ``[areas]``: the subdistricts."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    file: str = ""
    place: str = ""
    admin_level: Annotated[int | None, Within(2, 11)] = None
    datum: DatumName = "wgs84"
    name_column: str = ""
    aliases: dict[str, str] = field(default_factory=dict)
    outline: str = ""
    outline_datum: DatumName = "wgs84"
    zones: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetsTable:
    """Table ``[streets]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    file: str = ""
    place: str = ""
    datum: DatumName = "wgs84"
    columns: dict[str, str] = field(default_factory=dict)
    buffer_m: Annotated[float | None, Within(0, 100_000)] = None
    private: Literal["own", "open", "closed"] = "own"
    max_snap_m: Annotated[float, Within(1, MOST_SNAP_M)] = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TerrainTable:
    """Table ``[terrain]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    file: str
    kind: Literal["terrain", "surface"] = "terrain"
    smooth_m: Annotated[float, Within(0, 1000)] = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentsTable:
    """Table ``[residents]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    file: str
    by: Literal["area", "street", "grid", "point"]
    datum: DatumName = "wgs84"
    place_on: Literal["buildings", "streets", "grid"] | None = None
    grid: str = ""
    grid_datum: DatumName = "wgs84"
    groups: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingsTable:
    """Table ``[buildings]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    osm: bool = False
    file: str = ""
    datum: DatumName = "wgs84"
    levels_column: str = ""
    use_column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilitiesTable:
    """One table ``[[facilities]]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    file: str = ""
    osm: bool = False
    datum: DatumName = "wgs84"
    kind: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    entrances: Literal["", "osm"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighboursTable:
    """Table ``[neighbours]``: facilities of the districts around."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    file: str
    datum: DatumName = "wgs84"
    kind: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    count: Literal["yes", "show", "no"] = "show"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardTable:
    """Table ``[scorecard]``: the district's own figures by area, and its targets.

    ``preset`` names a district's documents; ``targets`` are the study's own, by indicator.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    file: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    preset: Literal["", "shapingba", "dazu"] = ""
    targets: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyTable:
    """Table ``[supply]``: how places are shared out.

    ``need`` is the share of the lead group that asks for a place, by kind; 1 where nothing is said.
    ``turns`` is how many people one place serves a day, by kind; 1 where nothing is said.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    need: dict[str, Annotated[float, Within(0.0001, 1)]] = field(default_factory=dict)
    turns: dict[str, Annotated[float, Within(0.1, 50)]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTable:
    """Table ``[sweep]``: what the sensitivity of coverage is asked for.

    An empty list asks for nothing.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    speeds: tuple[Annotated[float, Within(0.1, MOST_FOOT_MPS)], ...] = (
        0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3,
    )  # fmt: skip
    minutes: tuple[Annotated[int, Within(1, MOST_MINUTES)], ...] = (5, 10, 15, 20, 25, 30)
    max_snap_m: tuple[Annotated[float, Within(1, MOST_SNAP_M)], ...] = (50.0, 100.0, 150.0, 300.0)
    slope: bool = True
    stairs: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CirclesTable:
    """One table ``[[circles]]``: another circle than the elders' (fitness, day care, meals).

    ``walker`` may be a *mode*: a walker with ways of its own, such as ``meal_delivery``.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    name: str
    kinds: tuple[str, ...]
    minutes: tuple[int, ...] = (10, 15)
    walker: str = ""
    direction: Literal["", "there", "back", "worst", "round_trip"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyTable:
    """Table ``[privacy]``: fewest people that stand at one place."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    k: Annotated[int, Within(1, 10_000)] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkerTable:
    """One table ``[walkers.NAME]``: a walker of the study's own.

    Nobody on foot is faster than ``MOST_FOOT_MPS``; vehicles may be.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    flat_mps: Annotated[float, Within(0.1, _MOST_MPS)]
    step_up_s: Annotated[float, Within(0, 60)] = 0.93
    step_down_s: Annotated[float, Within(0, 60)] = 0.94
    slope: bool = True
    steps: bool = True
    grade_limit: Annotated[float, Within(0.001)] = float("inf")
    grade_rule: Literal["report", "forbid"] = "report"
    rest_s_per_50_steps: Annotated[float, Within(0, 3600)] = 0.0
    ways: Literal["foot", "vehicle"] = "foot"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircleTable:
    """Table ``[circle]``: who walks, how long, and which way.

    ``together`` names kinds that stand in for one another; ``years`` are those of the series of
    planned facilities.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    walker: str = "elder"
    walker_by_group: dict[str, str] = field(default_factory=lambda: {"80+": "elder_slow"})
    minutes: tuple[int, ...] = (5, 10, 15)
    direction: Literal["there", "back", "worst", "round_trip"] = "there"
    together: dict[str, tuple[str, ...]] = field(default_factory=dict)
    years: tuple[Annotated[int, Within(1990, 2100)], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsTable:
    """Table ``[gaps]``: from how many people on, and how near, homes form one gap.

    ``links`` is how many missing links are named (0 for none); none is longer than ``link_m``.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    min_people: Annotated[float, Within(0, 10_000_000)] = 100.0
    radius_m: Annotated[float, Within(1, 5000)] = 150.0
    method: Literal["dbscan", "hdbscan"] = "dbscan"
    links: Annotated[int, Within(0, 100)] = 20
    link_m: Annotated[float, Within(1, 1000)] = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetTable:
    """Table ``[siting.budget]``: money, in whole currency units.

    ``site`` and ``yearly`` are what one site costs once, and a year, where its premises do not say;
    ``total`` may be spent on building in all; ``by_year`` is what each year brings, for building
    and running.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    total: Annotated[int | None, Within(0)] = None
    site: Annotated[int | None, Within(0)] = None
    yearly: Annotated[int, Within(0)] = 0
    by_year: dict[str, Annotated[int, Within(0)]] = field(default_factory=dict)
    carry_over: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTable:
    """One table ``[[siting.rule]]``: what a plan must keep to; any keys together."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    per_area_at_least: Annotated[int | None, Within(1, 1000)] = None
    spacing_m: Annotated[float | None, Within(1, 100_000)] = None
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    tenure_at_most: dict[str, Annotated[int, Within(0)]] = field(default_factory=dict)
    hazard: str = ""
    hazard_datum: DatumName = "wgs84"
    hazard_m: Annotated[float, Within(0, 5000)] = 0.0
    lead: str = ""
    lead_at_most: Annotated[int, Within(1, 1000)] = 5
    lead_minutes: Annotated[float | None, Within(1, MOST_MINUTES)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SitingTable:
    """One table ``[[siting]]``: a question about new sites."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    kind: str
    question: Question = "most_people"
    sites: Annotated[int | None, Within(1)] = None
    share: Annotated[float, Within(0.01, 1)] = 1.0
    share_of: Literal["all", "reachable"] = "all"
    fewest: Literal["sites", "cost"] = "sites"
    candidates: str = ""
    datum: DatumName = "wgs84"
    columns: dict[str, str] = field(default_factory=dict)
    generate: Literal["", "grid", "medoids"] = ""
    spacing_m: Annotated[float, Within(20, 5000)] = 200.0
    require_step_free: bool = False
    tenures: tuple[str, ...] = ()
    budget: BudgetTable | None = None
    rule: tuple[RuleTable, ...] = ()
    weights: dict[str, Annotated[float, Within(0, 1000)]] = field(default_factory=dict)
    capacity: bool = False
    places: Annotated[float | None, Within(0)] = None
    years: tuple[int, ...] = ()
    sites_a_year: Annotated[int | None, Within(1)] = None
    robust: Literal["", "expected", "worst"] = ""
    robust_speeds: tuple[Annotated[float, Within(0.1, MOST_FOOT_MPS)], ...] = ()
    close_at_most: Annotated[int, Within(0)] = 0
    alternatives: Annotated[int, Within(0, 100)] = 10
    frontier: Annotated[int | None, Within(0, 1000)] = None
    stability: bool = True
    time_limit_s: Annotated[float, Within(0.1)] = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """Table ``[report]``."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    unit: str = ""
    classification: str = ""
    plates: tuple[PlateToken, ...] = ()
    sizes: tuple[SheetName, ...] = ()
    format: ReportForm = "report"
