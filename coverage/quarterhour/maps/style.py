"""Signs and colours of every map, web and plate alike: safe for the colour-blind, legible in grey.

Bands are one blue that lightens with the walk; what is uncovered is vermilion; kinds differ by
shape first and colour second (palette of Okabe and Ito). Shapes by level and the signs of new
sites are a design of this tool: no standard symbol for elder care was found.
"""

from dataclasses import dataclass

BANDS = ("#0b4f8a", "#4b93c8", "#a9d0ea")
UNCOVERED = "#d55e00"
# Straight circles for comparison, pale and dashed, and the walking reach that lies on them.
RADIUS_FACE, RADIUS_EDGE, WALKED = "#f6dd8f", "#7a5c00", BANDS[1]
# Places over demand, from worst to best, the worst the darkest: apart in grey print too.
RATIO_CLASSES = ("#6c90b6", "#87a4c4", "#a2b9d1", "#bccddf", "#d7e2ec", "#f2f6fa")
# Delivery bands, and what lies beyond.
DELIVERY = ("#7fa6cc", "#c4d8ea", "#e4eef6")
BEYOND = "#b3673b"
NEW_SITE = "#b2182b"
# What is not there yet: a missing link.
LINK = "#542788"
WATER = "#cfe3ee"
STREET = "#c9c9c9"
MAIN_STREET = "#a8a8a8"
RAIL = "#8a8a8a"
BORDER = "#5a5a5a"
PAPER = "#ffffff"
INK = "#222222"
# Classes of a share, from worst to best: under 50, 50-80, 80 per cent and more.
SHARE_CLASSES = ((0.5, "#f1a340"), (0.8, "#d8daeb"), (1.01, "#998ec3"))
# A point on a street that might do, of which no premises are known.
GENERATED = "#00664f"
# People whom no candidate and no facility reaches.
OUT_OF_REACH = "#7a0177"
# Years of a plan, the first the darkest: lightness alone tells them apart (after cividis, by
# Nunez, Anderton and Renslow, "Optimizing colormaps with consideration for color vision
# deficiency", PLOS ONE 13(7), 2018).
YEARS = ("#00224e", "#43598e", "#8f8f7a", "#c8b866", "#fee838")
# Hatching, outlines and signs where an area cannot say its coverage.
WITHHELD = "#6b6b6b"
HALO = "#ffffff"


@dataclass(frozen=True, slots=True)
class Sign:
    """The point sign of a kind: shape (triangle, square, circle, diamond, star) and colour."""

    shape: str
    colour: str


SIGNS = {
    "care_centre": Sign("triangle", "#0072b2"),
    "care_station": Sign("square", "#009e73"),
    "mutual_aid": Sign("circle", "#cc79a7"),
    "canteen": Sign("diamond", "#e69f00"),
    "nursing_centre": Sign("triangle", "#000000"),
    "service_point": Sign("circle", "#009e73"),
    "care_home": Sign("square", "#0072b2"),
    "learning_hall": Sign("diamond", "#cc79a7"),
}
_OTHERS = ("#56b4e9", "#f0e442", "#999999")


def sign_of(kind: str, kinds: tuple[str, ...]) -> Sign:
    """Return the sign of a kind; the study's own kinds are circles in the colours left over."""
    if kind in SIGNS:
        return SIGNS[kind]
    own = [k for k in kinds if k not in SIGNS]
    return Sign("circle", _OTHERS[own.index(kind) % len(_OTHERS)] if kind in own else _OTHERS[-1])


def band_colours(n: int) -> tuple[str, ...]:
    """Return a colour per band, shortest walk first."""
    if n <= len(BANDS):
        return BANDS[-n:] if n < len(BANDS) else BANDS
    return tuple(BANDS[min(k * len(BANDS) // n, len(BANDS) - 1)] for k in range(n))
