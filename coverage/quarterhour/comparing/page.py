"""The page of a comparison: the same outline for html and docx."""

import numpy as np

from quarterhour.comparing import tables
from quarterhour.comparing.changes import Comparison
from quarterhour.inputs.facilities import ANY
from quarterhour.report.columns import clean_text
from quarterhour.report.outline import Box, Draft, Outline, Paragraph, Plate
from quarterhour.report.print_table import add_table
from quarterhour.wording import day, label, people, percent
from quarterhour.words import Language, Words

_ROWS = 30


def comparison_outline(
    compared: Comparison, *, language: Language, plates: tuple[Plate, ...]
) -> Outline:
    """Return the content of the page.

    Parameters
    ----------
    compared
        The two runs.
    language
        Language of the page.
    plates
        Maps of the change, in the order of ``compared.kinds`` from ``any`` on.
    """
    draft, words = Draft(language), Words(language)
    draft.chapter(words("compare.h_runs"))
    add_table(draft, tables.runs_table(compared, language))
    if compared.cautions:
        draft.paragraph(words("compare.cautions"), tone="line")
        draft.listing([caution.render(language) for caution in compared.cautions])
    else:
        draft.say("compare.no_cautions")
    _coverage(draft, compared, plates)
    draft.chapter(words("compare.h_places"))
    _listed(draft, compared)
    draft.chapter(words("compare.h_more"))
    draft.say("compare.more")
    name = clean_text(compared.after.study.study.name)
    synthetic = compared.before.synthetic or compared.after.synthetic
    return Outline(
        language=language, title=words("compare.title", {"name": name}),
        short_title=words("compare.short_title"), about=(both_dates(compared, language),),
        mark=words("report.mark") if synthetic else "",
        remark=words("report.mark_long") if synthetic else "",
        notice=words("report.notice"), summary=_summary(compared, language),
        blocks=tuple(draft.blocks),
    )  # fmt: skip


def both_dates(compared: Comparison, language: Language) -> str:
    """Return the dates of both runs, in words."""
    words = Words(language)
    dates = [
        clean_text(day(f.study.study.date, language)) or words("table.v_to_supply")
        for f in (compared.before, compared.after)
    ]
    return words("compare.dates", {"before": dates[0], "after": dates[1]})


def _summary(compared: Comparison, language: Language) -> Box:
    words = Words(language)
    was, now = compared.shares(ANY)
    inside = np.nansum(compared.within[:, compared.kinds.index(ANY)], axis=1)
    found = compared.facilities
    more = float(inside[1] - inside[0])
    values = {
        "group": label(compared.group, "group", language), "minutes": compared.minutes,
        "before": percent(was), "after": percent(now), "points": f"{100 * (now - was):+.1f}",
        "people": people(abs(more), language),
        "how": words("compare.more_people" if more >= 0 else "compare.fewer_people"),
        "opened": len(found.opened), "closed": len(found.closed), "moved": len(found.moved),
    }  # fmt: skip
    figures = (
        (words("compare.tile_before"), percent(was)), (words("compare.tile_after"), percent(now)),
        (words("compare.tile_points"), f"{100 * (now - was):+.1f}"),
    )  # fmt: skip
    said = [Paragraph(words("compare.summary", values))]
    if compared.cautions:
        said.append(Paragraph(words("compare.summary_cautions", {"count": len(compared.cautions)})))
    return Box(words("report.h_summary"), figures, tuple(said))


def _coverage(draft: Draft, compared: Comparison, plates: tuple[Plate, ...]) -> None:
    language = draft.language
    draft.chapter(draft.text("compare.h_coverage"))
    add_table(draft, tables.kinds_table(compared, language))
    table = tables.areas_table(compared, language, ANY)
    keys = ("area", "residents_after", "within_change", "share_before", "share_after",
            "share_change")  # fmt: skip
    add_table(draft, table.only(*keys))
    for plate in plates:
        draft.figure(plate.caption, plate.picture)


def _listed(draft: Draft, compared: Comparison) -> None:
    language = draft.language
    for key, table in (
        ("facilities", tables.facilities_table(compared, language)),
        ("gaps", tables.gaps_table(compared, language)),
        ("sites", tables.sites_table(compared, language)),
    ):
        draft.section(draft.text(f"compare.h_{key}"))
        if table.rows:
            add_table(draft, table, rows=_ROWS)
        else:
            draft.say(f"compare.no_{key}")
