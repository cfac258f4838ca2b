"""Fonts of plan pages: files that hold Simplified Chinese, found by name and never by a cache.

A *chain* is an order of font files. Each text is set in the first file of its chain that holds all
of its characters; a character that no file holds stops the page, because an empty box on a printed
map is worse than no map. A pan-Asian collection (ttc) opens with its Japanese face: of these the
face named for Simplified Chinese is taken, which matplotlib can do from 3.11 on. A page in PDF
carries the outlines of the characters that it shows as Type 3 fonts: OpenType outlines (CFF) fit
no other form that matplotlib writes.
"""

import importlib.util
import os
import sys
from dataclasses import dataclass
from functools import cache, lru_cache
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
    "SourceHanSansSC-Bold.otf", "SourceHanSansCN-Bold.otf", "NotoSansCJK-Bold.ttc",
    "STHeiti Medium.ttc",
)  # fmt: skip
# Pan-Asian collections and what matplotlib itself carries: for characters the others lack.
_SPARE = ("simsunb.ttf", "NotoSansCJK-Regular.ttc", "NotoSerifCJK-Regular.ttc")
# Collections for which a face is looked for by its name.
_COLLECTIONS = {"NotoSansCJK-Bold.ttc": "Noto Sans CJK SC"}
_PACKAGED = ("NotoSansCJKsc-Regular.otf", "SourceHanSerifSC-Regular.otf")
_PROBE = "图例比例尺规划范围养老服务"


@dataclass(frozen=True, slots=True)
class Fonts:
    """Two chains of font files: for running text, and for titles (a black face where there is one).

    Attributes
    ----------
    body, heavy
        Files (or faces of files, as matplotlib names them), the preferred one first.
    """

    body: tuple[str, ...]
    heavy: tuple[str, ...]

    def choose(self, text: str, *, heavy: bool = False) -> FontProperties:
        """Return the first font that holds every character of a text.

        Raises
        ------
        InputError
            If no font on this machine holds one of its characters.
        """
        return _properties(_first_with(text, self.heavy if heavy else self.body))

    def width_mm(self, text: str, size_pt: float, *, heavy: bool = False) -> float:
        """Return how wide a text is when set."""
        face = _first_with(text, self.heavy if heavy else self.body)
        return _width_em(text, face) * size_pt * MM_PER_PT


@lru_cache(maxsize=20_000)
def _first_with(text: str, chain: tuple[str, ...]) -> str:
    """Return the first font of a chain that holds every character of a text."""
    wanted = {ord(c) for c in text}
    for path in chain:
        if wanted <= _characters(path):
            return path
    held = set().union(*(_characters(path) for path in chain))
    lacking = sorted(wanted - held) or sorted(wanted - _characters(chain[0]))
    values = {"character": chr(lacking[0]), "code": f"U+{lacking[0]:04X}", "text": text}
    raise InputError(Fault("plate.no_glyph", values))


@cache
def _properties(face: str) -> FontProperties:
    return FontProperties(fname=face)


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
    faces = [face for n in _HEAVY if n in files for face in _faces(n, files[n])]
    heavy = [face for face in faces if wanted <= _characters(face)]
    return Fonts((*body, *rest), (*heavy, *body, *rest))


def _faces(name: str, path: str) -> list[str]:
    """Return what of a file is of use: the file, or a face of a collection that has the name."""
    if name not in _COLLECTIONS:
        return [path]
    try:
        from matplotlib.font_manager import FontPath
    except ImportError:
        return []
    return [
        FontPath(path, n)
        for n in range(FT2Font(path).num_faces)
        if FT2Font(path, face_index=n).family_name == _COLLECTIONS[name]
    ]


def _font_files() -> dict[str, str]:
    """Return the wanted font files of the system by name."""
    wanted = {*_BODY, *_HEAVY, *_SPARE}
    found: dict[str, str] = {}
    for folder in _font_folders():
        for root, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(wanted.intersection(names)):
                found.setdefault(name, str(Path(root) / name))
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


def _packaged() -> list[str]:
    """Return the fonts of mplfonts, found without importing it: importing sets matplotlib up."""
    spec = importlib.util.find_spec("mplfonts")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    paths = [Path(folder) / "fonts" / name for name in _PACKAGED for folder in folders]
    return [str(path) for path in paths if path.is_file()]


def _matplotlib_fonts() -> list[str]:
    import matplotlib

    return [str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")]


@cache
def _characters(face: str) -> frozenset[int]:
    index = getattr(face, "face_index", 0)
    return frozenset((FT2Font(face, face_index=index) if index else FT2Font(face)).get_charmap())


@cache
def _width_em(text: str, face: str) -> float:
    size = 20.0
    prop = FontProperties(fname=face, size=size)
    width, _, _ = TextToPath().get_text_width_height_descent(text, prop, ismath=False)
    return float(width) / size
