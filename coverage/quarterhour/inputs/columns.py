"""Columns by their meaning: which header of a table means which field.

A *field* is a column by its meaning (``lon``, ``capacity``); the synonym table
``_data/synonyms.toml`` says which headers mean it. Headers and synonyms are compared *folded*:
half-width, lower case, without blanks, and headers also without a unit in brackets.
"""

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from quarterhour.errors import Fault
from quarterhour.inputs.sheet import Sheet
from quarterhour.words import data_file

# The tables of the synonym file whose entries are headers; the others hold words of cells.
HEADER_TABLES = ("column", "group", "street_column", "private")
_UNIT = re.compile(r"[(（\[［【〔].*?[)）\]］】〕]")
_SAYS_UNIT = re.compile(r"(?:计量)?单位:|units?:")


def fold(text: object) -> str:
    """Return a text as it is compared: half-width, lower case, no blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(text))).lower()


@cache
def synonyms(table: str) -> Mapping[str, frozenset[str]]:
    """Return the folded synonyms of each field of one synonym table, the field included."""
    return {
        field: frozenset(fold(name) for name in (field, *names))
        for field, names in _tables()[table].items()
    }


@cache
def _tables() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(data_file("synonyms.toml").read_text(encoding="utf-8"))


def meaning(text: object, table: str) -> str | None:
    """Return the field of a synonym table that ``text`` means, or ``None``."""
    wanted = fold(text)
    return next((f for f, names in synonyms(table).items() if wanted in names), None)


def without_unit(header: object) -> str:
    """Return a header folded, without its unit in brackets."""
    return fold(_UNIT.sub("", str(header)))


def units_of(header: object) -> list[str]:
    """Return what stands in brackets in a header, folded: ``["万人"]`` of 人口（单位：万人）."""
    inside = [part for found in _UNIT.findall(str(header))
              for part in re.split("[,;、]", fold(found)[1:-1])]  # fmt: skip
    return [_SAYS_UNIT.sub("", part) for part in inside]


def is_understood(header: object) -> bool:
    """Tell whether a header means a field of any table."""
    folded, bare = fold(header), without_unit(header)
    return bool(folded) and not _known_headers().isdisjoint((folded, bare))


@cache
def _known_headers() -> frozenset[str]:
    known = _tables()
    tables = [t for t in known if t in HEADER_TABLES or t.endswith("_column")]
    return frozenset().union(*(names for t in tables for names in synonyms(t).values()))


def find_columns(
    sheet: Sheet,
    wanted: Iterable[str],
    *,
    required: Iterable[str],
    table: str = "column",
    overrides: Mapping[str, str] | None = None,
) -> tuple[dict[str, str], list[Fault]]:
    """Match fields with the headers of a sheet.

    Parameters
    ----------
    sheet
        The table.
    wanted, required
        Fields to look for, and those that must be there.
    table
        Synonym table to use.
    overrides
        Header of a field as the study gives it; wins over synonyms.

    Returns
    -------
    tuple
        Header per field found, and a fault per missing one (naming the nearest header).
    """
    overrides = overrides or {}
    # A header that is understood is nobody's slip: "60+" is not a misspelt "80+".
    headers = {
        bare: str(name)
        for name in reversed(sheet.frame.columns)
        if (bare := without_unit(name)) and meaning(bare, table) is None
    }
    found: dict[str, str] = {}
    faults = []
    needed = set(required)
    for field in wanted:
        names = {fold(overrides[field])} if field in overrides else synonyms(table).get(
            field, frozenset({fold(field)})
        )  # fmt: skip
        # The first header of the file that means the field wins.
        match = next((str(c) for c in sheet.frame.columns if without_unit(c) in names
                      or fold(c) in names), None)  # fmt: skip
        if match is not None:
            found[field] = match
            if list(sheet.frame.columns).count(match) > 1:
                values = {"header": match}
                faults.append(Fault("input.header_twice", values, sheet.file, sheet.sheet))
        elif field in needed or field in overrides:
            shown = overrides.get(field, field)
            near = _nearest([fold(shown), *sorted(names)], list(headers))
            values = {
                "field": shown,
                "known": " / ".join(sorted(names)),
                "found": ", ".join(str(c) for c in sheet.frame.columns),
                "near": headers[near] if near else "",
            }
            key = "input.missing_column_near" if near else "input.missing_column"
            faults.append(Fault(key, values, sheet.file, sheet.sheet))
    return found, faults


def _nearest(names: Sequence[str], headers: Sequence[str]) -> str:
    """Return the header nearest to any of some names; empty where none is near."""
    close = [(n, h) for n in names for h in difflib.get_close_matches(n, headers, n=1, cutoff=0.6)]
    alike = [(difflib.SequenceMatcher(None, h, n).ratio(), h) for n, h in close]
    return max(alike, key=lambda pair: pair[0], default=(0.0, ""))[1]
