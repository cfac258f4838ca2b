"""The web map as text: what it holds, what it does not, and that its figures are the findings'."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from quarterhour.cover import ANY
from quarterhour.errors import InputError
from quarterhour.findings import Backdrop
from quarterhour.maps import web_map
from quarterhour.maps.imprint import imprint_of
from quarterhour.maps.tiles import Tiles, tiles_of
from quarterhour.maps.web_figures import kinds_shown
from quarterhour.maps.web_layers import bands, share_colour
from quarterhour.maps.web_page import page_content, title
from quarterhour.maps.web_shapes import STEP_M, Packer, pack, unpack
from quarterhour.maps.withheld import withheld_gaps, withheld_people
from quarterhour.reach import Direction
from quarterhour.wording import percent, whole
from quarterhour.words import Words
from uncertain import OSM, uncertain
from withholding import withhold

CHINESE = re.compile(r"[\u3400-\u9fff]")
HOSTILE = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">'


@pytest.fixture(scope="module")
def findings(small_run):
    """Return the small run as if all its areas could say."""
    return withhold(small_run.findings, ())


@pytest.fixture(scope="module", params=["zh", "en"])
def content(findings, request):
    return page_content(findings, request.param)


@pytest.fixture(scope="module")
def page(findings) -> str:
    return web_map(findings, language="zh")


def layers_of(content) -> dict:
    return {layer["id"]: layer for group in content["groups"] for layer in group["layers"]}


def content_in(page: str) -> dict:
    """Return the content as the browser reads it from the page."""
    block = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    return json.loads(block[1])


# --- packed shapes ------------------------------------------------------------------------------

coordinate = st.integers(-(2**31), 2**31)
part = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=9)


@given(st.lists(part, min_size=1, max_size=5))
def test_packed_parts_come_back(parts) -> None:
    flat = np.array([xy for p in parts for xy in p], np.int64)
    back = unpack(pack(flat, np.array([len(p) for p in parts])))
    assert [p.tolist() for p in back] == [[list(xy) for xy in p] for p in parts]


def test_nothing_packs_to_nothing() -> None:
    assert pack(np.empty((0, 2), np.int64), np.empty(0, np.int64)) == ""


def test_places_are_true_to_half_a_metre(findings) -> None:
    xy = findings.facilities.xy_m
    packer = Packer.around(findings.areas.plane, xy)
    steps = unpack(packer.points(xy))[0]
    metres = np.array(packer.origin) + STEP_M * steps
    lon = np.degrees(metres[:, 0] / 6_378_137.0)
    lat = np.degrees(2 * np.arctan(np.exp(metres[:, 1] / 6_378_137.0)) - np.pi / 2)
    back = findings.areas.plane.to_xy(lon, lat)
    assert np.hypot(*(back - xy).T).max() < STEP_M


# --- the page -----------------------------------------------------------------------------------


def test_the_page_asks_for_nothing(page) -> None:
    without_code = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<(link|img|iframe|object|embed)\b|<script[^>]+src=", without_code)
    assert "url(" not in without_code
    assert "@import" not in without_code
    assert "sourceMappingURL" not in page


def test_only_its_own_scripts_may_run(page) -> None:
    rules = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) >= 6
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules
    assert "default-src 'none'" in rules
    assert "img-src data:;" in rules
    assert "unsafe-inline" not in rules.split("style-src")[0]


def test_the_same_findings_give_the_same_page(findings, page) -> None:
    assert web_map(findings, language="zh") == page


def test_the_page_is_small(page) -> None:
    assert len(page.encode()) < 1_500_000


@pytest.mark.parametrize(("language", "says"), [("zh", "演示数据"), ("en", "Demo data")])
def test_demo_data_say_so(findings, language, says) -> None:
    told = content_in(web_map(findings, language=language))["title"]
    assert told["demo"].startswith(says)
    real = replace(findings, study=replace(findings.study, study=replace(
        findings.study.study, synthetic=False)))  # fmt: skip
    assert page_content(real, language)["title"]["demo"] == ""


def test_names_that_look_like_code_stay_names(findings) -> None:
    places = findings.facilities
    named = replace(places, names=(HOSTILE, *places.names[1:]))
    areas = replace(findings.areas, names=(HOSTILE, *findings.areas.names[1:]))
    study = replace(
        findings.study, study=replace(findings.study.study, name=HOSTILE),
        report=replace(findings.study.report, unit=HOSTILE),
    )  # fmt: skip
    page = web_map(replace(findings, facilities=named, areas=areas, study=study), language="en")
    assert "<script>window.hacked" not in page
    assert "<img" not in page
    told = content_in(page)
    assert told["title"]["name"] == HOSTILE
    assert told["title"]["unit"].endswith(HOSTILE)
    assert layers_of(told)[f"now-{places.kinds[0]}"]["cards"]["title"][0] == HOSTILE


def test_an_english_page_speaks_english(findings) -> None:
    """All that is Chinese on an English page are names, and words of the planner's files."""
    told = page_content(findings, "en")
    texts = [*told["words"].values(), *(k["name"] for k in told["kinds"])]
    texts += [line for k in told["kinds"] for line in k["lines"]]
    texts += [text for key, text in told["title"].items() if key not in ("name", "unit")]
    for layer in layers_of(told).values():
        texts += [layer["name"], *(entry["text"] for entry in layer["legend"])]
        texts += layer["cards"]["labels"] if "cards" in layer else []
    assert [text for text in texts if CHINESE.search(text)] == []


