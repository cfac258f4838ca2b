"""A population grid: where in an area its people live, by somebody else's count of cells.

A *cell* is a square of a raster (WorldPop, GPW), or a polygon or middle point of a file; its
*weight* is the count that stands there. Only shares matter: an area's people stay those of the
planner's table, and are spread over the area's cells as the grid's people are. A cell that an area
border cuts belongs to each side by its share of the cell.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.counts import read_counts
from quarterhour.inputs.datum import declared_system, shift_of
from quarterhour.inputs.gridcells import grid_cells
from quarterhour.inputs.groups import group_columns
from quarterhour.inputs.positions import positions
from quarterhour.inputs.tables import find_columns, read_sheet
from quarterhour.inputs.totals import find_totals
from quarterhour.studytables import DatumName

if TYPE_CHECKING:
    import rasterio

RASTERS = (".tif", ".tiff")
# Around the areas; at 100 m these are 50,000 km2, at 10 m 500 km2.
MOST_CELLS = 5_000_000
# A raster is unpacked block by block; one block of more is no map of people.
_MOST_BLOCK_BYTES = 1_000_000_000
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


@dataclass(frozen=True, slots=True, eq=False)
class PopulationGrid:
    """Cells with a weight above 0, in metres.

    Attributes
    ----------
    cells
        Polygon of each cell (n,).
    weight
        People of the grid in each cell (n,).
    """

    cells: NDArray[np.object_]
    weight: NDArray[np.float64]

    def parts(self, areas: Areas) -> "GridParts":
        """Return the parts of the cells that lie in areas, each with its share of the weight."""
        tree = shapely.STRtree(self.cells)
        area, cell = tree.query(areas.polygons, predicate="intersects")
        whole = tree.query(areas.polygons, predicate="contains")
        cut = ~np.isin(area * len(self.cells) + cell, whole[0] * len(self.cells) + whole[1])
        shapes = self.cells[cell]
        shapes[cut] = shapely.intersection(shapes[cut], areas.polygons[area[cut]])
        share = shapely.area(shapes) / shapely.area(self.cells[cell])
        some = share > 0
        return GridParts(
            area[some].astype(np.int32), shapes[some], (self.weight[cell] * share)[some]
        )


@dataclass(frozen=True, slots=True, eq=False)
class GridParts:
    """Parts of cells in areas.

    Attributes
    ----------
    area_index
        Area of each part (m,).
    shapes
        The part (m,), metres.
    weight
        Its share of the cell's weight (m,), above 0.
    """

    area_index: NDArray[np.int32]
    shapes: NDArray[np.object_]
    weight: NDArray[np.float64]


def read_population_grid(
    path: Path,
    areas: Areas,
    *,
    datum: DatumName = "wgs84",
    doubts: list[Fault] | None = None,
) -> PopulationGrid:
    """Read a population raster or grid around the areas.

    Parameters
    ----------
    path
        GeoTIFF of one band (people per cell), or a file of cells (polygons, or middle points of a
        regular grid) with a column of people.
    areas
        The study's areas.
    datum
        What the file's degrees mean, or the system of a file that names none.
    doubts
        Receives what reading the table found out.

    Returns
    -------
    PopulationGrid
        Cells without people, without data, or with a negative count (as some rasters mark none)
        are left out.

    Raises
    ------
    InputError
        If the file cannot be read, names no system, has several bands, has too many cells around
        the areas, or nobody in them.
    """
    raster = path.suffix.lower() in RASTERS
    grid = _read_raster(path, areas, datum) if raster else _read_cells(path, areas, datum, doubts)
    touching = shapely.STRtree(grid.cells).query(areas.polygons, predicate="intersects")
    if touching.shape[1] == 0:
        raise InputError(Fault("people.grid_elsewhere", file=path.name))
    return grid


def _read_cells(
    path: Path, areas: Areas, datum: DatumName, doubts: list[Fault] | None
) -> PopulationGrid:
    heard: list[Fault] = [] if doubts is None else doubts
    sheet = read_sheet(path, datum=datum, doubts=heard)
    place = [] if sheet.geometry is not None else ["lon", "lat"]
    found, faults = find_columns(sheet, place, required=place)
    read = group_columns(sheet, groups=(), columns={}, per_km=False, faults=faults, doubts=None)
    raise_if(faults)
    sheet = find_totals(sheet, found.get("lon")).rest()
    # Everybody where the grid has them, else its widest group.
    group = "all" if "all" in read.headers else next(iter(read.headers))
    counts = read_counts(sheet, {group: read.headers[group]}, faults=faults, required=False)
    xy, more = positions(sheet, found, areas, datum=datum, doubts=heard)
    raise_if([*faults, *more])
    weight = counts.people[:, 0]
    cells = grid_cells(sheet, xy, areas)
    some = (weight > 0) & (shapely.area(cells) > 0)
    if not some.any():
        raise InputError(Fault("people.grid_empty", file=path.name))
    return PopulationGrid(cells[some], weight[some])


def _read_raster(path: Path, areas: Areas, datum: DatumName) -> PopulationGrid:
    import rasterio

    if not path.is_file():
        raise InputError(Fault("input.missing_file", {"path": str(path)}))
    with path.open("rb") as file:
        if file.read(4) not in _TIFF:
            raise InputError(Fault("people.no_raster", file=path.name))
    try:
        # Nothing beside the file is opened, and nothing that it names.
        with (
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
            rasterio.open(path, driver="GTiff") as raster,
        ):
            said = declared_system(datum)
            crs = raster.crs or (rasterio.crs.CRS.from_string(said) if said else None)
            if crs is None:
                raise InputError(Fault("input.no_crs", file=path.name))
            _refuse(raster, path)
            window = _window(raster, crs, areas, datum, path)
            counts = raster.read(1, window=window, masked=True)
            scale, offset = float(raster.scales[0]), float(raster.offsets[0])
            transform = raster.transform
    except (rasterio.errors.RasterioError, rasterio.errors.CRSError) as error:
        raise InputError(Fault("input.unreadable", {"why": error}, file=path.name)) from error
    people = counts.astype(np.float64).filled(np.nan) * scale + offset
    row, column = np.nonzero(np.isfinite(people) & (people > 0))
    if len(row) == 0:
        raise InputError(Fault("people.grid_empty", file=path.name))
    along = (column + window.col_off)[:, None] + np.array([0.0, 1.0, 1.0, 0.0, 0.0])
    down = (row + window.row_off)[:, None] + np.array([0.0, 0.0, 1.0, 1.0, 0.0])
    rings = _to_plane(*_mapped(transform, along.ravel(), down.ravel()), crs, areas, datum)
    rings = rings.reshape(-1, 5, 2)
    return PopulationGrid(np.asarray(shapely.polygons(rings), object), people[row, column])


def _refuse(raster: "rasterio.io.DatasetReader", path: Path) -> None:
    """Refuse a raster that is no map of people, or that one cannot unpack in bounds."""
    if raster.count != 1 or np.dtype(raster.dtypes[0]).kind not in "iuf":
        values = {"bands": raster.count, "kind": raster.dtypes[0]}
        raise InputError(Fault("people.grid_bands", values, file=path.name))
    high, wide = raster.block_shapes[0]
    if high * wide * np.dtype(raster.dtypes[0]).itemsize > _MOST_BLOCK_BYTES:
        values = {"cells": f"{high * wide:,}", "most": f"{MOST_CELLS:,}"}
        raise InputError(Fault("people.grid_too_large", values, file=path.name))


def _window(
    raster: "rasterio.io.DatasetReader",
    crs: "rasterio.crs.CRS",
    areas: Areas,
    datum: DatumName,
    path: Path,
) -> "rasterio.windows.Window":
    """Return the part of a raster that holds the areas, with one cell around them."""
    from pyproj import Transformer
    from rasterio.windows import Window

    box = shapely.segmentize(shapely.box(*shapely.total_bounds(areas.polygons)), 1_000.0)
    lonlat = areas.plane.to_lonlat(shapely.get_coordinates(box))
    lon, lat = shift_of(datum).from_wgs84(lonlat[:, 0], lonlat[:, 1])
    x, y = Transformer.from_crs(4326, crs.to_wkt(), always_xy=True).transform(lon, lat)
    column, row = _mapped(~raster.transform, np.asarray(x), np.asarray(y))
    low = np.maximum(np.floor([row.min(), column.min()]) - 1, 0)
    high = np.minimum(np.ceil([row.max(), column.max()]) + 1, raster.shape)
    if not np.isfinite([*low, *high]).all() or (high <= low).any():
        raise InputError(Fault("people.grid_elsewhere", file=path.name))
    rows, columns = (high - low).astype(int).tolist()
    if rows * columns > MOST_CELLS:
        values = {"cells": f"{rows * columns:,}", "most": f"{MOST_CELLS:,}"}
        raise InputError(Fault("people.grid_too_large", values, file=path.name))
    return Window(int(low[1]), int(low[0]), columns, rows)


def _mapped(
    affine: "rasterio.Affine", x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def _to_plane(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    crs: "rasterio.crs.CRS",
    areas: Areas,
    datum: DatumName,
) -> NDArray[np.float64]:
    """Return places of a raster's system in metres of the study's plane."""
    from pyproj import Transformer

    lon, lat = Transformer.from_crs(crs.to_wkt(), 4326, always_xy=True).transform(x, y)
    return np.asarray(areas.plane.to_xy(*shift_of(datum).to_wgs84(lon, lat)), np.float64)
