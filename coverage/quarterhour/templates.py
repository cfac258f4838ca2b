"""Blank tables for a planner: columns, drop-downs, and a sheet that explains each column.

A *template* is one workbook; a *column* of it is a field that the readers know. Headers, the words
of the drop-downs and the words that are understood besides come from the synonym table, so that
what a template offers is what the readers take. An example stands on the sheet of explanations
only: nothing in the table itself can be counted by mistake.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from quarterhour.words import Language, Words, data_file, width_of

Need = Literal["yes", "any", "no"]
Check = Literal["", "lon", "lat", "count", "size", "storey", "year"]

# Rows that have drop-downs and checks; more rows can be filled in without them.
_ROWS = 2000
_WIDEST = 46
# Words that are understood besides a choice: so many are named.
_ALSO = 3
# Widths of the sheet of explanations, column by column.
_NOTE_WIDTHS = (20, 44, 10, 12, 20, 40, 44)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a template.

    Attributes
    ----------
    field
        What the readers call it.
    need
        Whether a row must have it; ``any``: one of these is enough.
    unit
        Key of its unit under ``starter``, or empty.
    choices
        Synonym table whose words may be chosen, or empty.
    check
        What numbers may be typed.
    table
        Synonym table in which its headers stand.
    """

    field: str
    need: Need = "no"
    unit: str = ""
    choices: str = ""
    check: Check = ""
    table: str = "column"

    def header(self, language: Language) -> str:
        """Return the header as the template prints it; the readers understand it."""
        known = _synonyms(self.table)[self.field]
        unit = ""
        if language == "zh":
            name = next((n for n in known if _is_chinese(n)), self.field)
            unit = Words("zh")(f"starter.unit_{self.unit}") if self.unit == "m2" else ""
        elif self.field.endswith("_name"):
            name = next((n for n in known if n.isascii()), self.field)
        else:
            name = self.field
        return f"{name}（{unit}）" if unit else name

    def others(self, language: Language) -> list[str]:
        """Return the other headers that mean the same, those of the language first."""
        known = [n for n in _synonyms(self.table)[self.field] if n != self.header(language)]
        return sorted(known, key=lambda n: _is_chinese(n) != (language == "zh"))

    def options(self, language: Language) -> list[str]:
        """Return the words of the drop-down, each of which the readers understand."""
        if not self.choices:
            return []
        words = _synonyms(self.choices).items()
        if language == "en":
            return [meant for meant, _ in words]
        return [next((n for n in said if _is_chinese(n)), meant) for meant, said in words]


@dataclass(frozen=True, slots=True)
class Template:
    """One blank workbook: its name without ``.xlsx``, and its columns."""

    name: str
    columns: tuple[Column, ...]


def _point(name: Need = "yes") -> tuple[Column, ...]:
    return (
        Column("place_name", name), Column("lon", "yes", "degree", check="lon"),
        Column("lat", "yes", "degree", check="lat"),
    )  # fmt: skip


_FACILITY = (
    _point()[0],
    Column("kind", "yes", choices="kind"),
    *_point()[1:],
    Column("beds", unit="beds", check="count"),
    Column("seats", unit="seats", check="count"),
    Column("floor_area_m2", unit="m2", check="size"),
    Column("storey", unit="storey", check="storey"),
    Column("lift", choices="yes"),
    Column("step_free", choices="yes"),
    Column("opened", unit="year", check="year"),
    Column("status", choices="status"),
    Column("tenure", choices="tenure"),
    Column("tier", choices="tier"),
    Column("lies_in"),
    Column("address"),
)

TEMPLATES: tuple[Template, ...] = (
    Template(
        "residents",
        (
            Column("area_name", "yes"),
            *(Column(g, "any", "people", check="count", table="group")
              for g in ("all", "60+", "65+", "80+")),
        ),
    ),
    Template("facilities", _FACILITY),
    Template(
        "premises",
        (
            *_point(),
            Column("floor_area_m2", unit="m2", check="size"),
            Column("storey", unit="storey", check="storey"),
            Column("lift", choices="yes"),
            Column("step_free", choices="yes"),
            Column("tenure", choices="tenure"),
            Column("occupancy", choices="occupancy"),
            Column("build_cost", unit="cny", check="size"),
            Column("yearly_cost", unit="cny_yearly", check="size"),
            Column("capacity", unit="places", check="count"),
            Column("address"),
        ),
    ),
    Template("neighbours", _FACILITY),
    Template(
        "indicators",
        (
            Column("area_name", "yes"),
            Column("communities", unit="count", check="count"),
            Column("communities_with_facility", unit="count", check="count"),
            Column("households", unit="households", check="count"),
            Column("elder_care_land_m2", unit="m2", check="size"),
            Column("service_floor_m2", unit="m2", check="size"),
            Column("beds", unit="beds", check="count"),
            Column("nursing_beds", unit="beds", check="count"),
            Column("villages", unit="count", check="count"),
            Column("villages_with_point", unit="count", check="count"),
            Column("care_floor_m2", unit="m2", check="size"),
            Column("registered_elders", unit="people", check="count"),
        ),
    ),
)  # fmt: skip


def write_template(template: Template, path: Path, *, language: Language) -> None:
    """Write a blank workbook; the same template gives the same bytes.

    Parameters
    ----------
    template
        What to write.
    path
        The xlsx to write.
    language
        Language of headers, drop-downs and explanations.
    """
    from datetime import datetime

    from xlsxwriter import Workbook

    words = Words(language)
    with Workbook(path) as book:
        book.set_properties({"created": datetime(1980, 1, 1)})
        _table(book, book.add_worksheet(words("starter.data")), template, language)
        _notes(book, book.add_worksheet(words("starter.notes")), template, language)


