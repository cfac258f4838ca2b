"""Groups: which columns of a table count the people of which group.

A *group* is an age band without an upper end (``60+``), ``all``, or one of the study's own. A
*band* is what a header says: ages, whose people (常住 residents or 户籍 registered), which sex, and
whether they are counted per kilometre of street. Bureaus write bands in many ways
(``其中：65周岁以上老年人（人）``, ``60-64岁``, ``80岁+``); a header with a word that is not
understood (``60岁以上失能老人``) is no group, because it may count fewer people.

A group that has no column of its own is summed of a complete row of bands or of both sexes, and
the reader is told. Nothing is guessed: two columns for one group are a fault.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from quarterhour.errors import Fault
from quarterhour.inputs.tables import Sheet, find_columns, fold, meaning, synonyms

# What a study may name in ``columns`` besides groups.
PLACE_FIELDS = frozenset(("name", "lon", "lat", "area", "people_per_km"))
_BRACKETS = re.compile(r"[()\[\]{}<>【】〔〕〈〉《》「」]")
_PER_KM = re.compile(r"每公里|每千米|/公里|/千米|/km|per_?km|per_?kilomet(?:re|er)s?")
# Shares, rates and densities are no people, whatever else the header says.
_NO_COUNT = re.compile(r"%|‰|占|比|率|密度|增|变化|户数|share|percent|ratio|density|rate|change")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?:年度?|/)?[末底中初]?")
_AGE = r"(\d{1,3})(?:周?岁|years?(?:old)?|yrs?)?(?:\|?含\d*\|?)?"
_AND_OVER = r"[_-]?(?:及其?以上|或以上|以上|\+|plus|(?:years?)?(?:and|or|&)(?:over|above|older|up))"
_FROM = re.compile(rf"(?:{_AGE}{_AND_OVER}|(?:≥|>=){_AGE})")
_BETWEEN = re.compile(rf"{_AGE}(?:[-~‐‑–—―_]+|至|到|to){_AGE}")
_SCOPES = {
    "resident": re.compile(r"常住"),
    "registered": re.compile(r"户籍|户口|在册|registered"),
}
_SEXES = {
    "female": re.compile(r"女性?|females?|women"),
    "male": re.compile(r"男性?|males?|(?<!wo)men"),
}
_FILL = re.compile(
    r"老年人口|老年人|老龄人口|老人|高龄|人口|人员|人群|居民|总人数|人数|总数量|总数|总计|合计|小计|数量|"
    r"其中|单位|年龄段?|[万千百]?人|总|数|的|计|名|位|"
    r"population|people|persons?|residents?|elderly|elders?|seniors?|adults?|older|inhabitants|"
    r"ages|aged?|years?|old|yrs?|pop|number|count|total|of|the|no"
)
_UNIT = re.compile(r"\|[万千百亿]?(?:人|名|位|persons?|people)?\||[_/:,、|-][万千百亿]?[人名位]$")
# No header of a count is longer; a hostile one is not taken apart.
_LONGEST = 200
_SIGNS = re.compile(r"[\s|:,;、.·*#_/\-]+")


@dataclass(frozen=True, slots=True)
class Band:
    """What the header of a count says.

    Attributes
    ----------
    low, high
        First and last age, both counted; ``high`` is ``None`` without an upper end. Everybody is
        ``0, None``.
    scope
        ``"resident"`` (常住), ``"registered"`` (户籍), or ``""`` where unsaid.
    sex
        ``"male"``, ``"female"``, or ``""`` for both.
    per_km
        Whether people are counted per kilometre of street.
    """

    low: int
    high: int | None = None
    scope: str = ""
    sex: str = ""
    per_km: bool = False


@dataclass(frozen=True, slots=True)
class GroupColumns:
    """Columns to read: one or several headers per group, to be summed.

    Attributes
    ----------
    headers
        Headers per group, in the order of the groups.
    per_km
        Whether all of them are people per kilometre of street.
    """

    headers: Mapping[str, tuple[str, ...]]
    per_km: bool = False


def band_of(header: str) -> Band | None:
    """Return what a header counts, or ``None`` where it is not understood as people.

    Examples
    --------
    >>> band_of("其中：65周岁以上老年人（万人）")
    Band(low=65, high=None, scope='', sex='', per_km=False)
    >>> band_of("60岁以上失能老人") is None
    True
    """
    if len(header) > _LONGEST:
        return None
    text = _BRACKETS.sub("|", fold(header))
    per_km, text = bool(_PER_KM.search(text)), _PER_KM.sub("|", text)
    text = _YEAR.sub("|", _UNIT.sub("|", text))
    if _NO_COUNT.search(text):
        return None
    scope, text = _take(text, _SCOPES)
    sex, text = _take(text, _SEXES)
    plain = Band(0, None, scope, sex, per_km)
    known = meaning(_SIGNS.sub("", text), "group") or meaning(text.strip("|:"), "group")
    if known is not None:
        return replace(plain, low=_lowest(known))
    if found := _FROM.search(text):
        plain = replace(plain, low=int(found[1] or found[2]))
    elif found := _BETWEEN.search(text):
        plain = replace(plain, low=int(found[1]), high=int(found[2]))
    rest = text if found is None else text[: found.start()] + "|" + text[found.end() :]
    bare = _SIGNS.sub("", rest)
    if _FILL.sub("", bare) or not (found or sex or scope):
        return None
    if plain.high is not None and plain.high < plain.low:
        return None
    return plain


def _take(text: str, kinds: Mapping[str, re.Pattern[str]]) -> tuple[str, str]:
    """Return which one of some kinds a text names, and the text without it."""
    for kind, pattern in kinds.items():
        if pattern.search(text):
            return kind, pattern.sub("|", text)
    return "", text


def _lowest(group: str) -> int:
    return 0 if group == "all" else int(group.rstrip("+"))


def is_per_km(sheet: Sheet, columns: Mapping[str, str]) -> bool:
    """Tell whether a table of streets gives people per kilometre and no counts beside them."""
    if "people_per_km" in columns:
        return True
    bands = [b for b in map(band_of, map(str, sheet.frame.columns)) if b is not None]
    if any(not b.per_km for b in bands):
        return False
    return bool(bands) or bool(find_columns(sheet, ["people_per_km"], required=())[0])


def group_columns(
    sheet: Sheet,
    *,
    groups: Sequence[str],
    columns: Mapping[str, str],
    per_km: bool,
    faults: list[Fault],
    doubts: list[Fault] | None,
) -> GroupColumns:
    """Find the columns of each group: those the study names, the package's, then the study's own.

    Parameters
    ----------
    sheet
        The table.
    groups
        Groups that must be there; all that are understood when empty.
    columns
        Headers by group (and by other fields) as the study gives them; they win.
    per_km
        Whether to read people per kilometre of street.
    faults, doubts
        Receive missing and ambiguous columns, and which groups were summed.
    """
    named, missing = _named_columns(sheet, columns)
    faults += missing
    known = list(synonyms("group"))
    wanted = list(groups) or [*known, *(g for g in named if g not in known)]
    found: dict[str, tuple[str, ...]] = {}
    chosen = _Chosen(sheet, {g: named[g] for g in named if g in known or g in wanted}, per_km)
    faults += chosen.ambiguous_scope(wanted)
    for group in wanted:
        if group in named:
            found[group] = (named[group],)
        elif headers := chosen.find(group, faults):
            found[group] = headers
            if len(headers) > 1 and doubts is not None:
                values = {"group": group, "parts": " + ".join(headers)}
                doubts.append(Fault("people.summed", values, sheet.file, sheet.sheet))
    if per_km and not found and not missing:
        field, more = find_columns(sheet, ["people_per_km"], required=["people_per_km"])
        faults += more
        found = {"all": (field["people_per_km"],)} if field else {}
    lacking = [g for g in groups if g not in found]
    if lacking and not faults:
        faults += find_columns(sheet, lacking, required=lacking, table="group")[1]
    elif not found and not faults:
        values = {"found": ", ".join(str(c) for c in sheet.frame.columns)}
        faults.append(Fault("input.no_groups", values, sheet.file, sheet.sheet))
    return GroupColumns(found, per_km)


def _named_columns(sheet: Sheet, columns: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """Return the headers that the study itself gives to groups, and a fault per missing one."""
    given = {g: h for g, h in columns.items() if g not in PLACE_FIELDS}
    if "people_per_km" in columns:
        found, faults = find_columns(
            sheet, ["people_per_km"], required=["people_per_km"], overrides=columns
        )
        return ({"all": found["people_per_km"]} if found else {}), faults
    return find_columns(sheet, list(given), required=list(given), table="group", overrides=given)


class _Chosen:
    """The columns of a table by what they count."""

    def __init__(self, sheet: Sheet, named: Mapping[str, str], per_km: bool) -> None:
        self.sheet = sheet
        self.headers: dict[Band, list[str]] = {}
        for header in map(str, sheet.frame.columns):
            band = band_of(header)
            if band is not None and band.per_km == per_km:
                self.headers.setdefault(band, []).append(header)
        if any(not band.sex for band in self.headers):
            # 男 and 女 beside 60岁及以上 may be those of that age: they are not everybody.
            self.headers = {b: h for b, h in self.headers.items() if b.low > 0 or not b.sex}
        scopes = {b.scope for h in named.values() if (b := band_of(h)) is not None}
        self.scope = scopes.pop() if len(scopes) == 1 else None
        if self.scope is not None:
            other = {"resident": "registered", "registered": "resident"}.get(self.scope)
            self.headers = {b: h for b, h in self.headers.items() if b.scope != other}
        self.named = named

    def ambiguous_scope(self, wanted: Sequence[str]) -> list[Fault]:
        """Return a fault where residents and registered people both stand in the table."""
        if set(wanted) <= set(self.named):
            return []
        shown = {
            scope: [h for b, headers in self.headers.items() if b.scope == scope for h in headers]
            for scope in _SCOPES
        }
        if not all(shown.values()):
            return []
        values = {"resident": ", ".join(shown["resident"]),
                  "registered": ", ".join(shown["registered"])}  # fmt: skip
        # One message is enough; the columns themselves are not looked at again.
        self.headers = {}
        return [Fault("people.two_populations", values, self.sheet.file, self.sheet.sheet)]

    def find(self, group: str, faults: list[Fault]) -> tuple[str, ...]:
        """Return the headers that make up a group; empty where none or not all are there."""
        band = Band(0) if group == "all" else band_of(group)
        if band is None:
            same = [c for c in map(str, self.sheet.frame.columns) if fold(c) == fold(group)]
            return self._one(group, same, faults)
        own = self._parts(group, band.low, band.high, faults)
        if own or band.low == 0 or band.high is not None:
            return own
        return self._chain(group, band.low, faults) or ()

    def _chain(self, group: str, low: int, faults: list[Fault]) -> tuple[str, ...] | None:
        """Return the headers of bands that follow on each other from an age to the open end."""
        if open_end := self._parts(group, low, None, faults):
            return open_end
        highs = sorted({b.high for b in self.headers if b.low == low and b.high is not None})
        for high in highs:
            rest = self._chain(group, high + 1, faults)
            if rest and (first := self._parts(group, low, high, faults)):
                return (*first, *rest)
        return None

    def _parts(
        self, group: str, low: int, high: int | None, faults: list[Fault]
    ) -> tuple[str, ...]:
        """Return the one header of a band, else those of both sexes."""
        by_sex = {
            sex: [h for b, headers in self.headers.items()
                  if (b.low, b.high, b.sex) == (low, high, sex) for h in headers]
            for sex in ("", "male", "female")
        }  # fmt: skip
        if by_sex[""]:
            return self._one(group, by_sex[""], faults)
        men, women = by_sex["male"], by_sex["female"]
        both = men and women
        one = self._one(group, men, faults) + self._one(group, women, faults) if both else ()
        return one if len(one) == 2 else ()

    def _one(self, group: str, headers: Sequence[str], faults: list[Fault]) -> tuple[str, ...]:
        if len(headers) > 1:
            values = {"group": group, "headers": ", ".join(headers)}
            fault = Fault("people.group_twice", values, self.sheet.file, self.sheet.sheet)
            faults += [] if fault in faults else [fault]
            return ()
        return tuple(headers)
