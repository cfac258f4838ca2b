"""What the further plates show: straight radii, supply, canteens and mutual-aid points."""

from collections.abc import Callable, Mapping

import shapely

from quarterhour import wording
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.canvas import Layer, Look
from quarterhour.maps.draw_layouts import draw_canteens, draw_mutual_aid
from quarterhour.maps.draw_supply import draw_supply
from quarterhour.maps.imprint import group_words, people_words
from quarterhour.maps.layers import (
    Ground,
    Subject,
    counted,
    draw_base,
    draw_signs,
    draw_withheld,
    look_of,
    note_outside,
    order_of,
)
from quarterhour.maps.more_orders import RADIUS
from quarterhour.maps.outlines import outline_of
from quarterhour.maps.page import Page
from quarterhour.maps.style import RADIUS_EDGE, RADIUS_FACE, WALKED

_QUAD_SEGS = 24


def draw_radius(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plates 05 and 05-x: the circles that plans draw, and beside them who can walk there."""
    words, language, kind = page.words, page.words.language, subject.kind
    facilities, minutes = findings.facilities, findings.coverage.minutes[-1]
    metres = findings.study.walker(RADIUS).limit_ms(minutes) / 1000.0
    around = shapely.multipoints(facilities.xy_m[facilities.rows_of(kind)])
    discs = shapely.buffer(around, metres, quad_segs=_QUAD_SEGS)
    heading, values = words("moreplates.heading_radius"), {"metres": f"{metres:g}"}
    look = Look("fill", face=RADIUS_FACE, edge=RADIUS_EDGE, width_pt=1.0, dash=(4.0, 2.0),
                opacity=0.6)  # fmt: skip
    layer = Layer("radius", words("moreplates.radius", values), look, heading)
    page.canvas.fill(layer, outline_of([discs]), order=1.6)
    walk = Layer("walked", words("moreplates.walked", {"minutes": minutes}),
                 Look("fill", face=WALKED, opacity=0.85), words("plate.heading_bands"))  # fmt: skip
    page.canvas.fill(walk, outline_of([findings.shapes.of(kind)[-1]]), order=1.8)
    draw_withheld(page, findings, ground, kind)
    kinds = facilities.all_kinds()
    for n, shown in enumerate(kinds if kind == ANY else (kind,)):
        rows = facilities.rows_of(shown)
        label = counted(page, "facility_count", shown, len(rows))
        look = look_of(shown, kinds, size_pt=4.5)
        draw_signs(page, f"kind:{shown}", label, look, facilities.xy_m[rows], order=order_of(n))
    draw_base(page, findings, ground)
    note_outside(page, ground, facilities.xy_m[facilities.rows_of(kind)])
    figures, group = ground.summary.of(kind), group_words(findings, language)
    inside = float(findings.coverage.people(kind, walker=RADIUS).sum())
    share = figures.share[minutes]
    page.caption = words("moreplates.caption_radius", {
        **values, "group": group, "inside": people_words(inside, language), "minutes": minutes,
        "share": wording.percent(figures.share_policy_radius),
        "walked": people_words(figures.within[minutes], language),
        "walked_share": wording.percent(share),
        "change": wording.points(abs(figures.share_policy_radius - share), language),
    })  # fmt: skip
    page.basis = words("moreplates.basis_radius", {**values, "group": group})


MORE: Mapping[str, Callable[[Page, Findings, Ground, Subject], None]] = {
    "radius": draw_radius, "supply": draw_supply, "canteens": draw_canteens,
    "mutual_aid": draw_mutual_aid,
}  # fmt: skip
