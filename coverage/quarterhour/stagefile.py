"""Saved stages: frozen dataclasses of arrays, in one npz with a JSON header.

Arrays are stored as arrays, geometries as WKB, and all else in the header. No pickles: what is
read back is one of this package's own dataclasses or it is refused. The same object gives the
same bytes.
"""

import io
import json
import sys
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault

SCHEMA = 1
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A stage as it is kept: its result, and what was doubtful on the way."""

    result: object
    doubts: tuple[Fault, ...]


def save_stage(path: Path, result: object, *, key: str) -> None:
    """Write a stage's result.

    Parameters
    ----------
    path
        The ``.npz`` to write.
    result
        A frozen dataclass of arrays, texts, numbers, mappings, and such dataclasses.
    key
        Digest of all that made it.
    """
    arrays: list[NDArray[Any]] = []
    tree = _pack(result, arrays)
    header = {"schema": SCHEMA, "key": key, "tree": tree}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        text = json.dumps(header, ensure_ascii=False, sort_keys=True)
        archive.writestr(_member("header.json"), text.encode(), compresslevel=1)
        for number, array in enumerate(arrays):
            stream = io.BytesIO()
            np.lib.format.write_array(stream, np.asarray(array, order="C"), allow_pickle=False)
            archive.writestr(_member(f"a{number}.npy"), stream.getvalue(), compresslevel=1)


def load_stage(path: Path) -> Any:  # noqa: ANN401 - the header says which class comes back
    """Read a stage's result back as the object that made it.

    Raises
    ------
    ValueError
        If the file is broken, of another schema, or names a class that is not this package's (or
        no longer looks as it did).
    """
    try:
        return _load(path)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        TypeError,
        shapely.GEOSException,
    ) as error:
        raise ValueError(f"{path.name}: {type(error).__name__}: {error}") from error


def _load(path: Path) -> Any:  # noqa: ANN401
    with zipfile.ZipFile(path) as archive:
        header = json.loads(archive.read("header.json"))
        if header["schema"] != SCHEMA:
            raise ValueError(f"{path.name}: schema {header['schema']}, this version reads {SCHEMA}")

        def array(number: int) -> NDArray[Any]:
            stream = io.BytesIO(archive.read(f"a{number}.npy"))
            return np.lib.format.read_array(stream, allow_pickle=False)

        return _unpack(header["tree"], array)


def stage_key(path: Path) -> str:
    """Return the key a stage was saved under; empty where the file cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(archive.read("header.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return ""
    return str(header["key"]) if header.get("schema") == SCHEMA else ""


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _ZIP_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    return info


def _pack(value: Any, arrays: list[NDArray[Any]]) -> Any:  # noqa: ANN401
    if is_dataclass(value) and not isinstance(value, type):
        kind = f"{type(value).__module__}:{type(value).__qualname__}"
        held = {f.name: _pack(getattr(value, f.name), arrays) for f in fields(value)}
        return {"class": kind, "fields": held}
    if isinstance(value, np.ndarray):
        return _pack_array(value, arrays)
    if isinstance(value, shapely.Geometry):
        return {"geometry": value.wkb_hex}
    if isinstance(value, Mapping):
        # Pairs, because JSON's keys are texts and ours need not be.
        return {"map": [[_pack(k, arrays), _pack(v, arrays)] for k, v in value.items()]}
    if isinstance(value, tuple | list):
        return {"tuple": [_pack(v, arrays) for v in value]}
    if isinstance(value, Path):
        return {"path": value.as_posix()}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"a stage cannot hold {type(value)}")


def _pack_array(value: NDArray[Any], arrays: list[NDArray[Any]]) -> dict[str, Any]:
    if value.dtype != object:
        arrays.append(value)
        return {"array": len(arrays) - 1}
    wkb = [b"" if g is None else g for g in shapely.to_wkb(value.ravel())]
    arrays.append(np.frombuffer(b"".join(wkb), np.uint8))
    arrays.append(np.array([len(w) for w in wkb], np.int64))
    return {"geometries": len(arrays) - 2, "shape": list(value.shape)}


def _unpack(tree: Any, array: Any) -> Any:  # noqa: ANN401
    if not isinstance(tree, dict):
        return tree
    if "class" in tree:
        kind = _class(tree["class"])
        return kind(**{name: _unpack(v, array) for name, v in tree["fields"].items()})
    if "array" in tree:
        return array(tree["array"])
    if "geometries" in tree:
        data, sizes = array(tree["geometries"]).tobytes(), array(tree["geometries"] + 1)
        ends = np.cumsum(sizes)
        wkb = [data[e - s : e] or None for e, s in zip(ends, sizes, strict=True)]
        out = np.empty(len(wkb), object)
        out[:] = shapely.from_wkb(np.array(wkb, object)) if wkb else []
        return out.reshape(tree["shape"])
    if "geometry" in tree:
        return shapely.from_wkb(tree["geometry"])
    if "map" in tree:
        return {_unpack(k, array): _unpack(v, array) for k, v in tree["map"]}
    if "path" in tree:
        return Path(tree["path"])
    return tuple(_unpack(v, array) for v in tree["tuple"])


def _class(name: str) -> type[Any]:
    module, _, qualified = name.partition(":")
    if not module.startswith("quarterhour."):
        raise ValueError(f"a stage may not hold {name}")
    # Whoever opens a stage has loaded its class; a file's word loads nothing.
    kind = getattr(sys.modules.get(module), qualified, None)
    if kind is None:
        raise ValueError(f"there is no {name} in this version")
    if not (isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module):
        raise ValueError(f"a stage may not hold {name}")
    return kind
