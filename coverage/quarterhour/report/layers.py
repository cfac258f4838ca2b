"""``layers.gpkg``: every layer of a study for a geographic information system, with QGIS styles.

Column names are ASCII; headings in the language of the pages are aliases in the styles. Homes do
not stand in it: people are summed over squares of 250 m, and squares with fewer than ten people of
the lead group show no figures (their sum stands in the table ``notice``, so that nobody vanishes).
An area that cannot say its coverage has no share (NULL) and ``cannot_say`` as its verdict.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.findings import Findings
from quarterhour.inputs.facilities import NEIGHBOUR
from quarterhour.report.build import about_table, served_by
from quarterhour.report.columns import clean_text
from quarterhour.report.layer_cells import Content, area_names, multi
from quarterhour.report.layer_content import (
    area_content,
    example_content,
    gap_content,
    link_content,
)
from quarterhour.report.layer_headings import kind_names
from quarterhour.report.layer_plans import (
    candidate_content,
    closed_content,
    site_content,
    unreachable_content,
)
from quarterhour.report.layer_styles import LayerStyle, styles_of
from quarterhour.words import Language, Words

if TYPE_CHECKING:
    import pandas as pd

CELL_M = 250.0
FEWEST_SHOWN = 10.0
_FIXED_TIME = "1980-01-01T00:00:00.000Z"
_YES_NO = {1: "yes", 0: "no", -1: ""}


def write_layers(findings: Findings, path: Path, *, language: Language) -> None:
    """Write all layers to one GeoPackage, in the plane of the study.

    Parameters
    ----------
    findings
        What to write.
    path
        The ``.gpkg`` to write; a file of this name is replaced.
    language
        Language of the styles' legends and aliases, and of the notice.
    """
    import geopandas as gpd
    import pyogrio

    from quarterhour.samebytes import settled_geopackage

    path.unlink(missing_ok=True)
    notices, written = _notices(findings, language), list[str]()
    # What one must know stands in the file's metadata too, where programs look for a licence.
    about = {"NOTICE": "\n".join(f"{item}: {text}" for item, text in notices)}
    if findings.streets_from_osm:
        about["LICENSE"] = "ODbL-1.0, https://opendatacommons.org/licenses/odbl/1-0/"
        about["ATTRIBUTION"] = "© OpenStreetMap contributors"
    with settled_geopackage():
        for name, columns, geometry, form in _layers(findings, language):
            frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=findings.areas.crs)
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", geometry_type=form,
                                    append=bool(written),
                                    dataset_metadata=None if written else about)  # fmt: skip
            written.append(name)
    _add_tables(path, notices, styles_of(findings, language))


Layer = tuple[str, "pd.DataFrame", NDArray[np.object_], str]


def _layers(findings: Findings, language: Language) -> Iterator[Layer]:
    import pandas as pd

    def layer(
        name: str, columns: dict[str, object], geometry: NDArray[np.object_], form: str
    ) -> Layer:
        clean = {k: _clean(v) for k, v in columns.items()}
        return name, pd.DataFrame(clean), geometry, form

    yield layer("areas", *area_content(findings))
    yield layer("isochrones", *_isochrones(findings))
    yield layer("people_grid", *_grid(findings))
    yield layer("gaps", *gap_content(findings, language))
    yield layer("gap_examples", *example_content(findings, language))
    yield layer("missing_links", *link_content(findings))
    yield layer("streets", *_streets(findings))
    yield layer("facilities", *_facilities(findings))
    yield layer("neighbours", *_neighbours(findings))
    yield layer("planned", *_planned(findings))
    yield layer("candidates", *candidate_content(findings))
    beyond = unreachable_content(findings, cell_m=CELL_M, fewest=FEWEST_SHOWN)
    yield layer("unreachable", *beyond)
    yield layer("closed", *closed_content(findings))
    yield layer("sites", *site_content(findings))


def _isochrones(findings: Findings) -> Content:
    """Return longest limits first, so that shorter ones are drawn over them."""
    rows: list[tuple[str, str, int, shapely.Geometry]] = []
    drawn = [("existing", findings.shapes)]
    drawn += [(f"plan{n}", p.shapes) for n, p in enumerate(findings.plans, start=1)]
    for state, shapes in drawn:
        for k, kind in enumerate(shapes.kinds):
            for m in range(len(shapes.minutes))[::-1]:
                rows.append((state, kind, shapes.minutes[m], shapes.shapes[k, m]))
    columns: dict[str, object] = {
        "state": [r[0] for r in rows], "kind": [r[1] for r in rows],
        "minutes": np.array([r[2] for r in rows], np.int32),
    }  # fmt: skip
    return columns, multi(np.array([r[3] for r in rows], object)), "MultiPolygon"


def _grid(findings: Findings) -> Content:
    """Return squares with the lead group's people, and those outside each kind's circle."""
    demand, coverage = findings.demand, findings.coverage
    lead = demand.people_of(demand.lead_group)
    rows = np.flatnonzero(np.isfinite(demand.xy_m).all(axis=1) & (lead > 0))
    cell = np.floor(demand.xy_m[rows] / CELL_M).astype(np.int64)
    unique, back = np.unique(cell, axis=0, return_inverse=True)
    back = back.ravel()
    people = np.bincount(back, lead[rows], minlength=len(unique))
    few = people < FEWEST_SHOWN
    columns: dict[str, object] = {"few": few, "people": np.where(few, np.nan, people)}
    limit = findings.study.walker(coverage.walkers[0]).limit_ms(coverage.minutes[-1])
    for k, name in enumerate(kind_names(findings).values()):
        outside = np.where(coverage.ms[k, 0, rows] > limit, lead[rows], 0.0)
        total = np.bincount(back, outside, minlength=len(unique))
        columns[f"outside_{name}"] = np.where(few, np.nan, total)
    low = unique * CELL_M
    return columns, shapely.box(*low.T, *(low + CELL_M).T), "Polygon"


def few_people(findings: Findings) -> tuple[float, float]:
    """Return the lead group's people in squares without figures, and those without a place."""
    lead = findings.demand.people_of(findings.demand.lead_group)
    placed = np.isfinite(findings.demand.xy_m).all(axis=1)
    cell = np.floor(findings.demand.xy_m[placed & (lead > 0)] / CELL_M).astype(np.int64)
    _, back = np.unique(cell, axis=0, return_inverse=True)
    people = np.bincount(back.ravel(), lead[placed & (lead > 0)])
    return float(people[people < FEWEST_SHOWN].sum()), float(lead[~placed].sum())


