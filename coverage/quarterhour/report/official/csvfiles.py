"""The official tables as plain text: one csv a table, for whoever has no spreadsheet program.

UTF-8 with a byte-order mark, as spreadsheet programs in Chinese want it. Headings carry units;
figures are unrounded where they are sums of parts, with at most six decimals. A text that a
spreadsheet would take for a formula is led by an apostrophe.
"""

import csv
import io
import math
from pathlib import Path

from quarterhour.findings import Findings
from quarterhour.report.columns import Cell, Table, clean_text
from quarterhour.report.official.sheets import official_sheets
from quarterhour.wording import MISSING
from quarterhour.words import Language

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBERS = {
    "official_facilities": "1", "official_status": "2", "official_planned": "3",
    "official_projects": "4", "official_indicators": "5", "official_comparison": "6",
    "official_argument": "7",
}  # fmt: skip


def write_csv(findings: Findings, folder: Path, *, language: Language) -> None:
    """Write each official table to a file of its own, as ``1-facilities.csv``.

    Parameters
    ----------
    findings
        What to show.
    folder
        Where to write; made if it is not there. Files of these names are replaced.
    language
        Language of headings and words; names of files are the same in both.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seen = dict[str, int]()
    for _, table in official_sheets(findings, language):
        seen[table.key] = seen.get(table.key, 0) + 1
        again = "" if seen[table.key] == 1 else f"-{seen[table.key]}"
        name = f"{_NUMBERS[table.key]}-{table.key.removeprefix('official_')}{again}.csv"
        (folder / name).write_bytes(_text(table, language).encode("utf-8-sig"))


def _text(table: Table, language: Language) -> str:
    out = io.StringIO(newline="")
    page = csv.writer(out, lineterminator="\r\n")
    page.writerow([_cell(column.header(language)) for column in table.columns])
    rows = table.rows if table.total is None else (*table.rows, table.total)
    page.writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def _cell(cell: Cell) -> str:
    if not isinstance(cell, str):
        return f"{round(cell, 6) + 0.0:.15g}" if math.isfinite(cell) else MISSING
    text = clean_text(cell)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
