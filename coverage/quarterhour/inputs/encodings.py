"""Encodings found out from the bytes: which letters a file means, whatever it says of itself.

Chinese programs write UTF-8, GB 18030 (GBK and GB 2312 are parts of it), UTF-16 ("Unicode text"
of Excel) and, from Hong Kong and Taiwan, Big5. Strict UTF-8 is tried first: other encodings hardly
ever pass it by chance.
"""

import codecs
import re

# So many bytes are looked at where an encoding must be guessed.
_SAMPLE = 200_000
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
          (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
# Share of the letters beyond ASCII that are everyday ones where the text is Chinese in GB 18030.
_EVERYDAY = 0.7
_OTHERS = ["big5", "big5hkscs", "cp1252", "latin_1", "shift_jis", "euc_kr", "gb18030"]
_NAMES = {"utf_8": "UTF-8", "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16",
          "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "gb18030": "GB 18030 (GBK)",
          "big5": "Big5", "big5hkscs": "Big5"}  # fmt: skip


def name_of(encoding: str) -> str:
    """Return the name of an encoding as planners know it."""
    return _NAMES.get(encoding.lower(), encoding.replace("_", "-").upper())


def decoded(raw: bytes) -> tuple[str, str]:
    """Return a text and the encoding that its bytes are in.

    Raises
    ------
    UnicodeDecodeError
        If the bytes are no text in any encoding that is tried.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding), encoding
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        # UTF-16 of plain letters passes as UTF-8 with every other byte a NUL.
        return (text, "utf-8") if text.count("\x00") * 3 < len(text) else _utf16(raw)
    halves = raw[::2].count(0), raw[1::2].count(0)
    if min(halves) == 0 and max(halves) * 50 > len(raw):
        return _utf16(raw)
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return _other(raw)
    return (text, "gb18030") if _is_everyday(text) else _other(raw, fallback=text)


def _utf16(raw: bytes) -> tuple[str, str]:
    """Return UTF-16 without a mark; the NULs of plain letters say which half comes first."""
    encoding = "utf-16-le" if raw[1::2].count(0) >= raw[::2].count(0) else "utf-16-be"
    text = raw.decode(encoding)
    odd = sum(not c.isprintable() and c not in "\t\r\n" for c in text[:_SAMPLE])
    if odd * 20 > len(text[:_SAMPLE]):
        raise UnicodeDecodeError(encoding, raw[:10], 0, 2, "no text")
    return text, encoding


def _is_everyday(text: str) -> bool:
    """Tell whether the letters beyond ASCII are mostly those that every Chinese text is made of.

    Bytes of Big5 or of a Western encoding that pass as GB 18030 give rare letters. Four-byte
    letters are rare too, but nothing else makes their bytes by chance.
    """
    letters = "".join(c for c in text[:_SAMPLE] if ord(c) > 127)
    everyday = len(letters.encode("gb2312", "ignore")) // 2
    long = sum(len(c.encode("gb18030")) == 4 for c in letters)
    return everyday + long >= _EVERYDAY * len(letters)


def _other(raw: bytes, *, fallback: str = "") -> tuple[str, str]:
    """Ask the library that knows how often which letters stand beside each other."""
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:_SAMPLE], cp_isolation=_OTHERS).best()
    if best is not None and best.encoding != "gb18030":
        try:
            return raw.decode(best.encoding), best.encoding
        except UnicodeDecodeError:
            pass
    if fallback:
        return fallback, "gb18030"
    raise UnicodeDecodeError("utf-8", raw[:10], 0, 1, "no encoding fits")


def dbf_encoding(raw: bytes) -> str | None:
    """Return the encoding of a shapefile's table (``.dbf``), or ``None`` where all is ASCII.

    Names of fields are cut after ten bytes and texts at the width of their column, so that the
    last letter may be half: strict decoding would fail, and the better fit is taken.
    """
    # Field names stand in the first 11 of every 32 bytes of the head; the rest of it is binary.
    end = int.from_bytes(raw[8:10], "little")
    names = b" ".join(raw[at : at + 11].split(b"\x00")[0] for at in range(32, end - 1, 32))
    text = names + b" " + raw[end : end + 20 * _SAMPLE]
    if text.isascii():
        return None
    return "utf-8" if _fit(text, "utf-8") >= _fit(text, "gb18030") else "gb18030"


def _fit(raw: bytes, encoding: str) -> float:
    """Return the share of letters beyond ASCII that read well: everyday Chinese or Latin ones."""
    letters = re.sub(r"[\x00-\x7f]+", "", raw.decode(encoding, "replace"))
    good = len(letters.encode("gb2312", "ignore")) // 2
    if encoding == "utf-8":  # its every letter that decodes is meant
        good = len(letters) - letters.count("\ufffd")
        good -= len(re.findall(r"[\u0080-\u07ff]", letters)) // 2
    return good / max(len(letters), 1)
