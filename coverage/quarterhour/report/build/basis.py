"""Tables of what all figures rest on: parameters, input files, and a foreword."""

from importlib.metadata import version

from quarterhour.findings import Findings
from quarterhour.presets import Walker, constants
from quarterhour.report.build.cover import yes_or_no
from quarterhour.report.columns import Cell, Column, Table, column_of
from quarterhour.report.withheld import named_areas
from quarterhour.wording import MISSING, day, label
from quarterhour.words import Language, Words


def parameters_table(findings: Findings, language: Language) -> Table:
    """Return every walker's and every constant's value with unit, status and source."""
    words, coverage = Words(language), findings.coverage
    columns = [
        column_of(language, "about"), column_of(language, "parameter"),
        column_of(language, "value", "number"), column_of(language, "unit", "code"),
        column_of(language, "status", word="basis"), column_of(language, "source"),
    ]  # fmt: skip
    rows = _study_rows(findings, language)
    walkers = [findings.study.walker(w) for w in coverage.walkers if w != "by_group"]
    rows += [row for walker in walkers for row in _walker_rows(walker, language)]
    for preset in constants().values():
        name, unit = f"table.c_{preset.name}", f"table.unit_{preset.unit}"
        rows.append((
            words("table.v_constant"), words(name) if words.has(name) else preset.name,
            preset.value, words(unit) if words.has(unit) else preset.unit,
            label(preset.status, "status", language), preset.source_in(language),
        ))  # fmt: skip
    return _table(language, "parameters", columns, rows)


def _study_rows(findings: Findings, language: Language) -> list[tuple[Cell, ...]]:
    words, study = Words(language), findings.study
    slower = [
        words("table.v_group_walks", {"group": label(g, "group", language),
                                      "walker": label(w, "walker", language)})
        for g, w in study.circle.walker_by_group.items()
    ]  # fmt: skip
    settings: list[tuple[str, Cell, str]] = [
        ("walker", label(study.circle.walker, "walker", language), ""),
        ("walker_by_group", words("table.v_join_sentences").join(slower) or MISSING, ""),
        ("minutes", words("table.v_join_ids").join(map(str, study.circle.minutes)), "min"),
        ("direction", words(f"table.v_direction_{study.circle.direction}"), ""),
        ("private", words(f"table.v_private_{study.streets.private}"), ""),
        ("max_snap_m", study.streets.max_snap_m, "m"),
        ("gap_people", study.gaps.min_people, "people"),
        ("gap_radius_m", study.gaps.radius_m, "m"),
    ]
    rows: list[tuple[Cell, ...]] = [
        (words("table.v_study"), words(f"table.c_{name}"), value,
         words(f"table.u_{unit}") if unit else MISSING, words("table.v_chosen"), "study.toml")
        for name, value, unit in settings
    ]  # fmt: skip
    with_doors = named_entrances(findings)[0]
    if with_doors:
        files = [s.file for s in findings.sources if s.role == "facilities"]
        rows.append((
            words("table.v_study"), words("table.c_entrances"), with_doors,
            words("table.u_places"), words("table.v_chosen"), words("table.v_join_ids").join(files),
        ))  # fmt: skip
    return rows


def named_entrances(findings: Findings) -> tuple[int, int]:
    """Return how many facilities have named entrances, and how many entrances these are."""
    doors = findings.facilities.entrances.facility
    return len(set(doors.tolist())), len(doors)


def _walker_rows(walker: Walker, language: Language) -> list[tuple[Cell, ...]]:
    words = Words(language)
    said: list[tuple[str, Cell, str]] = []
    if walker.counts_metres:
        for minutes, metres in sorted(walker.limits_m.items()):
            name = words("table.c_limit_m", {"minutes": minutes})
            said.append((name, metres, "m"))
        kind = "table.v_straight" if walker.straight else "table.v_by_streets"
        said.append((words("table.c_measured"), words(kind), ""))
    else:
        said = [
            (words("table.c_flat_mps"), walker.flat_mps, "mps"),
            (words("table.c_slope"), yes_or_no(walker.slope, language), ""),
            (words("table.c_steps"), yes_or_no(walker.steps, language), ""),
        ]  # fmt: skip
        if walker.steps:
            said.append((words("table.c_step_up_s"), walker.step_up_s, "s"))
            said.append((words("table.c_step_down_s"), walker.step_down_s, "s"))
    status = label(walker.status, "status", language)
    return [
        (label(walker.name, "walker", language), name, value,
         words(f"table.u_{unit}") if unit else MISSING, status,
         walker.source_in(language) or MISSING)
        for name, value, unit in said
    ]  # fmt: skip


def sources_table(findings: Findings, language: Language) -> Table:
    """Return the input files with what each is for, its size and its SHA-256."""
    words = Words(language)
    columns = [
        column_of(language, "file"), column_of(language, "role"),
        column_of(language, "bytes", "count", unit="bytes"), column_of(language, "sha256", "text"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (s.file, words(f"table.role_{s.role}"), s.bytes, s.sha256) for s in findings.sources
    ]
    return _table(language, "sources", columns, rows)


def about_table(findings: Findings, language: Language) -> Table:
    """Return the foreword: study, circle, how coverage is meant, and notices on the data."""
    words, study, coverage = Words(language), findings.study, findings.coverage
    values = {
        "walker": label(coverage.walkers[0], "walker", language), "minutes": coverage.minutes[-1],
        "mps": f"{study.walker(coverage.walkers[0]).flat_mps:g}",
        "group": label(coverage.lead_group, "group", language),
        "limits": words("table.v_join_ids").join(map(str, coverage.minutes)),
    }  # fmt: skip
    missing = words("table.v_to_supply")
    streets = words("table.a_streets" if findings.streets_from_osm else "table.a_own_streets")
    said: list[tuple[str, str]] = [("study", study.study.name)]
    said += [("demo", words("table.demo_mark"))] if findings.synthetic else []
    said += [
        ("date", day(study.study.date, language) or missing),
        ("unit", study.report.unit or missing),
        ("map_approval", study.study.map_approval or words("table.v_no_approval")),
        ("circle", words("table.a_circle", values)),
        ("group", words("table.a_group", values)),
        ("basis", words("table.a_basis", values)),
        ("compared", words("table.a_compared")),
        ("sums", words("table.a_sums")),
        ("signs", words("table.a_signs")),
        ("cannot_say", named_areas(findings, language) or words("table.v_all_say")),
        *([("borders", words("table.n_borders"))] if findings.areas.approximate else []),
        ("streets", streets),
        ("crs", findings.areas.crs),
        ("version", f"quarterhour {version('quarterhour')}"),
    ]
    columns = [column_of(language, "item"), column_of(language, "content")]
    rows: list[tuple[Cell, ...]] = [(words(f"table.i_{key}"), text) for key, text in said]
    return _table(language, "about", columns, rows)


def _table(
    language: Language, key: str, columns: list[Column], rows: list[tuple[Cell, ...]]
) -> Table:
    words = Words(language)
    title, note = words(f"table.t_{key}"), words(f"table.n_{key}")
    return Table(key, title, note, tuple(columns), tuple(rows))
