"""Setting of text: lines that fit a width, broken as Chinese and English are broken."""

import re

from quarterhour.maps.fonts import MM_PER_PT, Fonts

_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_OPEN, _CLOSE = "（《“〔([", "，。；：、）》”〕！？,.;:)]%"
# A piece may not be broken: a wide character or a word, with the brackets and stops that cling.
_PIECE = re.compile(
    rf"[{re.escape(_OPEN)}]*(?:[{_WIDE}—]|[^\s{_WIDE}—]+)[{re.escape(_CLOSE)}]*|\s+"
)


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


def _pieces(text: str) -> list[str]:
    found = _PIECE.findall(text)
    # A lone bracket or stop that clings to nothing still has to be set.
    return found if "".join(found) == text else list(text)
