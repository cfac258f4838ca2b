"""Addresses: texts that name a house, cut down to the street.

A table of streets may hold 凤天路12号3栋 or 12 High Street. The house says who lives there and is
never kept. A street that has a number in its own name (一环路二段, 工业园1号路, 2nd Avenue) stays.
"""

import re
import unicodedata
from functools import lru_cache

_NUMBER = r"(?:[\d〇零一二三四五六七八九十百]+|[a-z](?=[栋幢座单室]))"
# 12号 after a street is a house; 1号路 and 12支路 are streets of their own.
_NO_STREET = r"(?!\s*[路街道巷线桥支段横])"
_AFTER_STREET = re.compile(
    r"(?<=[路街道巷里弄胡同段])[(,、\s]*(?:第|no\.?\s*)?"
    rf"(?:附?\d+(?:[-‐‑–—之]\d+)+(?!\d){_NO_STREET}|\d+$"
    rf"|{_NUMBER}(?:附|之|[-‐‑–—]|\d)*\s*(?:号|弄|栋|幢|座|单元|室|楼){_NO_STREET}).*$",
    re.IGNORECASE,
)
_HOUSE_ONLY = re.compile(
    rf"(?<=[^\d\s])\s*(?:{_NUMBER}\s*(?:号楼|栋|幢|座|单元|室)|\d+\s*号){_NO_STREET}.*$",
    re.IGNORECASE,
)
_ROOM_IN_FRONT = re.compile(r"^(?:flat|apartment|apt|unit|suite|room)\b[^,]*,\s*", re.IGNORECASE)
_NUMBER_IN_FRONT = re.compile(
    r"^(?:no\.?\s*)?\d+\s?[a-z]?(?:\s?[-/]\s?\d+\s?[a-z]?)?,?\s+(?!mile|feet|foot)(?=\S+\s+\S)",
    re.IGNORECASE,
)
_NUMBER_BEHIND = re.compile(
    r"(?<=\w)(?:,\s*(?:no\.?|nr\.?)?\s*|\s+(?:no\.?|nr\.?|#)\s*)\d+\w?\b.*$", re.IGNORECASE
)
# A longer text is no address; what follows its first signs is not looked at.
_LONGEST = 200


@lru_cache(maxsize=65_536)
def street_of(label: str) -> str:
    """Return the street of an address; a street's own name comes back as it is.

    Examples
    --------
    >>> street_of("凤天路12号3栋"), street_of("12 High Street"), street_of("工业园1号路")
    ('凤天路', 'High Street', '工业园1号路')
    """
    text = unicodedata.normalize("NFKC", label[:_LONGEST]).strip()
    bare = _AFTER_STREET.sub("", text)
    bare = _HOUSE_ONLY.sub("", bare)
    bare = _ROOM_IN_FRONT.sub("", bare)
    bare = _NUMBER_IN_FRONT.sub("", bare)
    bare = _NUMBER_BEHIND.sub("", bare).strip(" ,")
    return bare if bare and bare != text else label[:_LONGEST]
