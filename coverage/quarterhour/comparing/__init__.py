"""Comparing: two runs side by side; last year against this year is what a yearly plan needs."""

from quarterhour.comparing.changes import Comparison, compare_runs
from quarterhour.comparing.differences import difference_tables
from quarterhour.comparing.writing import write_comparison

__all__ = ["Comparison", "compare_runs", "difference_tables", "write_comparison"]
