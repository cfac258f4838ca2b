"""Sources: every file a study reads, with its digest."""

from hashlib import sha256
from pathlib import Path

from quarterhour.findings import Source
from quarterhour.inputs.unlocated import located_path
from quarterhour.samebytes import digest_file
from quarterhour.study import Study

# Parts of a shapefile, and of a raster: attributes, system, place.
_BESIDE = (".dbf", ".shx", ".prj", ".cpg", ".tfw", ".aux.xml")


def sources_of(study: Study) -> tuple[Source, ...]:
    """Return every file the study reads, with its digest."""
    roles = [
        ("areas", study.areas.file), ("outline", study.areas.outline),
        ("streets", study.streets.file),
        ("terrain", study.terrain.file if study.terrain else ""),
        ("residents", study.residents.file), ("grid", study.residents.grid),
        ("buildings", study.buildings.file),
        *(("facilities", t.file) for t in study.facilities),
        ("neighbours", study.neighbours.file if study.neighbours else ""),
        *(("premises", t.candidates) for t in study.siting),
        *(("hazards", rule.hazard) for t in study.siting for rule in t.rule),
        ("indicators", study.scorecard.file),
    ]  # fmt: skip
    seen: dict[str, Source] = {}
    for role, file in roles:
        if file and file not in seen:
            seen[file] = _source(study.path(file), file, role)
    return tuple(seen.values())


def _source(path: Path, file: str, role: str) -> Source:
    """Return a file with its digest; what lies beside it under its name is part of it."""
    beside = [*map(path.with_suffix, _BESIDE), located_path(path)]
    own = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
    parts = [*own, *(p for p in beside if p.is_file() and p != path)]
    digests = [digest_file(part) for part in parts]
    whole = digests[0] if len(parts) == 1 else sha256("".join(digests).encode()).hexdigest()
    return Source(file, role, sum(part.stat().st_size for part in parts), whole)