def _streets(findings: Findings) -> Content:
    net = findings.network
    classes, names = np.array(net.classes, object), np.array(net.names, object)
    columns: dict[str, object] = {
        "class": classes[net.edge_class], "name": names[net.edge_name],
        "steps": np.rint(net.edge_steps).astype(np.int32), "bridge": net.edge_bridge,
        "tunnel": net.edge_tunnel, "private": net.edge_private,
        "length_m": net.edge_length_dm / 10.0,
    }  # fmt: skip
    return columns, net.lines(), "LineString"


def _facilities(findings: Findings) -> Content:
    f = findings.facilities
    columns: dict[str, object] = {
        "id": f.ids, "name": f.names, "kind": f.kinds, "area": area_names(findings, f.area_index),
        "capacity": f.capacity, "floor_m2": f.floor_area_m2, "storey": f.storey,
        "lift": [_YES_NO[int(lift)] for lift in f.lift], "opened": f.opened, "status": f.status,
        "served": served_by(findings),
    }  # fmt: skip
    return columns, shapely.points(f.xy_m), "Point"


def _neighbours(findings: Findings) -> Content:
    """Return the facilities of the districts around, whether they count or not."""
    around, effect = findings.neighbours(), findings.measured.neighbours
    found = findings.uncounted.set_aside.take(np.zeros(0, np.int64)) if around is None else around
    served = dict(zip(effect.ids, effect.served.tolist(), strict=True)) if effect else {}
    gained = dict(zip(effect.ids, effect.gained.tolist(), strict=True)) if effect else {}
    columns: dict[str, object] = {
        "id": found.ids, "name": found.names, "kind": found.kinds, "capacity": found.capacity,
        "counted": np.full(len(found.ids), NEIGHBOUR in findings.facilities.origin),
        "served": np.array([served.get(id_, np.nan) for id_ in found.ids], float),
        "gained": np.array([gained.get(id_, np.nan) for id_ in found.ids], float),
    }  # fmt: skip
    return columns, shapely.points(found.xy_m), "Point"


def _planned(findings: Findings) -> Content:
    """Return the facilities that are not there yet at the study's date."""
    found = findings.planned()
    columns: dict[str, object] = {
        "id": found.ids, "name": found.names, "kind": found.kinds,
        "area": area_names(findings, found.area_index), "capacity": found.capacity,
        "floor_m2": found.floor_area_m2, "opened": found.opened, "status": found.status,
    }  # fmt: skip
    return columns, shapely.points(found.xy_m), "Point"


def _clean(values: object) -> object:
    """Return texts without characters that files refuse, numbers as they are."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        return values
    return [clean_text(v) if isinstance(v, str) else v for v in values]  # type: ignore[attr-defined]


def _notices(findings: Findings, language: Language) -> list[tuple[str, str]]:
    """Return what one must know of these data, a line each."""
    words = Words(language)
    few, placeless = few_people(findings)
    values = {"cell": f"{CELL_M:g}", "fewest": f"{FEWEST_SHOWN:g}", "few": f"{few:,.1f}",
              "placeless": f"{placeless:,.1f}"}  # fmt: skip
    rows = [(str(item), str(text)) for item, text in about_table(findings, language).rows]
    rows.append((words("table.i_verdict"), words("table.a_verdict")))
    rows.append((words("table.i_grid"), words("table.a_grid", values)))
    rows += [
        (words("planmap.i_beyond", {"plan": n}), words("planmap.a_beyond", {
            "plan": n, "people": f"{found.unreachable.people:,.1f}", **values,
        }))
        for n, found in enumerate(findings.plans, start=1)
    ]  # fmt: skip
    return [(clean_text(item), clean_text(text)) for item, text in rows]


_LAYER_STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP)
"""
_NOTICE = "CREATE TABLE notice (id INTEGER PRIMARY KEY NOT NULL, item TEXT, content TEXT)"
_CONTENTS = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)
VALUES (?, 'attributes', ?, '', ?, 0)
"""


def _add_tables(path: Path, notices: list[tuple[str, str]], styles: tuple[LayerStyle, ...]) -> None:
    """Add notice and styles; every date is fixed, none is left to the clock."""
    with closing(sqlite3.connect(path)) as book, book:
        geometry = dict(
            book.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall()
        )
        book.execute(_NOTICE)
        book.executemany("INSERT INTO notice (item, content) VALUES (?, ?)", notices)
        book.execute(_LAYER_STYLES)
        book.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "ui, update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, '', '', NULL, ?)",
            [(s.layer, geometry[s.layer], s.layer, s.qml, _FIXED_TIME) for s in styles],
        )
        for table in ("notice", "layer_styles"):
            book.execute(_CONTENTS, (table, table, _FIXED_TIME))
