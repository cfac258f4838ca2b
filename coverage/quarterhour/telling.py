"""Telling: results as lines for a terminal. No figure is made here."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from quarterhour.errors import Fault, condensed
from quarterhour.inputs.residents import lead_of
from quarterhour.wording import MISSING, label, people, percent, whole
from quarterhour.words import Words, aligned

if TYPE_CHECKING:
    from quarterhour.cover.network_report import NetworkReport, Snapping
    from quarterhour.pipeline import CheckResult, StudyRun


def run_lines(run: "StudyRun", words: Words) -> list[str]:
    """Return what came out of a run, and where it lies."""
    summary = run.findings.summary()
    language = words.language
    lines = network_lines(run.findings.streets_report, words, group=summary.group)
    for kind in summary.kinds:
        values = {
            "group": label(summary.group, "group", language),
            "total": people(summary.lead_total, language),
            "within": people(kind.within[summary.minutes], language),
            "minutes": summary.minutes,
            "kind": label(kind.kind, "kind", language),
            "share": percent(kind.share[summary.minutes]),
        }
        lines.append(words("cli.headline", values))
    for answer in run.findings.plans:
        plan = answer.plan
        proof = words("cli.proven") if plan.status == "optimal" else words(
            "cli.gap", {"gap": percent(plan.gap)}
        )  # fmt: skip
        values = {
            "sites": len(plan.site_ids),
            "kind": label(plan.kind, "kind", language),
            "gained": people(plan.people_gained, language),
            "before": percent(plan.people_before / plan.people_total),
            "after": percent(plan.people_after / plan.people_total),
            "status": proof,
        }
        lines.append(words("cli.headline_plan", values))
    lines.append(words("cli.written", {"folder": run.folder}))
    lines.append(words("cli.open_map", {"path": run.folder / "map.html"}))
    lines.append(words("cli.read_report", {"path": run.folder / "report.html"}))
    return lines


def check_lines(result: "CheckResult", words: Words) -> list[str]:
    """Return what a check read, with the whole network report."""
    if result.inputs is None or result.report is None:
        return []
    residents = result.inputs.residents
    values = {
        "people": people(float(residents.totals[0]), words.language),
        "group": label(residents.groups[0], "group", words.language),
        "areas": len(result.inputs.areas.names),
        "facilities": len(result.inputs.facilities.ids),
    }
    group = lead_of(residents.groups)
    lines = [words("cli.residents_read", values)]
    lines += [*network_lines(result.report, words, group=group), ""]
    return [*lines, *area_lines(result.report, words), ""]


def fault_lines(heading: str, mark: str, faults: Iterable[Fault], words: Words) -> list[str]:
    """Return a list of faults under their heading; nothing where there are none."""
    found = list(faults)
    lines = [fault.render(words.language) for fault in condensed(found)]
    if not lines:
        return []
    head = words(f"cli.{heading}", {"count": len(found)})
    return [head, *(f"  {words(f'cli.{mark}')}  {line}" for line in lines)]


def network_lines(report: "NetworkReport", words: Words, *, group: str) -> list[str]:
    """Return the network report in a few lines; its people are those of ``group``."""
    lines = [_streets(report, words), _parts(report, words), _stairs(report, words)]
    if report.steep:
        shares = [percent(share) for share in report.steep.values()]
        lines.append(words("cli.net_steep", {"shares": " / ".join(shares)}))
    lines += [_private(report, words), _far(report, words)]
    lines.append(words("cli.net_group", {"group": label(group, "group", words.language)}))
    lines.append(words("cli.net_homes", _snapping(report.homes)))
    lines.append(words("cli.net_facilities", _snapping(report.facilities)))
    dumb = report.completeness.withheld()
    if not dumb:
        return [*lines, words("cli.net_all_say")]
    names = words("place.join").join(dumb)
    return [*lines, words("cli.net_cannot_say", {"count": len(dumb), "names": names})]


def _streets(report: "NetworkReport", words: Words) -> str:
    why = report.read.get("ways_dropped")
    counted = why if isinstance(why, Mapping) else {}
    dropped = [f"{label(reason, 'dropped', words.language)} {n}" for reason, n in counted.items()]
    values = {
        "km": f"{report.street_km:,.0f}", "nodes": f"{report.n_nodes:,}",
        "dropped": words("place.join").join(dropped) or "0",
    }  # fmt: skip
    return words("cli.net_streets", values)


def _parts(report: "NetworkReport", words: Words) -> str:
    total_km, language = float(report.part_km.sum()), words.language
    values = {
        "parts": f"{len(report.part_km):,}",
        "main": percent(float(report.part_km[0]) / total_km) if total_km else MISSING,
        "islands": f"{len(report.large_islands()):,}",
        "people": people(float(report.people_on_islands.sum()), language),
        "moved": people(float(report.people_moved.sum()), language),
    }  # fmt: skip
    return words("cli.net_parts", values)


def _stairs(report: "NetworkReport", words: Words) -> str:
    source = report.stairs_from
    values = {
        "stairs": f"{sum(source.values()):,}", "tag": f"{source['tag']:,}",
        "heights": f"{source['lines'] + source['terrain']:,}",
        "density": f"{source['density']:,}",
    }  # fmt: skip
    return words("cli.net_stairs", values)


def _private(report: "NetworkReport", words: Words) -> str:
    values = {
        "ways": report.read.get("private_ways", 0), "km": f"{report.private_km:,.1f}",
        "people": people(float(report.people_private.sum()), words.language),
    }  # fmt: skip
    return words("cli.net_private", values)


def _far(report: "NetworkReport", words: Words) -> str:
    values = {
        "near": people(float(report.people_beyond_50_m.sum()), words.language),
        "far": people(float(report.people_beyond_150_m.sum()), words.language),
    }
    return words("cli.net_far", values)


def _snapping(snapping: "Snapping") -> dict[str, object]:
    return {
        "places": f"{snapping.places:,}", "median": f"{snapping.median_leg_m:g}",
        "p90": f"{snapping.p90_leg_m:g}", "longest": f"{snapping.longest_leg_m:g}",
        "moved": f"{snapping.moved_off_islands:,}", "without": f"{snapping.no_street:,}",
    }  # fmt: skip


def area_lines(report: "NetworkReport", words: Words) -> list[str]:
    """Return the network report by area as a table; the last row is outside all areas."""
    judged = report.completeness
    heads = ("area", "km", "per_km2", "per_1000", "beyond_50", "beyond_150", "verdict")
    cells = [[words(f"cli.net_{head}") for head in heads]]
    for a, verdict in enumerate(judged.verdict()):
        outside = not report.areas[a]
        if outside and report.people[a] == 0:
            continue
        reasons = words("place.join").join(words(reason) for reason in judged.reasons()[a])
        said = words(f"completeness.{verdict}")
        if reasons:
            said = words("cli.net_because", {"verdict": said, "reasons": reasons})
        cells.append(
            [
                words("cli.net_outside") if outside else report.areas[a],
                f"{report.street_km_by_area[a]:,.1f}", _dense(report.km_per_km2[a]),
                _dense(report.km_per_1000[a]), whole(float(report.people_beyond_50_m[a])),
                whole(float(report.people_beyond_150_m[a])),
                said,
            ]
        )  # fmt: skip
    return aligned(cells, right=range(1, 6))


def _dense(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else MISSING
