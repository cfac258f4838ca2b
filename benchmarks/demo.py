"""Time and memory of the whole demo district: files made, all stages, all pages.

Each run is `quarterhour demo` in a fresh process and a fresh folder, so that no stage is taken from
an earlier run. The first run of a size only warms the machine code and the file cache up; the
second one counts. There is no peer: no other program goes from streets to a report.
"""

import json
import tempfile
from pathlib import Path
from typing import Any, Final

from _common import Child, print_figures, print_machine, print_table, read_arguments, run_child

FIGURES = ("full.seconds", "full.mb", "small.seconds")
LANGUAGE: Final = "zh"
PAGES = ("map", "plates", "tables", "layers", "sites", "report")
# What the first version promised on two cores: seconds, megabytes.
TARGETS = {"full.seconds": 30.0, "full.mb": 2000.0, "small.seconds": 10.0, "map.html, MB": 8.0}


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick="the small demo twice, the full one once")
    print_machine()
    small, _ = _demo("small", runs=2)
    full, page_mb = _demo("full", runs=1 if quick else 2)
    if quick:
        print("--quick: the full demo ran once, its machine code warm from the small one")
    figures = {"full.seconds": full.seconds, "full.mb": full.mb, "small.seconds": small.seconds}
    measured = {**figures, "map.html, MB": page_mb}
    print_table(
        ("figure", "measured", "target: under"), [(n, measured[n], t) for n, t in TARGETS.items()]
    )
    print_figures(FIGURES, figures)


def _demo(size: str, *, runs: int) -> tuple[Child, float]:
    """Run one size, print the stages of the last run, and return it with its web map's size."""
    children, rows = [], []
    page_mb = 0.0
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="quarterhour-bench-") as folder:
            # A folder of its own: finished neighbours would lend their stages.
            out = Path(folder) / "runs" / size
            asked = (f"--size={size}", f"--language={LANGUAGE}", f"--out={out}")
            child = run_child(("-m", "quarterhour", "demo", *asked), folder=Path(folder))
            rows = _steps(json.loads((out / "manifest.json").read_text("utf-8"))["ran"], child)
            page_mb = (out / "map.html").stat().st_size / 1e6
            children.append(child)
    print(f"\n{size}: {', '.join(_clock(c) for c in children)}; the last run:")
    print_table(("step", "seconds", "share"), rows)
    return children[-1], page_mb


def _clock(child: Child) -> str:
    cores = "" if child.cpu_s is None else f" ({child.cpu_s:.2f} s on the cores)"
    return f"{child.seconds:.2f} s{cores}"


def _steps(ran: dict[str, Any], child: Child) -> list[tuple[str, float, str]]:
    """Return a row per stage and page, and what came before the first of them."""
    if ran["stages_reused"]:
        raise AssertionError(f"stages were reused: {ran['stages_reused']}")
    pages = _pages(child)
    rest = ran["seconds"] - sum(ran["stage_seconds"].values()) - sum(pages.values())
    steps = {
        "start, and the demo's files": child.seconds - ran["seconds"],
        **{f"stage: {name}": s for name, s in ran["stage_seconds"].items()},
        **{f"page: {name}": s for name, s in pages.items()},
        "rest": rest,
    }
    rows = [*sorted(steps.items(), key=lambda step: -step[1]), ("all", child.seconds)]
    return [(name, s, f"{100 * s / child.seconds:.0f} %") for name, s in rows]


def _pages(child: Child) -> dict[str, float]:
    """Return the seconds of each page, from the lines in which the command announces its steps.

    The manifest knows only the stages. A page lasts until the next line.
    """
    from quarterhour.words import Words

    words = Words(LANGUAGE)
    named = {words(f"cli.step_{page}"): page for page in PAGES}
    ends = [second for second, _ in child.lines[1:]]
    return {
        named[line]: end - second
        for (second, line), end in zip(child.lines, ends, strict=False)
        if line in named
    }


if __name__ == "__main__":
    main()
