"""Reading a planner's files: a million residents from a csv, and the corpus of bad files.

The csv has a million rows of longitude, latitude and three groups (about 60 MB), spread over 36
square areas; it is written first, outside the timing. A fresh process reads and checks it, and its
seconds and peak memory count, imports included. The corpus is that of the tests: every file is
made, read, and judged by what is expected of its reader. There is no peer.
"""

import sys
import tempfile
import time
from pathlib import Path

from _common import print_figures, print_machine, print_table, read_arguments, run_child

FIGURES = ("million_rows.seconds", "million_rows.mb", "corpus.files", "corpus.as_expected")
ROWS = 1_000_000
TARGETS = {"million_rows.seconds": 15.0, "million_rows.mb": 2000.0}
ROOT = Path(__file__).parents[1]

# A degree's hundredths: where the district lies, how wide an area is, and how many stand in a row.
WEST, SOUTH, WIDE, ASIDE = 106.40, 29.50, 0.02, 6

_MAKE = """
import numpy as np, sys
n, west, south, wide = int(sys.argv[2]), *map(float, sys.argv[3:])
rng = np.random.default_rng(1)
lon, lat = west + wide * rng.random(n), south + wide * rng.random(n)
everybody = rng.integers(10, 60, n)
old = (everybody * 0.2).astype(int)
older = (old * 0.2).astype(int)
with open(sys.argv[1], "w", encoding="gb18030", newline="") as out:
    out.write("名称,经度,纬度,常住人口,60岁及以上,80岁及以上\\r\\n")
    rows = zip(*(x.tolist() for x in (lon, lat, everybody, old, older)))
    out.writelines(
        f"沙坪坝区第{i}号居民点,{a:.6f},{b:.6f},{c},{d},{e}\\r\\n"
        for i, (a, b, c, d, e) in enumerate(rows)
    )
"""

_READ = """
import sys, time
from pathlib import Path
import numpy as np, shapely
import quarterhour
from quarterhour.inputs import Areas, choose_plane
began = time.perf_counter()
west, south, wide, aside = (*map(float, sys.argv[2:5]), int(sys.argv[5]))
plane = choose_plane(west, south)
corners = [(west + i * wide, south + j * wide) for j in range(aside) for i in range(aside)]
shapes = np.array([shapely.box(x, y, x + wide, y + wide) for x, y in corners], object)
names = tuple(f"第{n}街道" for n in range(len(shapes)))
areas = Areas(names, ("subdistrict",) * len(names), plane.geometry_to_xy(shapes), plane.crs)
doubts = []
found = quarterhour.read_residents(Path(sys.argv[1]), areas, by="point", doubts=doubts)
print("read", time.perf_counter() - began, len(found.labels), *found.totals)
for doubt in doubts:
    print(doubt.render("en"))
"""


def main() -> None:
    """Run, print, and end with the figures."""
    read_arguments(__doc__ or "", quick="the same; it is short")
    print_machine()
    figures = _million_rows() | _corpus()
    rows = [(name, figures[name], target) for name, target in TARGETS.items()]
    print_table(("figure", "measured", "target: under"), rows)
    print_figures(FIGURES, figures)


def _million_rows() -> dict[str, float | None]:
    """Write the csv, read it in a fresh process, and return seconds and megabytes."""
    with tempfile.TemporaryDirectory(prefix="quarterhour-bench-") as folder:
        path = Path(folder) / "residents.csv"
        wide = str(WIDE * ASIDE)
        run_child(("-c", _MAKE, str(path), str(ROWS), str(WEST), str(SOUTH), wide),
                  folder=Path(folder))  # fmt: skip
        print(f"\nresidents.csv: {ROWS:,} rows, {path.stat().st_size / 1e6:.0f} MB, GB 18030")
        child = run_child(
            ("-c", _READ, str(path), str(WEST), str(SOUTH), str(WIDE), str(ASIDE)),
            folder=Path(folder),
        )
    print(*(line for _, line in child.lines), sep="\n")
    return {"million_rows.seconds": child.seconds, "million_rows.mb": child.mb}


def _corpus() -> dict[str, float | None]:
    """Judge every file of the corpus, and return how many there are and how many are right."""
    sys.path.insert(0, str(ROOT / "tests"))
    import badfiles

    began = time.perf_counter()
    wrong = []
    with tempfile.TemporaryDirectory(prefix="quarterhour-bench-") as folder:
        for number, case in enumerate(badfiles.CASES):
            verdict = badfiles.judge(case, Path(folder) / str(number))
            if verdict:
                wrong.append(f"{case.reader}: {case.name}: {verdict}")
    count = len(badfiles.CASES)
    print(f"\ncorpus: {count} files in {time.perf_counter() - began:.1f} s")
    print(*wrong, sep="\n")
    return {"corpus.files": float(count), "corpus.as_expected": float(count - len(wrong))}


if __name__ == "__main__":
    main()
