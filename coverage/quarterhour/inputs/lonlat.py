"""Longitude and latitude in one cell, as exports of web maps give them: ``106.45,29.55``."""

import numpy as np
import pandas as pd

from quarterhour.errors import Fault
from quarterhour.inputs.columns import meaning, without_unit
from quarterhour.inputs.sheet import Sheet, blanks

_NUMBER = r"([-+]?\d+(?:\.\d+)?)"
_PAIR = rf"^[\s(\[]*{_NUMBER}(?:\s*[,;、]\s*|\s+){_NUMBER}[\s)\]]*$"


def parted(sheet: Sheet, doubts: list[Fault]) -> Sheet:
    """Return a table with a column of longitudes and one of latitudes for one that holds both.

    Which comes first is told from the numbers: no latitude is beyond 90. A cell that holds no pair
    stands in both columns as it is, and is a fault of whoever reads positions. Tables that have a
    column of longitudes or latitudes are left as they are.
    """
    meant = {str(h): meaning(without_unit(h), "column") for h in sheet.frame.columns}
    if sheet.geometry is not None or {"lon", "lat"} & set(meant.values()):
        return sheet
    # Some web maps call the pair "location", which elsewhere is an address.
    for wanted, least in (("lonlat", 0.0), ("address", 0.5)):
        for header in (h for h, field in meant.items() if field == wanted):
            if list(sheet.frame.columns).count(header) == 1:
                pairs, share = _pairs(sheet, header)
                if share > least:
                    return _with_two(sheet, header, pairs, doubts)
    return sheet


def _pairs(sheet: Sheet, header: str) -> tuple[pd.DataFrame, float]:
    """Return the two numbers of each cell of a column, and the share of its cells that hold any."""
    cells = sheet.frame[header]
    pairs = cells.astype("str").str.normalize("NFKC").str.extract(_PAIR).apply(pd.to_numeric)
    return pairs, pairs[0].notna().sum() / max(1, int((~blanks(cells)).sum()))


def _with_two(sheet: Sheet, header: str, pairs: pd.DataFrame, doubts: list[Fault]) -> Sheet:
    """Return the table with a column of longitudes and one of latitudes more."""
    cells = sheet.frame[header]
    is_pair = pairs[0].notna().to_numpy(bool)
    first, second = (pairs[n].to_numpy(np.float64) for n in (0, 1))
    latitude_first = bool((np.abs(second[is_pair]) > 90.0).all())
    lon, lat = (second, first) if latitude_first else (first, second)
    frame = sheet.frame.copy()
    english = header.isascii()
    for name, values in (("lon" if english else "经度", lon), ("lat" if english else "纬度", lat)):
        bracketed = f"{name} ({header})" if english else f"{name}（{header}）"
        frame[bracketed] = cells.astype(object).where(~is_pair, pd.Series(values, cells.index))
    key = "file.latlon_parted" if latitude_first else "file.lonlat_parted"
    doubts.append(Fault(key, {"header": header}, sheet.file, sheet.sheet, None, header))
    return Sheet(sheet.file, sheet.sheet, frame, sheet.rows, sheet.geometry)
