"""The study file: its whole schema, and what is said about a wrong one."""

import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from quarterhour.errors import Fault, InputError
from quarterhour.keylines import KeyLines, dotted
from quarterhour.study import Study, named_files, peek_language, read_study
from quarterhour.words import data_file

# The whole schema, table by table, as the design lists it.
SCHEMA: dict[str, tuple[str, ...]] = {
    "study": ("name", "date", "language", "crs", "map_approval"),
    "areas": ("file", "place", "datum", "name_column", "aliases"),
    "streets": ("file", "place", "datum", "buffer_m", "private", "max_snap_m"),
    "terrain": ("file", "kind", "smooth_m"),
    "residents": ("file", "by", "datum", "place_on", "groups", "columns"),
    "buildings": ("file", "osm", "levels_column", "use_column"),
    "facilities": ("file", "osm", "datum", "kind", "columns"),
    "neighbours": ("file", "count"),
    "walkers": ("flat_mps", "step_up_s", "step_down_s", "slope", "steps", "grade_limit",
                "grade_rule", "rest_s_per_50_steps"),
    "circle": ("walker", "walker_by_group", "minutes", "direction"),
    "gaps": ("min_people", "radius_m"),
    "scorecard": ("file", "preset"),
    "supply": ("need", "turns"),
    "circles": ("name", "kinds", "minutes", "walker", "direction"),
    "siting": ("kind", "question", "sites", "share", "share_of", "fewest", "budget",
               "candidates", "generate", "spacing_m", "require_step_free", "tenures", "years",
               "sites_a_year", "rule", "weights", "capacity", "places", "robust",
               "robust_speeds", "close_at_most", "alternatives", "frontier", "stability",
               "time_limit_s"),
    "sweep": ("speeds", "minutes", "slope", "stairs"),
    "report": ("plates", "sizes", "unit", "classification"),
    "privacy": ("k",),
}  # fmt: skip

WHOLE = """\
[study]
name = "一刻钟"

[streets]
file = "s.osm"

[residents]
file = "r.csv"
by = "area"

[[facilities]]
file = "f.csv"
"""


def keys_of(table: str) -> set[str]:
    """Return the keys of one table that the dataclasses know."""
    hint = get_type_hints(Study)[table]
    kind = next(k for k in (hint, *get_args(hint)) if is_dataclass(k))
    return {field.name for field in fields(kind)}


@pytest.mark.parametrize("table", SCHEMA)
def test_every_key_of_the_schema_is_known(table: str) -> None:
    assert set(SCHEMA[table]) - keys_of(table) == set()


