"""A sweep of 60 settings on the full demo: ten paces, slopes on and off, stairs three ways.

Each setting is a walk of 18 thousand places to the nearest facility of every kind and of any, read
at six limits by area. Positions and machine code are there before the clock starts (warm); streets
are paced anew for each pace, as they must be. There is no peer: no other program asks the question.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from _common import (
    median_seconds,
    print_figures,
    print_machine,
    print_table,
    read_arguments,
    run_child,
)
from quarterhour.cover import ANY, Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.sweep.results import Sweep
from quarterhour.cover.sweep.sweeping import sweep

FIGURES = ("sweep_60.seconds", "sweep_default.seconds", "links.seconds")
SETTINGS = 60
SPEEDS = (0.6, 0.68, 0.76, 0.84, 0.92, 1.0, 1.08, 1.16, 1.24, 1.3)
MINUTES = (5, 10, 15, 20, 25, 30)

Figures = dict[str, float | None]


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick="four paces, 28 settings, scaled to 60; no links")
    print_machine()
    with tempfile.TemporaryDirectory(prefix="quarterhour-bench-") as folder:
        case, coverage = _demo(Path(folder))
    figures: Figures = dict.fromkeys(FIGURES)
    figures.update(_sweeps(case, quick=quick))
    figures["links.seconds"] = None if quick else _links(case, coverage)
    print_figures(FIGURES, figures)


def _demo(folder: Path) -> tuple[Case, Coverage]:
    """Run the full demo in a process of its own and return its circle and coverage."""
    from quarterhour.pipeline import StudyRun

    out = folder / "runs" / "full"
    run_child(("-m", "quarterhour", "demo", "--size=full", f"--out={out}"), folder=folder)
    found = StudyRun.open(out).findings
    circle = found.study.circle
    case = Case(
        found.network, found.facilities, found.demand, found.areas,
        found.study.walker(circle.walker), minutes=circle.minutes, direction=circle.direction,
        max_snap_m=found.study.streets.max_snap_m,
    )  # fmt: skip
    return case, found.coverage


def _sweeps(case: Case, *, quick: bool) -> Figures:
    speeds = SPEEDS[::3] if quick else SPEEDS
    rows: list[Sequence[object]] = []

    def grid(threads: int | None = None) -> Sweep:
        return sweep(
            case, speeds=speeds, minutes=MINUTES, max_snap_m=(), grid=True, threads=threads
        )

    count = len(grid().dimension)
    # The study's own pace adds its few settings; they are timed, and taken out in proportion.
    scale = SETTINGS / count
    print(f"\n{count} settings at {len(MINUTES)} limits, {len(case.demand.area_index)} places")
    if quick:
        print(f"--quick: {count} settings, scaled to {SETTINGS}")
    seconds, spread = median_seconds(grid, runs=2 if quick else 5)
    rows.append((f"grid of {count}", seconds, spread, 1000.0 * seconds / count))
    began = time.process_time()
    alone, _ = median_seconds(lambda: grid(1), runs=1)
    core = (time.process_time() - began) / 2
    rows.append((f"grid of {count}, one thread", alone, "", 1000.0 * alone / count))
    rows.append((f"grid of {count}, one thread, on the core", core, "", 1000.0 * core / count))
    default, spread = median_seconds(lambda: sweep(case), runs=2 if quick else 5)
    each = 1000.0 * default / len(sweep(case).dimension)
    rows.append(("one at a time, as a run does", default, spread, each))
    print_table(("what", "seconds, median", "range", "ms a setting"), rows)
    return {"sweep_60.seconds": seconds * scale, "sweep_default.seconds": default}


def _links(case: Case, coverage: Coverage) -> float | None:
    """Return the seconds of finding missing links; ``None`` where they cannot be found yet."""
    try:
        from quarterhour.cover.links.finding import find_links
    except ImportError:
        print("missing links cannot be found yet: their figure is null")
        return None
    seconds, _ = median_seconds(lambda: find_links(case, coverage, kind=ANY), runs=1)
    return seconds


if __name__ == "__main__":
    main()
