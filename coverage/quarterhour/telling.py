"""Telling: results as lines for a terminal. No figure is made here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quarterhour.inputs.residents import lead_of
from quarterhour.remarks import SEVERITIES, Remark, printable, shown
from quarterhour.wording import MISSING, label, people, percent, whole
from quarterhour.words import Words, aligned, folded

if TYPE_CHECKING:
    from quarterhour.checking import CheckResult, SentOut, Written
    from quarterhour.cover.network_report import NetworkReport, Snapping
    from quarterhour.findings import Findings
    from quarterhour.pages import PageOptions
    from quarterhour.pipeline import StudyRun


def page_lines(
    findings: "Findings", folder: Path, options: "PageOptions", words: Words
) -> list[str]:
    """Return where pages were written anew, and what of them could not be."""
    lines = plate_lines(findings, options, words)
    if options.pdf and not (folder / "report.pdf").is_file():
        lines.append(words("cli.no_pdf_program"))
    return [*lines, words("cli.written", {"folder": folder})]


def plate_lines(findings: "Findings", options: "PageOptions", words: Words) -> list[str]:
    """Return which plates were asked for that the run does not have."""
    from quarterhour.maps.plates import missing_plates

    missing = missing_plates(findings, words.language, options.plates)
    return [words("cli.no_such_plates", {"plates": ", ".join(missing)})] if missing else []


def run_lines(run: "StudyRun", options: "PageOptions", words: Words) -> list[str]:
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
        # Where facilities may close, today is more than what is left of it.
        today = answer.people_today
        total = plan.people_total or float("nan")
        values = {
            "sites": len(plan.site_ids),
            "kind": label(plan.kind, "kind", language),
            "gained": people(plan.people_after - today, language),
            "before": percent(today / total),
            "after": percent(plan.people_after / total),
            "status": proof,
        }
        lines.append(words("cli.headline_plan", values))
        if answer.moves is not None and answer.moves.closed_ids:
            closed = words("place.join").join(answer.moves.closed_ids)
            lines.append(words("cli.headline_closed", {"ids": closed}))
        if plan.interrupted:
            lines.append(words("cli.plan_interrupted"))
    lines += measured_lines(run.findings, words)
    lines += plate_lines(run.findings, options, words)
    lines.append(words("cli.written", {"folder": run.folder}))
    for key, name in (("open_map", "map.html"), ("read_report", "report.html")):
        if (run.folder / name).is_file():
            lines.append(words(f"cli.{key}", {"path": run.folder / name}))
    if run.findings.plans and not (run.folder / "report.html").is_file():
        lines.append(words("cli.read_sites", {"path": run.folder / "sites.xlsx"}))
    return lines


def measured_lines(findings: "Findings", words: Words) -> list[str]:
    """Return what is counted beside coverage, in a line each: places, links, targets, doubts."""
    language, served, lines = words.language, findings.measured.served, list[str]()
    for row, kind in enumerate(served.kinds):
        crowded = float(served.unserved[row].sum())
        if served.known[row] and crowded >= 1:
            values = {
                "kind": label(kind, "kind", language), "people": people(crowded, language),
                "need": percent(float(served.need[row])),
            }  # fmt: skip
            lines.append(words("cli.headline_no_room", values))
    links = findings.links
    if links is not None and len(links.what):
        gained = links.gained[0, links.groups.index(findings.lead_group)]
        values = {
            "link": words(f"links.{links.kinds[0]}"), "people": people(float(gained), language),
            "kind": label(links.kind, "kind", language),
        }  # fmt: skip
        lines.append(words("cli.headline_link", values))
    counts = findings.scorecard.count()
    lines.append(words("cli.headline_scorecard", {name: counts[name] for name in counts}))
    for swing in findings.sweep.matters(most=1) if findings.sweep.dimension else ():
        values = {
            "dimension": words(f"sweep.d_{swing.dimension}"), "low": percent(swing.low),
            "high": percent(swing.high), "base": percent(swing.base),
        }  # fmt: skip
        lines.append(words("cli.headline_sweep", values))
    return lines


def check_lines(result: "CheckResult", words: Words) -> list[str]:
    """Return what a check read, with the whole network report where there is one."""
    lines = _read_lines(result, words)
    if result.report is None or result.inputs is None or result.inputs.residents is None:
        return [*lines, ""] if lines else []
    group = lead_of(result.inputs.residents.groups)
    lines += [*network_lines(result.report, words, group=group), ""]
    return [*lines, *area_lines(result.report, words), ""]


def _read_lines(result: "CheckResult", words: Words) -> list[str]:
    """Return the figures of what could be read, in one line."""
    inputs, parts = result.inputs, list[str]()
    if inputs is None:
        return []
    if inputs.areas is not None and not inputs.stands_in:
        key = "figure_areas_approximate" if inputs.areas.approximate else "figure_areas"
        parts.append(words(f"check.{key}", {"count": len(inputs.areas.names)}))
    if inputs.residents is not None:
        found = inputs.residents
        for group, total in zip(found.groups, found.totals.tolist(), strict=True):
            values = {"group": label(group, "group", words.language),
                      "people": people(total, words.language)}  # fmt: skip
            parts.append(words("check.figure_people", values))
    if inputs.facilities is not None:
        for kind in inputs.facilities.all_kinds():
            count = f"{len(inputs.facilities.rows_of(kind)):,}"
            named = {"kind": label(kind, "kind", words.language), "count": count}
            parts.append(words("check.figure_kind", named))
    if inputs.neighbours is not None:
        parts.append(words("check.figure_neighbours", {"count": len(inputs.neighbours.ids)}))
    premises = [len(p.ids) for p in inputs.premises if p is not None]
    if premises:
        parts.append(words("check.figure_premises", {"count": sum(premises)}))
    if inputs.unlocated:
        parts.append(words("check.figure_unlocated", {"count": len(inputs.unlocated)}))
    if result.streets is not None:
        km = f"{result.streets.network.length_m / 1000.0:,.0f}"
        parts.append(words("check.figure_streets", {"km": km}))
    return [words("check.figures", {"figures": words("check.join").join(parts)})] if parts else []


def remark_lines(remarks: Sequence[Remark], words: Words, *, width: int | None = None) -> list[str]:
    """Return remarks as blocks, worst first, and a table of their numbers by file.

    Parameters
    ----------
    remarks
        What a check found, worst first.
    words
        Catalogue in the reader's language.
    width
        Columns of the terminal; ``None`` leaves every text on one line.
    """
    if not remarks:
        return []
    language, lines = words.language, list[str]()
    listed = shown(remarks)
    digits = len(str(len(listed)))
    for number, remark in enumerate(listed, start=1):
        place = remark.place(language) or words("check.whole_study")
        head = f"{number:>{digits}}  {words(f'check.{remark.severity}')}  {place}"
        if remark.read:
            head += words("check.read_there", {"read": remark.read})
        indent = " " * (digits + 2)
        lines += folded(head, width, indent=indent)
        lines += folded(indent + remark.problem(language), width, indent=indent)
        mend = remark.mend(language)
        lines += folded(f"{indent}-> {mend}", width, indent=f"{indent}   ") if mend else []
        lines.append("")
    return [*lines, *_by_file(remarks, words), ""]


def _by_file(remarks: Sequence[Remark], words: Words) -> list[str]:
    """Return how many remarks of each rank each file has, as a table."""
    heads = [words("check.by_file"), *(words(f"check.{s}s") for s in SEVERITIES)]
    counts = Counter((r.fault.file, r.severity) for r in remarks)
    cells = [heads]
    for file in dict.fromkeys(r.fault.file for r in remarks):
        name = printable(file)
        cells.append([name or words("check.whole_study"),
                      *(str(counts[file, s] or MISSING) for s in SEVERITIES)])  # fmt: skip
    return aligned(cells, right=range(1, 4))


def verdict_lines(result: "CheckResult", words: Words) -> list[str]:
    """Return whether the study can be run."""
    counts = Counter(r.severity for r in result.remarks)
    if counts["fault"]:
        return [words("check.mended_first", {"count": counts["fault"]})]
    if counts["doubt"]:
        return [words("check.clean_doubts", {"count": counts["doubt"]})]
    return [words("cli.clean")]


def picture_lines(written: "Written", words: Words) -> list[str]:
    """Return where the picture of a check lies, or why there is none."""
    if written.failed is not None:
        values = {"path": written.failed, "why": written.why}
        return [words("check.picture_failed", values)]
    if written.path is None:
        return [words("check.picture_nothing")]
    if written.taken is not None:
        values = {"taken": written.taken, "path": written.path}
        return [words("check.picture_elsewhere", values)]
    return [words("check.picture", {"path": written.path})]


def template_lines(
    result: "CheckResult", sent: Sequence["SentOut"] | None, words: Words
) -> list[str]:
    """Return which tables to fill in were written, or how to get them."""
    lost = len(result.inputs.unlocated) if result.inputs else 0
    if sent is None:
        values = {"count": lost, "study": result.path}
        return [words("check.template_how", values)] if lost else []
    if not sent:
        return [words("check.template_none")]
    lines = []
    for one in sent:
        values = {"path": one.path, "count": one.count}
        lines.append(words("check.template_there" if one.was_there else "check.template_written",
                           values))  # fmt: skip
    return lines


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