# --- online tiles -------------------------------------------------------------------------------

KEY = "0123456789abcdef0123456789abcdef"


def rules_of(page: str) -> str:
    return re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]


@pytest.mark.parametrize(
    ("tiles", "server"),
    [
        (Tiles("osm"), "https://tile.openstreetmap.org"),
        (Tiles("tianditu", KEY), "https://t0.tianditu.gov.cn"),
    ],
)
def test_tiles_open_the_page_to_one_server_only(findings, page, tiles, server) -> None:
    online = web_map(findings, language="zh", tiles=tiles)
    assert rules_of(online).count("https:") == 1
    assert f"img-src data: {server};" in rules_of(online)
    told = content_in(online)
    assert all(url.startswith(f"{server}/") for url in told["tiles"]["urls"])
    assert server.removeprefix("https://") in told["tiles"]["note"]
    layers = layers_of(told)
    assert layers["tiles"]["on"] and not layers["streets"]["on"]
    assert server not in page
    assert content_in(page)["tiles"] is None
    assert "tiles" not in layers_of(content_in(page))


def test_tianditu_is_asked_in_web_mercator_with_the_users_key() -> None:
    streets, names = Tiles("tianditu", KEY).urls
    assert "/vec_w/wmts?" in streets and "/cva_w/wmts?" in names
    for url in (streets, names):
        assert "TILEMATRIXSET=w&" in url and url.endswith(f"&tk={KEY}")
        assert "TILEMATRIX={z}&TILEROW={y}&TILECOL={x}" in url
    assert KEY not in repr(Tiles("tianditu", KEY))
    assert tiles_of(" Tianditu ", key=f" {KEY}\n") == Tiles("tianditu", KEY)


