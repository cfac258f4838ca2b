"""Telling: the network report on a terminal, from check and from run, in both languages."""

from dataclasses import replace

import numpy as np
import pytest

from quarterhour.checking import check_study
from quarterhour.pipeline import StudyRun
from quarterhour.telling import area_lines, check_lines, network_lines
from quarterhour.words import Words, aligned


def flagged(run: StudyRun, *areas: int):
    """Return the network report of a run with just these areas unable to say."""
    report = run.findings.streets_report
    judged = report.completeness
    cannot_say = np.zeros_like(judged.cannot_say)
    cannot_say[:, list(areas)] = True
    return replace(report, completeness=replace(judged, cannot_say=cannot_say))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_check_prints_the_whole_report(small_study, language: str) -> None:
    result = check_study(small_study)
    words = Words(language)
    assert result.report is not None
    lines = check_lines(result, words)
    told = "\n".join(lines)
    report = result.report
    assert f"{report.street_km:,.0f}" in told and f"{report.n_nodes:,}" in told
    assert f"{sum(report.stairs_from.values()):,}" in told
    for name in result.inputs.areas.names:
        assert any(line.startswith(name) for line in lines)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_areas_that_cannot_say_are_named_and_none_is_said_too(
    small_run: StudyRun, language
) -> None:
    words = Words(language)
    names = small_run.findings.areas.names
    some = network_lines(flagged(small_run, 1, 3), words, group="60+")
    assert names[1] in some[-1] and names[3] in some[-1] and names[0] not in some[-1]
    assert network_lines(flagged(small_run), words, group="60+")[-1] == words("cli.net_all_say")
    table = area_lines(flagged(small_run, 1), words)
    said = words("completeness.cannot_say")
    assert [line.startswith(names[1]) for line in table if said in line] == [True]


def test_a_flat_network_claims_no_slopes(small_run: StudyRun) -> None:
    flat = replace(small_run.findings.streets_report, steep={})
    steep = network_lines(small_run.findings.streets_report, Words("en"), group="60+")
    assert len(network_lines(flat, Words("en"), group="60+")) == len(steep) - 1


def test_columns_stand_in_line_with_chinese_and_latin_signs() -> None:
    lines = aligned([["镇街", "km"], ["甲街道", "1"], ["ab", "1,000"]], right=[1])
    assert lines == ["镇街       km", "------  -----", "甲街道      1", "ab      1,000"]
