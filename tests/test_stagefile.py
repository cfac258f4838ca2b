"""Saved stages: what goes in comes out, the same object gives the same bytes, nothing foreign."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass, make_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from quarterhour.errors import Fault
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.datum import Plane
from quarterhour.inputs.residents import Residents
from quarterhour.presets import walkers
from quarterhour.stagefile import SCHEMA, load_stage, save_stage, stage_key
from quarterhour.study import read_study

SHAPES = [
    shapely.Point(1, 2), shapely.Point(), shapely.Point(1, 2, 3), None,
    shapely.LineString([(0, 0), (1, 1e-300)]), shapely.box(0, 0, 1, 1),
    shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
    shapely.box(0, 0, 9, 9) - shapely.box(1, 1, 2, 2), shapely.GeometryCollection(),
]  # fmt: skip


def same(a: Any, b: Any) -> bool:
    """Tell whether two results are the same, bit by bit."""
    if is_dataclass(a):
        return type(a) is type(b) and all(
            same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a)
        )
    if isinstance(a, np.ndarray):
        if a.dtype == object:
            pairs = zip(a.ravel(), b.ravel(), strict=True)
            return a.shape == b.shape and all(_same_shape(x, y) for x, y in pairs)
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, shapely.Geometry):
        return _same_shape(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def _same_shape(a: shapely.Geometry | None, b: shapely.Geometry | None) -> bool:
    return (a is None and b is None) or shapely.to_wkb(a) == shapely.to_wkb(b)


def there_and_back(result: Any, path: Path) -> Any:
    save_stage(path, result, key="k")
    return load_stage(path)


def areas() -> Areas:
    polygons = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], object)
    return Areas(("甲", "乙\n<b>"), ("town", ""), polygons, "EPSG:4544")


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([np.inf, -np.inf, np.nan, -0.0, 5e-324]), np.array(7, np.int32), np.empty((0, 2)),
        np.array([True, False]), np.array(["甲", ""]), np.arange(4, dtype=">i2"),
        np.arange(10)[::3], np.array(SHAPES, object), np.array(SHAPES[:8], object).reshape(2, 4),
        np.empty(0, object),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)  # fmt: skip
def test_arrays(array: np.ndarray, tmp_path: Path) -> None:
    assert same(there_and_back(array, tmp_path / "s.npz"), array)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -(10**18), 1.5, float("inf"), float("nan"), "塆\U00020000\x00", (),
        ((1, ("a",)),),
        {}, {(1, "a"): 1.0, 5: None, "x": {2.5: (True,)}}, {"class": "os:system"},
        {"array": 0}, Path("a/b c"), SHAPES[5],
    ],
    ids=repr,
)  # fmt: skip
def test_plain_values(value: object, tmp_path: Path) -> None:
    assert same(there_and_back(value, tmp_path / "s.npz"), value)


def test_lists_and_numpy_numbers_become_plain(tmp_path: Path) -> None:
    given = {"a": [np.float64(1.5), np.int32(3), np.bool_(True)]}
    back = there_and_back(given, tmp_path / "s.npz")
    assert back == {"a": (1.5, 3, True)}
    assert [type(x) for x in back["a"]] == [float, int, bool]


def test_results_within_results(tmp_path: Path) -> None:
    cells = np.empty(0, object)
    people = np.array([[1.0, 2.0]])
    residents = Residents("area", ("all", "60+"), people, np.array([0], np.int32), ("甲",),
                          np.full((1, 2), np.nan), cells)  # fmt: skip
    given = {"a": areas(), "r": (residents, Plane("EPSG:4544")), 3: Fault("x.y", {"n": 1.0}, row=2)}
    back = there_and_back(given, tmp_path / "s.npz")
    assert same(back, given)
    assert back["a"].plane == Plane("EPSG:4544")
    assert same(there_and_back(walkers(), tmp_path / "w.npz"), walkers())


def test_a_study(small_study: Path, tmp_path: Path) -> None:
    study = read_study(small_study)
    assert there_and_back(study, tmp_path / "s.npz") == study


def test_the_same_object_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        save_stage(tmp_path / name / "s.npz", areas(), key="k")
    assert (tmp_path / "a/s.npz").read_bytes() == (tmp_path / "b/s.npz").read_bytes()
    again = there_and_back(load_stage(tmp_path / "a/s.npz"), tmp_path / "again.npz")
    assert same(again, areas())
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "a/s.npz").read_bytes()
    save_stage(tmp_path / "other.npz", areas(), key="another")
    assert (tmp_path / "other.npz").read_bytes() != (tmp_path / "a/s.npz").read_bytes()


def test_what_a_stage_cannot_hold_is_our_own_mistake(tmp_path: Path) -> None:
    for value in (b"bytes", {1, 2}, object(), np.array(["a", 1], object), complex(1, 2)):
        with pytest.raises(TypeError):
            save_stage(tmp_path / "s.npz", value, key="k")


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Change the header of a saved stage."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(members["header.json"])
    change(header)
    members["header.json"] = json.dumps(header).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name",
    ["subprocess:Popen", "builtins:eval", "os:system", "quarterhour_evil:Areas", "quarterhour:x",
     "quarterhour.inputs.areas:read_areas", "quarterhour.inputs.areas:Path", "quarterhour.no:Areas",
     "quarterhour.inputs.areas:NoSuch", "quarterhour.inputs.areas:Fault", "", "Areas"],
)  # fmt: skip
def test_foreign_classes_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    save_stage(path, areas(), key="k")
    rewritten(path, lambda header: header["tree"].update({"class": name}))
    with pytest.raises(ValueError, match=r"stage may not hold|no .* in this version"):
        load_stage(path)


def test_a_dataclass_of_somebody_else_is_written_but_never_read(tmp_path: Path) -> None:
    own = make_dataclass("Own", [("a", int)])
    save_stage(tmp_path / "s.npz", own(1), key="k")
    with pytest.raises(ValueError, match="may not hold"):
        load_stage(tmp_path / "s.npz")


def test_a_class_that_has_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    save_stage(path, areas(), key="k")
    rewritten(path, lambda header: header["tree"]["fields"].update({"colour": "red"}))
    with pytest.raises(ValueError, match="colour"):
        load_stage(path)


def test_another_schema_is_refused_and_has_no_key(tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    save_stage(path, areas(), key="k")
    assert stage_key(path) == "k"
    rewritten(path, lambda header: header.update(schema=SCHEMA + 1))
    assert stage_key(path) == ""
    with pytest.raises(ValueError, match="schema"):
        load_stage(path)


def test_no_pickles(tmp_path: Path) -> None:
    import io

    path = tmp_path / "s.npz"
    save_stage(path, np.arange(3), key="k")
    with zipfile.ZipFile(path) as archive:
        header = archive.read("header.json")
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], object), allow_pickle=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.json", header)
        archive.writestr("a0.npy", stream.getvalue())
    with pytest.raises(ValueError, match="allow_pickle"):
        load_stage(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_stage_is_refused(share: float, tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    save_stage(path, areas(), key="k")
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    assert stage_key(path) == ""
    with pytest.raises(ValueError, match=r"s\.npz"):
        load_stage(path)


def test_a_stage_with_a_spoilt_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    save_stage(path, np.arange(1000.0), key="k")
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("a0.npy").header_offset + 60
    raw[at : at + 40] = b"\xff" * 40
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=r"s\.npz"):
        load_stage(path)


def test_a_missing_stage_has_no_key(tmp_path: Path) -> None:
    assert stage_key(tmp_path / "no.npz") == ""
    with pytest.raises(FileNotFoundError):
        load_stage(tmp_path / "no.npz")