@pytest.mark.parametrize(
    ("source", "key", "fault"),
    [
        ("高德", "", "webmap.shifted_tiles"), ("amap", "", "webmap.shifted_tiles"),
        ("Tencent", "", "webmap.shifted_tiles"), ("百度地图", KEY, "webmap.shifted_tiles"),
        ("google", "", "webmap.unknown_tiles"), ("", "", "webmap.unknown_tiles"),
        ("tianditu", "", "webmap.no_key"), ("tianditu", 'a"><img src=x>', "webmap.bad_key"),
        ("osm", KEY, "webmap.key_unused"),
    ],
)  # fmt: skip
def test_other_tiles_are_refused_with_the_reason(source, key, fault) -> None:
    with pytest.raises(InputError) as refused:
        Tiles(source, key)
    assert [f.key for f in refused.value.faults] == [fault]
    if fault == "webmap.shifted_tiles":
        assert "GCJ-02" in refused.value.render("zh")
        assert "GCJ-02" in refused.value.render("en")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_study_does_not_say_is_to_be_supplied(findings, language) -> None:
    study = findings.study
    bare = replace(
        study, study=replace(study.study, date=""), report=replace(study.report, unit="")
    )
    said = page_content(replace(findings, study=bare), language)["title"]
    missing = Words(language)("status.to be supplied")
    assert said["date"].endswith(missing) and said["unit"].endswith(missing)
    assert said["notice"] == Words(language)("map.not_approved")


# --- figures ------------------------------------------------------------------------------------


def test_few_layers_are_on_at_first(content) -> None:
    on = {name for name, layer in layers_of(content).items() if layer["on"]}
    assert on == {"share", "gaps", "now-care_station", "sites0", "areas", "streets"}


def test_every_facility_has_its_card(findings, content) -> None:
    places, layers = findings.facilities, layers_of(content)
    seen = []
    for kind in places.all_kinds():
        layer = layers[f"now-{kind}"]
        assert len(unpack(layer["g"])[0]) == layer["count"] == len(layer["cards"]["values"])
        for item, row in enumerate(places.rows_of(kind)):
            told = layer["cards"]["values"][item]
            assert told[0] == places.ids[row]
            assert f"{places.capacity[row]:g}" in told
            assert any(cell.startswith(whole(places.floor_area_m2[row])) for cell in told)
            seen.append(told[0])
    assert sorted(seen) == sorted(places.ids)


def test_what_is_unknown_is_not_nought(findings) -> None:
    places = findings.facilities
    unknown = np.full(len(places.ids), np.nan)
    bare = replace(
        places, capacity=unknown, floor_area_m2=unknown, storey=unknown,
        lift=np.full(len(unknown), -1, np.int8), opened=("",) * len(unknown),
    )  # fmt: skip
    told = page_content(replace(findings, facilities=bare), "zh")
    for row in layers_of(told)["now-canteen"]["cards"]["values"]:
        assert row[3:8] == ["待补充"] * 5


def test_gap_cards_are_the_gaps(findings, content) -> None:
    for kind, found in layers_of(content)["gaps"]["data"].items():
        gaps = findings.gaps_of(kind)
        assert found["ids"] == list(gaps.ids)
        assert len(found["shapes"]) == len(gaps.ids) == len(unpack(found["g"])[0])
        for item in range(len(gaps.ids)):
            told = found["cards"]["values"][item]
            assert told[1] == gaps.areas[item]
            figures = [re.sub(r"\D", "", cell) for cell in told[3:7]]
            assert figures == [re.sub(r"\D", "", whole(p)) for p in gaps.people[item]]


def test_gap_cards_tell_the_walk_the_detour_and_the_barrier(findings) -> None:
    gaps = findings.gaps_of(KIND)
    walk, detour = gaps.walk_m.copy(), gaps.detour.copy()
    walk[1] = detour[1] = np.inf
    cause, kinds, names = list(gaps.cause), [""] * len(gaps.ids), [""] * len(gaps.ids)
    cause[0], kinds[0], names[0] = "barrier", "river", HOSTILE
    cause[1], kinds[1] = "barrier", "railway"
    made = replace(
        gaps, walk_m=walk, detour=detour, cause=tuple(cause), barrier_kind=tuple(kinds),
        barrier_name=tuple(names), facility=(gaps.facility[0], "", *gaps.facility[2:]),
    )  # fmt: skip
    told = replace(findings, gaps=tuple(made if g.kind == KIND else g for g in findings.gaps))
    page = web_map(told, language="en")
    assert HOSTILE not in page
    first, second, *rest = layers_of(content_in(page))["gaps"]["data"][KIND]["cards"]["values"]
    assert first[-1] == f"barrier, long way round: {HOSTILE}"
    assert second[-4:] == ["—", "—", "—", "barrier, long way round: railway"]
    for n, row in enumerate(rest, start=2):
        assert row[-4:-2] == [f"{whole(gaps.walk_m[n])} m", f"{gaps.detour[n]:.1f}"]
        assert row[-2].split()[0] == gaps.facility[n]


