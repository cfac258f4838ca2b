"""Write the tables of columns and words in docs/inputs.md and docs/inputs.zh.md.

    python tools/input_columns.py           # rewrites what stands between the markers
    python tools/input_columns.py --check   # exit status 1 where a page is out of date

What a header or a word means stands in one place, the synonym table; what a column is for stands
in the texts of the blank tables. Between ``<!-- columns NAME -->`` (or ``<!-- words NAME -->``)
and ``<!-- end -->`` the pages hold what this makes of them, and a test keeps them in agreement.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from quarterhour.templates import TEMPLATES
from quarterhour.words import Language, Words, data_file

ROOT = Path(__file__).parents[1]
PAGES: dict[Language, Path] = {
    "en": ROOT / "docs" / "inputs.md",
    "zh": ROOT / "docs" / "inputs.zh.md",
}
_BLOCK = re.compile(r"<!-- (columns|words) ([\w-]+) -->\n.*?<!-- end -->", re.DOTALL)
_HEADS: dict[Language, tuple[str, ...]] = {
    "en": ("field", "needed", "what it says", "headers that are understood"),
    "zh": ("字段", "是否必填", "含义", "可识别的列名"),
}
_WORD_HEADS: dict[Language, tuple[str, ...]] = {
    "en": ("meaning", "words that are understood"),
    "zh": ("含义", "可识别的写法"),
}
# Columns without a blank table of their own: whether they are needed, and what they say.
_OTHERS: dict[str, dict[str, tuple[str, str, str]]] = {
    "areas": {
        "area_name": ("yes", "Name of the area", "镇街名称"),
        "area_kind": ("no", "Town or subdistrict; else by the name's ending",
                      "镇或街道；没有则按名称末字判断"),
        "lon": ("no", "Longitude of the centre, for a table without shapes",
                "中心点经度（没有图形的表格）"),
        "lat": ("no", "Latitude of the centre, for a table without shapes",
                "中心点纬度（没有图形的表格）"),
    },
    "residents-other": {
        "street_name": ("no", "Street, with by = \"street\"", "道路名称（by = \"street\"）"),
        "people_per_km": ("no", "People per km of street, in place of groups",
                          "每公里人数，代替各年龄组"),
        "lon": ("no", "Longitude, with by = \"point\" or \"grid\" without shapes",
                "经度（by = \"point\" 或没有图形的 \"grid\"）"),
        "lat": ("no", "Latitude, likewise", "纬度，同上"),
    },
    "buildings": {
        "levels": ("no", "Storeys above ground: 6, 6层, 6/1", "地上层数：6、6层、6/1"),
        "height_m": ("no", "Height in metres, where storeys are not known: 3 m each",
                     "高度（米）；没有层数时按每层 3 米折算"),
        "building_floor_m2": ("no", "Floor area; wins over footprint times storeys",
                              "建筑面积；优先于占地面积乘层数"),
        "use": ("no", "What it is used for; without one it counts as a home",
                "用途；没有则按住宅计"),
    },
    "hazards": {
        "hazard_name": ("no", "Name or number", "名称或编号"),
        "hazard_kind": ("no", "Kind of hazard", "灾害类型"),
        "hazard_level": ("no", "Level of risk", "风险等级"),
    },
    "entrances": {
        "lonlat": ("no", "Both in one cell, in either order: 106.4571,29.5412",
                   "经纬度写在一格，先后均可：106.4571,29.5412"),
        "entrances": ("no", "Doors: 106.4571,29.5412; 106.4580,29.5409",
                      "出入口：106.4571,29.5412; 106.4580,29.5409"),
        "capacity": ("no", "People served at once, where neither beds nor seats say it",
                     "服务能力（没有床位数、座位数时）"),
    },
}  # fmt: skip


def table_of_columns(name: str, language: Language) -> str:
    """Return the table of columns of one file in Markdown."""
    words = Words(language)
    rows = []
    for template in TEMPLATES:
        for column in template.columns if template.name == name else ():
            key = re.sub(r"\W", "", column.field)
            about = f"starter.about_{'group_' if column.table == 'group' else ''}{key}"
            unit = f" ({words(f'starter.unit_{column.unit}')})" if column.unit else ""
            rows.append((column.field, words(f"starter.need_{column.need}"),
                         words(about) + unit, _headers(column.table, column.field)))  # fmt: skip
    for field, (need, english, chinese) in _OTHERS.get(name, {}).items():
        said = english if language == "en" else chinese
        rows.append((field, words(f"starter.need_{need}"), said, _headers("column", field)))
    if not rows:
        raise SystemExit(f"there is no table of columns named {name}")
    return _markdown(_HEADS[language], rows)


def table_of_words(name: str, language: Language) -> str:
    """Return the table of words of one section of the synonym table in Markdown."""
    rows = [(f"`{meant}`", " · ".join(said)) for meant, said in _synonyms(name).items()]
    return _markdown(_WORD_HEADS[language], rows)


def filled(text: str, language: Language) -> str:
    """Return a page with every block between markers made anew."""

    def made(match: re.Match[str]) -> str:
        what, name = match.groups()
        table = table_of_columns if what == "columns" else table_of_words
        return f"<!-- {what} {name} -->\n{table(name, language)}<!-- end -->"

    return _BLOCK.sub(made, text)


def _headers(table: str, field: str) -> str:
    return " · ".join(f"`{name}`" for name in (field, *_synonyms(table)[field]))


def _synonyms(table: str) -> dict[str, list[str]]:
    tables = tomllib.loads(data_file("synonyms.toml").read_text(encoding="utf-8"))
    return tables[table]  # type: ignore[no-any-return]


def _markdown(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    # A bar in a cell would part it.
    return "".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |\n" for line in lines
    )


def main() -> None:
    """Read the command line and write or check the pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    stale = []
    for language, path in PAGES.items():
        text = path.read_text(encoding="utf-8")
        made = filled(text, language)
        if made != text:
            stale.append(path.name)
            if not check:
                path.write_text(made, encoding="utf-8", newline="\n")
    print(*stale, sep="\n")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
