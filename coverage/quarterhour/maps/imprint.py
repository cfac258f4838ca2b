"""The imprint: what every plan page says about itself, in words.

Unit, date, years, reference system, sources, status and what counts: each from the findings, and
``待补充`` where the study does not say. No date is ever today's, no approval number is made up, and
no height datum is named, because no input says which one it is.
"""

import math
import re
import unicodedata
from dataclasses import dataclass

from quarterhour import wording
from quarterhour.findings import Findings
from quarterhour.presets import Walker
from quarterhour.words import Language, Words

_CGCS_3 = re.compile(r"CGCS2000 / 3-degree Gauss-Kruger CM (\d+(?:\.\d+)?)E")


@dataclass(frozen=True, slots=True)
class Imprint:
    """Texts of the title block that all plates of a run share; ``demo`` is empty for real data."""

    study: str
    rows: tuple[tuple[str, str], ...]
    status: str
    demo: str
    watermark: str


def imprint_of(findings: Findings, language: Language) -> Imprint:
    """Return the imprint of a run."""
    words = Words(language)
    study = findings.study
    missing = words("status.to be supplied")
    date = study.study.date
    rows = [
        ("row_unit", clean(study.report.unit) or missing),
        ("row_date", clean(wording.day(date, language)) or missing),
        ("row_crs", crs_words(findings.areas.crs, language)),
        ("row_sources", _sources(findings, words)),
    ]
    if study.report.classification:
        rows.insert(2, ("row_class", clean(study.report.classification)))
    approval = clean(study.study.map_approval)
    status = (
        words("plate.status_approved", {"number": approval}) if approval
        else words("plate.status_internal")
    )  # fmt: skip
    return Imprint(
        study=clean(study.study.name),
        rows=tuple((words(f"plate.{key}"), text) for key, text in rows),
        status=status,
        demo=words("plate.demo_box") if findings.synthetic else "",
        watermark=words("plate.demo") if findings.synthetic else "",
    )


def of_elder_care(findings: Findings) -> bool:
    """Tell whether a study is about elder care: whether a kind of it is one that this tool knows.

    A study of kinds of its own alone (health posts, say) names neither elder care nor a currency.
    """
    kinds = (*findings.facilities.all_kinds(), *(found.plan.kind for found in findings.plans))
    return not kinds or any(Words("zh").has(f"kind.{kind}") for kind in kinds)


def own_words(findings: Findings) -> str:
    """Return the ending of keys of words that a study of other services has of its own."""
    return "" if of_elder_care(findings) else "_own"


def clean(text: str) -> str:
    """Return a text on one line, without control and direction characters."""
    spaced = "".join(
        " " if c.isspace() else c for c in text
        if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )  # fmt: skip
    return " ".join(spaced.split())


def year_of(date: str) -> str:
    """Return the year of a study's date; empty where it has none."""
    found = re.search(r"(?<!\d)((?:19|20)\d\d)(?!\d)", date)
    return found[1] if found else ""


def years_words(findings: Findings, language: Language, *, planned: bool, term: str = "") -> str:
    """Return the base year, and for planned plates the planning period where it is known."""
    words = Words(language)
    missing = words("status.to be supplied")
    year = year_of(findings.study.study.date)
    shown = words("plate.year", {"year": year}) if year else missing
    key = "plate.year_plan" if planned else "plate.year_present"
    return words(key, {"year": shown, "term": term or missing})


def crs_words(code: str, language: Language) -> str:
    """Return the name of a plane with its code."""
    from pyproj import CRS

    name = str(CRS(code).name)
    words = Words(language)
    if found := _CGCS_3.fullmatch(name):
        return words("plate.crs_cgcs_3", {"meridian": found[1], "code": code})
    return words("plate.crs_other", {"name": name, "code": code})


def walk_basis(findings: Findings, language: Language) -> str:
    """Return what counts as within reach, for the circle's walker."""
    words = Words(language)
    circle = findings.study.circle
    walker = findings.study.walker(circle.walker)
    minutes = findings.coverage.minutes[-1]
    values = {
        "walker": clean(wording.label(walker.name, "walker", language)),
        "speed": f"{walker.flat_mps:g}",
        "terrain": words(f"plate.terrain_{_terrain(findings, walker)}"),
        "direction": words(f"plate.direction_{circle.direction}"),
        "minutes": minutes,
        "metres": f"{walker.limit_ms(minutes) / 1000:g}",
        "group": group_words(findings, language),
    }
    if walker.straight:
        return words("plate.basis_radius", values)
    return words("plate.basis_metres" if walker.counts_metres else "plate.basis_walk", values)


def group_words(findings: Findings, language: Language) -> str:
    """Return the name of the lead group."""
    return clean(wording.label(findings.lead_group, "group", language))


def people_words(count: float, language: Language) -> str:
    """Return people in a sentence, in English without the word for them: a group follows."""
    if language == "en" and math.isfinite(count):
        return wording.whole(count)
    return wording.people(count, language)


def _terrain(findings: Findings, walker: Walker) -> str:
    slope = walker.slope and findings.study.terrain is not None
    if slope and walker.steps:
        return "both"
    if slope:
        return "slope"
    return "steps" if walker.steps else "none"


def _sources(findings: Findings, words: Words) -> str:
    files = words("plate.file_join").join(clean(s.file) for s in findings.sources)
    listed = [words("plate.source_files", {"files": files})] if files else []
    if not findings.streets_from_osm:
        return words("plate.source_join").join(listed)
    osm = words("plate.source_osm_demo" if findings.synthetic else "plate.source_osm")
    return words("plate.source_join").join([osm, *listed])
