"""Chapters on sites: candidates, plans compared, the recommendation and why.

Each chapter goes through the study's questions; where there is more than one, headings name the
kind.
"""

from quarterhour.report.chapters.siting.candidates import add_candidates
from quarterhour.report.chapters.siting.comparison import add_comparison
from quarterhour.report.chapters.siting.recommendation import add_recommendation

__all__ = ["add_candidates", "add_comparison", "add_recommendation"]
