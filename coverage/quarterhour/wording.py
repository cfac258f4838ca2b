"""How numbers are written, in one place: the same figure reads the same on every page.

Percentages have one decimal and come from raw counts; people from 10,000 on are written in 万人
with two decimals in Chinese texts and in full in tables; a change of a rate is in percentage
points. What is unknown is ``待补充``, what does not apply is ``—``; neither is ever 0.
"""

import math

from quarterhour.words import Language, Words

MISSING = "—"
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def percent(share: float) -> str:
    """Return a share as a percentage with one decimal; a dash where it is unknown."""
    return MISSING if not math.isfinite(share) else f"{100.0 * share:.1f}%"


def points(change: float, language: Language) -> str:
    """Return a change of a rate in percentage points."""
    return Words(language)("number.points", {"points": f"{100.0 * change:.1f}"})


def people(count: float, language: Language) -> str:
    """Return people in a sentence: 万人 from 10,000 on in Chinese."""
    if not math.isfinite(count):
        return MISSING
    if language == "zh" and count >= 10_000:
        return Words(language)("number.wan_people", {"count": f"{count / 10_000:.2f}"})
    return Words(language)("number.people", {"count": f"{count:,.0f}"})


def whole(count: float) -> str:
    """Return a count in a table: whole, with separators; a dash where it is unknown."""
    return MISSING if not math.isfinite(count) else f"{count:,.0f}"


def minutes(seconds: float, language: Language) -> str:
    """Return a walking time in minutes with one decimal; beyond the search: over an hour."""
    if not math.isfinite(seconds):
        return Words(language)("number.over_an_hour")
    return Words(language)("number.minutes", {"minutes": f"{seconds / 60.0:.1f}"})


def day(date: str, language: Language) -> str:
    """Return an ISO date as it is written: 2026年7月3日 or 3 July 2026; other texts as they are."""
    from datetime import date as calendar

    try:
        known = calendar.fromisoformat(date)
    except ValueError:
        return date
    if language == "zh":
        return f"{known.year}年{known.month}月{known.day}日"
    return f"{known.day} {MONTHS[known.month - 1]} {known.year}"


def label(kind: str, table: str, language: Language) -> str:
    """Return the name of a kind, group or walker; words of the study's own stay as they are."""
    words = Words(language)
    return words(f"{table}.{kind}") if words.has(f"{table}.{kind}") else kind


def in_unit(value: float, unit: str, language: Language) -> str:
    """Return the objective or the bound of a plan with its unit.

    Parameters
    ----------
    value
        As :class:`~quarterhour.siting.SitePlan` has it.
    unit
        Its unit: people, merit, people_years, sites, money, person_seconds (told in hours) or
        seconds (told in minutes).
    language
        Of the text.
    """
    if not math.isfinite(value):
        return MISSING
    if unit == "people":
        return people(value, language)
    if unit == "seconds":
        return minutes(value, language)
    shown = value / 3600.0 if unit == "person_seconds" else value
    return Words(language)(f"number.in_{unit}", {"count": f"{shown:,.0f}"})


def bound_text(kind: str, objective: float, bound: float, unit: str, language: Language) -> str:
    """Return the plan in hand and what no plan can beat, as one line of progress."""
    values = {
        "kind": label(kind, "kind", language), "plan": in_unit(objective, unit, language),
        "bound": in_unit(bound, unit, language),
    }  # fmt: skip
    return Words(language)("number.plan_and_bound", values)
