"""The catalogue of words: both languages say the same; the code asks only for what is there."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from quarterhour.study import Study
from quarterhour.words import LANGUAGES, Words

PACKAGE = Path(__file__).parents[1] / "coverage" / "quarterhour"
CATALOGUE = PACKAGE / "_data" / "words"

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
# What may ask for a text by its key; the key is the first argument.
ASKERS = {"words", "w", "word", "text", "say", "mend", "has", "Words"}
FAULTS = {"Fault", "fault"}  # the class, and what makes one with the place filled in
FILE_NAME = re.compile(
    r"\.(?:toml|json|geojson|csv|xlsx|gpkg|shp|tif|osm|pbf|npz|parquet|html|js|css|docx|pdf|png)$"
)


@cache
def entries() -> dict[str, dict[str, object]]:
    """Return all entries by key, as they stand."""
    return {
        f"{path.stem}.{name}": entry
        for path in sorted(CATALOGUE.glob("*.toml"))
        for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return the texts of all entries by key."""
    return {
        key: {name: str(text) for name, text in entry.items() if name != "note"}
        for key, entry in entries().items()
    }


def placeholders(text: str) -> set[str]:
    """Return the names that a text wants filled in."""
    named = (name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    return {re.split(r"[.\[]", name)[0] for name in named}


def test_there_is_a_catalogue() -> None:
    assert catalogue()


def test_entries_have_both_languages_and_nothing_else() -> None:
    allowed = {"zh", "en", "mend_zh", "mend_en"}
    wrong = [k for k, e in catalogue().items() if not {"zh", "en"} <= set(e) <= allowed]
    assert wrong == []


def test_what_only_says_what_was_done_asks_for_nothing() -> None:
    notes = {key for key, entry in entries().items() if "note" in entry}
    assert notes
    assert [key for key in notes if entries()[key]["note"] is not True] == []
    assert [key for key in notes if "mend_en" in catalogue()[key]] == []


def test_no_text_is_empty() -> None:
    assert [k for k, e in catalogue().items() if not all(t.strip() for t in e.values())] == []


def test_mends_come_in_pairs() -> None:
    assert [k for k, e in catalogue().items() if ("mend_zh" in e) != ("mend_en" in e)] == []


def test_both_languages_want_the_same_values() -> None:
    wrong = {
        key: (sorted(zh), sorted(en))
        for key, entry in catalogue().items()
        for prefix in ("", "mend_")
        if (zh := placeholders(entry.get(f"{prefix}zh", "")))
        != (en := placeholders(entry.get(f"{prefix}en", "")))
    }
    assert wrong == {}


def test_english_texts_hold_no_chinese() -> None:
    wrong = {k: e["en"] for k, e in catalogue().items()
             if CHINESE.search(e["en"] + e.get("mend_en", ""))}  # fmt: skip
    assert wrong == {}


class _Anything:
    """A value that every format accepts: numbers and texts alike."""

    def __format__(self, spec: str) -> str:
        return "x"


def test_every_text_can_be_rendered() -> None:
    for key, entry in catalogue().items():
        values = {name: _Anything() for text in entry.values() for name in placeholders(text)}
        for language in LANGUAGES:
            said = Words(language)(key, values) + Words(language).mend(key, values)
            assert not re.search(r"\{\w+\}", said)


# --- what the code asks for ---------------------------------------------------------------------


@dataclass(frozen=True)
class Ask:
    """One place in the code that asks for a text."""

    place: str
    by: str
    key: str
    whole: bool
    values: frozenset[str] | None


Tables = dict[str, list[tuple[int, ast.expr]]]


def _key(node: ast.expr) -> tuple[str, bool] | None:
    """Return a key as written, and whether it is whole (not the start of an f-string)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value, True
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return str(node.values[0].value), False
    return None


def _names(node: ast.expr, tables: Tables, line: int) -> frozenset[str] | None:
    """Return the names in a dict display, or in the variable that holds one."""
    if isinstance(node, ast.Name):
        earlier = [found for at, found in tables.get(node.id, []) if at < line]
        return _names(earlier[-1], {}, line) if earlier else None
    if not isinstance(node, ast.Dict):
        return None
    names: set[str] = set()
    for key, value in zip(node.keys, node.values, strict=True):
        inner = _names(value, tables, line) if key is None else None
        if isinstance(key, ast.Constant):
            names.add(key.value)
        elif inner is not None:  # {**values, "km": km}
            names |= inner
        else:
            return None
    return frozenset(names)


def _values(call: ast.Call, tables: Tables) -> frozenset[str] | None:
    """Return the names of the values handed over, or ``None`` where they cannot be read."""
    given = [k.value for k in call.keywords if k.arg == "values"] + call.args[1:2]
    if given:
        return _names(given[0], tables, call.lineno)
    return None if any(k.arg is None for k in call.keywords) else frozenset()


def _tables(tree: ast.AST) -> Tables:
    """Return every ``name = {...}`` with its line, in order."""
    found: Tables = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append((node.lineno, node.value))
    return {name: sorted(rows, key=lambda row: row[0]) for name, rows in found.items()}


def _asks_in(tree: ast.AST, file: str) -> Iterator[Ask]:
    tables = _tables(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        func = node.func
        by = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if isinstance(func, ast.Call):  # Words("en")("kind.canteen")
            inner = func.func
            by = inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", "")
        elif by == "Words":
            continue  # Words("en"): a language, not a key
        named = [k.value for k in node.keywords if k.arg == "key"] + node.args[:1]
        if by not in ASKERS | FAULTS or not named:
            continue
        choices = named[:1]
        if isinstance(named[0], ast.IfExp):  # words("a.b" if n == 1 else "a.c")
            choices = [named[0].body, named[0].orelse]
        for choice in choices:
            if (found := _key(choice)) and "." in found[0]:
                yield Ask(f"{file}:{node.lineno}", by, *found, _values(node, tables))


def asks() -> list[Ask]:
    """Return every place of the package that asks for a text by a key one can read."""
    return [
        ask
        for path in sorted(PACKAGE.rglob("*.py"))
        for ask in _asks_in(
            ast.parse(path.read_text(encoding="utf-8")), path.relative_to(PACKAGE).as_posix()
        )
    ]


def test_the_reader_of_code_sees_all_forms() -> None:
    code = """
words("a.b")
self.words("a.c", {"n": 1})
Words("en")("a.d")
w(f"kind.{x}")
w.mend("a.e", values)
Fault("a.f", {"path": p}, file="x")
w("a.g" if n == 1 else "a.h")
values = {"a": 1}
raise sheet.fault("a.i", {**values, "b": 2}, at=3)
"""
    seen = list(_asks_in(ast.parse(code), "x.py"))
    assert {(a.key, a.whole) for a in seen} == {
        ("a.b", True), ("a.c", True), ("a.d", True), ("kind.", False),
        ("a.e", True), ("a.f", True), ("a.g", True), ("a.h", True),
        ("a.i", True),
    }  # fmt: skip
    values = {a.key: a.values for a in seen}
    assert (values["a.b"], values["a.c"], values["a.e"]) == (frozenset(), {"n"}, None)
    assert values["a.i"] == {"a", "b"}


def test_the_code_asks_only_for_what_is_there() -> None:
    known = catalogue()
    wrong = [
        f"{ask.place}: {ask.key}"
        for ask in asks()
        if (ask.key not in known if ask.whole else not any(k.startswith(ask.key) for k in known))
    ]
    assert wrong == []


def test_the_code_hands_over_what_a_text_wants() -> None:
    known = catalogue()
    wrong = [
        f"{ask.place}: {ask.key} wants {sorted(wanted - ask.values)}"
        for ask in asks()
        if ask.whole and ask.values is not None and ask.key in known
        for wanted in [set().union(*map(placeholders, known[ask.key].values()))]
        if wanted - ask.values
    ]
    assert wrong == []


def test_every_fault_has_its_mend() -> None:
    known = catalogue()
    wrong = [
        f"{ask.place}: {ask.key}"
        for ask in asks()
        if ask.by in FAULTS
        and ask.whole
        and "mend_en" not in known.get(ask.key, {})
        and "note" not in entries().get(ask.key, {})
    ]
    assert wrong == []


def _study_keys() -> set[str]:
    """Return ``table.key`` of the study file: they look like keys of the catalogue and are not."""
    pairs: set[str] = set()
    for table, kind in get_type_hints(Study).items():
        tables = [k for k in (kind, *get_args(kind)) if is_dataclass(k)]
        pairs |= {f"{table}.{f.name}" for k in tables for f in fields(k)}
    return pairs


def test_whatever_looks_like_a_key_is_one() -> None:
    """Keys in tables and constants count too: any literal ``stem.name`` of a known file."""
    known, stems = catalogue(), {key.partition(".")[0] for key in catalogue()}
    asked, of_study = {ask.key for ask in asks()}, _study_keys()
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if not isinstance(text, str) or text in known or text in asked:
                continue
            match = re.fullmatch(r"([a-z_]+)\.[a-z0-9_]+", text)
            if match is None or match[1] not in stems or FILE_NAME.search(text):
                continue
            if text.endswith("_") and any(key.startswith(text) for key in known):
                continue  # the start of an f-string
            if text not in of_study:
                wrong.append(f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}: {text}")
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_key_is_our_own_mistake(language) -> None:
    key = next(iter(catalogue()))
    assert Words(language).has(key)
    assert not Words(language).has("no_such_file.name")
    assert not Words(language).has(f"{key}_not_there")
    with pytest.raises(KeyError):
        Words(language)(f"{key}_not_there")
