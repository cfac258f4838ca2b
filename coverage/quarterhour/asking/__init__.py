"""Ask: a study's questions about sites, posed as problems, answered, checked and talked over."""

from quarterhour.asking.answering import OnPlan, answer_question

__all__ = ["OnPlan", "answer_question"]
