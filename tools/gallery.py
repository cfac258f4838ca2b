"""Make the pictures in ``maps/``: plates of the demo district, small, and its web map.

    make gallery

Runs the full demo in both languages into a temporary folder, draws one plate of each number at A3,
and writes ``maps/README.md`` with all of them. Plate 12 needs a plan by years, which the demo does
not ask for: it comes from a second run of the same district that does. The web map is photographed
with Chromium where there is one, and left as it is where there is none.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from quarterhour.findings import Findings
from quarterhour.maps.plates import Plate, plan_pages, plate_titles
from quarterhour.pages import PageOptions
from quarterhour.pipeline import run_demo, run_study
from quarterhour.words import LANGUAGES, Language

MAPS = Path(__file__).parents[1] / "maps"
FAMILIES = (*(f"{number:02d}" for number in range(1, 14)), "S")
MAX_BYTES = 120_000
# Tried in turn until a picture is small enough: width in pixels, and colours.
SIZES = ((1400, 96), (1200, 64), (1100, 48), (1000, 32), (900, 24), (800, 16))
_NO_PLATES = PageOptions(plates=("none",))
_BY_YEARS = """years = [2027, 2028, 2029]
sites_a_year = 3
[siting.budget]
site = 100000
yearly = 100000
by_year = { 2027 = 400000, 2028 = 500000, 2029 = 600000 }
"""
_HEAD = """# Gallery · 图册

Plates of the demo district, small; `make gallery` makes them again from the full demo, and nothing
here is drawn by hand. All of it is fictional: 演示数据 / demo data. What each plate is:
[output.md](../docs/output.md), [成果说明](../docs/output.zh.md).

以下是示例区的图纸（缩小），由 `make gallery` 生成，全部是虚构的演示数据。
"""


def shrink(source: Path, target: Path) -> None:
    """Write a picture small enough to be committed."""
    with Image.open(source) as picture:
        full = picture.convert("RGB")
    for width, colours in SIZES:
        height = round(full.height * width / full.width)
        small = full.resize((width, height), Image.Resampling.LANCZOS)
        # Covering all colours, not the commonest ones: a red sign is few pixels.
        few = small.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(target, optimize=True)
        if target.stat().st_size <= MAX_BYTES:
            break
    print(f"{target.relative_to(MAPS.parent)}: {target.stat().st_size // 1024} kB")


def photograph(page: Path, target: Path) -> None:
    """Photograph the web map with Chromium, if there is one."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if browser is None:
        print("no Chromium: the picture of the web map stays as it is")
        return
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "map.png"
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-background-networking", f"--user-data-dir={folder}/profile",
             "--window-size=1500,1000", "--virtual-time-budget=8000", f"--screenshot={raw}",
             page.resolve().as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        shrink(raw, target)


def first_of_each(numbers: list[str]) -> list[str]:
    """Return the first plate of each family, in the order of the families."""
    return [
        found[0] for family in FAMILIES
        if (found := [n for n in numbers if n.split("-")[0] == family])
    ]  # fmt: skip


def draw(findings: Findings, folder: Path, language: Language) -> list[Plate]:
    """Draw one plate of each number that a run has."""
    titles = plate_titles(findings, language, plates=("all",))
    wanted = first_of_each([title.number for title in titles])
    stems = [title.stem for title in titles if title.number in wanted]
    return list(plan_pages(findings, folder, language=language, sizes=("A3",), stems=stems))


def phased(study: Path, out: Path) -> Findings:
    """Run the same district with money by years, of which only plate 12 is wanted."""
    text = study.read_text(encoding="utf-8")
    asked = text.replace("sites = 8\n", "").replace(
        'candidates = "premises.xlsx"\n', f'candidates = "premises.xlsx"\n{_BY_YEARS}', 1
    )
    study.write_text(asked, encoding="utf-8")
    return run_study(study, out=out, stop_after="siting").findings


def index(plates: dict[Language, list[Plate]]) -> str:
    """Return the page that shows all pictures, one row for a number."""
    rows = ["| 图 | plate |", "| --- | --- |", "| ![网页地图](web-map.zh.png) 网页地图 "
            "| ![web map](web-map.en.png) web map |"]  # fmt: skip
    for zh, en in zip(plates["zh"], plates["en"], strict=True):
        rows.append(
            f"| ![{zh.title}]({zh.stem}.zh.png) 图-{zh.number} {zh.title} "
            f"| ![{en.title}]({en.stem}.en.png) Plate {en.number}: {en.title} |"
        )
    return "\n".join([_HEAD, *rows, ""])


def main() -> None:
    """Run the demo and write the pictures."""
    MAPS.mkdir(exist_ok=True)
    drawn: dict[Language, list[Plate]] = {}
    with tempfile.TemporaryDirectory() as name:
        for language in LANGUAGES:
            folder = Path(name) / language
            run = run_demo(out=folder / "demo", language=language, options=_NO_PLATES)
            plates = draw(run.findings, folder / "plates", language)
            later = phased(run.folder / "study" / "study.toml", folder / "years")
            plates += plan_pages(
                later, folder / "plates", language=language, sizes=("A3",), plates=("12",)
            )
            # Site sheets last, as in the menu of numbers: letters sort after figures.
            drawn[language] = sorted(plates, key=lambda plate: plate.number)
            for plate in drawn[language]:
                shrink(plate.png, MAPS / f"{plate.stem}.{language}.png")
            photograph(run.folder / "map.html", MAPS / f"web-map.{language}.png")
    (MAPS / "README.md").write_text(index(drawn), encoding="utf-8")
    kept = {f"{p.stem}.{language}.png" for language, ps in drawn.items() for p in ps}
    kept |= {f"web-map.{language}.png" for language in LANGUAGES}
    for old in MAPS.glob("*.png"):
        if old.name not in kept:
            old.unlink()


if __name__ == "__main__":
    main()
