"""How the report's tables and titles are laid out: widths of columns, rows kept together, ends."""

import re

import pytest

from quarterhour.report.docx_look import look_of
from quarterhour.report.docx_writer import _CHAIN
from quarterhour.report.gongwen import parted, trapezoid
from quarterhour.report.lying import lying_blocks
from quarterhour.report.outline import Grid, Heading, Paragraph
from quarterhour.report.widths import GAP, MARGIN, column_widths, follows_figures, letters_wide


def test_ids_and_figures_stay_whole_beside_long_texts() -> None:
    columns = [["No.", "P029"], ["People (people)", "1,480,000"], ["Source", "word " * 80]]
    number, people, source = (92 * w for w in column_widths(columns, (False, True, False), 92.0))
    assert number >= 4 + MARGIN
    assert people >= len("1,480,000") + MARGIN
    assert source > 60


def test_width_goes_where_it_saves_lines() -> None:
    # Names that fit in two lines do not take what a text of many lines needs.
    names, long = ["名称", *["甲" * 11] * 8], ["内容", *["乙" * 60] * 8]
    one, other = column_widths([names, long], (False, False), 60.0)
    assert 2.2 < other / one < 4.0
    # Columns of equal texts are equally wide.
    one, other = column_widths([long, long], (False, False), 60.0)
    assert one == pytest.approx(other, abs=0.01)


def test_no_step_would_make_the_columns_better() -> None:
    """The steps end at the best widths: moving a letter from any column to another costs lines."""
    texts = [["a", "b " * 30, "c " * 4], ["d", "e " * 9, "f " * 22], ["g", "h " * 14, "i " * 15]]
    columns = [[head, *rest] for head, *rest in texts]
    widths = [70.0 * w - MARGIN for w in column_widths(columns, (False,) * 3, 70.0)]

    def cost(given: list[float]) -> float:
        return sum(
            max(1.08 * letters_wide(t) / w, 1.0) ** 2
            for ts, w in zip(columns, given, strict=True)
            for t in ts
        )

    for giver in range(3):
        for taker in {0, 1, 2} - {giver}:
            moved = list(widths)
            moved[giver] -= 1.0
            moved[taker] += 1.0
            assert cost(moved) > cost(widths)


def test_a_text_beside_figures_stands_apart() -> None:
    numeric = (True, True, False, False)
    assert [follows_figures(numeric, n) for n in range(4)] == [False, False, True, False]
    texts = [["a", "bcd"]] * 2
    apart, close = (column_widths(texts, n, 0.0) for n in ((True, False), (False, False)))
    assert apart[1] / apart[0] > 1 + GAP / 10 > close[1] / close[0]


def test_short_chinese_stays_whole() -> None:
    columns = [["状态", "本研究设定"], ["依据", "甲" * 400]]
    status, _ = (92 * w for w in column_widths(columns, (False, False), 92.0))
    assert status >= 10 + MARGIN


def test_paragraphs_with_chains_of_sites_are_not_spread() -> None:
    assert _CHAIN.search("推荐的点位可以逐处建设（P029、P009、P112、P062）")
    assert not _CHAIN.search("现状 53.5%，方案 57.9%，提高 4.3 个百分点")


def test_an_english_title_is_parted_after_its_colon() -> None:
    title = ("Recommended sites in Demo district: care station", "(technical analysis)")
    assert parted(title) == (
        "Recommended sites in Demo district:",
        "care station (technical analysis)",
    )
    assert parted(("Sites: care", "(x)")) == ("Sites: care", "(x)")


def test_a_short_section_lies_with_the_wide_table_after_it() -> None:
    wide = Grid(1, "wide", ("a",) * 12, (("b",) * 12,), (False,) * 12)
    blocks = [Heading("1", 1, "a"), Paragraph("p"), Paragraph("q"), Heading("1.1", 2, "b"),
              Paragraph("none"), Heading("1.2", 2, "c"), Paragraph("lead"), wide]  # fmt: skip
    look = look_of("zh", "report")
    assert lying_blocks(blocks, look) == [False] * 3 + [True] * 5
    assert lying_blocks([*blocks[:4], Paragraph("two"), *blocks[4:]], look) == (
        [False] * 6 + [True] * 3
    )
    assert lying_blocks(blocks[6:], look) == [False, True]


def test_a_title_breaks_no_latin_word() -> None:
    title = "关于Porto Alegre (real streets, terrain and people)的health post选址的建议报告"
    lines = trapezoid(title)
    assert "".join(lines).replace(" ", "") == title.replace(" ", "")
    assert len(lines) > 1 and all(letters_wide(line) <= 40 for line in lines)
    words = set(re.findall(r"[A-Za-z(),]+", title))
    assert {word for line in lines for word in re.findall(r"[A-Za-z(),]+", line)} == words
    assert "".join(trapezoid("A" * 50 + "的报告")) == "A" * 50 + "的报告"
