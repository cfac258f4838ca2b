"""Sites with limited places: who is served, not only who is inside the circle.

Flow: :class:`~quarterhour.siting.served.model.ServedModel` merges people into cells and counts
flows; prices make cuts, cuts make bounds; :func:`solve_served` searches, cuts and branches;
:func:`served_plan` says what a plan serves and whom it relieves.
"""

from quarterhour.siting.served.plan import Relief, ServedPlan, people_served, served_plan
from quarterhour.siting.served.solving import people_wanted, solve_served

__all__ = [
    "Relief",
    "ServedPlan",
    "people_served",
    "people_wanted",
    "served_plan",
    "solve_served",
]
