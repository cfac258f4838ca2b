"""Tables of other circles: each in one row per limit, and in full by area and group."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.circles import OtherCircle
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.report.borders import with_borders_note
from quarterhour.report.columns import Cell, Table, clean_text, column_of, joined_notes, number
from quarterhour.report.withheld import spoken, with_note
from quarterhour.wording import label
from quarterhour.words import Language, Words

_STEM = "circles"


def circles_table(findings: Findings, language: Language) -> Table:
    """Return one row per circle and limit: people of the lead group, and the share of all."""
    words, circles = Words(language), findings.measured.circles
    columns = (
        *(column_of(language, k, stem=_STEM) for k in ("circle", "kinds", "walker", "direction")),
        column_of(language, "facilities", "count", unit="places", stem=_STEM),
        column_of(language, "off_street", "count", unit="places", stem=_STEM),
        column_of(language, "limit", "count", unit="min", stem=_STEM),
        column_of(language, "residents", "count", unit="people", stem=_STEM),
        column_of(language, "within", "count", unit="people", stem=_STEM),
        column_of(language, "share", "share", stem=_STEM),
        column_of(language, "share_all", "share", stem=_STEM),
        column_of(language, "beyond", "count", unit="people", stem=_STEM),
        column_of(language, "no_street", "count", unit="people", stem=_STEM),
    )
    rows: list[tuple[Cell, ...]] = []
    for circle in circles:
        lead = circle.groups.index(circle.lead_group)
        whole = circle.groups[int(circle.residents.sum(axis=0).argmax())]
        beyond = circle.beyond()[:, :, lead].sum(axis=1)
        for m, minutes in enumerate(circle.minutes):
            rows.append((
                clean_text(circle.name), kinds_text(circle, language),
                label(circle.walker, "walker", language),
                words(f"table.v_direction_{circle.direction}"), circle.facilities,
                circle.facilities_no_street, minutes, number(circle.residents[:, lead].sum()),
                number(circle.people(minutes=minutes)), circle.share(minutes=minutes),
                circle.share(minutes=minutes, group=whole), number(beyond[m]),
                number(circle.no_street[:, lead].sum()),
            ))  # fmt: skip
    table = Table(
        "circles", words("circles.t_circles"), _note(findings, language), columns, tuple(rows)
    )
    return with_note(table, findings, language, kinds=_judged(findings, circles), totals=True)


def circles_areas_table(findings: Findings, language: Language) -> Table:
    """Return one row per circle, limit, group and area; within, beyond and no street add up."""
    words, circles = Words(language), findings.measured.circles
    columns = (
        column_of(language, "circle", stem=_STEM), column_of(language, "area"),
        column_of(language, "group"),
        column_of(language, "limit", "count", unit="min", stem=_STEM),
        column_of(language, "residents", "count", unit="people", stem=_STEM),
        column_of(language, "within", "count", unit="people", stem=_STEM),
        column_of(language, "beyond", "count", unit="people", stem=_STEM),
        column_of(language, "no_street", "count", unit="people", stem=_STEM),
        column_of(language, "share", "share", stem=_STEM),
    )  # fmt: skip
    rows = [row for circle in circles for row in _by_area(findings, circle, language)]
    title, note = words("circles.t_circles_areas"), words("circles.n_circles_areas")
    table = Table("circles_areas", title, note, columns, tuple(rows))
    table = with_borders_note(table, findings, language)
    return with_note(table, findings, language, kinds=_judged(findings, circles), totals=False)


def _by_area(findings: Findings, circle: OtherCircle, language: Language) -> list[tuple[Cell, ...]]:
    outside = Words(language)("table.v_outside")
    names = [*(clean_text(a) for a in circle.areas[:-1]), outside]
    # People outside all areas have a row where there are any.
    shown = range(len(names) if circle.residents[-1].any() else len(names) - 1)
    held, beyond = _held(findings, circle), circle.beyond()
    rows: list[tuple[Cell, ...]] = []
    for m, minutes in enumerate(circle.minutes):
        for g, group in enumerate(circle.groups):
            people, within = circle.residents[:, g], circle.within[m, :, g]
            share = np.divide(within, people, out=np.full(len(people), np.nan), where=people > 0)
            cells = spoken(share.tolist(), held, language)
            rows += [
                (clean_text(circle.name), names[a], label(group, "group", language), minutes,
                 number(people[a]), number(within[a]), number(beyond[m, a, g]),
                 number(circle.no_street[a, g]), cells[a])
                for a in shown
            ]  # fmt: skip
    return rows


def kinds_text(circle: OtherCircle, language: Language) -> str:
    """Return the kinds of a circle in a row."""
    names = [clean_text(label(kind, "kind", language)) for kind in circle.kinds]
    return Words(language)("report.join").join(names)


def _note(findings: Findings, language: Language) -> str:
    """Return what one must know to read the circles: whom, what is missing, how vehicles go."""
    words, circles = Words(language), findings.measured.circles
    group = label(findings.coverage.lead_group, "group", language)
    notes = [words("circles.n_circles", {"group": group})]
    missing = dict.fromkeys(kind for circle in circles for kind in circle.missing)
    if missing:
        names = [clean_text(label(kind, "kind", language)) for kind in missing]
        notes.append(words("circles.n_missing", {"kinds": words("report.join").join(names)}))
    for name in dict.fromkeys(circle.walker for circle in circles):
        walker = findings.study.walker(name)
        if walker.ways == "vehicle":
            values = {"walker": label(name, "walker", language),
                      "kmh": f"{3.6 * walker.flat_mps:.0f}"}  # fmt: skip
            notes.append(words("circles.n_vehicle", values))
    for circle in circles:
        if circle.facilities_no_street:
            values = {
                "circle": clean_text(circle.name),
                "count": f"{circle.facilities_no_street:,}",
            }
            notes.append(words("circles.n_off_street", values))
    return joined_notes(notes, language)


def _kinds(findings: Findings, circle: OtherCircle) -> tuple[str, ...]:
    """Return the kinds by which an area's streets were judged for a circle."""
    judged = tuple(k for k in circle.kinds if k in findings.coverage.kinds)
    return judged or (ANY,)


def _judged(findings: Findings, circles: Sequence[OtherCircle]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(k for c in circles for k in _kinds(findings, c)))


def _held(findings: Findings, circle: OtherCircle) -> NDArray[np.bool_]:
    """Return which areas cannot say a share of this circle."""
    held = np.stack([findings.cannot_say(kind) for kind in _kinds(findings, circle)])
    return np.asarray(held.any(axis=0), np.bool_)