def test_nothing_is_known_that_the_schema_does_not_list() -> None:
    extra = {f"{table}.{key}" for table in SCHEMA for key in keys_of(table) - set(SCHEMA[table])}
    # A generator says of its own study that it is made up; every file has its datum and columns;
    # facilities may take their doors from OSM; areas without polygons have the district's outline;
    # residents come with a raster to be placed by, other names of streets, and stated totals;
    # what the answers beside coverage ask for: zones, kinds that stand in for one another, years,
    # missing links, snap caps of the sweep, vehicles, targets.
    assert extra == {
        "study.synthetic", "siting.datum", "siting.columns", "streets.columns",
        "facilities.entrances", "areas.admin_level", "areas.outline", "areas.outline_datum",
        "residents.grid", "residents.grid_datum", "residents.aliases", "residents.totals",
        "buildings.datum", "neighbours.datum", "neighbours.kind", "neighbours.columns",
        "scorecard.columns", "scorecard.targets", "areas.zones", "circle.together",
        "circle.years", "gaps.method", "gaps.links", "gaps.link_m", "sweep.max_snap_m",
        "walkers.ways", "report.format",
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("s.osm", "r.csv", "f.csv", "p.csv", "t.tif", "a.geojson"):
        (tmp_path / name).touch()
    return tmp_path


def read(folder: Path, text: str) -> Study:
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return read_study(folder / "study.toml")


def faults(folder: Path, text: str) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        read(folder, text)
    assert all(f.file == "study.toml" for f in caught.value.faults)
    for fault in caught.value.faults:  # each can be said in both languages
        assert fault.render("zh") != fault.render("en")
    return caught.value.faults


def test_the_shortest_study(folder: Path) -> None:
    study = read(folder, WHOLE)
    assert study.study.language == "zh"
    assert study.circle.minutes == (5, 10, 15)
    assert study.walker("elder").flat_mps == 0.85
    assert named_files(study) == ["s.osm", "r.csv", "f.csv"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_blank_study_is_whole(language: str, tmp_path: Path) -> None:
    text = data_file(f"study.{language}.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_study(tmp_path / "study.toml")
    assert {f.key for f in caught.value.faults} == {"input.missing_file"}


def test_the_commented_keys_of_the_blank_study_are_keys(folder: Path) -> None:
    for language in ("zh", "en"):
        text = data_file(f"study.{language}.toml").read_text(encoding="utf-8")
        opened = "\n".join(
            line[2:] if line.startswith("# ") and ("=" in line or "[" in line) else line
            for line in text.splitlines()
            if not line.startswith("# 带") and not line.startswith("# Lines")
        )
        for table, inside in tomllib.loads(opened).items():
            rows = inside if isinstance(inside, list) else [inside]
            rows = list(inside.values()) if table == "walkers" else rows
            own = {"zones", "together", "years", "method", "links", "link_m", "targets",
                   "max_snap_m", "ways", "synthetic", "datum", "columns", "entrances", "outline",
                   "outline_datum", "grid", "format",
                   "aliases", "totals"}  # fmt: skip
            for row in rows:
                assert set(row) <= set(SCHEMA[table]) | own, table


# --- unknown keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "key", "near"),
    [("[study]", "nmae", "name"), ("[streets]", "max_snap", "max_snap_m"),
     ("[residents]", "placeon", "place_on"), ("[[facilities]]", "dtum", "datum"),
     ("[circle]", "walkers", "walker"), ("[walkers.ours]", "flat_mp", "flat_mps"),
     ("[gaps]", "radius", "radius_m"), ("[buildings]", "level_column", "levels_column")],
)  # fmt: skip
def test_an_unknown_key_names_the_nearest_and_its_line(
    folder: Path, table: str, key: str, near: str
) -> None:
    if table in WHOLE:
        text = WHOLE.replace(f"{table}\n", f"{table}\n{key} = 1\n")
    else:
        text = f"{WHOLE}\n{table}\n{key} = 1\n"
    unknown = [f for f in faults(folder, text) if f.key.startswith("study.unknown_key")]
    assert [(f.key, f.values["near"]) for f in unknown] == [("study.unknown_key_near", near)]
    assert text.splitlines()[unknown[0].row - 1] == f"{key} = 1"


def test_an_unknown_table(folder: Path) -> None:
    (near,) = faults(folder, WHOLE + "[neighbors]\nfile = 'x'\n")
    assert (near.key, near.values["near"], near.row) == (
        "study.unknown_key_near", "neighbours", 13,
    )  # fmt: skip
    (far,) = faults(folder, WHOLE + "[qqq]\n")
    assert far.key == "study.unknown_key"
    assert "scorecard" in str(far.values["known"])


def test_the_same_key_in_two_tables_is_told_apart(folder: Path) -> None:
    text = WHOLE + 'datum = "wgs84"\n\n[[facilities]]\nfile = "f.csv"\ndatum = "mars"\n'
    (fault,) = faults(folder, text)
    assert (fault.key, fault.row) == ("study.bad_value", 17)
    assert fault.values["key"] == "facilities.datum"
    assert "gcj02" in str(fault.values["allowed"])


def test_reserved_names_are_no_keys(folder: Path) -> None:
    (fault,) = faults(folder, f'folder = "x"\n{WHOLE}')
    assert fault.key.startswith("study.unknown_key")
    assert fault.row == 1


def test_the_plates_of_a_report_are_named_by_number_family_or_set(folder: Path) -> None:
    wanted = '[report]\nplates = ["main", "04-2", "S"]\nsizes = ["A3", "A4-portrait"]\n'
    study = read(folder, WHOLE + wanted + 'format = "gongwen"\n')
    assert study.report.plates == ("main", "04-2", "S")
    assert study.report.sizes == ("A3", "A4-portrait")
    assert study.report.format == "gongwen"


@pytest.mark.parametrize(
    "line", ['plates = ["4"]', 'plates = ["04-"]', 'sizes = ["A5"]', 'format = "word"']
)
def test_what_no_plate_is_called_is_a_fault_with_its_line(folder: Path, line: str) -> None:
    (fault,) = faults(folder, f"{WHOLE}[report]\n{line}\n")
    assert fault.row == f"{WHOLE}[report]\n{line}".count("\n") + 1
    assert fault.values["key"].startswith("report.")


# --- wrong values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('name = "一刻钟"', "name = 5", "study.want_text"),
        ('name = "一刻钟"', 'name = " "', "study.missing_key"),
        ('name = "一刻钟"', 'name = "x"\nlanguage = "fr"', "study.bad_value"),
        ('name = "一刻钟"', 'name = "x"\nsynthetic = "maybe"', "study.want_truth"),
        ('by = "area"', 'by = "house"', "study.bad_value"),
        ('by = "area"', 'by = "area"\ngroups = "60+"', "study.want_list"),
        ('by = "area"', 'by = "area"\ncolumns = ["x"]', "study.want_table"),
        ('file = "r.csv"', 'file = ""', "study.missing_key"),
        ('file = "r.csv"', 'file = "no.csv"', "input.missing_file"),
        ('file = "r.csv"', 'file = "."', "input.is_a_folder"),
        ('file = "s.osm"', "", "study.missing_key"),
        ('file = "s.osm"', 'file = "s.osm"\nmax_snap_m = "far"', "study.want_number"),
        ('file = "s.osm"', 'file = "s.osm"\nmax_snap_m = nan', "study.bad_value"),
        ('file = "s.osm"', 'file = "s.osm"\nmax_snap_m = -1', "study.bad_value"),
        ('file = "s.osm"', 'file = "s.osm"\nbuffer_m = inf', "study.bad_value"),
        ("[[facilities]]", "[facilities]", "study.want_double"),
        ("[residents]", "[[residents]]", "study.want_table"),
    ],
)
def test_wrong_values(folder: Path, old: str, new: str, key: str) -> None:
    text = WHOLE.replace(old, new)
    assert text != WHOLE
    found = faults(folder, text)
    assert [f.key for f in found] == [key]
    assert found[0].row is not None


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("[circle]\nminutes = []", "study.bad_value"),
        ("[circle]\nminutes = [15, 5]", "study.bad_value"),
        ("[circle]\nminutes = [0, 5]", "study.bad_value"),
        ("[circle]\nminutes = [5, 5]", "study.bad_value"),
        ("[circle]\nminutes = [5, 1000]", "study.bad_value"),
        ("[circle]\nminutes = 15", "study.want_list"),
        ('[circle]\nminutes = ["x"]', "study.want_whole"),
        ("[circle]\nminutes = [7.5]", "study.want_whole"),
        ('[circle]\nwalker = "runner"', "study.unknown_walker"),
        ('[circle]\nwalker_by_group = { "80+" = "runner" }', "study.unknown_walker"),
        ("[walkers.ours]\nflat_mps = 3.1", "study.too_fast"),
        ("[walkers.ours]\nflat_mps = 9", "study.too_fast"),
        ('[walkers.ours]\nflat_mps = 16\nways = "vehicle"', "study.bad_value"),
        ('[walkers.ours]\nflat_mps = 1\nways = "train"', "study.bad_value"),
        ("[walkers.ours]\nflat_mps = nan", "study.bad_value"),
        ("[walkers.ours]\nslope = true", "study.missing_key"),
        ("[walkers.ours]\nflat_mps = 1\nstep_up_s = -1", "study.bad_value"),
        ("[gaps]\nradius_m = 0", "study.bad_value"),
        ("[gaps]\nmin_people = inf", "study.bad_value"),
        ("[gaps]\nmin_people = -1", "study.bad_value"),
        ("[gaps]\nlinks = -1", "study.bad_value"),
        ("[gaps]\nlinks = 2.5", "study.want_whole"),
        ("[gaps]\nlink_m = nan", "study.bad_value"),
        ('[gaps]\nmethod = "optics"', "study.bad_value"),
        ("[supply]\nneed = { care_station = 0 }", "study.bad_value"),
        ("[supply]\nneed = { care_station = 1.01 }", "study.bad_value"),
        ("[supply]\nneed = { care_station = nan }", "study.bad_value"),
        ("[supply]\nneed = 0.1", "study.want_table"),
        ("[supply]\nturns = { canteen = 0 }", "study.bad_value"),
        ('[supply]\nturns = { canteen = "two" }', "study.want_number"),
        ("[sweep]\nspeeds = [0.5, -1]", "study.bad_value"),
        ("[sweep]\nspeeds = [nan]", "study.bad_value"),
        ("[sweep]\nspeeds = 1.2", "study.want_list"),
        ("[sweep]\nminutes = [10, 5]", "study.bad_value"),
        ("[sweep]\nmax_snap_m = [0]", "study.bad_value"),
        ('[sweep]\nslope = "steep"', "study.want_truth"),
        ("[circle]\nyears = [1850]", "study.bad_value"),
        ('[circle]\nyears = ["soon"]', "study.want_whole"),
        ('[circle]\ndirection = "up"', "study.bad_value"),
        ('[circle]\ntogether = { "" = ["canteen"] }', "study.nothing_named"),
        ("[circle]\ntogether = { both = [] }", "study.nothing_named"),
        ('[circle]\ntogether = { both = "canteen" }', "study.want_list"),
        ("[areas.zones]\nold = []", "study.nothing_named"),
        ('[areas.zones]\nold = [" "]', "study.nothing_named"),
        ('[[circles]]\nname = "x"\nkinds = []', "study.nothing_named"),
        ('[[circles]]\nname = " "\nkinds = ["x"]', "study.nothing_named"),
        ('[[circles]]\nname = "x"', "study.missing_key"),
        ('[[circles]]\nname = "x"\nkinds = ["x"]\nminutes = []', "study.bad_value"),
        ('[[circles]]\nname = "x"\nkinds = ["x"]\nminutes = [15, 10]', "study.bad_value"),
        ('[[circles]]\nname = "x"\nkinds = ["x"]\nwalker = "bus"', "study.unknown_walker"),
        (
            '[[circles]]\nname = "x"\nkinds = ["x"]\n[[circles]]\nname = "x "\nkinds = ["y"]',
            "study.circle_twice",
        ),
        ('[neighbours]\nfile = "f.csv"\ncount = "maybe"', "study.bad_value"),
        ('[scorecard]\npreset = "beijing"', "study.bad_value"),
        ('[scorecard]\ntargets = { beds_per_1000 = "many" }', "study.want_number"),
        ("[privacy]\nk = 0", "study.bad_value"),
        ('[terrain]\nkind = "terrain"', "study.missing_key"),
        ('[terrain]\nfile = "t.tif"\nsmooth_m = -5', "study.bad_value"),
        ('[[siting]]\nkind = "x"\nsites = 0\ncandidates = "p.csv"', "study.bad_value"),
        ('[[siting]]\nkind = "x"\nsites = 1.5\ncandidates = "p.csv"', "study.want_whole"),
        ('[[siting]]\nkind = "x"\nsites = 2', "study.missing_key"),
        *(
            (f'[[siting]]\nkind = "x"\ncandidates = "p.csv"\n{keys}', key)
            for keys, key in (
                ("", "study.missing_key"),
                ("sites = 2\nshare = 0.5", "study.needs"),
                ('sites = 2\nshare_of = "reachable"', "study.needs"),
                ('sites = 2\nfewest = "cost"\nbudget = { site = 1 }', "study.needs"),
                ("sites = 2\nplaces = 20", "study.needs"),
                ("sites = 2\nrobust_speeds = [0.7]", "study.needs"),
                ('sites = 2\nrobust = "worst"', "study.missing_key"),
                ('question = "fewest_sites"\nfewest = "cost"', "study.missing_key"),
                ('sites = 2\ngenerate = "grid"\nbudget = { total = 9 }', "study.missing_key"),
                ("sites = 2\nyears = [2027, 2028]", "study.missing_key"),
                ("sites = 2\nsites_a_year = 1", "study.missing_key"),
                ("sites_a_year = 1\nyears = [2028, 2027]", "study.bad_value"),
                (
                    'years = [2027]\nbudget = { by_year = { "2027" = 1, "2030" = 1 } }',
                    "study.bad_value",
                ),
                (
                    "sites = 2\ncapacity = true\nrobust = 'worst'\nrobust_speeds = [0.7]",
                    "study.not_together",
                ),
                (
                    "sites = 2\nsites_a_year = 1\nyears = [2027]\ncapacity = true",
                    "study.not_together",
                ),
                ('sites = 2\nquestion = "least_walking"\ncapacity = true', "study.not_together"),
                (
                    'sites = 2\nquestion = "shortest_longest"\nweights = { "80+" = 2 }',
                    "study.not_together",
                ),
                ('question = "fewest_sites"\nclose_at_most = 2', "study.not_together"),
                ("sites = 2\ncapacity = true\nclose_at_most = 2", "study.not_together"),
                (
                    'sites = 2\nclose_at_most = 2\n[[siting.rule]]\nlead = "care_centre"',
                    "study.not_together",
                ),
                ("sites = 2\n[[siting.rule]]", "study.nothing_named"),
                ("sites = 2\n[[siting.rule]]\nhazard_m = 30", "study.missing_key"),
                ("sites = 2\n[[siting.rule]]\nlead_minutes = 30", "study.missing_key"),
                ("sites = 2\n[[siting.rule]]\nlead_at_most = 3", "study.missing_key"),
            )
        ),
    ],
)
def test_wrong_tables(folder: Path, table: str, key: str) -> None:
    (fault,) = faults(folder, f"{WHOLE}\n{table}\n")
    assert fault.key == key
    assert fault.row is not None and fault.row > 13


