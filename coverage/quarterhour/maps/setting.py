"""Setting of text: lines that fit a width, broken as Chinese and English are broken."""

import re

from quarterhour.maps.fonts import MM_PER_PT, Fonts

_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_OPEN, _CLOSE = "（《“〔([", "，。；：、）》”〕！？,.;:)]%"
# A piece may not be broken: a wide character or a word, with the brackets and stops that cling.
_PIECE = re.compile(
    rf"[{re.escape(_OPEN)}]*(?:[{_WIDE}—]|[^\s{_WIDE}—]+)[{re.escape(_CLOSE)}]*|\s+"
)

_STEP_PT = 0.5
# Shares of the width at which lines are tried, so that the last one is not a lone word.
_EVEN = (0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def set_lines(size_pt: float) -> float:
    """Return the pitch of lines in millimetres."""
    return 1.38 * size_pt * MM_PER_PT


def wrap(
    fonts: Fonts, text: str, width_mm: float, *, size_pt: float, heavy: bool = False
) -> list[str]:
    """Return a text in lines that are at most ``width_mm`` wide."""

    def width(piece: str) -> float:
        return fonts.width_mm(piece, size_pt, heavy=heavy)

    lines, line, used = [], "", 0.0
    for piece in _pieces(text):
        needed = width(piece)
        if used + width(piece.rstrip()) > width_mm and line:
            lines.append(line.rstrip())
            line, used = "", 0.0
            piece = piece.lstrip()
            needed = width(piece) if piece else 0.0
        while needed > width_mm:
            keep = next(n for n in range(len(piece), 0, -1) if width(piece[:n]) <= width_mm)
            lines.append(piece[:keep])
            piece = piece[keep:]
            needed = width(piece)
        line, used = line + piece, used + needed
    return [*lines, line.rstrip()] if line.strip() else lines


def fit(
    fonts: Fonts, text: str, width_mm: float, *, size_pt: float, least_pt: float,
    heavy: bool = False,
) -> tuple[str, float]:  # fmt: skip
    """Return a line and the size at which it fits: smaller first, then cut with an ellipsis."""
    full = fonts.width_mm(text, size_pt, heavy=heavy)
    if full <= width_mm:
        return text, size_pt
    size = max(least_pt, size_pt * width_mm / full * 0.995)
    if size > least_pt:
        return text, size
    while text and fonts.width_mm(f"{text}…", size, heavy=heavy) > width_mm:
        text = text[:-1]
    return f"{text}…", size


def fill(
    fonts: Fonts, text: str, width_mm: float, height_mm: float, *, size_pt: float, least_pt: float,
    heavy: bool = False,
) -> tuple[list[str], float]:  # fmt: skip
    """Return a text as one line or, where that would be small, as lines, and their size.

    One line keeps at least three quarters of the size that was asked for. Lines are as even as
    they can be. Only a text that does not fit the box at the least size ends with an ellipsis.

    Parameters
    ----------
    fonts, text
        What is set.
    width_mm, height_mm
        The box.
    size_pt, least_pt
        Size that is asked for, and the smallest one.
    heavy
        Whether the text is heavy.
    """
    line, size = fit(fonts, text, width_mm, size_pt=size_pt, least_pt=max(least_pt, 0.75 * size_pt),
                     heavy=heavy)  # fmt: skip
    if line == text:
        return [line], size
    size = size_pt
    while True:
        lines = wrap(fonts, text, width_mm, size_pt=size, heavy=heavy)
        room = int(height_mm / set_lines(size))
        if len(lines) <= room:
            break
        if size <= least_pt:
            whole = lines[: max(room, 1) - 1]
            rest = text
            for line in whole:
                rest = rest[len(line) :].lstrip()
            last, size = fit(fonts, rest, width_mm, size_pt=size, least_pt=size, heavy=heavy)
            return [*whole, last], size
        size = max(least_pt, size - _STEP_PT)
    longest = longest_mm(fonts, text, size, heavy=heavy)
    for share in _EVEN:
        if longest > share * width_mm:
            continue
        even = wrap(fonts, text, share * width_mm, size_pt=size, heavy=heavy)
        if len(even) == len(lines):
            return even, size
    return lines, size


def longest_mm(fonts: Fonts, text: str, size_pt: float, *, heavy: bool = False) -> float:
    """Return the width of the longest piece of a text that may not be broken."""
    pieces = (piece.strip() for piece in _pieces(text))
    return max((fonts.width_mm(piece, size_pt, heavy=heavy) for piece in pieces), default=0.0)


def stacked(lines: list[str], middle: float, size_pt: float) -> list[tuple[float, str]]:
    """Return lines with their heights on paper, around a middle."""
    pitch, half = set_lines(size_pt), (len(lines) - 1) / 2
    return [(middle + (half - n) * pitch, line) for n, line in enumerate(lines)]


def _pieces(text: str) -> list[str]:
    found = _PIECE.findall(text)
    # A lone bracket or stop that clings to nothing still has to be set.
    return found if "".join(found) == text else list(text)
