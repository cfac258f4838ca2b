"""Scoring: from a study's figures to the rows of its scorecard.

A row is a *measure* with one of its goals, or without one. Each measure is reckoned once; each goal
is then held against it. Nothing that is unknown is ever met.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.scorecard.definitions import (
    Goal,
    Measure,
    Op,
    all_measures,
    check_targets,
    goals,
    walk_measure,
)
from quarterhour.cover.scorecard.figures import (
    Figure,
    FigureBook,
    Missing,
    kinds_of,
    ratio_of,
    withheld_rows,
)
from quarterhour.cover.scorecard.results import Indicator, Scorecard, SideBySide, Verdict
from quarterhour.cover.scorecard.storeys import check_storeys
from quarterhour.errors import raise_if
from quarterhour.inputs.indicators import Indicators

# Values are ratios of counts; a billionth of the target is no difference.
_DUST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """A measure with its figures; ``low`` and ``high`` bound a value that is partly withheld."""

    numerator: Figure
    denominator: Figure
    by_area: NDArray[np.float64]
    value: float
    low: float
    high: float
    withheld: NDArray[np.bool_]
    missing: tuple[Missing, ...]


def score(
    case: Case,
    coverage: Coverage,
    *,
    indicators: Indicators | None,
    preset: str = "",
    targets: Mapping[str, float] | None = None,
    withheld: NDArray[np.bool_] | None = None,
    year: int | None = None,
    other_kinds: Sequence[str] = (),
) -> Scorecard:
    """Score a study: every indicator with its figures, its target and a verdict.

    Parameters
    ----------
    case, coverage
        The circle, and who is within it.
    indicators
        The district's own figures by area (``nan`` where unknown), or ``None``.
    preset
        District whose documents set targets: ``shapingba``, ``dazu``, or empty.
    targets
        The study's own targets by measure; they stand beside those of documents.
    withheld
        Areas that cannot say a coverage (kinds of the coverage, n areas + 1).
    year
        Year that the study stands for.
    other_kinds
        Kinds that targets may name though none of their facilities counts here: planned ones, or
        those of other circles. Their shares are unknown.

    Raises
    ------
    InputError
        With every target that is unknown, not above 0, or a share above 1.

    Notes
    -----
    Formulas: PLAN_DOCS A1-A6, B1-B2, C1-C2, D1-D7 as ``docs/measures.md`` lists them with their
    sources. A share of people is met or not met only where the people of withheld areas, all in
    reach or none, would not change it.
    """
    targets = dict(targets or {})
    kinds = kinds_of(coverage)
    raise_if(check_targets(targets, kinds=(*kinds, *other_kinds)))
    asked = [key.removeprefix(f"{start}_") for key in targets for start in _starts(key)]
    known = all_measures(tuple(dict.fromkeys((*kinds, *asked))))
    book = FigureBook(case, coverage, indicators)
    rows = _rows(known, preset, targets, kinds)
    taken = {m.key: _measured(m, book, withheld) for m, _ in rows}
    made = [taken[m.key] for m, _ in rows]
    return Scorecard(
        areas=coverage.areas,
        indicators=tuple(_indicator(m, g, taken[m.key], year) for m, g in rows),
        numerator_by_area=np.stack([t.numerator.by_area for t in made]),
        denominator_by_area=np.stack([t.denominator.by_area for t in made]),
        value_by_area=np.stack([t.by_area for t in made]),
        withheld=np.stack([t.withheld for t in made]),
        pairs=_pairs(known, taken, book, withheld),
        storeys=check_storeys(case.facilities),
        group=coverage.lead_group, minutes=coverage.minutes[-1], preset=preset, year=year or 0,
    )  # fmt: skip


def judge(value: float, target: float, op: Op) -> Verdict:
    """Return whether a value meets a target; ``unknown`` where either is ``nan``."""
    if not (np.isfinite(value) and np.isfinite(target)):
        return "unknown"
    dust = _DUST * abs(target)
    met = {
        ">=": value >= target - dust, ">": value > target + dust, "=": abs(value - target) <= dust,
    }[op]  # fmt: skip
    return "met" if met else "not_met"


def _starts(key: str) -> list[str]:
    """Return the starts of a key that names a share of people by kind."""
    return [s for s in ("policy_walk", "policy_radius", "walk") if key.startswith(f"{s}_")]


def _rows(
    known: Mapping[str, Measure], preset: str, targets: Mapping[str, float], kinds: tuple[str, ...]
) -> list[tuple[Measure, Goal]]:
    """Return what is listed: each measure's goals, else itself without a target."""
    rows = []
    for measure in known.values():
        own = [g for g in goals() if g.measure == measure.key and g.preset in ("", preset)]
        if measure.key in targets:
            target = targets[measure.key]
            own.append(Goal(f"study_{measure.key}", measure.key, target, status="study"))
        walked = measure.reckon == "walk" and measure.kinds[0] in kinds
        if not own and measure.listed == "always" and (measure.reckon != "walk" or walked):
            own = [Goal(measure.key, measure.key, status="")]
        rows += [(measure, goal) for goal in own]
    return rows


