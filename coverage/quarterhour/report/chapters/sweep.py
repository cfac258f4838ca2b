"""The section on what the result depends on: two or three assumptions, in words and in a figure."""

import numpy as np

from quarterhour.cover.sweep.results import Swing
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.chart_parts import png_of
from quarterhour.maps.charts import curves_chart, tornado_chart, value_text
from quarterhour.report.build.placement import placement_text
from quarterhour.report.build.sweep import headline_range, sweep_table
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.pictures import picture_of
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.wording import percent, points

_PRINTED = ("rank", "dimension", "low_value", "share_low", "share_base", "high_value",
            "share_high", "swing")  # fmt: skip


def add_sweep(draft: Draft, facts: Facts) -> None:
    """Add the section on sensitivity; nothing where nothing was tried."""
    swept, placed = facts.findings.sweep, placement_text(facts)
    if not _tried(facts):
        if placed:
            draft.section(draft.text("sweep.h_section"))
            draft.paragraph(placed)
        return
    draft.section(draft.text("sweep.h_section"))
    kind = facts.lead_kind if facts.lead_kind in swept.kinds else ANY
    values = {
        "scope": facts.scope, "whom": facts.whom, "minutes": swept.base_minutes,
        "kind": facts.kind(kind), "share": percent(float(swept.shares(kind)[0])),
        "settings": len(swept.dimension),
    }  # fmt: skip
    said = [draft.text("sweep.who", values)]
    found = swept.matters(kind)
    if found:
        items = draft.text("report.semicolon").join(_item(draft, s, "sweep.item") for s in found)
        said.append(draft.text("sweep.matters", {"items": items}))
    else:
        said.append(draft.text("sweep.nothing_matters"))
    draft.paragraph(sentences(facts, said))
    said = [placed, _areas(draft, facts, kind), _choices(draft, facts, kind)]
    said.append(draft.text("sweep.see", {"table": draft.next_table}))
    if _ruled(facts):
        said.append(draft.text("sweep.curves", {"annex": draft.text("report.h_parameters")}))
    draft.paragraph(sentences(facts, said))
    add_table(draft, sweep_table(facts.findings, draft.language, kind=kind).only(*_PRINTED))
    caption = draft.text("sweep.f_tornado", {"kind": facts.kind(kind)})
    draft.figure(
        caption, picture_of(png_of(tornado_chart(facts.findings, draft.language, kind=kind)))
    )


def add_curves(draft: Draft, facts: Facts) -> None:
    """Add the figure of coverage by pace and by time limit; nothing where neither was tried."""
    if not _ruled(facts):
        return
    kinds = [k for k in (facts.lead_kind, ANY) if k in facts.findings.sweep.kinds]
    chart = curves_chart(facts.findings, draft.language, kinds=tuple(dict.fromkeys(kinds)))
    draft.figure(draft.text("sweep.f_curves"), picture_of(png_of(chart)))


def matters_text(facts: Facts) -> str:
    """Return the range of the headline share and what it depends on most, for the first page."""
    swept = facts.findings.sweep
    kind = facts.lead_kind if facts.lead_kind in swept.kinds else ANY
    within = headline_range(facts.findings, facts.language, kind=kind)
    if not within:
        return ""
    values = {"share": percent(float(swept.shares(kind)[0])), "range": within}
    found = swept.matters(kind)
    if not found:
        return facts.words("sweep.summary_firm", values)
    items = [
        facts.words("sweep.summary_item", {
            "dimension": facts.words(f"sweep.d_{swing.dimension}"),
            "points": points(swing.span, facts.language),
        })
        for swing in found
    ]  # fmt: skip
    return facts.words("sweep.summary", {**values, "items": facts.join(items)})


def _tried(facts: Facts) -> bool:
    swept = facts.findings.sweep
    return bool(swept.dimension and swept.tried())


def _ruled(facts: Facts) -> bool:
    """Tell whether there are curves: along pace, or along the limit."""
    return _tried(facts) and not {"speed", "minutes"}.isdisjoint(facts.findings.sweep.tried())


def _item(draft: Draft, swing: Swing, key: str) -> str:
    language = draft.language
    values = {
        "dimension": draft.text(f"sweep.d_{swing.dimension}"),
        "low_value": value_text(swing.dimension, swing.low_value, language),
        "high_value": value_text(swing.dimension, swing.high_value, language),
        "low": percent(swing.low), "high": percent(swing.high),
        "points": points(swing.span, language),
    }  # fmt: skip
    return draft.text(key, values)


def _areas(draft: Draft, facts: Facts, kind: str) -> str:
    """Return how many areas change their class, of those that have people and can say one."""
    swept, dumb = facts.findings.sweep, facts.findings.cannot_say(kind)
    judged = np.isfinite(swept.area_ranges(kind)[1]) & ~dumb
    depends = swept.depends(kind, withheld=dumb)
    # People outside all areas are no area.
    all_, count = int(judged[:-1].sum()), int(depends[:-1].sum())
    if all_ == 0:
        return ""
    first = swept.matters(kind, most=1)
    if count == 0 or not first:
        return draft.text("sweep.areas_firm", {"all": all_})
    values = {
        "all": all_, "count": count, "sheet": draft.text("sweep.s_sweep_areas"),
        "first": draft.text(f"sweep.d_{first[0].dimension}"),
    }  # fmt: skip
    return draft.text("sweep.areas_depend", values)


def _choices(draft: Draft, facts: Facts, kind: str) -> str:
    chosen = [s for s in facts.findings.sweep.swings(kind) if not s.assumed and s.span >= 5e-4]
    if not chosen:
        return ""
    items = [_item(draft, swing, "sweep.item_chosen") for swing in chosen]
    values = {"items": draft.text("report.semicolon").join(items)}
    return draft.text("sweep.chosen_too", values)
