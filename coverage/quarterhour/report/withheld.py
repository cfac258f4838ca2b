"""Withheld figures: what stands in place of a share where an area cannot say its coverage.

An area *cannot say* (路网数据不足) for a kind where its map of streets is too thin
(:mod:`~quarterhour.cover.completeness`). Its shares and the causes of its gaps give way to these
words; its people stay, so that sums hold, and a note under the table says so.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.report.columns import Cell, Table, clean_text, joined_notes
from quarterhour.wording import label
from quarterhour.words import Language, Words


def spoken(shares: Sequence[float], dumb: NDArray[np.bool_], language: Language) -> list[Cell]:
    """Return shares as cells, with the words for *cannot say* where an area is withheld.

    Parameters
    ----------
    shares
        Share of each area, of those outside all, and more (sums), which always stay.
    dumb
        Which areas cannot say; the last: outside all areas.
    language
        Language of the words.
    """
    held = [*dumb.tolist(), *[False] * (len(shares) - len(dumb))]
    text = Words(language)("completeness.cannot_say")
    return [text if h else s for s, h in zip(shares, held, strict=True)]


def withheld_kinds(findings: Findings) -> dict[int, tuple[str, ...]]:
    """Return the kinds for which an area cannot say, by row of the area; others are absent."""
    kinds = findings.coverage.kinds
    dumb = np.stack([findings.cannot_say(kind) for kind in kinds])
    rows = np.flatnonzero(dumb.any(axis=0)).tolist()
    return {a: tuple(k for k, d in zip(kinds, dumb[:, a], strict=True) if d) for a in rows}


def named_kinds(findings: Findings, kinds: tuple[str, ...], language: Language) -> str:
    """Return the names of kinds in a row; in one word where it is all of them."""
    words = Words(language)
    if kinds == findings.coverage.kinds:
        return words("completeness.all_kinds")
    names = [clean_text(label(kind, "kind", language)) for kind in kinds if kind != ANY]
    names += [words("report.any_kind")] if ANY in kinds else []
    return words("report.join").join(names)


def area_label(findings: Findings, area: int, language: Language) -> str:
    """Return the name of an area by its row; the last row is outside all areas."""
    if area == len(findings.areas.names):
        return Words(language)("table.v_outside")
    return clean_text(findings.areas.names[area])


def named_areas(findings: Findings, language: Language) -> str:
    """Return the areas that cannot say, each with the kinds it cannot speak of; may be empty."""
    words = Words(language)
    parts = [
        words("completeness.area_kinds", {"area": area_label(findings, area, language),
                                          "kinds": named_kinds(findings, kinds, language)})
        for area, kinds in withheld_kinds(findings).items()
    ]  # fmt: skip
    return words("report.semicolon").join(parts)


def with_note(
    table: Table,
    findings: Findings,
    language: Language,
    *,
    kinds: Sequence[str],
    totals: bool,
    radius: bool = False,
) -> Table:
    """Return a table with the note on areas that cannot say, where there are any.

    Parameters
    ----------
    table, findings, language
        The table, what it shows, and its language.
    kinds
        Kinds that stand in the table.
    totals
        Whether it has sums over areas only, and no share of an area.
    radius
        Whether it has shares by straight lines, which stay.
    """
    words = Words(language)
    rows = [a for a, held in withheld_kinds(findings).items() if set(held) & set(kinds)]
    if not rows:
        return table
    names = words("report.join").join(area_label(findings, area, language) for area in rows)
    key = "table.n_totals_withheld" if totals else "table.n_withheld"
    notes = [table.note, words(key, {"areas": names})]
    notes += [words("table.n_radius")] if radius else []
    return replace(table, note=joined_notes(notes, language))
