"""Choosing: which plates are drawn, and on which paper, by the tokens that a study names.

A *token* is a set (``main``, ``all``, ``none``), or the beginning of a number: ``04`` is every
plate of that family, ``S-1`` every one of the first question or the first site, ``04-2`` one. What
is chosen never changes a number. A *job* is one plate on one sheet.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quarterhour.errors import Fault, raise_if
from quarterhour.findings import Findings
from quarterhour.maps.orders import orders_of
from quarterhour.maps.sheets import A3, SHEETS, Sheet
from quarterhour.maps.titles import Order
from quarterhour.studytables import PLATES
from quarterhour.words import Words

MAIN, ALL, NONE = "main", "all", "none"
_SITES = "S"
_LAST_MAIN = 12
_DENSITY, _REACH, _RADIUS = "02", "04", "05"


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One plate on one sheet.

    Attributes
    ----------
    order, sheet
        What is drawn, and on which paper.
    further
        Whether this is a further size, which has a folder of its own.
    """

    order: Order
    sheet: Sheet
    further: bool = False

    @property
    def name(self) -> str:
        """Name by which two processes speak of it."""
        return f"{self.sheet.name}/{self.order.title.stem}"


def jobs_of(
    findings: Findings,
    words: Words,
    *,
    plates: Sequence[str] | None = None,
    sizes: Sequence[str] | None = None,
) -> tuple[Job, ...]:
    """Return what is to be drawn, all plates of the first size first.

    Parameters
    ----------
    findings
        What to show.
    words
        Language of the titles.
    plates, sizes
        Tokens, and names of sheets; ``None``: as the study says, and ``main`` on A3 where it is
        silent.

    Raises
    ------
    InputError
        With every token that is none and every size that there is not.
    """
    tokens = findings.study.report.plates if plates is None else plates
    sizes = sizes_of(findings, sizes)
    raise_if([*plate_faults(tokens), *size_faults(sizes)])
    chosen = chosen_orders(orders_of(findings, words), tokens)
    return tuple(
        Job(order, SHEETS[size], further=size != sizes[0]) for size in sizes for order in chosen
    )


def sizes_of(findings: Findings, sizes: Sequence[str] | None) -> tuple[str, ...]:
    """Return sizes of paper without repeats: those given, the study's, or A3."""
    named = findings.study.report.sizes if sizes is None else sizes
    return tuple(dict.fromkeys(named)) or (A3.name,)


def sheet_of(size: str) -> Sheet:
    """Return a sheet by its name.

    Raises
    ------
    InputError
        If there is no such size.
    """
    raise_if(size_faults((size,)))
    return SHEETS[size]


def chosen_orders(orders: Sequence[Order], tokens: Sequence[str]) -> tuple[Order, ...]:
    """Return the orders that tokens choose, in the order of their numbers.

    Parameters
    ----------
    orders
        All that a run can have.
    tokens
        What is wanted; empty is ``main``. A token that no order answers to chooses nothing.

    Raises
    ------
    InputError
        With every token that is none.
    """
    raise_if(plate_faults(tokens))
    asked = {order.plan.plan.kind for order in orders if order.plan is not None}
    wanted = tokens or (MAIN,)
    return tuple(
        order for order in orders if any(_answers(order, token, asked) for token in wanted)
    )


def idle_tokens(orders: Sequence[Order], tokens: Sequence[str]) -> tuple[str, ...]:
    """Return the tokens that ask for a number no order has."""
    raise_if(plate_faults(tokens))
    return tuple(
        token
        for token in dict.fromkeys(tokens)
        if token not in (MAIN, ALL, NONE) and not any(_numbered(o, token) for o in orders)
    )


def _answers(order: Order, token: str, asked: Iterable[str]) -> bool:
    if token == MAIN:
        return _is_main(order, asked)
    return token == ALL or (token != NONE and _numbered(order, token))


def _numbered(order: Order, token: str) -> bool:
    return f"{order.title.number}-".startswith(f"{token}-")


def _is_main(order: Order, asked: Iterable[str]) -> bool:
    """Tell whether a plate is one of 01 to 12 or of a site, and no twin that nobody asks about."""
    family, twin, _ = order.title.number.partition("-")
    if family == _SITES:
        return True
    if twin and family in (_DENSITY, _REACH, _RADIUS):
        return family == _REACH and order.kind in asked
    return int(family) <= _LAST_MAIN


def plate_faults(tokens: Iterable[str]) -> list[Fault]:
    """Return a fault for each token that is none."""
    return [
        Fault("sheet.unknown_plate", {"token": token, "allowed": PLATES.said})
        for token in dict.fromkeys(tokens)
        if not re.fullmatch(PLATES.pattern, token)
    ]


def size_faults(sizes: Iterable[str]) -> list[Fault]:
    """Return a fault for each size of paper that there is not."""
    known = ", ".join(SHEETS)
    return [
        Fault("sheet.unknown_size", {"size": size, "allowed": known})
        for size in dict.fromkeys(sizes)
        if size not in SHEETS
    ]
