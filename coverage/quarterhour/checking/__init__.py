"""Checking: all that is wrong or doubtful in a study, before anything is computed.

Every file is read, whatever is wrong with the others. The result is told on a terminal, as JSON,
and as a picture: one page that opens without internet and shows a shift at once.
"""

from quarterhour.checking.check import CheckResult, check_study, study_doubts
from quarterhour.checking.document import check_document
from quarterhour.checking.picture import Written, check_picture, write_picture
from quarterhour.checking.unlocated import SentOut, write_templates

__all__ = [
    "CheckResult",
    "SentOut",
    "Written",
    "check_document",
    "check_picture",
    "check_study",
    "study_doubts",
    "write_picture",
    "write_templates",
]
