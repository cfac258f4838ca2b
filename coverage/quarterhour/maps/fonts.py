"""Fonts of plan pages: files that hold Simplified Chinese, found by name and never by a cache.

A *chain* is an order of font files. Each text is set in the first file of its chain that holds all
of its characters; a character that no file holds stops the page, because an empty box on a printed
map is worse than no map. Single files come before collections (ttc): matplotlib reads face 0 of a
collection only, which in the pan-Asian ones is the Japanese form.
"""

import importlib.util
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextToPath

from quarterhour.errors import Fault, InputError

MM_PER_PT = 25.4 / 72.0

_BODY = (
    "NotoSansSC-Regular.otf", "NotoSansSC-Regular.ttf", "NotoSansCJKsc-Regular.otf",
    "SourceHanSansSC-Regular.otf", "SourceHanSansCN-Regular.otf", "msyh.ttc", "Deng.ttf",
    "simhei.ttf", "simsun.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc", "Songti.ttc",
    "PingFang.ttc", "Arial Unicode.ttf", "wqy-microhei.ttc", "wqy-zenhei.ttc",
)  # fmt: skip
_HEAVY = (
    "simhei.ttf", "msyhbd.ttc", "NotoSansSC-Bold.otf", "NotoSansCJKsc-Bold.otf",
    "SourceHanSansSC-Bold.otf", "SourceHanSansCN-Bold.otf", "STHeiti Medium.ttc",
)  # fmt: skip
# Pan-Asian collections and what matplotlib itself carries: for characters the others lack.
_SPARE = ("simsunb.ttf", "NotoSansCJK-Regular.ttc", "NotoSerifCJK-Regular.ttc")
_PACKAGED = ("NotoSansCJKsc-Regular.otf", "SourceHanSerifSC-Regular.otf")
_PROBE = "图例比例尺规划范围养老服务"


@dataclass(frozen=True, slots=True)
class Fonts:
    """Two chains of font files: for running text, and for titles (a black face where there is one).

    Attributes
    ----------
    body, heavy
        Files, the preferred one first.
    """

    body: tuple[Path, ...]
    heavy: tuple[Path, ...]

    def choose(self, text: str, *, heavy: bool = False) -> FontProperties:
        """Return the first font that holds every character of a text.

        Raises
        ------
        InputError
            If no font on this machine holds one of its characters.
        """
        chain = self.heavy if heavy else self.body
        wanted = {ord(c) for c in text}
        for path in chain:
            if wanted <= _characters(path):
                return FontProperties(fname=str(path))
        held = set().union(*(_characters(path) for path in chain))
        lacking = sorted(wanted - held) or sorted(wanted - _characters(chain[0]))
        values = {"character": chr(lacking[0]), "code": f"U+{lacking[0]:04X}", "text": text}
        raise InputError(Fault("plate.no_glyph", values))

    def width_mm(self, text: str, size_pt: float, *, heavy: bool = False) -> float:
        """Return how wide a text is when set."""
        return _width_em(text, Path(str(self.choose(text, heavy=heavy).get_file()))) * (
            size_pt * MM_PER_PT
        )


def find_fonts() -> Fonts:
    """Find the fonts of this machine, the packaged one last.

    Raises
    ------
    InputError
        If there is no font that holds Simplified Chinese.
    """
    files = _font_files()
    packaged = _packaged()
    body = [files[n] for n in _BODY if n in files] + packaged
    spare = [files[n] for n in _SPARE if n in files] + _matplotlib_fonts()
    wanted = {ord(c) for c in _PROBE}
    body = [path for path in body + spare if wanted <= _characters(path)]
    if not body:
        raise InputError(Fault("plate.no_font"))
    rest = [path for path in spare if path not in body]
    heavy = [files[n] for n in _HEAVY if n in files and wanted <= _characters(files[n])]
    return Fonts((*body, *rest), (*heavy, *body, *rest))


def _font_files() -> dict[str, Path]:
    """Return the wanted font files of the system by name."""
    wanted = {*_BODY, *_HEAVY, *_SPARE}
    found: dict[str, Path] = {}
    for folder in _font_folders():
        for root, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(wanted.intersection(names)):
                found.setdefault(name, Path(root) / name)
    return found


def _font_folders() -> list[Path]:
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA", "")) / "Microsoft" / "Windows" / "Fonts"
        return [Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts", local]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"),
                Path("~/Library/Fonts").expanduser()]  # fmt: skip
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"),
            Path("~/.local/share/fonts").expanduser(), Path("~/.fonts").expanduser()]  # fmt: skip


def _packaged() -> list[Path]:
    """Return the fonts of mplfonts, found without importing it: importing sets matplotlib up."""
    spec = importlib.util.find_spec("mplfonts")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    paths = [Path(folder) / "fonts" / name for name in _PACKAGED for folder in folders]
    return [path for path in paths if path.is_file()]


def _matplotlib_fonts() -> list[Path]:
    import matplotlib

    return [Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"]


@cache
def _characters(path: Path) -> frozenset[int]:
    return frozenset(FT2Font(str(path)).get_charmap())


@cache
def _width_em(text: str, path: Path) -> float:
    size = 20.0
    prop = FontProperties(fname=str(path), size=size)
    width, _, _ = TextToPath().get_text_width_height_descent(text, prop, ismath=False)
    return float(width) / size
