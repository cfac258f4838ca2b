"""Every bad or odd file of the corpus comes out as expected."""

from pathlib import Path

import pytest

import badfiles


@pytest.mark.parametrize("case", badfiles.CASES, ids=lambda case: f"{case.reader}-{case.name}")
def test_a_file_comes_out_as_expected(case: badfiles.Case, tmp_path: Path) -> None:
    assert badfiles.judge(case, tmp_path) == ""


def test_the_corpus_is_large_and_every_name_stands_once() -> None:
    names = [(case.reader, case.name) for case in badfiles.CASES]
    assert len(names) == len(set(names)) >= 80
