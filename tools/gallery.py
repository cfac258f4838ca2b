"""Make the pictures in ``maps/``: plates of the demo district, small, and its web map.

    make gallery

Runs the full demo in both languages into a temporary folder. The web map is photographed with
Chromium where there is one, and left as it is where there is none.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from quarterhour.pipeline import run_demo
from quarterhour.words import LANGUAGES

MAPS = Path(__file__).parents[1] / "maps"
WIDTH = 1400
SHOWN = ("03-facilities", "04-reach", "06-gaps", "08-plan")


def shrink(source: Path, target: Path) -> None:
    """Write a picture small enough to be committed."""
    with Image.open(source) as picture:
        height = round(picture.height * WIDTH / picture.width)
        small = picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)
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
             "--window-size=1400,900", "--virtual-time-budget=5000", f"--screenshot={raw}",
             page.resolve().as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        shrink(raw, target)


def main() -> None:
    """Run the demo and write the pictures."""
    MAPS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for language in LANGUAGES:
            made = run_demo(out=Path(folder) / language, language=language).folder
            for stem in SHOWN:
                shrink(made / "plates" / f"{stem}.png", MAPS / f"{stem}.{language}.png")
            photograph(made / "map.html", MAPS / f"web-map.{language}.png")


if __name__ == "__main__":
    main()