def test_a_vehicle_may_be_fast_and_a_sweep_may_ask_nothing(folder: Path) -> None:
    study = read(
        folder,
        WHOLE + '[walkers.bike]\nflat_mps = 15\nways = "vehicle"\n'
        "[sweep]\nspeeds = []\nminutes = []\nmax_snap_m = []\nslope = false\nstairs = false\n",
    )  # fmt: skip
    assert study.walker("bike").flat_mps == 15
    assert (study.sweep.speeds, study.sweep.minutes, study.sweep.max_snap_m) == ((), (), ())


def test_several_faults_at_once(folder: Path) -> None:
    text = WHOLE.replace('by = "area"', 'by = "house"\nplaec_on = 1') + "[gaps]\nradius_m = 'x'\n"
    assert [(f.key, f.row) for f in faults(folder, text)] == [
        ("study.bad_value", 9), ("study.unknown_key_near", 10), ("study.want_number", 15),
    ]  # fmt: skip


def test_a_date_may_go_without_quotes(folder: Path) -> None:
    text = WHOLE.replace('"一刻钟"', '"一刻钟"\ndate = 2026-03-01')
    assert read(folder, text).study.date == "2026-03-01"


def test_a_walker_of_the_study_s_own(folder: Path) -> None:
    study = read(folder, WHOLE + '[walkers.ours]\nflat_mps = 0.7\n[circle]\nwalker = "ours"\n')
    assert study.walker("ours").flat_mps == 0.7
    assert study.walker("ours").status == "assumption"