def test_example_walks_are_the_ways_of_gaps_that_can_say(findings, dumb) -> None:
    for now in (findings, dumb):
        layer = layers_of(page_content(now, "en"))["walks"]
        for kind, found in layer["data"].items():
            examples = now.gaps_of(kind).examples
            held = withheld_gaps(now, kind)[examples.gap]
            wanted = ~shapely.is_empty(examples.way) & ~held
            assert found["gap"] == examples.gap[wanted].tolist()
            assert len(unpack(found["g"])) == len(found["gap"]) == len(found["cards"]["values"])
            for row, seconds in zip(
                found["cards"]["values"], examples.seconds[wanted], strict=True
            ):
                assert row[2] == f"{seconds / 60:.1f} min"


def test_links_are_numbered_and_silent_where_an_area_cannot_say(findings) -> None:
    links = findings.links
    assert links is not None
    lead = links.groups.index(findings.lead_group)
    held = withhold(findings, [int(links.area_index[0])])
    layer = layers_of(page_content(held, "en"))["links"]
    assert not layer["on"]
    ends = unpack(layer["lines"])
    assert len(ends) == layer["count"] == len(links.what)
    said = Words("en")("completeness.cannot_say")
    for n, row in enumerate(layer["cards"]["values"]):
        silent = bool(held.cannot_say(links.kind)[links.area_index[n]])
        assert row[5] == (said if silent else whole(links.gained[n, lead]))
        assert row[8] == (", ".join(links.gaps[n]) or "—")
    assert layer["cards"]["values"][0][5] == said
    assert "links" not in layers_of(page_content(replace(findings, links=None), "en"))


def test_facilities_that_do_not_count_are_grey_or_hollow(findings, content) -> None:
    layers, around = layers_of(content), findings.neighbours()
    assert around is not None
    grey, hollow = layers["neighbours"], layers["planned"]
    assert [row[0] for row in grey["cards"]["values"]] == list(around.ids)
    assert {look["colour"] for look in grey["looks"]} == {grey["sign"]["colour"]}
    assert [row[0] for row in hollow["cards"]["values"]] == list(findings.planned().ids)
    assert all(look["hollow"] for look in hollow["looks"])
    aside = findings.uncounted.set_aside
    closed = replace(aside, state=("closed",) * len(aside.ids))
    without = replace(findings, uncounted=replace(findings.uncounted, set_aside=closed,
                                                  neighbours=None))  # fmt: skip
    assert not {"planned", "neighbours"} & set(layers_of(page_content(without, "en")))


def test_neighbours_that_count_are_said_to(findings) -> None:
    places = findings.facilities
    origin = ("neighbour", *places.origin[1:])
    counted = replace(findings, facilities=replace(places, origin=origin))
    layer = layers_of(page_content(counted, "en"))["neighbours"]
    assert layer["count"] == 1
    assert layer["name"] == Words("en")("map.layer_neighbours_counted")


def test_area_cards_tell_ranges_walks_and_places(findings) -> None:
    cards = layers_of(page_content(findings, "en"))["areas"]["cards"]
    labels = cards["labels"]
    low, own, high = findings.sweep.area_ranges(KIND)
    at = labels.index("Share, care station (range as assumptions vary)")
    of = labels.index("Beds or seats per 1,000 (aged 60+), community canteen")
    per = findings.measured.supply.per_1000("canteen")
    for a, row in enumerate(cards["values"]):
        assert row[at]["bar"] == pytest.approx([low[a], own[a], high[a]], abs=1e-4)
        assert row[at]["text"] == f"{percent(own[a])} ({percent(low[a])}–{percent(high[a])})"
        assert row[of] == f"{per[a]:,.1f}"
        assert len(row) == len(labels)
    unknown = replace(findings.measured.supply, places=findings.measured.supply.places * np.nan)
    bare = replace(findings, measured=replace(findings.measured, supply=unknown))
    told = layers_of(page_content(bare, "en"))["areas"]["cards"]["values"]
    assert told[0][of] == "to be supplied"