def _table(book: Any, page: Any, template: Template, language: Language) -> None:  # noqa: ANN401
    """Lay out the sheet to fill in: one row of headers, and what may stand below them."""
    words = Words(language)
    looks = {
        need: book.add_format(
            {"bold": True, "border": 1, "bg_color": colour, "valign": "vcenter", "text_wrap": True}
        )
        for need, colour in (("yes", "#FCE4D6"), ("any", "#FFF2CC"), ("no", "#DDEBF7"))
    }  # fmt: skip
    plain, text = book.add_format({}), book.add_format({"num_format": "@"})
    page.set_row(0, 32)
    for at, column in enumerate(template.columns):
        header = column.header(language)
        page.write_string(0, at, header, looks[column.need])
        page.write_comment(0, at, _comment(column, words), {"x_scale": 1.6, "y_scale": 1.1})
        free = not (column.check or column.choices)
        width = 24 if free else max(11, min(_WIDEST, width_of(header) + 3))
        width = max(width, *(width_of(option) + 5 for option in column.options(language)), 0)
        page.set_column(at, at, width, text if free else plain)
        rule = _rule(column, words)
        if rule:
            page.data_validation(1, at, _ROWS, at, rule)
    page.freeze_panes(1, 1)


def _comment(column: Column, words: Words) -> str:
    lines = [
        words(f"starter.about_{_key(column)}"),
        words(f"starter.need_{column.need}"),
        words("starter.example", {"example": words(f"starter.eg_{_key(column)}")}),
    ]
    return "\n".join(lines)


def _rule(column: Column, words: Words) -> dict[str, object]:
    """Return what Excel lets be typed into a column; empty for anything."""
    options = column.options(words.language)
    rule: dict[str, object] = {"error_title": words("starter.stop")}
    if options:
        said = words("starter.choose")
        return {**rule, "validate": "list", "source": options, "error_message": said}
    if not column.check:
        return {}
    rule["error_message"] = words(f"starter.check_{column.check}")
    if column.check in ("lon", "lat"):
        most = 180 if column.check == "lon" else 90
        # Metres of a projected system may be meant: Excel asks, and lets them pass.
        between = {"criteria": "between", "minimum": -most, "maximum": most}
        return {**rule, "validate": "decimal", **between, "error_type": "warning"}
    if column.check == "year":
        # A date is understood too: Excel asks, and lets it pass.
        between = {"criteria": "between", "minimum": 1900, "maximum": 2100}
        return {**rule, "validate": "integer", **between, "error_type": "warning"}
    if column.check == "storey":
        between = {"criteria": "between", "minimum": -5, "maximum": 120}
        return {**rule, "validate": "integer", **between, "error_type": "warning"}
    kind = "integer" if column.check == "count" else "decimal"
    return {**rule, "validate": kind, "criteria": ">=", "value": 0}


def _notes(book: Any, page: Any, template: Template, language: Language) -> None:  # noqa: ANN401
    """Explain each column: meaning, unit, whether it is needed, example, words understood."""
    words = Words(language)
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True})
    cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    heads = ("col_name", "col_about", "col_unit", "col_need", "col_example", "col_options",
             "col_others")  # fmt: skip
    for at, width in enumerate(_NOTE_WIDTHS):
        page.set_column(at, at, width)
    lines = words(f"starter.{template.name}").splitlines()
    for row, line in enumerate(lines):
        page.write_string(row, 0, line)
    top = len(lines) + 1
    for at, head in enumerate(heads):
        page.write_string(top, at, words(f"starter.{head}"), bold)
    join = words("starter.join")
    for row, column in enumerate(template.columns, start=top + 1):
        key = _key(column)
        texts = (
            column.header(language), words(f"starter.about_{key}"),
            words(f"starter.unit_{column.unit}") if column.unit else "",
            words(f"starter.need_{column.need}"), words(f"starter.eg_{key}"),
            "\n".join(_taken(column, words)), join.join(column.others(language)),
        )  # fmt: skip
        for at, text in enumerate(texts):
            page.write_string(row, at, text, cell)
        page.set_row(row, 15 * _lines_of(texts))
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _taken(column: Column, words: Words) -> list[str]:
    """Return the words that a cell may hold: each choice, with what else means it."""
    if not column.choices:
        return []
    chinese, join = words.language == "zh", words("starter.join")
    out = []
    known = _synonyms(column.choices)
    for option, said in zip(column.options(words.language), known.values(), strict=True):
        also = [n for n in said if n != option and _is_chinese(n) == chinese][:_ALSO]
        values = {"option": option, "also": join.join(also)}
        out.append(words("starter.option_also", values) if also else option)
    return out


def _key(column: Column) -> str:
    """Return the part of a column's keys in the catalogue of words."""
    return f"group_{column.field.rstrip('+')}" if column.table == "group" else column.field


@cache
def _synonyms(table: str) -> Mapping[str, tuple[str, ...]]:
    """Return a synonym table as it is written, in its order."""
    tables = tomllib.loads(data_file("synonyms.toml").read_text(encoding="utf-8"))
    return {field: tuple(names) for field, names in tables[table].items()}


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def _lines_of(texts: tuple[str, ...]) -> int:
    """Return how many lines the tallest cell of a row of explanations takes."""
    return max(
        sum(-(-max(width_of(line), 1) // (wide - 2)) for line in text.split("\n"))
        for text, wide in zip(texts, _NOTE_WIDTHS, strict=True)
    )
