"""Table of missing links: footbridges, lifts and gates that would bring people inside."""

import numpy as np

from quarterhour.cover.links.finding import MissingLinks
from quarterhour.findings import Findings
from quarterhour.report.columns import (
    Cell,
    Column,
    Kind,
    Table,
    clean_text,
    column_of,
    joined_notes,
    number,
)
from quarterhour.report.withheld import area_label
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_ELDEST = "80+"


def links_table(findings: Findings, language: Language) -> Table:
    """Return the missing links, most people first; no rows where none was found or asked for.

    Gains do not add up, so there is no total. Links in an area that cannot say show no people.
    """
    words, found = Words(language), findings.links
    if found is None:
        columns = (column_of(language, "rank", "code", stem="links"),)
        title = words("links.h_section")
        return Table("links", title, words("links.n_not_asked"), columns, ())
    rows = tuple(_row(findings, found, k, language) for k in range(len(found.what)))
    values = {
        "kind": clean_text(label(found.kind, "kind", language)), "minutes": found.minutes,
        "group": label(findings.lead_group, "group", language),
        "walker": clean_text(label(found.walker, "walker", language)),
    }  # fmt: skip
    notes = [words("links.n_links", values)]
    if any(withheld(findings, found, k) for k in range(len(rows))):
        notes.append(words("links.n_withheld"))
    note = joined_notes(notes, language)
    title = words("links.t_links", values)
    return Table("links", title, note, tuple(_columns(findings, found, language)), rows)


def withheld(findings: Findings, found: MissingLinks, row: int) -> bool:
    """Return whether a link lies in an area that cannot say."""
    return bool(findings.cannot_say(found.kind)[int(found.area_index[row])])


def between_text(found: MissingLinks, row: int, language: Language) -> str:
    """Return the streets at both ends of a link."""
    words = Words(language)
    far, near = (clean_text(s) or words("links.v_unnamed") for s in found.streets[row])
    if far == near:
        return words("links.v_same_street", {"street": far})
    return words("links.v_between", {"far": far, "near": near})


def area_text(findings: Findings, found: MissingLinks, row: int, language: Language) -> str:
    """Return the area in which a link lies."""
    area = int(found.area_index[row])
    return area_label(findings, area if area >= 0 else len(findings.areas.names), language)


def _columns(findings: Findings, found: MissingLinks, language: Language) -> list[Column]:
    def own(key: str, kind: Kind = "text", *, unit: str = "") -> Column:
        return column_of(language, key, kind, unit=unit, stem="links")

    def people(key: str, group: str, *, word: str = "") -> Column:
        values = {"group": label(group, "group", language)}
        return column_of(
            language, key, "count", unit="people", word=word, values=values, stem="links"
        )

    lead, eldest = findings.lead_group, _eldest(found)
    return [
        own("rank", "code"), own("what"), column_of(language, "area"), own("between"),
        own("barrier"), own("length", "metres", unit="m"), own("rise", "minutes", unit="m"),
        own("link_min", "minutes", unit="min"),
        people("gained", lead), *(people("gained_80", g, word="gained") for g in eldest),
        people("outside", lead), own("before", "minutes", unit="min"),
        own("after", "minutes", unit="min"), own("gaps"), own("variants", "count"),
        *(own(key, "metres", unit="m") for key in ("far_x", "far_y", "near_x", "near_y")),
    ]  # fmt: skip


def _eldest(found: MissingLinks) -> tuple[str, ...]:
    return (_ELDEST,) if _ELDEST in found.groups else ()


def _row(findings: Findings, found: MissingLinks, row: int, language: Language) -> tuple[Cell, ...]:
    words, lead = Words(language), found.groups.index(findings.lead_group)
    gained = found.gained[row]
    left = found.residents[lead] - found.inside[lead] - gained[lead]
    people: list[Cell] = [
        number(gained[lead]), *(number(gained[found.groups.index(g)]) for g in _eldest(found)),
        number(left),
    ]  # fmt: skip
    if withheld(findings, found, row):
        people = [words("completeness.cannot_say")] * len(people)
    return (
        str(row + 1), words(f"links.{found.kinds[row]}"),
        area_text(findings, found, row, language), between_text(found, row, language),
        _barrier(found, row, language), float(found.length_m[row]),
        _rise(found.rise_m[row], language), found.link_s[row] / 60.0,
        *people, _minutes(found.before_s[row], language), _minutes(found.after_s[row], language),
        words("table.v_join_ids").join(found.gaps[row]) or MISSING, int(found.variants[row]),
        *(float(v) for v in found.xy_m[row].ravel()),
    )  # fmt: skip


def _barrier(found: MissingLinks, row: int, language: Language) -> str:
    words, kind = Words(language), found.barrier_kinds[row]
    name = clean_text(found.barrier_names[row])
    said = label(kind, "links", language) if kind else MISSING
    return words("links.v_barrier", {"name": name, "kind": said}) if kind and name else said


def _rise(metres: float, language: Language) -> Cell:
    return number(metres) if np.isfinite(metres) else Words(language)("table.v_to_supply")


def _minutes(seconds: float, language: Language) -> Cell:
    if np.isfinite(seconds):
        return float(seconds) / 60.0
    return Words(language)("number.over_an_hour")