def test_uncovered_people_are_all_there(findings, content) -> None:
    summary = findings.summary()
    for kind, found in layers_of(content)["people"]["data"].items():
        shown = sum(found["people"]) + found["unplaced"]
        assert shown == pytest.approx(summary.of(kind).outside, abs=0.05 * len(found["people"]) + 1)
        assert len(found["people"]) <= 5000


def test_site_cards_are_the_plan(findings, content) -> None:
    found = findings.plans[0]
    cards = layers_of(content)["sites0"]["cards"]
    missing = Words(content["language"])("status.to be supplied")
    assert [row[0] for row in cards["values"]] == list(found.plan.site_ids)
    for item, row in enumerate(cards["values"]):
        gain, so_far, loss = (int(re.sub(r"\D", "", cell)) for cell in row[6:9])
        assert gain == round(found.plan.gain_people[item])
        assert so_far == round(found.plan.cumulative_people[item])
        assert loss == round(found.plan.loss_if_vetoed[item])
        places = found.premises.capacity[found.chosen[item]]
        assert row[9] == (f"{places:g}" if np.isfinite(places) else missing)


def test_every_premises_is_on_one_layer(findings, content) -> None:
    layers = layers_of(content)
    shown = [row[0] for name in ("sites0", "premises0") for row in layers[name]["cards"]["values"]]
    assert sorted(shown) == sorted(findings.plans[0].premises.ids)


def test_area_cards_and_colours_are_the_coverage(findings, content) -> None:
    coverage, layers = findings.coverage, layers_of(content)
    lead = coverage.groups.index(coverage.lead_group)
    cards = layers["areas"]["cards"]
    for a, name in enumerate(findings.areas.names):
        assert cards["title"][a] == name
        for k, kind in enumerate(coverage.kinds):
            share = coverage.people(kind)[a] / coverage.residents[a, lead]
            assert percent(share) in cards["values"][a][len(coverage.groups) + k]
            assert layers["share"]["data"][kind][a] == share_colour(share)


def test_shares_on_a_limit_fall_in_the_upper_class() -> None:
    low, middle, high = (share_colour(share) for share in (0.0, 0.5, 0.8))
    assert share_colour(0.499) == low != middle
    assert share_colour(0.799) == middle != high
    assert share_colour(1.0) == high
    assert share_colour(float("nan")) not in (low, middle, high)


