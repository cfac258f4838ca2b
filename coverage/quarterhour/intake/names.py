"""Names that siting questions use and a study has not: sites, groups, kinds, tenures."""

from collections.abc import Sequence

from quarterhour.errors import Fault
from quarterhour.inputs.columns import fold, meaning
from quarterhour.inputs.facilities import Facilities
from quarterhour.inputs.premises import TENURES, Premises
from quarterhour.inputs.residents import Residents
from quarterhour.studytables import SitingTable

# Candidates that one message names.
_NAMED = 8


def unknown_names(
    questions: tuple[SitingTable, ...],
    premises: Sequence[Premises | None],
    facilities: Facilities | None,
    residents: Residents | None,
) -> list[Fault]:
    """Find what siting questions ask for in words that the files do not know.

    Parameters
    ----------
    questions
        What is asked.
    premises
        One per question; ``None`` for what could not be read: nothing is said of it then.
    facilities, residents
        Likewise.
    """
    faults = []
    for question, offered in zip(questions, premises, strict=False):
        rules = question.rule
        if offered is not None:
            faults += _unknown_sites(question, offered) + _unknown_tenures(question, offered)
        if residents is not None:
            groups = [group for group in question.weights if group not in residents.groups]
            if groups:
                values = {"groups": ", ".join(groups), "known": ", ".join(residents.groups)}
                faults.append(Fault("siting.unknown_group", values))
        if facilities is not None:
            led = [rule.lead for rule in rules if rule.lead]
            faults += [
                Fault("siting.no_centres", {"kind": kind})
                for kind in led
                if not len(facilities.rows_of(meaning(kind, "kind") or kind))
            ]
    return list({fault.key + str(fault.values): fault for fault in faults}.values())


def _unknown_sites(question: SitingTable, offered: Premises) -> list[Fault]:
    """Find ids and names that no premises have; who generates may name what is made later."""
    known = {fold(name) for name in (*offered.ids, *offered.names)}
    named = [name for rule in question.rule for name in (*rule.must, *rule.must_not)]
    if question.generate or not known:
        return []
    some = ", ".join(offered.ids[:_NAMED])
    return [
        Fault("siting.no_such_candidate", {"name": name, "known": some})
        for name in named
        if fold(name) not in known
    ]


def _unknown_tenures(question: SitingTable, offered: Premises) -> list[Fault]:
    kinds = [name for name in question.tenures if (meaning(name, "tenure") or name) not in TENURES]
    own = {*TENURES, *offered.tenure}
    kinds += [
        name for rule in question.rule for name in rule.tenure_at_most
        if (meaning(name, "tenure") or name) not in own
    ]  # fmt: skip
    if not kinds:
        return []
    values = {"found": ", ".join(kinds), "known": ", ".join(TENURES)}
    return [Fault("candidates.unknown_tenure", values)]
