"""What leaves the office: map, plates, tables, layers, site list and report of the full demo.

The demo district is run once; then its default pages are written from the saved stages, in one
process with its helper for the plates, as a run writes them. The first writing warms fonts and
machine code up, the second one counts. Beside the web map's size stands that of a plain folium map
of the same streets, which shows them and nothing else, and loads its scripts from the network.
"""

import tempfile
import time
from pathlib import Path

from _common import print_figures, print_machine, print_table, read_arguments, run_child

FIGURES = ("demo_outputs.seconds", "map_html.mb")
TARGETS = {"demo_outputs.seconds": 20.0, "map_html.mb": 8.0}
LANGUAGE = "zh"


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick="the pages are written once and not warmed up for")
    print_machine()
    with tempfile.TemporaryDirectory(prefix="quarterhour-bench-") as folder:
        out = Path(folder) / "demo"
        asked = ("--size=full", "--plates=none", f"--language={LANGUAGE}", f"--out={out}")
        child = run_child(("-m", "quarterhour", "demo", *asked), folder=Path(folder))
        print(f"\nthe demo without plates, for the saved stages: {child.seconds:.1f} s")
        seconds, plates = _write(out, times=1 if quick else 2)
        own_mb = (out / "map.html").stat().st_size / 1e6
        plain_mb = _plain_mb(out)
    print(f"\n{plates} plates, each as PNG and PDF")
    print(f"map.html {own_mb:.2f} MB; a plain folium map of its streets alone {plain_mb:.2f} MB: "
          f"{plain_mb / own_mb:.1f} times that")  # fmt: skip
    figures = {"demo_outputs.seconds": seconds, "map_html.mb": own_mb}
    print_table(
        ("figure", "measured", "target: under"), [(n, figures[n], t) for n, t in TARGETS.items()]
    )
    print_figures(FIGURES, figures)


def _write(out: Path, *, times: int) -> tuple[float, int]:
    """Write all pages of a run anew; return the last time's seconds, and how many plates."""
    from quarterhour.drawing import PlateHelper
    from quarterhour.pages import write_pages
    from quarterhour.pipeline import StudyRun

    findings = StudyRun.open(out).findings
    seconds, plates = 0.0, 0
    for time_ in range(times):
        target = out.parent / f"pages-{time_}"
        steps: list[tuple[str, float]] = []
        with PlateHelper() as helper:
            # In a run the helper loads while the stages are computed.
            time.sleep(4.0)
            began = time.perf_counter()
            write_pages(
                findings, target, helper=helper, stages=out / "stages", language=LANGUAGE,
                on_progress=lambda page, _done, _total, at=steps: at.append(
                    (page, time.perf_counter())
                ),
            )  # fmt: skip
            seconds = time.perf_counter() - began
        ends = [at for _, at in steps[1:]] + [began + seconds]
        rows = [(page, end - at) for (page, at), end in zip(steps, ends, strict=True)]
        print(f"\npages, time {time_ + 1} of {times}:")
        print_table(("page", "seconds"), [*rows, ("all", seconds)])
        plates = len(list((target / "plates").glob("*.png")))
    return seconds, plates


def _plain_mb(out: Path) -> float:
    """Return the size of a plain folium map of a run's streets."""
    import folium
    import geopandas
    import shapely

    from quarterhour.pipeline import StudyRun

    findings = StudyRun.open(out).findings
    lines = findings.network.lines()
    streets = geopandas.GeoSeries(shapely.force_2d(lines), crs=findings.areas.crs).to_crs(4326)
    plain = folium.Map()
    folium.GeoJson(streets.to_json()).add_to(plain)
    return len(plain.get_root().render().encode()) / 1e6


if __name__ == "__main__":
    main()
