"""A new study folder: a commented study file and blank tables to fill in."""

from pathlib import Path

from quarterhour.errors import Fault, InputError
from quarterhour.samebytes import write_text
from quarterhour.words import Language, Words, data_file

# Headers of each blank table; every one is known to the synonym table (a test says so).
HEADERS: dict[str, dict[Language, tuple[str, ...]]] = {
    "residents": {
        "zh": ("镇街", "常住人口", "60岁及以上", "65岁及以上", "80岁及以上"),
        "en": ("subdistrict", "all", "60+", "65+", "80+"),
    },
    "facilities": {
        "zh": ("名称", "类别", "经度", "纬度", "容量", "建筑面积（㎡）", "楼层", "电梯", "建成年份",
               "状态"),
        "en": ("name", "kind", "lon", "lat", "capacity", "floor_area_m2", "storey", "lift",
               "opened", "status"),
    },
    "premises": {
        "zh": ("名称", "经度", "纬度", "建筑面积（㎡）", "楼层", "电梯", "权属"),
        "en": ("name", "lon", "lat", "floor_area_m2", "storey", "lift", "tenure"),
    },
}  # fmt: skip


def start_study(folder: Path, *, language: Language = "zh") -> Path:
    """Make a study folder and return its study file.

    Parameters
    ----------
    folder
        A new or empty folder.
    language
        Language of the comments and headers.

    Raises
    ------
    InputError
        If the folder exists and holds anything.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(Fault("run.folder_taken", {"folder": str(folder)}))
    folder.mkdir(parents=True, exist_ok=True)
    for name, headers in HEADERS.items():
        _blank_table(folder / f"{name}.xlsx", name, headers[language], language)
    study = folder / "study.toml"
    write_text(study, data_file(f"study.{language}.toml").read_text(encoding="utf-8"))
    return study


def _blank_table(path: Path, name: str, headers: tuple[str, ...], language: Language) -> None:
    from datetime import datetime

    from xlsxwriter import Workbook

    words = Words(language)
    with Workbook(path) as book:
        book.set_properties({"created": datetime(1980, 1, 1)})
        bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        page = book.add_worksheet(words("starter.data"))
        page.write_row(0, 0, headers, bold)
        page.set_column(0, len(headers) - 1, 16)
        page.freeze_panes(1, 0)
        notes = book.add_worksheet(words("starter.notes"))
        notes.set_column(0, 0, 90, wrap)
        for row, line in enumerate(words(f"starter.{name}").splitlines()):
            notes.write_string(row, 0, line)
