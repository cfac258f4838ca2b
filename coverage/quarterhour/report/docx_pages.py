"""stub"""

from quarterhour.report.docx_look import Look
from quarterhour.report.outline import Outline


def page_numbers(outline: Outline, look: Look) -> dict[str, int]:
    return {h.anchor: 1 for h in outline.headings}
