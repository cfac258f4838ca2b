"""All tables of a study, each from :class:`~quarterhour.findings.Findings` and a language."""

from quarterhour.report.build_basis import (
    about_table,
    network_table,
    parameters_table,
    sources_table,
)
from quarterhour.report.build_cover import (
    area_table,
    cover_long_table,
    coverage_table,
    facilities_table,
    gaps_table,
    served_by,
)
from quarterhour.report.build_sites import (
    alternatives_table,
    proof_table,
    screening_table,
    sites_table,
)

__all__ = [
    "about_table",
    "alternatives_table",
    "area_table",
    "cover_long_table",
    "coverage_table",
    "facilities_table",
    "gaps_table",
    "network_table",
    "parameters_table",
    "proof_table",
    "screening_table",
    "served_by",
    "sites_table",
    "sources_table",
]