def _measured(measure: Measure, book: FigureBook, withheld: NDArray[np.bool_] | None) -> _Measured:
    n = book.case.n_areas
    nothing = Figure(np.full(n, np.nan), float("nan"))
    held = np.zeros(n, np.bool_)
    if measure.reckon == "walk":
        part, whole = book.within(measure), book.people
        held = withheld_rows(measure, book.coverage, withheld, n) & (whole.by_area > 0)
    elif measure.numerator:
        part = book.figure(measure.numerator, only=measure.only)
        whole = nothing
        if measure.denominator:
            whole = book.figure(measure.denominator, only=measure.only)
    else:
        part = whole = nothing
    by_area, value = _value(measure, part, whole)
    low = high = value
    if held.any():
        sure = float(part.by_area[~held].sum())
        low, high = sure / whole.total, (sure + float(whole.by_area[held].sum())) / whole.total
    missing = (*(Missing(*n) for n in measure.needs), *part.missing, *whole.missing)
    return _Measured(
        part, whole, by_area, value, low, high, held, tuple(dict.fromkeys(missing))
    )  # fmt: skip


def _value(measure: Measure, part: Figure, whole: Figure) -> tuple[NDArray[np.float64], float]:
    """Return the value by area and of all."""
    if measure.reckon == "least":
        known = np.isfinite(part.total) and np.isfinite(whole.total)
        counts = np.where(whole.by_area > 0, part.by_area, np.nan) if known else part.by_area
        return counts, float(np.nanmin(counts)) if known else float("nan")
    if not measure.denominator:
        return part.by_area, part.total if measure.numerator else float("nan")
    total = ratio_of(np.array([part.total]), np.array([whole.total]), measure.factor)
    return ratio_of(part.by_area, whole.by_area, measure.factor), float(total[0])


def _indicator(measure: Measure, goal: Goal, taken: _Measured, year: int | None) -> Indicator:
    low, high = (judge(v, goal.target, goal.op) for v in (taken.low, taken.high))
    verdict: Verdict = low if low == high else "unknown"
    missing = () if np.isfinite(taken.value) else taken.missing
    if np.isnan(goal.target):
        beside = measure.beside and bool(np.isfinite(taken.value))
        verdict = "side_by_side" if beside else "unknown"
        # What needs a document gets its target from there too.
        asks = not measure.beside and all(source != "document" for source, _ in measure.needs)
        missing += (Missing("target", measure.key),) if asks else ()
    elif low != high:
        missing += (Missing("streets", "", int(taken.withheld.sum())),)
    if not missing and not np.isfinite(taken.value):
        missing = (Missing("nobody", measure.denominator),)
    return Indicator(
        key=goal.key, measure=measure.key, formula=measure.formula,
        formula_status=measure.formula_status, basis=measure.basis, unit=measure.unit,
        numerator_of=measure.numerator, denominator_of=measure.denominator, factor=measure.factor,
        kinds=measure.kinds, walker=measure.walker, only=measure.only,
        numerator=taken.numerator.total, denominator=taken.denominator.total, value=taken.value,
        target=goal.target, op=goal.op, target_year=goal.year,
        target_passed=bool(year and goal.year and year > goal.year), attribute=goal.kind,
        verdict=verdict, source=goal.source, status=goal.status, year=year or 0, missing=missing,
    )  # fmt: skip


def _pairs(
    known: Mapping[str, Measure],
    taken: Mapping[str, _Measured],
    book: FigureBook,
    withheld: NDArray[np.bool_] | None,
) -> tuple[SideBySide, ...]:
    """Put each administrative rate beside the share of people who reach its kinds."""
    pairs = []
    for measure in known.values():
        if measure.basis != "unit" or not measure.kinds or measure.unit != "share":
            continue
        kinds = tuple(k for k in measure.kinds if k in book.coverage.kinds)
        if not kinds:
            continue
        walk = walk_measure("walk", kinds[0])
        several = Measure(
            measure.key, "C1", "population", "share", "assumption", walk.numerator,
            walk.denominator, kinds=kinds, reckon="walk",
        )  # fmt: skip
        rate, share = taken[measure.key], _measured(several, book, withheld)
        pairs.append(
            SideBySide(
                measure.key, kinds, rate.value, share.value, rate.by_area, share.by_area,
                share.withheld,
            )
        )  # fmt: skip
    return tuple(pairs)
