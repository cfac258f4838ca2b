"""Everything of a study at once, for a check: what can be read is read, whatever else is wrong."""

from collections.abc import Callable
from dataclasses import dataclass

from quarterhour.errors import Fault, gathered
from quarterhour.intake.inputs import GatheredInputs
from quarterhour.intake.reading import gather_inputs
from quarterhour.intake.streets import Streets, read_streets, street_path
from quarterhour.study import Study


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What could be read of a study, and all that is wrong or doubtful.

    Attributes
    ----------
    inputs
        What the tables gave.
    streets
        ``None`` where the streets, or any place to look for them, failed.
    faults, doubts
        Of tables and streets, in the order of reading.
    """

    study: Study
    inputs: GatheredInputs
    streets: Streets | None
    faults: tuple[Fault, ...]
    doubts: tuple[Fault, ...]


def gather(study: Study, *, on_progress: Callable[[str, int, int], None] | None = None) -> Gathered:
    """Read all that a study names.

    Parameters
    ----------
    study
        The study; files that it names may be missing.
    on_progress
        Called with ``(step, done, total)``.
    """
    doubts: list[Fault] = []
    if on_progress is not None:
        on_progress("inputs", 0, 3)
    inputs = gather_inputs(study, doubts)
    faults = list(inputs.faults)
    streets: Streets | None = None
    if on_progress is not None:
        on_progress("streets", 1, 3)
    with gathered(faults):
        if inputs.areas is None:
            street_path(study)  # nothing says where to look for streets, but they may be missing
        else:
            streets = read_streets(study, inputs, doubts)
    return Gathered(study, inputs, streets, tuple(faults), tuple(doubts))
