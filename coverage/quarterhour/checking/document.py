"""A check as one JSON document, for other programs: stable keys, figures as numbers."""

from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from quarterhour.checking.check import CheckResult
from quarterhour.inputs.facilities import Facilities
from quarterhour.intake import GatheredInputs
from quarterhour.remarks import SEVERITIES, shown
from quarterhour.words import Language

# Raised when a key changes its meaning or goes away; new keys may come at any time.
_FORMAT = 1


def check_document(
    result: CheckResult, *, language: Language, picture: Path | None = None
) -> dict[str, Any]:
    """Return what a check found as JSON-able values.

    Parameters
    ----------
    result
        What was found.
    language
        Language of ``problem`` and ``mend``; the keys are the same in both.
    picture
        Where the picture lies, if one was written.
    """
    study = result.study
    counts = Counter(r.severity for r in result.remarks)
    return {
        "format": _FORMAT,
        "quarterhour": version("quarterhour"),
        "study": {
            "file": result.path.as_posix(),
            "name": study.study.name if study else None,
            "language": language,
        },
        "ok": not result.faults,
        "counts": {f"{severity}s": counts[severity] for severity in SEVERITIES},
        "findings": [
            {
                "number": number, "severity": remark.severity, "key": remark.fault.key,
                "file": remark.fault.file, "sheet": remark.fault.sheet,
                "row": remark.fault.row, "column": remark.fault.column, "read": remark.read,
                "problem": remark.problem(language), "mend": remark.mend(language),
            }
            for number, remark in enumerate(shown(result.remarks), start=1)
        ],
        "read": _figures(result),
        "picture": picture.as_posix() if picture else None,
    }  # fmt: skip


def _figures(result: CheckResult) -> dict[str, Any]:
    """Return what was read, ``None`` for what could not be."""
    inputs, network = result.inputs, result.streets.network if result.streets else None
    report = result.report
    return {
        **_tables(inputs),
        "streets": None if network is None else {
            "km": round(network.length_m / 1000.0, 3),
            "nodes": network.n_nodes,
            "cannot_say": None if report is None else list(report.completeness.withheld()),
        },
    }  # fmt: skip


def _tables(inputs: GatheredInputs | None) -> dict[str, Any]:
    names = ("areas", "people", "facilities", "neighbours", "premises", "not_located")
    if inputs is None:
        return dict.fromkeys(names)
    areas, residents = inputs.areas, inputs.residents
    return {
        "areas": None if areas is None or inputs.stands_in else list(areas.names),
        "people": None if residents is None else {
            group: round(float(total), 6) if np.isfinite(total) else None
            for group, total in zip(residents.groups, residents.totals.tolist(), strict=True)
        },
        "facilities": _by_kind(inputs.facilities),
        "neighbours": _by_kind(inputs.neighbours),
        "premises": [None if p is None else len(p.ids) for p in inputs.premises],
        "not_located": [
            {"file": u.file, "sheet": u.sheet, "row": u.row, "name": u.name, "kind": u.kind}
            for u in inputs.unlocated
        ],
    }  # fmt: skip


def _by_kind(facilities: Facilities | None) -> dict[str, int] | None:
    if facilities is None:
        return None
    return {kind: len(facilities.rows_of(kind)) for kind in facilities.all_kinds()}
