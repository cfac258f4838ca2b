"""Fetching a study's streets and areas: what its study file asks for, and into which files.

``[streets] place`` names what to fetch; without it, the areas do. The file is the one that
``[streets] file`` names, else one named after the place, which a run then takes by itself. Areas
are fetched where ``[areas]`` names a place and no file.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas
from quarterhour.intake import areas_of, needed_buffer_m
from quarterhour.streets.download import (
    BUFFER_M,
    Extent,
    MapServers,
    Progress,
    check_target,
    download_network,
    find_extent,
)
from quarterhour.streets.downloadareas import check_areas_target, download_areas
from quarterhour.study import Study, fetched_areas_name, fetched_name, read_study


@dataclass(frozen=True, slots=True, eq=False)
class Fetch:
    """What will be asked for. Making one sends nothing; its two steps do.

    Attributes
    ----------
    where
        A place's name, or areas.
    path
        File to write.
    buffer_m
        Metres to add around ``where``.
    buildings
        Whether buildings and the grounds around them are asked for too.
    servers, cache_dir
        Whom to ask, and the folder of kept answers (``None``: the user's).
    line
        The line that ``study.toml`` still needs for a run to find the file; often none.
    places
        Whether places for elders are asked for too.
    """

    where: str | Areas
    path: Path
    buffer_m: float
    buildings: bool
    servers: MapServers
    cache_dir: Path | None = None
    line: str = ""
    places: bool = False

    @property
    def place(self) -> str:
        """The place whose outline must be asked for; empty where areas say where."""
        return self.where if isinstance(self.where, str) else ""

    def find(self) -> Extent:
        """Return the polygon to ask for; errors as of :func:`find_extent`."""
        return find_extent(
            self.where, buffer_m=self.buffer_m, cache_dir=self.cache_dir, servers=self.servers
        )

    def run(self, extent: Extent, *, on_progress: Progress | None = None) -> Path:
        """Download, and return the file; errors as of :func:`download_network`."""
        return download_network(
            extent, self.path, buildings=self.buildings, places=self.places,
            cache_dir=self.cache_dir, servers=self.servers, on_progress=on_progress,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class FetchAreas:
    """Which areas will be asked for. Making one sends nothing.

    Attributes
    ----------
    place
        Name of the place.
    path
        GeoJSON to write.
    admin_level
        Level of the areas; ``None`` for the next finer one that fills the place.
    servers, cache_dir
        As of :class:`Fetch`.
    streets_are_there
        Whether the study has its streets already, so that only the areas are to be fetched.
    """

    place: str
    path: Path
    admin_level: int | None
    servers: MapServers
    cache_dir: Path | None = None
    streets_are_there: bool = False

    def run(self) -> Path:
        """Download, and return the file; errors as of :func:`download_areas`."""
        return download_areas(
            self.place, self.path, admin_level=self.admin_level, cache_dir=self.cache_dir,
            servers=self.servers,
        )  # fmt: skip


def fetch_areas_for_study(
    path: Path | str,
    *,
    servers: MapServers | None = None,
    cache_dir: Path | None = None,
) -> FetchAreas | None:
    """Read from a study which areas it needs, and where they go.

    Parameters
    ----------
    path
        The ``study.toml``.
    servers, cache_dir
        Whom to ask, and the folder of kept answers.

    Returns
    -------
    FetchAreas or None
        ``None`` where the study names no place for its areas, or has their file.

    Raises
    ------
    InputError
        If the study file is wrong.
    """
    study = read_study(path, files_may_lack=True)
    if study.areas.file or not study.areas.place:
        return None
    target = study.path(fetched_areas_name(study.areas.place))
    check_areas_target(target)
    return FetchAreas(
        place=study.areas.place,
        path=target,
        admin_level=study.areas.admin_level,
        servers=servers or MapServers(),
        cache_dir=cache_dir,
        streets_are_there=bool(study.streets.file) and study.path(study.streets.file).is_file(),
    )


def fetch_for_study(
    path: Path | str,
    *,
    out: Path | None = None,
    servers: MapServers | None = None,
    cache_dir: Path | None = None,
) -> Fetch:
    """Read from a study what its streets are, and where they go.

    Parameters
    ----------
    path
        The ``study.toml``; the files it names may still be missing, but for the areas where no
        place is named.
    out
        File to write; by default the study's own, or one named after its place, in its folder.
    servers, cache_dir
        Whom to ask, and the folder of kept answers.

    Raises
    ------
    InputError
        If the study file is wrong, says nowhere what to fetch, or the file exists.
    """
    study = read_study(path, files_may_lack=True)
    named = study.path(study.streets.file or fetched_name(study.streets.place))
    target = out or named
    check_target(target)
    return Fetch(
        where=study.streets.place or _areas(study),
        path=target,
        buffer_m=_buffer_m(study),
        buildings=_wants_buildings(study),
        servers=servers or MapServers(),
        cache_dir=cache_dir,
        line="" if target == named else f'file = "{_seen_from(study, target)}"',
        places=any(table.osm for table in study.facilities),
    )


def fetch_for_place(
    place: str,
    out: Path,
    *,
    buildings: bool = False,
    servers: MapServers | None = None,
    cache_dir: Path | None = None,
) -> Fetch:
    """Return the fetching of a place; arguments and errors as for :func:`fetch_for_study`."""
    check_target(out)
    line = f'file = "{out.name}"'
    return Fetch(place, out, BUFFER_M, buildings, servers or MapServers(), cache_dir, line)


def _wants_buildings(study: Study) -> bool:
    """Tell whether homes are placed on the file's buildings, or doors are looked for on them."""
    homes = study.buildings.osm and study.residents.by == "area"
    return homes or any(table.entrances == "osm" for table in study.facilities)


def _areas(study: Study) -> str | Areas:
    """Return the study's areas, or the place whose areas they will be."""
    if not study.areas.file and study.areas.place:
        return study.areas.place
    if not study.areas.file:
        raise InputError(Fault("streets.fetch_nothing_asked", file="study.toml"))
    return areas_of(study, [])


def _buffer_m(study: Study) -> float:
    """Return the buffer a run will want, in full metres."""
    needed = math.ceil(needed_buffer_m(study))
    return max(float(needed), study.streets.buffer_m or 0.0)


def _seen_from(study: Study, target: Path) -> str:
    """Return a file's path as the study's folder sees it, else in full."""
    folder = study.folder.resolve()
    full = target.resolve()
    return (full.relative_to(folder) if full.is_relative_to(folder) else full).as_posix()
