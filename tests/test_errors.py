"""Faults and errors: the place, the problem, the mend, in both languages, on one line each."""

import pickle

import pytest

from quarterhour.errors import (
    SHOWN_ALIKE,
    Fault,
    InfeasibleError,
    InputError,
    NetworkError,
    QuarterhourError,
    SolverError,
    condensed,
    raise_if,
)
from quarterhour.words import Words

CELL = Fault("input.not_a_number", {"value": "很多"}, "r.xlsx", "人口", 7, "60+")


def test_a_fault_in_chinese() -> None:
    assert CELL.render("zh") == (
        "r.xlsx，工作表“人口”，第 7 行，列“60+”：“很多”不是数。请改为数字，单位写在列名里。"
    )


def test_a_fault_in_english() -> None:
    assert CELL.render("en") == (
        "r.xlsx, sheet “人口”, row 7, column “60+”: “很多” is not a number."
        " Write a plain number, with the unit in the header."
    )


def test_places_name_only_what_is_known() -> None:
    assert Fault("input.no_crs").place("en") == ""
    assert not Fault("input.no_crs").render("en").startswith(":")
    assert Fault("input.no_crs", file="a.shp", row=0).place("en") == "a.shp, row 0"
    assert Fault("input.no_crs", column="x").place("zh") == "列“x”"


@pytest.mark.parametrize(
    "value", ["a\nb", "a\r\nb", "a\x1b[31mb", "a\u2028b", "a\u202eb", "a\x00b"]
)
def test_a_fault_stays_on_one_line_and_steers_no_terminal(value: str) -> None:
    for language in ("zh", "en"):
        line = Fault("input.not_a_number", {"value": value}, f"{value}.csv").render(language)
        assert len(line.splitlines()) == 1
        assert line.isprintable()


def test_braces_in_values_are_texts() -> None:
    assert "{0} {key} {" in Fault("input.not_a_number", {"value": "{0} {key} {"}).render("en")


def test_the_family() -> None:
    for kind in (InputError, NetworkError, InfeasibleError, SolverError):
        assert issubclass(kind, QuarterhourError)
    assert issubclass(InputError, ValueError)


def test_an_error_carries_all_its_faults() -> None:
    other = Fault("input.no_crs", file="a.shp")
    error = InputError(iter([CELL, other]))
    assert error.faults == (CELL, other)
    assert error.render("en").splitlines() == [CELL.render("en"), other.render("en")]
    assert InputError(CELL).faults == (CELL,)


def test_an_error_speaks_the_machine_s_language(monkeypatch) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert str(InputError(CELL)) == CELL.render("zh")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert str(InputError(CELL)) == CELL.render("en")


def test_errors_survive_a_process_border() -> None:
    again = pickle.loads(pickle.dumps(InputError([CELL, CELL])))
    assert again.faults == (CELL, CELL)
    assert type(again) is InputError


def test_raise_if() -> None:
    raise_if([])
    raise_if(iter(()))
    with pytest.raises(InputError) as caught:
        raise_if([CELL])
    assert caught.value.faults == (CELL,)


def rows(count: int, *, file: str = "a.csv", column: str = "x") -> list[Fault]:
    return [
        Fault("input.not_a_number", {"value": n}, file, row=n, column=column) for n in range(count)
    ]


def test_few_alike_are_all_shown() -> None:
    found = rows(SHOWN_ALIKE) + rows(3, column="y") + rows(SHOWN_ALIKE, file="b.csv")
    assert condensed(found) == found


def test_of_many_alike_the_first_are_shown_and_the_rest_counted() -> None:
    many, few = rows(1000), rows(2, column="y")
    shown = condensed([*many[:500], *few, *many[500:]])
    assert shown[:SHOWN_ALIKE] == many[:SHOWN_ALIKE]
    rest = shown[SHOWN_ALIKE]
    assert (rest.key, rest.values["count"]) == ("input.more_alike", 1000 - SHOWN_ALIKE)
    assert (rest.file, rest.column, rest.row) == ("a.csv", "x", None)
    assert shown[SHOWN_ALIKE + 1 :] == few
    error = InputError(many)
    assert len(error.faults) == 1000
    assert len(error.render("zh").splitlines()) == SHOWN_ALIKE + 1


def test_a_mend_follows_every_fault_of_the_catalogue() -> None:
    values = {"count": 3}
    for language in ("zh", "en"):
        words = Words(language)
        assert words.mend("input.more_alike", values).strip()
        assert words.mend("kind.canteen") == ""
