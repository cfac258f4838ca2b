"""What plates of gaps and of missing links show: uncovered people, gaps, crowded places, links.

*Crowded* places hold people who are inside the circle and find no place: they are no gaps and have
a sign of their own. A link is drawn from end to end, with the sign of its kind at its middle.
"""

import math
from collections.abc import Mapping

import numpy as np
import shapely

from quarterhour import wording
from quarterhour.cover.gaps.finding import Gaps
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.canvas import Layer, Look
from quarterhour.maps.cells import gather
from quarterhour.maps.gap_place import barrier_words
from quarterhour.maps.imprint import clean, people_words
from quarterhour.maps.labels import Wish, around
from quarterhour.maps.layers import (
    GAP_ID,
    UNCOVERED_CLASSES,
    WITHHELD_GAP_ID,
    Ground,
    Subject,
    cell_size_m,
    clear_of,
    draw_classes,
    draw_signs,
    draw_withheld,
    wish_ids,
)
from quarterhour.maps.outlines import outline_of, strokes_of
from quarterhour.maps.page import LabelStyle, Page
from quarterhour.maps.style import LINK, PAPER, WITHHELD
from quarterhour.maps.withheld import withheld_gaps, withheld_links, withheld_people

# Of every cause that people outside can have; apart in grey print too.
HATCHES: Mapping[str, str] = {
    "distance": "////", "slope": "xxxx", "stairs": "----", "barrier": "||||", "island": "oooo",
    "no_street": "....",
}  # fmt: skip
LINK_SIGNS: Mapping[str, str] = {"footbridge": "diamond", "lift": "triangle", "gate": "pentagon"}
LINK_ID = LabelStyle(rank=0, size_pt=7.0, heavy=True, colour=LINK, gid="id")
CROWDED = "#1b4965"
CROWDED_ID = LabelStyle(rank=0, size_pt=6.5, heavy=True, colour=CROWDED, gid="id")
_SIMPLER_M = 2.0
_NAMED = 6
_SOMEBODY = 0.5


def draw_uncovered(page: Page, findings: Findings, ground: Ground, kind: str) -> None:
    """Colour the cells of uncovered people, and hatch the areas that cannot say."""
    coverage, demand = findings.coverage, findings.demand
    walker = findings.study.walker(findings.study.circle.walker)
    beyond = coverage.ms[coverage.kinds.index(kind), 0] > walker.limit_ms(coverage.minutes[-1])
    held = withheld_people(findings, kind)
    lead = np.where(beyond & ~held, demand.people_of(findings.lead_group), 0.0)
    cells = gather(demand.xy_m, lead, size_m=cell_size_m(ground.view) / 2)
    heading = page.words("plate.heading_uncovered")
    draw_classes(page, cells, UNCOVERED_CLASSES, "uncovered", heading)
    draw_withheld(page, findings, ground, kind)


