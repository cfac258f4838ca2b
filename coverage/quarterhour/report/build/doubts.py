"""Tables of what is wrong with the data: what is doubtful, and what no figure counts."""

from collections.abc import Iterator

import numpy as np

from quarterhour.errors import Fault, condensed
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import Facilities
from quarterhour.remarks import Remark
from quarterhour.report.build.cover import area_name
from quarterhour.report.columns import Cell, Table, column_of
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_REST = "input.more_alike"


def doubts_table(findings: Findings, language: Language) -> Table:
    """Return what is doubtful about the input data: number, place, doubt, mend.

    Of many alike the first are listed; the row that counts the rest has their numbers, so that the
    last number is that of all doubts.
    """
    words = Words(language)
    columns = [
        column_of(language, "doubt_number", "code", word="id"), column_of(language, "place"),
        column_of(language, "doubt"), column_of(language, "mend"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for number, fault in _numbered(condensed(findings.doubts)):
        said = Remark("doubt", fault)
        place = said.place(language) or words("table.v_study")
        rows.append((number, place, said.problem(language), said.mend(language) or MISSING))
    title, note = words("table.t_doubts"), words("table.n_doubts")
    return Table("doubts", title, note, tuple(columns), tuple(rows))


def _numbered(shown: list[Fault]) -> Iterator[tuple[str, Fault]]:
    """Yield each fault with its number; what stands for several has the first and the last."""
    first = 1
    for fault in shown:
        last = first + (int(str(fault.values["count"])) if fault.key == _REST else 1) - 1
        yield str(first) if first == last else f"{first}–{last}", fault
        first = last + 1


def uncounted_table(findings: Findings, language: Language) -> Table:
    """Return the places that the files hold and no figure counts, each with the reason.

    First facilities that are closed or not there yet, then rows without a position.
    """
    words, left = Words(language), findings.uncounted
    columns = [
        column_of(language, "id", "code"), column_of(language, "name"),
        column_of(language, "kind"), column_of(language, "why_uncounted"),
        column_of(language, "year", "code"), column_of(language, "status"),
        column_of(language, "area"), column_of(language, "address"),
        column_of(language, "file"), column_of(language, "row", "code"),
    ]  # fmt: skip
    f = left.set_aside
    rows: list[tuple[Cell, ...]] = [
        (f.ids[n], f.names[n], label(f.kinds[n], "kind", language), _reason(f, n, words),
         f"{f.year[n]:.0f}" if np.isfinite(f.year[n]) else words("table.v_to_supply"),
         f.status[n] or MISSING, area_name(findings, int(f.area_index[n]), language),
         f.address[n] or MISSING, f.file[n] or MISSING, str(f.row[n]) if f.row[n] else MISSING)
        for n in range(len(f.ids))
    ]  # fmt: skip
    rows += [
        (MISSING, u.name or MISSING, label(u.kind, "kind", language) if u.kind else MISSING,
         words("table.v_no_position"), MISSING, MISSING, MISSING, u.address or MISSING, u.file,
         str(u.row))
        for u in left.unlocated
    ]  # fmt: skip
    title, note = words("table.t_uncounted"), words("table.n_uncounted")
    return Table("uncounted", title, note, tuple(columns), tuple(rows))


def _reason(facilities: Facilities, row: int, words: Words) -> str:
    """Return why a facility does not count: closed, planned, or open only from a later year."""
    state = facilities.state[row]
    return words(f"facility.state_{state}") if state in ("closed", "planned") else words(
        "table.v_not_open_yet"
    )  # fmt: skip
