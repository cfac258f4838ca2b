"""Further plates: which there are, and that what they draw and say is what was counted."""

from dataclasses import replace

import numpy as np
import pytest

from quarterhour import wording
from quarterhour.findings import Findings
from quarterhour.maps.draw_layouts import meals_of
from quarterhour.maps.draw_supply import RATIO_BREAKS, floor_of, matching
from quarterhour.maps.more_orders import needs, turns_of
from quarterhour.maps.orders import orders_of
from quarterhour.maps.plates import draw_pages
from quarterhour.words import Language, Words

NEW = ("02-1-density", "05-radius", "06-2-supply", "10-canteens", "11-mutual-aid")


@pytest.fixture(scope="module")
def findings(small_run) -> Findings:
    return small_run.findings


@pytest.fixture(scope="module")
def drawn(findings: Findings) -> dict:
    return {t.stem: c for t, c in draw_pages(findings, language="zh", stems=NEW)}


def said(canvas) -> str:
    return "".join(t.get_text() for t in canvas.paper.texts if t.get_gid() == "caption")


def numbers(findings: Findings) -> list[str]:
    return [o.title.number for o in orders_of(findings, Words("zh"))]


def test_further_plates_have_numbers_of_their_own(findings: Findings) -> None:
    found = numbers(findings)
    assert {"02-1", "05", "06-2", "10", "11"} <= set(found)
    assert len(set(found)) == len(found)
    no_links = numbers(replace(findings, links=None))
    assert "06-1" in no_links and "06-2" not in no_links


def test_every_further_plate_is_drawn(drawn: dict) -> None:
    assert set(drawn) == set(NEW)


def test_the_radius_gives_both_shares_and_says_it_is_for_comparison(findings, drawn) -> None:
    figures, text = findings.summary().of("any"), said(drawn["05-radius"])
    assert "仅作对照" in text
    assert wording.percent(figures.share_policy_radius) in text
    assert wording.percent(figures.share[findings.coverage.minutes[-1]]) in text


def test_places_over_demand_are_those_of_the_supply(findings: Findings) -> None:
    kind, supply = findings.plans[0].plan.kind, findings.measured.supply
    found, k = matching(findings, kind), supply.kinds.index(kind)
    expected = supply.places[k, :-1] / (supply.elders[:-1] * needs(findings)[kind])
    told = np.isfinite(found.value)
    assert told.any() and np.allclose(found.value[told], expected[told])
    unknown = supply.unknown.copy()
    unknown[k, 0] = 1
    less = replace(findings.measured, supply=replace(supply, unknown=unknown))
    doubt = replace(findings, measured=less)
    assert matching(doubt, kind).missing[0] and np.isnan(matching(doubt, kind).value[0])


def test_areas_stand_in_the_class_of_their_ratio(findings: Findings, drawn: dict) -> None:
    value = matching(findings, findings.plans[0].plan.kind).value
    at = np.searchsorted(RATIO_BREAKS, value[np.isfinite(value)], side="right")
    layers = {la.key: la.label for la in drawn["06-2-supply"].layers if la.key.startswith("ratio:")}
    for n in np.unique(at).tolist():
        assert f"（{int((at == n).sum())}个）" in layers[f"ratio:{n}"]


def test_floor_area_needs_a_target(findings: Findings) -> None:
    assert floor_of(findings) is not None
    card = findings.scorecard
    rows = tuple(replace(i, target=float("nan")) for i in card.indicators)
    assert floor_of(replace(findings, scorecard=replace(card, indicators=rows))) is None


def test_meals_are_capacity_times_turns(findings: Findings, drawn: dict) -> None:
    rows = findings.facilities.rows_of("canteen")
    turns = turns_of(findings, "canteen")
    assert turns == 2.0
    total = float(np.nansum(meals_of(findings, rows, turns)))
    assert total == 2 * np.nansum(findings.facilities.capacity[rows])
    assert wording.whole(total) in said(drawn["10-canteens"])


def test_an_unknown_capacity_is_to_be_supplied(findings: Findings) -> None:
    row = int(findings.facilities.rows_of("canteen")[0])
    capacity = findings.facilities.capacity.copy()
    capacity[row] = np.nan
    lost = replace(findings, facilities=replace(findings.facilities, capacity=capacity))
    [(_, canvas)] = draw_pages(lost, language="zh", stems=("10-canteens",))
    assert [la.label for la in canvas.layers if la.key == "meals:missing"] == [
        "现状：助餐能力待补充（1处）"
    ]


def test_mutual_aid_says_the_mode_of_travel(drawn: dict) -> None:
    assert "出行方式：步行" in said(drawn["11-mutual-aid"])


# --- one kind, other services, names in full ----------------------------------------------------


class _One:
    """Facilities of which one kind is all there is."""

    def __init__(self, held, kind: str) -> None:
        self._held, self._kind = held, kind

    def __getattr__(self, name: str):
        return getattr(self._held, name)

    def all_kinds(self) -> tuple[str, ...]:
        return (self._kind,)


def _only(findings: Findings, kind: str) -> Findings:
    [plan] = findings.plans
    asked = replace(plan, plan=replace(plan.plan, kind=kind))
    return replace(findings, facilities=_One(findings.facilities, kind), plans=(asked,))


def test_a_single_kind_has_no_twin_that_says_the_same(findings: Findings) -> None:
    found = orders_of(_only(findings, "care_station"), Words("zh"))
    reach = [o for o in found if o.drawing in ("reach", "radius")]
    assert [(o.title.number, o.kind) for o in reach] == [
        ("04", "care_station"), ("05", "care_station")
    ]  # fmt: skip
    assert all("（养老服务站）" in o.title.title or "养老服务站）" in o.title.title for o in reach)
    assert {"04-4", "05-2"} <= set(numbers(findings))


@pytest.mark.parametrize(("language", "word"), [("zh", "养老"), ("en", "elder")])
def test_a_study_of_other_services_is_not_called_elder_care(
    findings: Findings, language: Language, word: str
) -> None:
    titled = ("03", "08", "13-1")
    for found, count in ((_only(findings, "health post"), 0), (findings, len(titled))):
        titles = {o.title.number: o.title.title for o in orders_of(found, Words(language))}
        assert sum(word in titles[number] for number in titled) == count


def test_each_area_says_its_places_over_demand(findings: Findings, drawn: dict) -> None:
    value = matching(findings, findings.plans[0].plan.kind).value
    told = [wording.percent(v) for v in value[np.isfinite(value)].tolist()]
    texts = [t.get_text() for t in drawn["06-2-supply"].paper.texts
             if t.get_gid() == "ratio_note"]  # fmt: skip
    assert sorted(texts) == sorted(f"供需比{text}" for text in told)


def test_circles_have_their_numbers_against_the_rim(drawn: dict) -> None:
    canvas = drawn["06-2-supply"]
    largest = max((x for x in canvas.layers if x.key.startswith("outside:")),
                  key=lambda x: x.look.size_pt)  # fmt: skip
    numbers_at = [p for p in canvas.labels if p.wish.clear > 0]
    assert largest.look.size_pt > 10 and len(numbers_at) >= 20
    # A leader inside a circle is a stroke through it: there is none where the number stands by.
    for placed in numbers_at:
        across = abs(placed.centre[0] - placed.wish.anchor[0]) - placed.wish.width / 2
        if abs(placed.centre[1] - placed.wish.anchor[1]) < 0.1 and across < placed.wish.clear + 0.1:
            assert placed.leader is None
