"""What all benchmarks share: the command line, fresh processes, tables, the last line.

A *figure* is a number that others read by name; each script names its own in ``FIGURES`` and
prints exactly those, ``null`` where one was left out. A *peer* is another program timed in the
same run. Megabytes are millions of bytes.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

REAL_DATA = "QUARTERHOUR_REAL_DATA"


@dataclass(frozen=True, slots=True)
class Child:
    """One finished process.

    Attributes
    ----------
    seconds
        Wall time.
    cpu_s, mb
        Time on all cores together, and peak memory; ``None`` where the system does not tell
        (Windows). A wall time far above what the cores explain says that others were running.
    lines
        What it printed, each line with the second at which it came.
    """

    seconds: float
    cpu_s: float | None
    mb: float | None
    lines: tuple[tuple[float, str], ...]


def read_arguments(about: str, *, quick: str) -> bool:
    """Read the command line and tell whether the quick run is asked for.

    Parameters
    ----------
    about
        The script's docstring.
    quick
        What the quick run leaves out.
    """
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"under 50 s: {quick}")
    wanted: bool = parser.parse_args().quick
    return wanted


def run_child(arguments: Sequence[str], *, folder: Path) -> Child:
    """Run Python with some arguments in a process of its own, and measure it.

    The peak is that of this one child. Start children before importing anything heavy: on Linux a
    child's peak begins with the size of its parent.

    Parameters
    ----------
    arguments
        What follows ``python``.
    folder
        Current folder of the child.

    Raises
    ------
    SystemExit
        If the child fails; its output is shown.
    """
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, text=True, encoding="utf-8", errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout as printed:
        lines = tuple((time.perf_counter() - began, line.rstrip()) for line in printed)
    cpu_s, mb = _wait(child)
    seconds = time.perf_counter() - began
    if child.returncode != 0:
        print(*(line for _, line in lines), sep="\n")
        raise SystemExit(f"exit status {child.returncode}: {' '.join(arguments)}")
    return Child(seconds, cpu_s, mb, lines)


def _wait(child: "subprocess.Popen[str]") -> tuple[float | None, float | None]:
    """Wait for a child's end and return its seconds on the cores and its peak in megabytes."""
    if not hasattr(os, "wait4"):
        child.wait()
        return None, None
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts kibibytes, macOS bytes.
    mb = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return usage.ru_utime + usage.ru_stime, mb


def seconds_of(work: Callable[[], object]) -> float:
    """Return the wall seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median_seconds(work: Callable[[], object], *, runs: int) -> tuple[float, str]:
    """Return the median wall seconds of some calls after one that does not count, and their range.

    A wide range says that something else was running.
    """
    work()
    seconds = sorted(seconds_of(work) for _ in range(runs))
    return statistics.median(seconds), f"{seconds[0]:.3g} to {seconds[-1]:.3g}"


def real_file(*parts: str) -> Path | None:
    """Return a file of the real data, or say that it is missing and return ``None``."""
    folder = os.environ.get(REAL_DATA)
    if not folder:
        print(f"{REAL_DATA} is not set: figures on real data are null")
        return None
    path = Path(folder).joinpath(*parts)
    if not path.is_file():
        print(f"{path.name} is not in the folder of {REAL_DATA}: its figures are null")
        return None
    return path


def peer_version(name: str) -> str | None:
    """Return a peer's version, or say that it is missing and return ``None``."""
    try:
        return version(name)
    except PackageNotFoundError:
        print(f"{name} is not installed (the group bench has it): its figures are null")
        return None


def print_machine() -> None:
    """Say on what the figures were measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("quarterhour", "numpy", "numba"))
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {packages}"
    )


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in Markdown, as ``benchmarks/README.md`` keeps it."""
    lines = [[_written(cell) for cell in row] for row in [heads, *rows]]
    wide = [max(len(line[c]) for line in lines) for c in range(len(heads))]
    lines.insert(1, ["-" * w for w in wide])
    print()
    for line in lines:
        print("| " + " | ".join(cell.ljust(w) for cell, w in zip(line, wide, strict=True)) + " |")
    print()


def _written(cell: object) -> str:
    if cell is None:
        return "null"
    return f"{cell:,.2f}" if isinstance(cell, float) else str(cell)


def print_figures(names: Sequence[str], figures: Mapping[str, float | None]) -> None:
    """Print the last line: one JSON object with exactly the named figures.

    Parameters
    ----------
    names
        The script's ``FIGURES``.
    figures
        Values by name; ``None`` for what was left out.
    """
    if sorted(names) != sorted(figures):
        raise AssertionError(f"figures are {sorted(figures)}, not {sorted(names)}")
    rounded = {n: None if (f := figures[n]) is None else round(f, 6) for n in names}
    sys.stdout.flush()
    print(json.dumps(rounded))
