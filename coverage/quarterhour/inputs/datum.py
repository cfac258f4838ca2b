"""Datums and planes: from a file's degrees to WGS 84, and from WGS 84 to metres.

A *datum* says what a file's longitudes and latitudes mean. Chinese web maps shift theirs on
purpose: GCJ-02 (AutoNavi, Tencent) by 300-600 m, BD-09 (Baidu) by as much again. CGCS2000 agrees
with WGS 84 within centimetres. The shift applies in *mainland* China only. A *plane* is the
projected coordinate system in which one study measures.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.sheet import Sheet
from quarterhour.studytables import DatumName
from quarterhour.words import data_file

# Krasovsky 1940, as the published GCJ-02 formulas use it.
_AXIS_M = 6_378_245.0
_ECCENTRICITY2 = 0.006_693_421_622_965_943
_BD_TURN = np.pi * 3000.0 / 180.0
_BD_ADDED = (0.0065, 0.006)
# A round of the inverse takes the error to under a fiftieth: three leave under 4 mm.
_INVERSE_ROUNDS = 3
# So many points at a time stay in the processor's cache: quicker than all at once.
_BLOCK = 16_384
# A plane may draw a metre this much too long or short: distances then err by less than the walker.
_MOST_STRETCH = 0.01
# Degrees of WGS 84 within centimetres. The codes are those that map files name.
_PLAIN = ("wgs84", "cgcs2000", "EPSG:4326", "EPSG:4490")
_SHIFTED = ("gcj02", "bd09")
# What headers say of their datum.
_SAID = {"gcj02": "gcj|火星|高德|腾讯|amap", "bd09": "bd-?0?9|百度|baidu", "wgs84": "wgs|gps",
         "cgcs2000": "cgcs|国家2000|2000坐标"}  # fmt: skip

Degrees = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Datum:
    """One datum, with the way to WGS 84 and back.

    Parameters
    ----------
    name
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, or the code of a projected system in metres
        such as ``EPSG:4544`` (CGCS2000, zone of 3 degrees around 105 E). ``EPSG:4490`` and
        ``EPSG:4326`` are the degrees of CGCS2000 and WGS 84.

    Raises
    ------
    InputError
        If the name is none of these.

    Notes
    -----
    GCJ-02 and BD-09 are not published; the formulas are the reconstructions that open code has
    agreed on since 2013 [1]_ [2]_. They shift places in the mainland by 18 to 702 m (GCJ-02) and
    690 to 1,528 m (BD-09). The inverses repeat the forward formula; there and back leaves under
    4 mm. The published code decides by a box that also holds Hong Kong, Taiwan, Korea and
    Mongolia; here the outline in ``_data/mainland.toml`` decides, by the place in WGS 84. Just
    outside it, within the length of the shift, a shifted place of the mainland and an unshifted
    one abroad have the same numbers: the inverse takes them for the mainland's.

    References
    ----------
    .. [1] eviltransform, https://github.com/googollee/eviltransform
    .. [2] coordtransform, https://github.com/wandergis/coordtransform

    Examples
    --------
    >>> lon, lat = Datum("gcj02").to_wgs84(106.46, 29.55)
    >>> bool(abs(lon - 106.46) > 0.003)
    True
    """

    name: DatumName

    def __post_init__(self) -> None:
        """Refuse a name that means nothing."""
        if self.name.upper().startswith("EPSG:"):
            _check_code(self.name.upper())
        elif self.name not in _PLAIN + _SHIFTED:
            raise InputError(Fault("datum.unknown", {"datum": self.name}))

    def to_wgs84(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
        """Return WGS 84 degrees for degrees of this datum.

        Parameters
        ----------
        lon, lat
            Degrees (of a code: metres east and north) of one shape; ``nan`` stays ``nan``, and
            what lies outside the mainland stays where it is.
        """
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        if is_code(self.name):
            return _transform(self.name.upper(), "EPSG:4326", lon, lat)
        if self.name not in _SHIFTED:
            return lon, lat
        return _in_blocks(self._unshift, lon, lat)

    def from_wgs84(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
        """Return degrees of this datum (of a code: metres) for WGS 84 degrees of one shape."""
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        if is_code(self.name):
            return _transform("EPSG:4326", self.name.upper(), lon, lat)
        if self.name not in _SHIFTED:
            return lon, lat
        return _in_blocks(self._shift, lon, lat)

    def take_off(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return shapely geometries in WGS 84 degrees for geometries in this datum."""
        import shapely

        if self.name not in _SHIFTED and not is_code(self.name):
            return geometry
        moved = shapely.transform(
            geometry, lambda c: np.column_stack(self.to_wgs84(c[:, 0], c[:, 1]))
        )
        return np.asarray(moved, object)

    def _shift(self, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
        """Shift the places (n,) that lie in the mainland."""
        out_lon, out_lat = lon.copy(), lat.copy()
        inside = in_mainland(lon, lat)
        out_lon[inside], out_lat[inside] = self._formula(lon[inside], lat[inside])
        return out_lon, out_lat

    def _unshift(self, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
        """Take the shift off the places (n,) that come to lie in the mainland."""
        out_lon, out_lat = lon.copy(), lat.copy()
        west, south, east, north = _mainland().bounds
        near = (lon > west - 0.1) & (lon < east + 0.1) & (lat > south - 0.1) & (lat < north + 0.1)
        lon, lat = lon[near], lat[near]
        added = _BD_ADDED if self.name == "bd09" else (0.0, 0.0)
        guess_lon, guess_lat = lon - added[0], lat - added[1]
        for _ in range(_INVERSE_ROUNDS):
            there_lon, there_lat = self._formula(guess_lon, guess_lat)
            guess_lon, guess_lat = guess_lon + lon - there_lon, guess_lat + lat - there_lat
        inside = in_mainland(guess_lon, guess_lat)
        out_lon[near] = np.where(inside, guess_lon, lon)
        out_lat[near] = np.where(inside, guess_lat, lat)
        return out_lon, out_lat

    def _formula(self, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
        """Return shifted degrees, wherever the places lie."""
        lon, lat = _gcj02(lon, lat)
        return _bd09(lon, lat) if self.name == "bd09" else (lon, lat)


def is_code(datum: DatumName) -> bool:
    """Tell whether a datum is the code of a system in metres, such as ``EPSG:4544``."""
    return datum.upper().startswith("EPSG:") and datum.upper() not in _PLAIN


def shift_of(datum: DatumName) -> Datum:
    """Return the datum to take off degrees that come out of a file's own system.

    A code says which system that is; its degrees are as they should be.
    """
    return Datum("wgs84" if is_code(datum) else datum)


def declared_system(datum: DatumName, bounds: Sequence[float] = ()) -> str:
    """Return the code of the system that shapes without one are in, as their datum tells it.

    Parameters
    ----------
    datum
        What the study declares. WGS 84 is what nobody has declared, and tells nothing; whoever
        means it writes ``EPSG:4326``.
    bounds
        West, south, east and north of the shapes, as they stand in the file. Without them only
        codes tell a system.

    Returns
    -------
    str
        Empty where the datum does not tell it, or tells degrees of numbers that are none.
    """
    if datum.upper().startswith("EPSG:"):
        return datum.upper()
    numbers = np.asarray(bounds, np.float64)
    degrees = len(numbers) > 0 and is_degrees(numbers[::2], numbers[1::2]).all()
    return "EPSG:4326" if datum != "wgs84" and degrees else ""


def header_doubt(sheet: Sheet, header: str, datum: DatumName) -> Fault | None:
    """Return a doubt where a table's header names another datum than the declared one.

    Parameters
    ----------
    sheet
        The table.
    header
        Header of its longitudes, such as 经度（高德） or ``lon_bd09``.
    datum
        What the study declares for it.
    """
    text = header.lower()
    said = next((name for name, sign in _SAID.items() if re.search(sign, text)), datum)
    if is_code(datum) or said == datum or (said in _PLAIN and datum in _PLAIN):
        return None
    values = {"header": header, "said": said, "datum": datum}
    return Fault("datum.header_says", values, sheet.file, sheet.sheet, None, header)


def in_mainland(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    """Tell which WGS 84 degrees lie in mainland China, where web maps shift (see the outline)."""
    import shapely

    return np.asarray(shapely.contains_xy(_mainland(), lon, lat))


@cache
def _mainland() -> Any:  # noqa: ANN401 - shapely has no types
    import shapely

    rings = tomllib.loads(data_file("mainland.toml").read_text(encoding="utf-8"))
    outline, *cut_out = (shapely.Polygon(ring) for ring in rings.values())
    mainland = shapely.difference(outline, shapely.union_all(cut_out))
    shapely.prepare(mainland)
    return mainland


@cache
def _check_code(code: str) -> None:
    """Refuse a code that is no system in metres, nor the degrees of WGS 84 or CGCS2000."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if code in _PLAIN:
        return
    try:
        crs = CRS.from_user_input(code)
    except CRSError:
        raise InputError(Fault("datum.unknown", {"datum": code})) from None
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise InputError(Fault("datum.code_not_metres", {"datum": code, "name": crs.name}))


def _in_blocks(
    move: Callable[[Degrees, Degrees], tuple[Degrees, Degrees]], lon: Degrees, lat: Degrees
) -> tuple[Degrees, Degrees]:
    """Return what ``move`` makes of arrays of any shape, a block at a time."""
    shape = np.broadcast_shapes(lon.shape, lat.shape)
    lon, lat = (np.broadcast_to(part, shape).ravel() for part in (lon, lat))
    out = np.empty((2, lon.size))
    for start in range(0, lon.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        out[:, part] = move(lon[part], lat[part])
    return out[0].reshape(shape), out[1].reshape(shape)


def _gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    d_lat = d_lat + (wave + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat = d_lat + (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    d_lon = d_lon + (wave + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon = d_lon + (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    d_lat = d_lat * 180.0 / (_AXIS_M * (1.0 - _ECCENTRICITY2) / magic**1.5 * np.pi)
    d_lon = d_lon * 180.0 / (_AXIS_M / np.sqrt(magic) * np.cos(phi) * np.pi)
    return lon + d_lon, lat + d_lat


def _bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + _BD_ADDED[0], radius * np.sin(angle) + _BD_ADDED[1]


def is_degrees(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    """Tell which pairs are a longitude and a latitude at all."""
    return (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)


@dataclass(frozen=True, slots=True)
class Plane:
    """The projected system in which a study measures, for example ``EPSG:4544``."""

    crs: str

    def to_xy(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Return metres (n, 2) for WGS 84 degrees."""
        return np.column_stack(_transform("EPSG:4326", self.crs, lon, lat))

    def to_lonlat(self, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return WGS 84 degrees (n, 2) for metres."""
        return np.column_stack(_transform(self.crs, "EPSG:4326", xy_m[:, 0], xy_m[:, 1]))

    def geometry_to_xy(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return shapely geometries in metres for geometries in WGS 84 degrees."""
        import shapely

        return np.asarray(
            shapely.transform(geometry, lambda c: self.to_xy(c[:, 0], c[:, 1])), object
        )

    def geometry_to_lonlat(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return shapely geometries in WGS 84 degrees for geometries in metres."""
        import shapely

        return np.asarray(shapely.transform(geometry, self.to_lonlat), object)


@cache
def _transformer(source: str, target: str) -> Any:  # noqa: ANN401 - pyproj has no types
    """Return the change between two systems: making one takes longer than using it."""
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)


def _transform(source: str, target: str, x: ArrayLike, y: ArrayLike) -> tuple[Degrees, Degrees]:
    change = _transformer(source, target)
    found = change.transform(np.asarray(x, np.float64), np.asarray(y, np.float64))
    return np.asarray(found[0]), np.asarray(found[1])


def choose_plane(lon: float, lat: float, *, wanted: str = "auto") -> Plane:
    """Return the plane for a study around one position.

    Parameters
    ----------
    lon, lat
        Middle of the study, WGS 84 degrees.
    wanted
        ``"auto"``, or a code such as ``"EPSG:4544"``. Automatic is the CGCS2000 3-degree zone in
        China and the UTM zone elsewhere.

    Raises
    ------
    InputError
        If ``wanted`` is no projected system in metres, or stretches them at this place.
    """
    auto = _automatic(lon, lat)
    return auto if wanted == "auto" else _checked_plane(wanted, lon, lat, auto)


def _automatic(lon: float, lat: float) -> Plane:
    if 73.5 <= lon <= 136.5 and 15.0 <= lat <= 54.0:
        return Plane(f"EPSG:{4534 + round((lon - 75.0) / 3.0)}")
    zone = int((lon + 180.0) // 6.0) % 60 + 1
    return Plane(f"EPSG:{(32600 if lat >= 0 else 32700) + zone}")


def _checked_plane(wanted: str, lon: float, lat: float, auto: Plane) -> Plane:
    from pyproj import CRS, Proj
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_user_input(wanted)
    except CRSError:
        raise InputError(Fault("input.bad_crs", {"crs": wanted}, file="study.toml")) from None
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise InputError(Fault("input.crs_not_metres", {"crs": wanted}, file="study.toml"))
    # Web Mercator, or the zone of another province, counts metres that are none.
    factors = Proj(crs).get_factors(lon, lat)
    drawn = (factors.meridional_scale, factors.parallel_scale)
    worst = max(drawn, key=lambda scale: abs(scale - 1.0))
    if not abs(worst - 1.0) <= _MOST_STRETCH:
        values = {"crs": wanted, "metres": f"{worst:.3g}", "auto": auto.crs}
        raise InputError(Fault("input.crs_stretched", values, file="study.toml"))
    return Plane(wanted)
