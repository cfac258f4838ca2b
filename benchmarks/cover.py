"""A sweep of 60 settings on the full demo: ten paces, slopes on and off, stairs three ways.

Each setting is a walk of 18 thousand places to the nearest facility of every kind and of any, read
at six limits by area. Positions and machine code are there before the clock starts (warm); streets
are paced anew for each pace, as they must be. Then missing links: the best 20 of 2,000 candidates,
and of the 5,000 that a run walks. There is no peer: no other program asks these questions.
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
from quarterhour.cover.links.finding import MissingLinks, find_links
from quarterhour.cover.sweep.results import Sweep
from quarterhour.cover.sweep.sweeping import sweep

FIGURES = ("sweep_60.seconds", "sweep_default.seconds", "links.seconds")
SETTINGS = 60
CANDIDATES, AS_A_RUN = 2000, 5000
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


def _links(case: Case, coverage: Coverage) -> float:
    """Return the seconds of finding the best 20 missing links among 2,000 candidates."""
    rows: list[Sequence[object]] = []
    times: list[float] = []
    for most in (CANDIDATES, AS_A_RUN):
        found: list[MissingLinks] = []

        def search(most: int = most, found: list[MissingLinks] = found) -> None:
            found.append(find_links(case, coverage, kind=ANY, most_candidates=most))

        seconds, spread = median_seconds(search, runs=3)
        links = found[-1]
        gained = float(links.gained[:, links.groups.index(coverage.lead_group)].max(initial=0.0))
        rows.append((most, int(links.tried.sum()), len(links.what), gained, seconds, spread))
        times.append(seconds)
    print_table(
        ("candidates, most", "walked", "links named", "the best brings in", "seconds", "range"),
        rows,
    )
    return times[0]


if __name__ == "__main__":
    main()
