"""Map files that are texts (GeoJSON, KML), as the map library can read them.

The library takes UTF-8 only, and it knows a KML's fields by Latin letters only: 床位 and 餐位 of a
survey app would both come as underscores. A file that needs it is rewritten into a folder of its
own that is gone afterwards.
"""

import html
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from quarterhour.errors import Fault
from quarterhour.inputs.encodings import decoded, name_of

TEXT_SUFFIXES = (".geojson", ".json", ".kml")
_DECLARED = re.compile(r"""(<\?xml[^<>]{0,200}?\bencoding=["'])([^"'<>]{1,40})""")
_FIELD = re.compile(
    r"""(<(?:Data|SimpleField|SimpleData)\b[^<>]{0,200}?\bname=)(["'])([^"'<>]{1,200})\2"""
)
_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@contextmanager
def readable(
    path: Path, file: str, doubts: list[Fault]
) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Yield a file that the map library can read, and the true names of its renamed fields.

    Parameters
    ----------
    path
        GeoJSON or KML; yielded itself where nothing is in the way.
    file
        Name of the planner's file.
    doubts
        Receives the encoding where it is not UTF-8.

    Raises
    ------
    UnicodeDecodeError
        If the bytes are no text.
    """
    text, encoding = decoded(path.read_bytes())
    changed = not encoding.startswith("utf-8")
    if changed:
        doubts.append(Fault("file.encoding", {"encoding": name_of(encoding)}, file))
    names: dict[str, str] = {}
    if path.suffix.lower() == ".kml":
        declared = _DECLARED.match(text.lstrip("\ufeff"))
        changed |= declared is not None and declared[2].lower() != "utf-8"
        text = _DECLARED.sub(r"\g<1>UTF-8", text, count=1)
        text, names = _with_plain_fields(text)
    if not changed and not names:
        yield path, names
        return
    with tempfile.TemporaryDirectory(prefix="quarterhour-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder, path.name)
        copy.write_text(text.lstrip("\ufeff"), encoding="utf-8", newline="")
        yield copy, names


def _with_plain_fields(text: str) -> tuple[str, dict[str, str]]:
    """Return a KML whose fields have plain names, and the true name of each."""
    plain: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        if _PLAIN.fullmatch(found[3]):
            return found[0]
        name = plain.setdefault(found[3], f"quarterhour_{len(plain)}")
        return f"{found[1]}{found[2]}{name}{found[2]}"

    text = _FIELD.sub(renamed, text)
    return text, {name: html.unescape(true) for true, name in plain.items()}
