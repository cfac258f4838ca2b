"""Report: one picture, one table, one list, one report."""

from quarterhour.report.document import write_report
from quarterhour.report.layers import write_layers
from quarterhour.report.official import official_tables
from quarterhour.report.tables import write_sites, write_tables

__all__ = ["official_tables", "write_layers", "write_report", "write_sites", "write_tables"]
