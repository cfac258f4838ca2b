"""Parts that all tables of a plan document share: columns, levels, figures by area, money."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from quarterhour.findings import Findings
from quarterhour.inputs.facilities import SEATED
from quarterhour.report.columns import Cell, Column, Kind, Table, column_of, number
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

STEM = "official"
WAN = 10_000.0
# Kinds that house nobody and serve no meals.
_NO_BEDS = SEATED


def own(
    language: Language,
    key: str,
    kind: Kind = "text",
    *,
    unit: str = "",
    word: str = "",
    values: Mapping[str, object] | None = None,
) -> Column:
    """Return a column whose heading stands among the words of the official tables."""
    return column_of(language, key, kind, unit=unit, word=word, values=values, stem=STEM)


def make_table(
    findings: Findings,
    language: Language,
    key: str,
    columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]],
    total: tuple[Cell, ...] | None = None,
    *,
    subtotals: tuple[int, ...] = (),
    values: Mapping[str, object] | None = None,
) -> Table:
    """Return an official table with its title and note; ``values`` fill in more than the circle."""
    words, coverage = Words(language), findings.coverage
    said = {
        "minutes": coverage.minutes[-1], "group": label(coverage.lead_group, "group", language),
        "walker": label(coverage.walkers[0], "walker", language), **(values or {}),
    }  # fmt: skip
    title, note = words(f"{STEM}.t_{key}", said), words(f"{STEM}.n_{key}", said)
    return Table(f"official_{key}", title, note, tuple(columns), tuple(rows), total, subtotals)


def lacking(language: Language) -> str:
    """Return the words for a figure that nobody has supplied."""
    return Words(language)("table.v_to_supply")


def known(value: float, language: Language) -> Cell:
    """Return a figure, or that it is to be supplied."""
    return number(value) if np.isfinite(value) else lacking(language)


def money(value: float, language: Language) -> Cell:
    """Return currency units in ten thousands (万元), or that they are to be supplied."""
    return number(value / WAN) if np.isfinite(value) else lacking(language)


def summed(cells: Sequence[Cell], language: Language) -> Cell:
    """Return a sum; dashes add nothing, and one figure to be supplied leaves the sum so too."""
    figures = [cell for cell in cells if cell != MISSING]
    if not figures:
        return MISSING
    if any(isinstance(cell, str) for cell in figures):
        return lacking(language)
    return number(sum(float(cell) for cell in figures))


def level(tier: str, language: Language) -> str:
    """Return the level of a facility in words, or that it is to be supplied."""
    return Words(language)(f"{STEM}.tier_{tier}") if tier else lacking(language)


def storey_lift(storey: float, lift: int, language: Language) -> str:
    """Return storey and lift in one cell."""
    words = Words(language)
    if not np.isfinite(storey) and lift < 0:
        return lacking(language)
    floor = words(f"{STEM}.storey", {"n": f"{storey:g}"}) if np.isfinite(storey) else (
        lacking(language))  # fmt: skip
    has = lacking(language) if lift < 0 else words(f"{STEM}.{'lift' if lift else 'no_lift'}")
    return words(f"{STEM}.storey_lift", {"storey": floor, "lift": has})


def beds(kind: str, capacity: float, language: Language) -> Cell:
    """Return the beds of a facility; a dash for kinds that have seats."""
    return MISSING if kind in _NO_BEDS else known(capacity, language)


def meals(findings: Findings, kind: str, capacity: float, language: Language) -> Cell:
    """Return meals a day of a canteen: its seats by the turns that the study states.

    Without turns of its own nobody says how often a seat is taken; other kinds than canteens may
    serve meals too, and no input says so.
    """
    if kind == "learning_hall":
        return MISSING
    turns = findings.study.supply.turns.get(kind, float("nan"))
    return known(capacity * turns if kind == "canteen" else float("nan"), language)


def figure_by_area(findings: Findings, name: str) -> NDArray[np.float64]:
    """Return a figure of the scorecard by area, the last outside all areas; ``nan`` where unknown.

    Parameters
    ----------
    findings
        The study; its scorecard holds the district's own figures.
    name
        Name of a numerator or denominator, as ``communities`` or ``households``.
    """
    card = findings.scorecard
    for row, one in enumerate(card.indicators):
        if one.only or one.measure == "canteen_least":
            continue
        if name in (one.numerator_of, one.denominator_of):
            over = one.numerator_of == name
            figures = card.numerator_by_area if over else card.denominator_by_area
            return np.asarray(figures[row], np.float64)
    return np.full(len(card.areas), np.nan)


def people_by_area(findings: Findings, group: str) -> NDArray[np.float64]:
    """Return the people of a group by area, the last outside all; ``nan`` without that group."""
    coverage = findings.coverage
    if group not in coverage.groups:
        return np.full(len(coverage.areas), np.nan)
    people: NDArray[np.float64] = coverage.residents[:, coverage.groups.index(group)]
    return people


def target_of(findings: Findings, measure: str) -> float:
    """Return the first target of a measure; ``nan`` where nobody has set one."""
    found = (i.target for i in findings.scorecard.indicators if i.measure == measure)
    return next((target for target in found if np.isfinite(target)), float("nan"))
