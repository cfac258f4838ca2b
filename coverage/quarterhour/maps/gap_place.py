"""A gap in words: its place (streets, and a side or number where two share them), its barrier."""

from quarterhour.cover.gaps.names import Apart
from quarterhour.wording import MISSING
from quarterhour.words import Language, Words


def gap_place(streets: tuple[str, ...], apart: Apart, row: int, language: Language) -> str:
    """Return where a gap lies within its area; a dash where nothing names it.

    Parameters
    ----------
    streets, apart
        Names of the gaps, and what tells them apart.
    row
        Which gap.
    language
        Language of the words.
    """
    words, street, also = Words(language), streets[row], apart.also[row]
    if street and also:
        street = words("gaps.two_streets", {"street": street, "also": also})
    detail = ""
    if apart.side[row]:
        detail = words(f"gaps.side_{apart.side[row]}")
    elif apart.nth[row]:
        detail = words("gaps.nth", {"nth": int(apart.nth[row])})
    if street and detail:
        return words("gaps.with_detail", {"street": street, "detail": detail})
    return street or detail or MISSING


def barrier_words(kind: str, name: str, language: Language) -> str:
    """Return a barrier: its name, else what it is; empty where none is known."""
    return name or (Words(language)(f"gaps.{kind}") if kind else "")