# --- the file itself ----------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_windows_habits(folder: Path, mark: bytes, ends: str) -> None:
    (folder / "study.toml").write_bytes(mark + WHOLE.replace("\n", ends).encode())
    assert read_study(str(folder / "study.toml")).study.name == "一刻钟"


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_other_encodings(folder: Path, encoding: str) -> None:
    (folder / "study.toml").write_bytes(WHOLE.encode(encoding))
    with pytest.raises(InputError) as caught:
        read_study(folder / "study.toml")
    assert [f.key for f in caught.value.faults] == ["study.not_utf8"]


def test_no_toml_and_no_file(folder: Path) -> None:
    (fault,) = faults(folder, WHOLE.replace('file = "s.osm"', 'file = "data\\s.osm"'))
    assert (fault.key, fault.row) == ("study.not_toml", 5)
    for path, key in ((folder / "no.toml", "missing_file"), (folder, "is_a_folder")):
        with pytest.raises(InputError) as caught:
            read_study(path)
        assert [f.key for f in caught.value.faults] == [f"input.{key}"]


def test_the_language_can_be_peeked_at_in_any_state(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    assert peek_language(path) is None
    for text, language in (
        ('[study]\nlanguage = "en"\n', "en"), ("  language='zh'\nbroken = = ", "zh"),
        ("# language = 'en'\n", None), ("", None), ('language = "fr"', None),
    ):  # fmt: skip
        path.write_text(text, encoding="utf-8")
        assert peek_language(path) == language
    path.write_bytes('[study]\nname = "示例"\nlanguage = "zh"\n'.encode("gbk"))
    assert peek_language(path) == "zh"


def test_lines_of_keys() -> None:
    lines = KeyLines.of(
        'a = 1\n[t]\n  "b c" = 2\nd.e = 3\n# f = 4\n[[u]]\ng = 5\n[u.v]\nh = 6\n[[u]]\ng = 7\n',
        file="x.toml",
    ).lines
    assert lines["a",] == 1
    assert lines["t", "b c"] == 3
    assert lines["t", "d", "e"] == 4
    assert ("t", "f") not in lines
    assert (lines["u", 0, "g"], lines["u", 0, "v", "h"], lines["u", 1, "g"]) == (7, 9, 11)
    assert dotted(("u", 1, "g")) == "u.g"
    place = KeyLines("x.toml", lines)
    assert place.fault("k", {}, ("t", "missing", "deep")).row == 2
    assert place.fault("k", {}, ("nowhere",)).row is None