def draw_gap_shapes(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Hatch the gaps by cause, around the homes that are their members."""
    gaps, words = findings.gaps_of(subject.kind), page.words
    around_m = max(60.0, 1.0 * ground.view.scale / 1000.0)
    held = withheld_gaps(findings, subject.kind)
    cause = np.where(held, "", np.array(gaps.cause, object))
    looks = {
        name: Look("fill", edge=GAP_ID.colour, width_pt=0.9, hatch=hatch)
        for name, hatch in HATCHES.items()
    }
    looks[""] = Look("fill", edge=WITHHELD, width_pt=1.1, dash=(3.0, 1.6))
    for name, look in looks.items():
        rows = np.flatnonzero(cause == name)
        member = np.isin(gaps.member, rows)
        homes = np.unique(np.rint(findings.demand.xy_m[member] / 5.0) * 5.0, axis=0)
        shape = shapely.union_all(shapely.buffer(shapely.points(homes), 2 * around_m, quad_segs=4))
        shape = shapely.simplify(shapely.buffer(shape, -around_m, quad_segs=4), _SIMPLER_M)
        label = (
            words("plate.gap", {"cause": words(f"cause.{name}"), "count": len(rows)}) if name
            else words("plate.gap_withheld", {"count": len(rows)})
        )  # fmt: skip
        layer = Layer(f"gap:{name or 'withheld'}", label, look, words("plate.heading_gaps"))
        page.canvas.fill(layer, outline_of([shape]), order=4.0)
    xy_mm = ground.view.to_mm(gaps.xy_m).tolist()
    for name, (x, y), is_held in zip(gaps.ids, xy_mm, held.tolist(), strict=True):
        style = WITHHELD_GAP_ID if is_held else GAP_ID
        width, height = page.size_of(name, style)
        places = ((x, y), *around((x, y), width=width, height=height, clear=1.5))
        page.wish(style, Wish(name, (x, y), width, height, places, over_marks=True))
    _note_barriers(page, gaps, held.tolist())


def _note_barriers(page: Page, gaps: Gaps, held: list[bool]) -> None:
    """Say which barrier each gap lies behind, where it is known."""
    behind: dict[str, list[str]] = {}
    for row, name in enumerate(gaps.ids):
        barrier = barrier_words(gaps.barrier_kind[row], gaps.barrier_name[row], page.words.language)
        if barrier and not held[row]:
            behind.setdefault(barrier, []).append(name)
    if not behind:
        return
    words = page.words
    join = words("plate.file_join")
    said = [
        words("plate.barrier", {"barrier": clean(name), "gaps": join.join(ids)})
        for name, ids in list(behind.items())[:_NAMED]
    ]
    more = len(behind) - len(said)
    text = words("plate.barrier_join").join(said)
    key = "plate.note_barriers_more" if more else "plate.note_barriers"
    page.notes.append(words(key, {"barriers": text, "more": more}))


def draw_crowded(page: Page, findings: Findings, ground: Ground, kind: str) -> None:
    """Draw where people inside find no place; say so where nobody knows who finds one."""
    words, crowded = page.words, findings.gaps_of(kind).crowded
    if crowded is None:
        # Beds and seats of several kinds do not add up: nothing is missing there.
        page.notes += [words("plate.note_no_capacity")] if kind != ANY else []
        return
    gathered = float(crowded.people.sum())
    if gathered + crowded.scattered < _SOMEBODY:
        return
    look = Look("sign", face=PAPER, edge=CROWDED, width_pt=1.6, shape="pentagon", size_pt=6.5)
    label = words("plate.crowded", {"count": len(crowded.ids)})
    heading = words("plate.heading_crowded")
    draw_signs(page, "crowded", label, look, crowded.xy_m, heading=heading, order=5.6)
    wish_ids(page, ground, crowded.xy_m, list(crowded.ids), style=CROWDED_ID, clear=clear_of(look))
    values = {
        "people": people_words(gathered + crowded.scattered, words.language),
        "gathered": people_words(gathered, words.language), "count": len(crowded.ids),
    }  # fmt: skip
    key = "plate.note_crowded" if crowded.ids else "plate.note_crowded_scattered"
    page.notes.append(words(key, values))


def draw_missing_links(page: Page, findings: Findings, ground: Ground) -> None:
    """Draw the missing links, each with its number and the people whom it alone brings inside."""
    found, words = findings.links, page.words
    if found is None:
        raise AssertionError("this plate needs missing links")
    kinds = np.array(found.kinds, object)
    held = withheld_links(findings, found).tolist()
    middle, heading = found.xy_m.mean(axis=1), words("plate.heading_links")
    for kind, shape in LINK_SIGNS.items():
        rows = np.flatnonzero(kinds == kind)
        label = words("plate.link", {"link": words(f"links.{kind}"), "count": len(rows)})
        look = Look("sign", face=PAPER, edge=LINK, width_pt=1.3, shape=shape, size_pt=5.5)
        draw_signs(page, f"link:{kind}", label, look, middle[rows], heading=heading, order=5.6)
        line = Look("line", edge=LINK, width_pt=2.2)
        lines = strokes_of(shapely.linestrings(found.xy_m[rows]))
        page.canvas.stroke(Layer(f"link:{kind}", label, line, heading), lines, order=5.5)
    lead = found.groups.index(findings.lead_group)
    for row, (x, y) in enumerate(ground.view.to_mm(middle).tolist()):
        people = wording.whole(float(found.gained[row, lead]))
        text = str(row + 1)
        if not held[row]:
            text = words("plate.link_id", {"rank": row + 1, "people": people})
        width, height = page.size_of(text, LINK_ID)
        half = math.dist(*ground.view.to_mm(found.xy_m[row]).tolist()) / 2
        near = around((x, y), width=width, height=height, clear=1.5)
        far = around((x, y), width=width, height=height, clear=1.5 + half)
        page.wish(LINK_ID, Wish(text, (x, y), width, height, (*near, *far), over_marks=True))
    page.notes.append(words("plate.note_screening"))
