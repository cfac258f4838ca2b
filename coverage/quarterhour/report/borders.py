"""Borders: what a table says where those of the areas are approximate.

They are where nobody had polygons and the areas were drawn around their centre points
(:mod:`~quarterhour.inputs.centroids`). Every figure by area then rests on a guess.
"""

from dataclasses import replace

from quarterhour.findings import Findings
from quarterhour.report.columns import Table, joined_notes
from quarterhour.words import Language, Words


def with_borders_note(table: Table, findings: Findings, language: Language) -> Table:
    """Return a table by area with the note on approximate borders, where they are."""
    if not findings.areas.approximate:
        return table
    note = Words(language)("table.n_borders")
    return replace(table, note=joined_notes([table.note, note], language))
