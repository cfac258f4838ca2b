"""All tables of a study, each from :class:`~quarterhour.findings.Findings` and a language."""

from quarterhour.report.build.basis import (
    about_table,
    named_entrances,
    parameters_table,
    sources_table,
)
from quarterhour.report.build.cover import (
    area_table,
    cover_long_table,
    coverage_table,
    facilities_table,
    served_by,
)
from quarterhour.report.build.doubts import doubts_table, uncounted_table
from quarterhour.report.build.gaps import crowded_table, gap_examples_table, gaps_table
from quarterhour.report.build.sites import (
    alternatives_table,
    proof_table,
    screening_table,
    sites_table,
)
from quarterhour.report.build.step_free import (
    bans_table,
    step_free_places_table,
    step_free_table,
)
from quarterhour.report.build.streets import islands_table, network_areas_table, network_table

__all__ = [
    "about_table",
    "alternatives_table",
    "area_table",
    "bans_table",
    "cover_long_table",
    "coverage_table",
    "crowded_table",
    "doubts_table",
    "facilities_table",
    "gap_examples_table",
    "gaps_table",
    "islands_table",
    "named_entrances",
    "network_areas_table",
    "network_table",
    "parameters_table",
    "proof_table",
    "screening_table",
    "served_by",
    "sites_table",
    "sources_table",
    "step_free_places_table",
    "step_free_table",
    "uncounted_table",
]