def test_bands_do_not_overlap(findings) -> None:
    shapes = findings.shapes
    packer = Packer.around(findings.areas.plane, findings.facilities.xy_m)
    rings = [unpack(band["g"]) for band in bands(shapes, ANY, packer)]
    solid = []
    for parts in rings:
        filled = shapely.make_valid([shapely.Polygon(part) for part in parts])
        while len(filled) > 1:  # the even-odd rule, as the browser fills; halves, then their halves
            odd = filled[len(filled) // 2 * 2 :]
            filled = shapely.symmetric_difference(filled[: -len(odd) or None : 2], filled[1::2])
            filled = np.concatenate([filled, odd])
        solid.append(filled[0])
    for one, other in ((0, 1), (0, 2), (1, 2)):
        common = shapely.intersection(solid[one], solid[other]).area
        assert common < 0.01 * min(solid[one].area, solid[other].area)


def test_a_bare_study_has_a_map_too(findings) -> None:
    """No plans, no gaps, no water, nobody in one area, nothing within reach."""
    none = np.empty(0, object)
    gaps = tuple(
        replace(
            g, ids=(), areas=(), streets=(), xy_m=np.empty((0, 2)), people=g.people[:0],
            median_s=g.median_s[:0], straight_m=g.straight_m[:0], cause=(),
            member=np.full_like(g.member, -1),
        )
        for g in findings.gaps
    )  # fmt: skip
    empty = np.full_like(findings.shapes.shapes, shapely.MultiPolygon())
    residents = findings.coverage.residents.copy()
    residents[0] = 0
    bare = replace(
        findings, plans=(), gaps=gaps, backdrop=Backdrop(none, none),
        shapes=replace(findings.shapes, shapes=empty),
        coverage=replace(findings.coverage, residents=residents),
    )  # fmt: skip
    told = content_in(web_map(bare, language="en"))
    assert told["kind"] == ANY
    assert [g["id"] for g in told["groups"]] == ["cover", "want", "now", "base"]
    assert any(e["text"] == "no residents" for e in layers_of(told)["share"]["legend"])


# --- areas that cannot say ----------------------------------------------------------------------

# A town with gaps and a crowded quarter; they cannot speak of stations, but of all else.
DUMB = (2, 17)
KIND = "care_station"


@pytest.fixture(scope="module")
def dumb(findings):
    return withhold(findings, DUMB, kinds=[KIND])


@pytest.fixture(scope="module", params=["zh", "en"])
def doubting(dumb, request):
    return page_content(dumb, request.param)


@pytest.fixture(scope="module")
def sure(findings, doubting):
    """Return the content of the same page where all areas can say."""
    return page_content(findings, doubting["language"])


def entries(layer, mark: str) -> list[dict]:
    return [entry for entry in layer["legend"] if mark in entry]


def test_areas_that_cannot_say_are_hatched_and_have_no_colour(sure, doubting) -> None:
    layers, before = layers_of(doubting), layers_of(sure)
    words = Words(doubting["language"])
    for kind, colours in layers["share"]["data"].items():
        blank = [a for a, colour in enumerate(colours) if colour is None]
        assert blank == doubting["withheld"]["areas"][kind] == (list(DUMB) if kind == KIND else [])
    for name in ("share", "bands", "after0"):
        [entry] = entries(layers[name], "hatch")
        assert entry["text"] == words("map.legend_withheld")
        assert entry["hatch"] == doubting["withheld"]["colour"]
        assert entries(before[name], "hatch") == []
    assert entries(layers["share"], "hatch")[0]["kinds"] == [KIND]
    assert entries(layers["bands"], "hatch")[0]["kinds"] == [KIND]
    # The layer of a plan keeps its kind, and so its legend.
    assert "kinds" not in entries(layers["after0"], "hatch")[0]
    assert layers["after0"]["kind"] == KIND
    assert None not in before["share"]["data"][KIND]


def test_cards_and_tips_of_such_areas_show_no_share(dumb, sure, doubting) -> None:
    layers, words = layers_of(doubting), Words(doubting["language"])
    cards, before = layers["areas"]["cards"], layers_of(sure)["areas"]["cards"]
    said = words("completeness.cannot_say")
    groups, kinds = dumb.coverage.groups, dumb.coverage.kinds
    # Coverage now and once built, its range, and the median walk.
    silent = {len(groups) + kinds.index(KIND), *(len(groups) + len(kinds) + n for n in (0, 1, 3))}
    for a, row in enumerate(cards["values"]):
        for column, (now, then) in enumerate(zip(row, before["values"][a], strict=True)):
            assert now == (said if a in DUMB and column in silent else then)
    assert cards["notes"] == dict.fromkeys(DUMB, words("map.note_area_withheld"))
    assert before["notes"] == {}
    for kind, tips in layers["areas"]["data"].items():
        for a, tip in enumerate(tips):
            held = kind == KIND and a in DUMB
            assert (tip[1:] == [words("map.legend_withheld")]) == held
            assert any("%" in line for line in tip) != held


def test_the_panel_names_them(dumb, sure, doubting) -> None:
    before = {kind["id"]: kind["lines"] for kind in sure["kinds"]}
    for kind in doubting["kinds"]:
        held = kind["id"] == KIND
        assert kind["lines"][: len(kind["lines"]) - held] == before[kind["id"]]
        if held:
            assert all(dumb.areas.names[a] in kind["lines"][-1] for a in DUMB)
    many = withhold(dumb, range(len(dumb.areas.names) + 1))
    line = page_content(many, "en")["kinds"][0]["lines"][-1]
    assert "and 17 more" in line
    assert dumb.areas.names[6] not in line


def test_gaps_there_are_apart_and_have_no_cause(dumb, sure, doubting) -> None:
    layer, words = layers_of(doubting)["gaps"], Words(doubting["language"])
    before = layers_of(sure)["gaps"]
    held = np.flatnonzero(withheld_gaps(dumb, KIND)).tolist()
    assert held
    for kind, found in layer["data"].items():
        assert found["withheld"] == (held if kind == KIND else [])
        then = before["data"][kind]
        for n, row in enumerate(found["cards"]["values"]):
            wanted = list(then["cards"]["values"][n])
            if n in found["withheld"]:
                wanted[-4:] = [words("completeness.cannot_say")] * 4
            assert row == wanted
        notes = dict.fromkeys(found["withheld"], words("map.note_gap_withheld"))
        assert found["cards"]["notes"] == notes
        assert found["ids"] == then["ids"]
    [entry] = [e for e in layer["legend"] if e["outline"] == layer["withheld_colour"]]
    assert entry["kinds"] == [KIND]
    assert len(before["legend"]) == 1


def test_people_there_are_counted_but_not_called_uncovered(dumb, sure, doubting) -> None:
    layer, before = layers_of(doubting)["people"], layers_of(sure)["people"]
    coverage, demand = dumb.coverage, dumb.demand
    lead = demand.people_of(demand.lead_group)
    limit = dumb.study.walker(dumb.study.circle.walker).limit_ms(coverage.minutes[-1])
    for kind, found in layer["data"].items():
        beyond = coverage.ms[coverage.kinds.index(kind), 0] > limit
        there = beyond & withheld_people(dumb, kind) & np.isfinite(demand.xy_m).all(axis=1)
        slack = 0.05 * len(found["people"])
        unsure = sum(found["people"][found["sure"] :])
        assert unsure == pytest.approx(lead[there].sum(), abs=slack)
        assert (unsure > 0) == (kind == KIND)
        then = before["data"][kind]
        assert then["sure"] == len(then["people"])
        assert sum(found["people"]) == pytest.approx(sum(then["people"]), abs=2 * slack)
    [entry] = [e for e in layer["legend"] if "kinds" in e]
    assert entry["kinds"] == [KIND]
    assert entry["dot"] == layer["withheld_colour"]
    assert len(before["legend"]) == len(layer["legend"]) - 1


def test_sites_there_say_that_their_gain_is_unsure(findings) -> None:
    found = findings.plans[0]
    at = found.premises.area_index[found.chosen].tolist()
    told = page_content(withhold(findings, [at[0]], kinds=[KIND]), "en")
    notes = layers_of(told)["sites0"]["cards"]["notes"]
    assert sorted(notes) == [n for n, area in enumerate(at) if area == at[0]]


def test_a_page_that_doubts_is_safe_repeats_and_speaks_its_language(dumb) -> None:
    names = tuple(HOSTILE if n == 2 else name for n, name in enumerate(dumb.areas.names))
    gaps = tuple(
        replace(g, areas=tuple(HOSTILE if a == dumb.areas.names[2] else a for a in g.areas))
        for g in dumb.gaps
    )
    hostile = replace(dumb, areas=replace(dumb.areas, names=names), gaps=gaps)
    page = web_map(hostile, language="en")
    assert page == web_map(hostile, language="en")
    assert "<script>window.hacked" not in page
    assert "<img" not in page
    test_the_page_asks_for_nothing(page)
    test_only_its_own_scripts_may_run(page)
    told = content_in(page)
    assert any(HOSTILE in line for kind in told["kinds"] for line in kind["lines"])
    layers = layers_of(told)
    texts = [entry["text"] for layer in layers.values() for entry in layer["legend"]]
    for cards in (layers["areas"]["cards"], layers["gaps"]["data"][KIND]["cards"]):
        assert cards["notes"]
        texts += cards["notes"].values()
    texts += [line for by in layers["areas"]["data"].values() for tip in by for line in tip]
    assert [text for text in texts if CHINESE.search(text)] == []


def test_only_streets_of_openstreetmap_are_credited_to_it(small_run) -> None:
    findings = small_run.findings
    supplied = replace(
        findings,
        network=replace(findings.network, report={**findings.network.report, "crossings_noded": 0}),
    )
    assert "OpenStreetMap contributors" in web_map(findings, language="en")
    assert "OpenStreetMap contributors" not in web_map(supplied, language="en")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("direction", get_args(Direction))
def test_every_direction_has_its_words_on_every_page(small_run, direction, language) -> None:
    study = small_run.findings.study
    circle = replace(study.circle, direction=direction)
    findings = replace(small_run.findings, study=replace(study, circle=circle))
    assert page_content(findings, language)
    assert imprint_of(findings, language).rows
    words = Words(language)
    for table, key in (("map", "direction"), ("plate", "direction"), ("table", "v_direction"),
                       ("report", "d_direction")):  # fmt: skip
        assert words(f"{table}.{key}_{direction}")


# --- borders that are a guess -------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_approximate_borders_are_dashed_once_and_said_to_be_so(findings, language) -> None:
    words = Words(language)
    guessed = page_content(uncertain(findings), language)
    layer, before = (
        layers_of(guessed)["areas"],
        layers_of(page_content(findings, language))["areas"],
    )
    [entry] = layer["legend"]
    assert entry["dash"] and entry["text"] == words("map.legend_border_approximate")
    assert words("map.borders_approximate") in guessed["title"]["sources"]
    assert words("map.sources_osm", {"count": OSM}) in guessed["title"]["sources"]
    drawn = sum(np.hypot(*np.diff(part, axis=0).T).sum() for part in unpack(layer["borders"]))
    twice = [unpack(area["g"]) for area in guessed["areas"]]
    rings = sum(np.hypot(*np.diff(p, axis=0).T).sum() for parts in twice for p in parts)
    assert 0.5 * rings < drawn < 0.7 * rings
    assert "borders" not in before and "dash" not in before["legend"][0]


def test_any_kind_is_left_out_where_the_only_kind_says_the_same(findings) -> None:
    def shown(**people: list[float]) -> tuple[str, ...]:
        figures = {kind: np.array(counts) for kind, counts in people.items()}
        coverage = SimpleNamespace(kinds=tuple(people), people=figures.__getitem__)
        return kinds_shown(SimpleNamespace(coverage=coverage))

    assert shown(post=[1.0, 2.0], any=[1.0, 2.0]) == ("post",)
    assert shown(post=[1.0, 2.0], any=[1.0, 3.0]) == ("post", "any")
    assert shown(post=[1.0], school=[1.0], any=[1.0]) == ("post", "school", "any")
    assert shown(any=[0.0]) == ("any",)
    assert [k["id"] for k in page_content(findings, "en")["kinds"]][-1] == "any"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_map_speaks_of_elder_care_only_where_its_kinds_are(findings, language) -> None:
    words = Words(language)
    assert page_content(findings, language)["title"]["what"] == words("map.what")
    coverage = findings.coverage
    renamed = {kind: f"own {kind}" for kind in coverage.kinds if kind != "any"}
    other = replace(
        findings, plans=(),
        coverage=replace(coverage, kinds=tuple(renamed.get(k, k) for k in coverage.kinds)),
    )  # fmt: skip
    assert title(other, language)["what"] == words("map.what_other")
