"""Names of areas (镇街), matched by what they mean and never by what they might mean.

A name has three parts: what stands in front (重庆市沙坪坝区), the *stem* (小龙坎) and the *kind*
(街道). Two names *fit* when their stems are the same and nothing that both of them say differs; a
part that one of them leaves out fits anything. A town is thus never taken for the subdistrict of
the same stem, and where a short name fits two areas it fits neither.

What is left unmatched is listed with its nearest, for a person to decide: an old name belongs into
the study's aliases.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.tables import fold

Kind = Literal["town", "township", "subdistrict", ""]

# Offices that a list names instead of the area they serve.
_OFFICE = re.compile(r"(?:人民政府|政府)?(?:办事处|街道办|街办)?$")
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("街道", "subdistrict"), ("镇", "town"), ("乡", "township"),
)  # fmt: skip
_ENGLISH = re.compile(r"[\s-]+(sub-?\s?district|township|town)$", re.IGNORECASE)
_ENGLISH_KINDS: Mapping[str, Kind] = {
    "subdistrict": "subdistrict", "township": "township", "town": "town",
}  # fmt: skip
_BRACKETS = re.compile(r"[(\[【〔〈《].*?[)\]】〕〉》]")
_MARKS = re.compile(r"[\W_]+")
_UNITS_IN_FRONT = re.compile(r"(?<=..)[省市区县旗州盟]")
_CHINESE = re.compile(r"[㐀-鿿]")
_NUMBER = re.compile(r"[〇零一二三四五六七八九]?十[一二三四五六七八九]?")
_DIGITS = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
# Traditional signs that are common in the names of places.
_SIMPLE = str.maketrans(
    "鎮鄉區縣東龍橋灣廟門頭興園關義場塊壩雲華樹馬嶺陽觀壽豐慶寶蘭聯鳳聖橫廣長樂漢軍農"
    "莊陳劉張羅鄧楊萬寧衛國團錦瀘辦處鐵鋪溝濱濟潤衝沖",
    "镇乡区县东龙桥湾庙门头兴园关义场块坝云华树马岭阳观寿丰庆宝兰联凤圣横广长乐汉军农"
    "庄陈刘张罗邓杨万宁卫国团锦泸办处铁铺沟滨济润冲冲",
)
_LEAST_ALIKE = 0.4


@dataclass(frozen=True, slots=True)
class NormalName:
    """One reading of a name.

    Attributes
    ----------
    front
        What stands in front of the stem, such as the district; often empty.
    stem
        The name proper: half-width, without blanks, with Arabic digits.
    kind
        ``"town"`` (镇), ``"township"`` (乡), ``"subdistrict"`` (街道), or ``""`` where unsaid.
    """

    front: str
    stem: str
    kind: Kind

    def fits(self, other: "NormalName") -> bool:
        """Tell whether nothing that both names say differs."""
        return (
            self.stem == other.stem
            and not self.kind_differs(other)
            and not self.front_differs(other)
        )

    def kind_differs(self, other: "NormalName") -> bool:
        """Tell whether both say a kind, and not the same."""
        return bool(self.kind and other.kind) and self.kind != other.kind

    def front_differs(self, other: "NormalName") -> bool:
        """Tell whether both have a front, and neither is the end of the other."""
        mine, theirs = self.front, other.front
        return bool(mine and theirs) and not (mine.endswith(theirs) or theirs.endswith(mine))


@lru_cache(maxsize=8192)
def readings(name: str) -> tuple[NormalName, ...]:
    """Return the ways to read a name: whole, then with each possible front taken off.

    Examples
    --------
    >>> [(r.front, r.stem, r.kind) for r in readings("沙坪坝区小龙坎街道办事处")]
    [('', '沙坪坝区小龙坎', 'subdistrict'), ('沙坪坝区', '小龙坎', 'subdistrict')]
    """
    text = unicodedata.normalize("NFKC", name).strip()
    text = _BRACKETS.sub("", text) or text
    kind: Kind = ""
    if english := _ENGLISH.search(text):
        kind = _ENGLISH_KINDS[re.sub(r"[\s-]", "", english[1]).lower()]
        text = text[: english.start()]
    whole = _MARKS.sub("", fold(text)).translate(_SIMPLE)
    whole, kind = (whole, kind) if kind else _without_kind(whole)
    whole = _NUMBER.sub(_arabic, whole)
    whole = "".join(_DIGITS.get(sign, sign) for sign in whole)
    cuts = [m.end() for m in _UNITS_IN_FRONT.finditer(whole) if len(whole) - m.end() >= 2]
    return tuple(NormalName(whole[:cut], whole[cut:], kind) for cut in (0, *cuts))


def _without_kind(name: str) -> tuple[str, Kind]:
    """Take office and kind off the end of a name of more than one sign."""
    bare = _OFFICE.sub("", name)
    # 街道办 has lost more than its office: what is left of 小龙坎街道办 is still a subdistrict.
    said: Kind = "subdistrict" if name[len(bare) :].startswith(("街道办", "街办")) else ""
    for ending, kind in _KINDS:
        if bare.endswith(ending) and len(bare) > len(ending):
            return bare[: -len(ending)], kind
    return (bare, said) if bare else (name, "")


def _arabic(number: re.Match[str]) -> str:
    """Return 十二 as 12, 二十 as 20."""
    tens, ones = number[0].split("十")
    return _DIGITS.get(tens, "1") + _DIGITS.get(ones, "0")


@dataclass(frozen=True, slots=True, eq=False)
class NameMatch:
    """Which known name each given one means.

    Attributes
    ----------
    index
        Row of the known name per given one; -1 unmatched.
    candidates
        The nearest known names of each unmatched one, best first, at most three.
    ambiguous
        Unmatched names that fit several known ones, or that stand for two in this list.
    """

    index: NDArray[np.int32]
    candidates: Mapping[str, tuple[str, ...]]
    ambiguous: frozenset[str]

    def fault_key(self, name: str) -> str:
        """Return the message for an unmatched name; its values are ``name`` and ``near``."""
        if name in self.ambiguous:
            return "area.name_ambiguous"
        return "area.name_unknown_near" if self.near(name) else "area.name_unknown"

    def near(self, name: str) -> str:
        """Return the candidates of an unmatched name as they are printed."""
        return " / ".join(self.candidates.get(name, ()))


def match_areas(
    given: Sequence[str], known: Sequence[str], *, aliases: Mapping[str, str] | None = None
) -> NameMatch:
    """Match area names with known ones, by what they say and through aliases.

    A name is tried as it stands, then through the aliases, then by its normal form (see
    :class:`NormalName`): first whole, then without what stands in front of it.

    Parameters
    ----------
    given
        Names as a table has them.
    known
        Names of the areas.
    aliases
        Known name of each old or other name; both are matched by their normal forms.

    Returns
    -------
    NameMatch
        One row per given name.
    """
    book = _Book(known, aliases or {})
    distinct = list(dict.fromkeys(given))
    rows = {name: book.find(name) for name in distinct}
    rivals = _rivals(book, rows)
    found: dict[str, int] = {}
    candidates, ambiguous = {}, set()
    for name, fitting in rows.items():
        found[name] = fitting[0] if len(fitting) == 1 and name not in rivals else -1
        if found[name] >= 0:
            continue
        if fitting:
            ambiguous.add(name)
        near = [known[row] for row in fitting[:3]] or nearest(name, known)
        candidates[name] = tuple(near)
    index = np.array([found[name] for name in given], np.int32)
    return NameMatch(index, candidates, frozenset(ambiguous))


def match_names(
    given: Sequence[str], known: Sequence[str], *, aliases: Mapping[str, str] | None = None
) -> tuple[NDArray[np.int32], dict[str, str]]:
    """Match area names with known ones, as :func:`match_areas` does.

    Returns
    -------
    tuple
        Index into ``known`` per given name (-1 unmatched), and the nearest known name (or an
        empty text) of each unmatched one.
    """
    match = match_areas(given, known, aliases=aliases)
    return match.index, {name: next(iter(c), "") for name, c in match.candidates.items()}


class _Book:
    """The known names under all their readings."""

    def __init__(self, known: Sequence[str], aliases: Mapping[str, str]) -> None:
        self.exact: dict[str, int] = {}
        self.by_stem: dict[str, list[tuple[NormalName, bool, int]]] = {}
        for row, name in enumerate(known):
            self._add(name, row)
        # An alias may lead to a short name, but not to another alias.
        rows = {old: self.find(new) for old, new in aliases.items()}
        for old, fitting in rows.items():
            if len(fitting) == 1:
                self._add(old, fitting[0])

    def _add(self, name: str, row: int) -> None:
        self.exact.setdefault(fold(name), row)
        for n, reading in enumerate(readings(name)):
            self.by_stem.setdefault(reading.stem, []).append((reading, n == 0, row))

    def find(self, name: str) -> list[int]:
        """Return the rows that a name fits best, the strictest rule first: usually one or none."""
        if (exact := self.exact.get(fold(name))) is not None:
            return [exact]
        strictness: list[set[int]] = [set(), set(), set(), set()]
        for n, reading in enumerate(readings(name)):
            for other, whole, row in self.by_stem.get(reading.stem, ()):
                if reading.fits(other):
                    cut = 0 if n == 0 and whole else 2
                    strictness[cut + (reading.kind != other.kind)].add(row)
        return sorted(next((rows for rows in strictness if rows), set()))

    def unsaid(self, name: str, row: int) -> tuple[bool, bool]:
        """Tell whether a name has a kind, and a front, that its known name leaves out."""
        if fold(name) in self.exact:
            return False, False
        pairs = [
            (r, other)
            for r in readings(name)
            for other, _, at in self.by_stem.get(r.stem, ())
            if at == row and r.fits(other)
        ]
        kind = all(r.kind and not other.kind for r, other in pairs)
        return kind, all(r.front and not other.front for r, other in pairs)


def _rivals(book: _Book, rows: Mapping[str, Sequence[int]]) -> set[str]:
    """Return names of one list that would share an area although they contradict each other.

    歌乐山街道 and 歌乐山镇 are two places, even where the layer knows only one 歌乐山. What the
    layer or an alias says in full is no contradiction.
    """
    by_row: dict[int, list[str]] = {}
    for name, fitting in rows.items():
        if len(fitting) == 1:
            by_row.setdefault(fitting[0], []).append(name)
    rivals = set()
    for row, sharing in by_row.items():
        for name in sharing if len(sharing) > 1 else ():
            kind, front = book.unsaid(name, row)
            if (kind or front) and any(
                _contradict(name, other, kind=kind, front=front) for other in sharing
            ):
                rivals.add(name)
    return rivals


def _contradict(name: str, other: str, *, kind: bool, front: bool) -> bool:
    """Tell whether two names have a stem in common, but in no reading the same kind and front."""
    pairs = [(a, b) for a in readings(name) for b in readings(other) if a.stem == b.stem]
    return bool(pairs) and all(
        (kind and a.kind_differs(b)) or (front and a.front_differs(b)) for a, b in pairs
    )


def nearest(name: str, known: Sequence[str], *, most: int = 3) -> list[str]:
    """Return the known names most like a name, best first.

    The measure is made for names of two to four signs: twice the signs that both stems have, over
    the signs of both (Dice 1945); Latin names are compared by their pairs of letters. A common
    first sign decides between equals.

    Parameters
    ----------
    name
        The name that was not found.
    known
        Names to choose from.
    most
        How many to return at most.

    Examples
    --------
    >>> nearest("小龙砍街道", ["磁器口街道", "小龙坎街道", "石井坡街道"])
    ['小龙坎街道']
    """
    mine = [r.stem for r in readings(name) if r.stem]
    ranked = []
    for row, other in enumerate(known):
        pairs = [(a, b.stem) for a in mine for b in readings(other) if b.stem]
        best = max(((_alike(a, b), a[0] == b[0]) for a, b in pairs), default=(0.0, False))
        if best[0] >= _LEAST_ALIKE:
            ranked.append((-best[0], not best[1], row))
    return [known[row] for *_, row in sorted(ranked)[:most]]


def _alike(a: str, b: str) -> float:
    """Return the share of signs (or of pairs of Latin letters) that two stems have in common."""
    ours, theirs = _parts(a), _parts(b)
    return 2.0 * len(ours & theirs) / (len(ours) + len(theirs))


@lru_cache(maxsize=8192)
def _parts(stem: str) -> frozenset[str]:
    if _CHINESE.search(stem) or len(stem) == 1:
        return frozenset(stem)
    return frozenset(stem[n : n + 2] for n in range(len(stem) - 1))


def alias_faults(
    aliases: Mapping[str, str], known: Sequence[str], *, file: str = ""
) -> list[Fault]:
    """Return a fault per alias that leads to no area, or away from one that exists.

    Parameters
    ----------
    aliases
        Known name of each old or other name.
    known
        Names of the areas.
    file
        File that holds the aliases.
    """
    match = match_areas(list(aliases.values()), known)
    exact = {fold(name): row for row, name in enumerate(known)}
    faults = []
    for (old, new), row in zip(aliases.items(), match.index.tolist(), strict=True):
        values = {"old": old, "new": new, "near": match.near(new) or "-"}
        if row < 0:
            faults.append(Fault("area.alias_leads_nowhere", values, file))
        elif exact.get(fold(old), row) != row:
            faults.append(Fault("area.alias_is_an_area", values, file))
    return faults
