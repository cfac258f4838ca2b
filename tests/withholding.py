"""Findings of which just these areas cannot say: the small demo made to doubt, or to be sure."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from quarterhour.findings import Findings


def withhold(findings: Findings, areas: Iterable[int], *, kinds: Iterable[str] = ()) -> Findings:
    """Return findings in which just these areas cannot say these kinds (all kinds by default)."""
    report = findings.streets_report
    judged = report.completeness
    rows = [judged.kinds.index(kind) for kind in kinds or judged.kinds]
    cannot_say = np.zeros_like(judged.cannot_say)
    cannot_say[np.ix_(rows, list(areas))] = True
    judged = replace(judged, cannot_say=cannot_say)
    return replace(findings, streets_report=replace(report, completeness=judged))
