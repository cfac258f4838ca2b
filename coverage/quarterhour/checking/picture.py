"""The picture of a check as a file: made from what was read, never over a file that is not ours."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from quarterhour.checking.check import CheckResult
from quarterhour.checking.points import point_layers
from quarterhour.inputs.datum import choose_plane
from quarterhour.intake import Gathered
from quarterhour.maps.check_page import MARKER, CheckContent, check_page
from quarterhour.maps.check_points import PointLayer
from quarterhour.samebytes import write_text
from quarterhour.words import Language

_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Written:
    """Where a picture went.

    Attributes
    ----------
    path
        The file; ``None`` where nothing was written.
    taken
        The file that was asked for, where it was not ours to write over.
    failed
        The file that could not be written, and ``why``.
    """

    path: Path | None = None
    taken: Path | None = None
    failed: Path | None = None
    why: str = ""


def check_picture(result: CheckResult, *, language: Language) -> str | None:
    """Return the picture of a check as one HTML page, or ``None`` where nothing can be drawn.

    Parameters
    ----------
    result
        What was found.
    language
        Language of the page.
    """
    if result.gathered is None or result.study is None:
        return None
    inputs, streets = result.gathered.inputs, result.streets
    layers = _measured(point_layers(result.gathered), result.gathered)
    if inputs.areas is not None:
        crs = inputs.areas.crs
    elif any(np.isfinite(layer.lonlat).all(axis=1).any() for layer in layers):
        lonlat = np.concatenate([layer.lonlat for layer in layers])
        lon, lat = np.nanmedian(lonlat, axis=0).tolist()
        crs = choose_plane(lon, lat).crs
    else:
        return None
    real = None if inputs.stands_in else inputs.areas
    missing = [
        key
        for key, lacks in (
            ("missing_areas", real is None), ("missing_streets", streets is None),
            ("missing_points", not layers),
        )
        if lacks
    ]  # fmt: skip
    content = CheckContent(
        title=result.study.study.name, crs=crs, areas=real,
        network=streets.network if streets else None,
        backdrop=streets.backdrop if streets else None, layers=layers, remarks=result.remarks,
        missing=tuple(missing), demo=result.study.study.synthetic,
    )  # fmt: skip
    return check_page(content, language=language)


def _measured(layers: tuple[PointLayer, ...], gathered: Gathered) -> tuple[PointLayer, ...]:
    """Return layers with the median distance to the nearest street in each datum."""
    from quarterhour.streets.datums import compare_datums

    areas, streets = gathered.inputs.areas, gathered.streets
    if areas is None or streets is None:
        return layers
    out = []
    for layer in layers:
        lonlat = layer.lonlat[np.isfinite(layer.lonlat).all(axis=1)]
        if len(lonlat) == 0:
            out.append(layer)
            continue
        xy_m = areas.plane.to_xy(lonlat[:, 0], lonlat[:, 1])
        compared = compare_datums(xy_m, layer.datum, streets.network)
        out.append(replace(layer, street_m=dict(compared.median_m), likely=compared.likely))
    return tuple(out)


def write_picture(result: CheckResult, *, out: Path | None, language: Language) -> Written:
    """Write the picture of a check and tell where it went; nothing is raised for a full disk.

    Parameters
    ----------
    result
        What was found.
    out
        The file to write; by default ``check.html`` beside the study. A file of that name that is
        no picture of a check is left alone: the picture takes the next free name.
    language
        Language of the page.
    """
    page = check_picture(result, language=language)
    if page is None:
        return Written()
    wanted = out if out is not None else result.path.parent / "check.html"
    target = next(path for path in _names(wanted) if _is_ours(path))
    part = target.with_name(f".{target.name}.part")
    try:
        write_text(part, page)
        part.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        return Written(failed=target, why=error.strerror or str(error))
    return Written(path=target, taken=wanted if target != wanted else None)


def _names(wanted: Path) -> Iterator[Path]:
    """Yield the name that is asked for, then others like it."""
    yield wanted
    number = 2
    while True:
        yield wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        number += 1


def _is_ours(path: Path) -> bool:
    """Tell whether a name is free, or stands for an older picture that may be replaced."""
    try:
        if not path.exists():
            return True
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            return MARKER.encode() in stream.read(_HEAD_BYTES)
    except OSError:
        return not path.exists()
