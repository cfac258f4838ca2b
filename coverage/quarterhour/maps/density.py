"""Where people of a group live: cells by class of density."""

import numpy as np

from quarterhour import wording
from quarterhour.findings import Findings
from quarterhour.maps.cells import gather
from quarterhour.maps.imprint import clean, people_words
from quarterhour.maps.layers import PEOPLE, Ground, cell_size_m, draw_base, draw_classes
from quarterhour.maps.page import Page


def draw_density_of(page: Page, findings: Findings, ground: Ground, group: str) -> None:
    """Draw the density of a group, in cells of one size for all groups.

    Parameters
    ----------
    page, findings, ground
        Where to, and what.
    group
        Whose.
    """
    language, words, demand = page.words.language, page.words, findings.demand
    people = demand.people_of(group)
    cells = gather(demand.xy_m, people, size_m=cell_size_m(ground.view))
    draw_classes(page, cells, PEOPLE, "density", words("plate.heading_density"))
    draw_base(page, findings, ground)
    name = clean(wording.label(group, "group", language))
    total = people_words(ground.summary.residents[group], language)
    page.caption = words("plate.caption_density", {"group": name, "people": total})
    nowhere = float(people[~np.isfinite(demand.xy_m).all(axis=1)].sum())
    if nowhere > 0:
        unknown = {"people": wording.people(nowhere, language)}
        page.notes.append(words("plate.note_nowhere", unknown))
    page.basis = words("plate.basis_density", {"group": name, "cell": f"{cells.size_m:g}"})
