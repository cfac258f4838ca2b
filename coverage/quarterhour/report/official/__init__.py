"""The tables of a plan document: one table (一张表), one list (一张清单), and sources of figures.

Seven tables with the columns that planning documents use: what there is, how it does by area, what
is planned, what is built when, the indicators, the alternatives, and the argument for the plan.
Which columns stand in them is a design of this tool, put together from published plans; see
``docs/output.md``. What no input says is 待补充 there, what does not apply is a dash.
"""

from quarterhour.report.official.argument import argument_table
from quarterhour.report.official.comparison import comparison_table
from quarterhour.report.official.csvfiles import write_csv
from quarterhour.report.official.indicators import indicators_table
from quarterhour.report.official.planned import planned_table
from quarterhour.report.official.present import facilities_table, status_table
from quarterhour.report.official.projects import annual_table, project_table
from quarterhour.report.official.provenance import write_figures
from quarterhour.report.official.sheets import official_sheets, official_tables

__all__ = [
    "annual_table",
    "argument_table",
    "comparison_table",
    "facilities_table",
    "indicators_table",
    "official_sheets",
    "official_tables",
    "planned_table",
    "project_table",
    "status_table",
    "write_csv",
    "write_figures",
]
