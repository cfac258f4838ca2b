"""A new study folder: a commented study file and blank tables to fill in."""

from pathlib import Path

from quarterhour.errors import Fault, InputError
from quarterhour.samebytes import write_text
from quarterhour.templates import TEMPLATES, write_template
from quarterhour.words import Language, data_file


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
    for template in TEMPLATES:
        write_template(template, folder / f"{template.name}.xlsx", language=language)
    study = folder / "study.toml"
    write_text(study, data_file(f"study.{language}.toml").read_text(encoding="utf-8"))
    return study
