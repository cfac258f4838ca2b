"""The web map in Chromium with the network cut: layers, search, cards, phone, print."""

import base64
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from chromium import Browser
from quarterhour.checking import check_study, write_picture
from quarterhour.maps import web_map
from quarterhour.maps.withheld import withheld_gaps
from quarterhour.wording import label, percent, whole
from withholding import withhold

pytestmark = pytest.mark.browser

HOSTILE = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
ENTER = ("Enter", 13)
# A town with gaps and a crowded quarter.
DUMB = (2, 17)


@pytest.fixture(scope="module")
def findings(small_run):
    """Return the small run as if all its areas could say."""
    return withhold(small_run.findings, ())


@pytest.fixture(scope="module")
def pages(findings, tmp_path_factory) -> dict[str, Path]:
    """Return the map in both languages, with hostile names, and with areas that cannot say."""
    folder = tmp_path_factory.mktemp("pages")
    places = findings.facilities
    hostile = replace(
        findings,
        facilities=replace(places, names=(HOSTILE, *places.names[1:])),
        areas=replace(findings.areas, names=(HOSTILE, *findings.areas.names[1:])),
        study=replace(findings.study, study=replace(findings.study.study, name=HOSTILE)),
    )
    made = {
        "zh": web_map(findings, language="zh"),
        "en": web_map(findings, language="en"),
        "hostile": web_map(hostile, language="en"),
        "doubting": web_map(withhold(findings, DUMB, kinds=["care_station"]), language="en"),
    }
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8", newline="\n")
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(autouse=True)
def quiet(browser):
    """After every test: nothing was asked for, and nothing was complained about."""
    yield
    assert browser.requests() == []
    assert browser.faults() == []


def search(browser: Browser, text: str) -> None:
    browser.click("#search")
    browser.js("document.getElementById('search').select(), 0")
    browser.type(text)


def card(browser: Browser) -> dict[str, str]:
    """Return the open card, title and rows; one that was just closed may still be fading."""
    newest = ".leaflet-popup:last-child .card"
    rows = zip(browser.texts(f"{newest} th"), browser.texts(f"{newest} td"), strict=True)
    return {"title": browser.texts(f"{newest} h2")[0], **dict(rows)}


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


@pytest.mark.parametrize("name", ["zh", "en"])
def test_it_opens_soon(browser, pages, name) -> None:
    assert browser.open(pages[name]) < 3.0
    assert browser.count("canvas") >= 2
    assert browser.js("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[name]


def test_the_streets_are_drawn(browser, pages) -> None:
    browser.open(pages["zh"])
    inked = (
        "(() => { const c = document.querySelector('.leaflet-streets-pane canvas');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " let n = 0; for (let k = 3; k < d.length; k += 4) n += d[k] > 0; return n; })()"
    )
    assert browser.js(inked) > 5000


def test_every_box_switches_its_layer(browser, pages) -> None:
    browser.open(pages["zh"])
    boxes = browser.js("[...document.querySelectorAll('#layers input')].map((b) => b.id)")
    assert len(boxes) >= 12
    for box in boxes:
        was = browser.js(f"document.getElementById({box!r}).checked")
        before = browser.texts("#legend .entry")
        browser.click(f"#{box}")
        assert browser.js(f"document.getElementById({box!r}).checked") is not was
        assert browser.texts("#legend .entry") != before
        browser.click(f"#{box}")
        assert browser.js(f"document.getElementById({box!r}).checked") is was


def test_signs_on_the_map_are_the_facilities(browser, pages, findings) -> None:
    browser.open(pages["zh"])
    for name in ("gaps", "sites0"):
        browser.click(f"#layer-{name}")
    shown = len(findings.facilities.rows_of("care_station"))
    assert browser.count(".sign") == shown
    browser.click("#layer-now-canteen")
    assert browser.count(".sign") == shown + len(findings.facilities.rows_of("canteen"))
    browser.click("#layer-now-care_station")
    assert browser.count(".sign") == len(findings.facilities.rows_of("canteen"))


def test_one_fill_at_a_time(browser, pages) -> None:
    browser.open(pages["en"])
    for name in ("bands", "after0", "share"):
        browser.click(f"#layer-{name}")
        checked = "[...document.querySelectorAll('#layers input:checked')].map((b) => b.id)"
        on = set(browser.js(checked)) & {"layer-bands", "layer-after0", "layer-share"}
        assert on == {f"layer-{name}"}


def test_the_kind_changes_figures_and_legend(browser, pages, findings) -> None:
    browser.open(pages["en"])
    summary = findings.summary()
    for kind in findings.coverage.kinds:
        browser.js(
            f"(() => {{ const s = document.getElementById('kind'); s.value = {kind!r};"
            " s.dispatchEvent(new Event('change')); })()"
        )
        browser.settle()
        figures = summary.of(kind)
        line = browser.texts("#layers .lines p")[0]
        assert percent(figures.share[summary.minutes]) in line
        assert whole(figures.within[summary.minutes]) in line
        assert label(kind, "kind", "en") in browser.texts("#legend h3 small")
        assert browser.count(".gap") == len(findings.gaps_of(kind).ids)


def test_search_finds_a_facility_and_opens_its_card(browser, pages, findings) -> None:
    browser.open(pages["zh"])
    places = findings.facilities
    row = int(places.rows_of("canteen")[3])
    assert browser.js("document.getElementById('layer-now-canteen').checked") is False
    search(browser, places.names[row])
    assert places.names[row] in browser.texts(".found li span")
    browser.key(*ENTER)
    told = card(browser)
    assert told["title"] == places.names[row]
    assert told["编号"] == places.ids[row]
    assert told["床位/座位"] == f"{places.capacity[row]:g}"
    assert digits(told["建筑面积"]) == digits(whole(places.floor_area_m2[row]))
    assert told["所在镇街"] == findings.areas.names[places.area_index[row]]
    assert browser.js("document.getElementById('layer-now-canteen').checked") is True


def test_search_finds_gaps_sites_and_areas(browser, pages, findings) -> None:
    browser.open(pages["en"])
    gaps = findings.gaps_of("care_station")
    search(browser, gaps.ids[1])
    browser.key(*ENTER)
    told = card(browser)
    assert told["title"] == f"Gap {gaps.ids[1]}"
    assert told["aged 60+"] == whole(gaps.people[1, gaps.groups.index("60+")])
    found = findings.plans[0]
    search(browser, found.plan.site_ids[2])
    browser.key(*ENTER)
    told = card(browser)
    assert told["Number"] == found.plan.site_ids[2]
    assert told["People gained (aged 60+)"] == whole(found.plan.gain_people[2])
    search(browser, findings.areas.names[5])
    browser.key(*ENTER)
    told = card(browser)
    assert told["title"] == findings.areas.names[5]
    assert told["residents"] == whole(findings.coverage.residents[5, 0])


def test_search_for_nothing_says_so(browser, pages) -> None:
    browser.open(pages["en"])
    search(browser, "zzzz")
    assert browser.texts(".found li") == ["Nothing found"]


def test_a_click_on_a_site_opens_its_card(browser, pages, findings) -> None:
    browser.open(pages["en"])
    browser.click(".site")
    assert card(browser)["title"].startswith("Site ")


def test_a_gap_shows_its_walks_until_its_card_closes(browser, pages, findings) -> None:
    browser.open(pages["en"])
    drawn = (
        "(() => { let n = 0; quarterhour.map.eachLayer((l) => {"
        " n += l.options.color === '#006d5b' && l instanceof L.Polyline; }); return n; })()"
    )
    assert browser.js(drawn) == 0
    gaps = findings.gaps_of("care_station")
    search(browser, gaps.ids[0])
    browser.key(*ENTER)
    found = gaps.examples
    own = [n for n in found.of_gap(0).tolist() if not found.way[n].is_empty]
    assert browser.js(drawn) == len(own) > 0
    assert card(browser)["Detour factor"] == f"{gaps.detour[0]:.1f}"
    browser.js("quarterhour.map.closePopup(), 0")
    assert browser.js(drawn) == 0


def test_links_and_facilities_beside_have_cards(browser, pages, findings) -> None:
    browser.open(pages["en"])
    links = findings.links
    search(browser, "Missing link 1")
    browser.key(*ENTER)
    lead = links.groups.index(findings.lead_group)
    assert card(browser)["People gained (aged 60+)"] == whole(links.gained[0, lead])
    hollow = ".sign [fill='#ffffff'][stroke='#009e73']"
    assert browser.count(hollow) == 0
    browser.click("#layer-planned")
    stations = [k for k in findings.planned().kinds if k == "care_station"]
    assert browser.count(hollow) == len(stations)


def test_a_range_is_a_bar_in_the_card_of_an_area(browser, pages, findings) -> None:
    browser.open(pages["en"])
    search(browser, findings.areas.names[0])
    browser.key(*ENTER)
    assert browser.count(".card svg.range") == len(findings.sweep.kinds)
    low, own, high = (v[0] for v in findings.sweep.area_ranges("care_station"))
    said = card(browser)["Share, care station (range as assumptions vary)"]
    assert said == f"{percent(own)} ({percent(low)}–{percent(high)})"


def test_pointing_at_an_area_tells_its_share(browser, pages, findings) -> None:
    browser.open(pages["en"])
    for name in ("gaps", "sites0", "now-care_station"):
        browser.click(f"#layer-{name}")
    x, y = browser.js(
        "(() => { const b = document.querySelector('.name span').getBoundingClientRect();"
        " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
    )
    browser.mouse(x - 3, y, click=False)
    browser.mouse(x, y, click=False)
    name = browser.texts(".name span")[0]
    area = findings.areas.names.index(name)
    lines = browser.texts(".tip div")
    coverage = findings.coverage
    lead = coverage.groups.index(coverage.lead_group)
    share = coverage.people("care_station")[area] / coverage.residents[area, lead]
    assert browser.texts(".tip b") == [name]
    assert percent(share) in lines[-1]


def test_names_that_look_like_code_do_nothing(browser, pages) -> None:
    browser.open(pages["hostile"])
    assert browser.texts("h1") == [HOSTILE]
    search(browser, "F001")
    browser.key(*ENTER)
    assert browser.texts(".card h2") == [HOSTILE]
    assert browser.js("typeof window.hacked") == "undefined"


def test_labels_do_not_lie_on_each_other(browser, pages) -> None:
    browser.open(pages["zh"])
    boxes = browser.js(
        "[...document.querySelectorAll('.name span, .gap span')]"
        ".filter((e) => getComputedStyle(e).visibility === 'visible')"
        ".map((e) => { const b = e.getBoundingClientRect();"
        " return [b.x, b.y, b.right, b.bottom]; })"
    )
    assert len(boxes) > 15
    box = np.array(boxes)
    wide = np.minimum(box[:, None, 2], box[None, :, 2]) - np.maximum(
        box[:, None, 0], box[None, :, 0]
    )
    tall = np.minimum(box[:, None, 3], box[None, :, 3]) - np.maximum(
        box[:, None, 1], box[None, :, 1]
    )
    both = (wide > 2) & (tall > 2) & ~np.eye(len(box), dtype=bool)
    assert not both.any()


@pytest.mark.parametrize("name", ["zh", "en", "hostile"])
def test_a_phone_shows_it_whole(browser, pages, name) -> None:
    browser.open(pages[name], width=390, height=844)
    wide = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert browser.js(wide) <= 390
    assert browser.texts("#layers fieldset") == []
    for panel in ("layers", "legend"):
        browser.click(f"#{panel} .fold")
        box = f"document.getElementById({panel!r}).getBoundingClientRect()"
        left, top, right, bottom = browser.js(
            f"(() => {{ const b = {box}; return [b.left, b.top, b.right, b.bottom]; }})()"
        )
        assert 0 <= left < right <= 390
        assert 0 <= top < bottom <= 844
        assert browser.js(wide) <= 390
        browser.click(f"#{panel} .fold")
    picture = base64.b64decode(browser.call("Page.captureScreenshot", format="png")["data"])
    assert len(picture) > 20_000


def test_print_hides_what_paper_cannot_use(browser, pages) -> None:
    browser.open(pages["zh"])
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        hidden = browser.js(
            "['#layers', '.search', '.leaflet-control-zoom']"
            ".map((s) => getComputedStyle(document.querySelector(s)).display)"
        )
        assert hidden == ["none"] * 3
        assert browser.texts("#legend .entry")
        assert browser.count(".leaflet-control-scale") == 1
        paper = browser.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        assert base64.b64decode(paper["data"]).startswith(b"%PDF")
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


# --- areas that cannot say ----------------------------------------------------------------------


def choose(browser: Browser, kind: str) -> None:
    browser.js(
        f"(() => {{ const s = document.getElementById('kind'); s.value = {kind!r};"
        " s.dispatchEvent(new Event('change')); })()"
    )
    browser.settle()


def hatched(browser: Browser) -> int:
    """Return how many shapes on the map are filled with hatching."""
    return browser.js(
        "Object.values(quarterhour.map._layers)"
        ".filter((l) => l.options.fillColor instanceof CanvasPattern).length"
    )


def grey_around(browser: Browser, name: str) -> float:
    """Return how much of what is drawn around an area's name is dark neutral grey."""
    return browser.js(
        "(() => { const e = [...document.querySelectorAll('.name span')]"
        f".find((e) => e.textContent === {name!r}).getBoundingClientRect();"
        " const c = document.querySelector('.leaflet-overlay-pane canvas');"
        " const b = c.getBoundingClientRect(), k = c.width / b.width;"
        " const x = (e.x + e.width / 2 - b.x) * k, y = (e.y + e.height / 2 - b.y) * k;"
        " const o = new OffscreenCanvas(40, 40).getContext('2d', { willReadFrequently: true });"
        " o.drawImage(c, 20 - x, 20 - y);"
        " const d = o.getImageData(0, 0, 40, 40).data;"
        " let grey = 0; for (let p = 0; p < d.length; p += 4)"
        " grey += d[p + 3] > 60 && Math.abs(d[p] - d[p + 1]) < 6 && Math.abs(d[p] - d[p + 2]) < 6"
        " && d[p] < 160;"
        " return grey / (d.length / 4); })()"
    )


def test_areas_that_cannot_say_are_hatched_for_their_kind_only(browser, pages, findings) -> None:
    browser.open(pages["doubting"])
    text, name = "cannot say: too few streets mapped", findings.areas.names[2]
    browser.click("#layer-gaps")
    for layer in ("share", "after0", "bands"):
        if not browser.js(f"document.getElementById('layer-{layer}').checked"):
            browser.click(f"#layer-{layer}")
        assert hatched(browser) == len(DUMB)
        assert text in browser.texts("#legend .row span")
    for layer in ("bands", "share"):
        if layer == "share":
            browser.click("#layer-share")
        assert grey_around(browser, name) > 0.05
        choose(browser, "canteen")
        assert hatched(browser) == 0
        assert text not in browser.texts("#legend .row span")
        assert grey_around(browser, name) < 0.03
        choose(browser, "care_station")


def test_cards_of_such_areas_and_gaps_say_so(browser, pages, findings) -> None:
    browser.open(pages["doubting"])
    assert any(findings.areas.names[2] in line for line in browser.texts("#layers .lines p"))
    search(browser, findings.areas.names[2])
    browser.key(*ENTER)
    told = card(browser)
    assert told["title"] == findings.areas.names[2]
    assert told["care station in reach"] == "cannot say"
    assert "%" in told["community canteen in reach"]
    own = ".leaflet-popup:last-child .card .own"
    assert browser.texts(own)[0].startswith("Cannot say")
    held = withheld_gaps(withhold(findings, DUMB), "care_station")
    gaps = findings.gaps_of("care_station")
    assert browser.count(".gap.withheld") == held.sum() > 0
    search(browser, gaps.ids[int(np.flatnonzero(held)[0])])
    browser.key(*ENTER)
    assert card(browser)["Cause"] == "cannot say"
    search(browser, gaps.ids[int(np.flatnonzero(~held)[0])])
    browser.key(*ENTER)
    assert card(browser)["Cause"] != "cannot say"
    assert browser.texts(own) == []


def test_uncovered_people_there_are_grey(browser, pages) -> None:
    browser.open(pages["doubting"])
    grey = (
        "Object.values(quarterhour.map._layers)"
        ".filter((l) => l instanceof L.CircleMarker && l.options.fillColor === '#6b6b6b').length"
    )
    assert browser.js(grey) == 0
    browser.click("#layer-people")
    assert browser.js(grey) > 10
    assert "cannot say whether covered: too few streets mapped" in browser.texts(
        "#legend .row span"
    )
    choose(browser, "canteen")
    assert browser.js(grey) == 0


def test_a_page_of_areas_that_can_all_say_does_not_hint_at_it(browser, pages) -> None:
    browser.open(pages["en"])
    assert hatched(browser) == 0
    assert "cannot say" not in browser.js("document.body.innerText").lower()


# --- the picture of a check ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def pictures(small_study, tmp_path_factory) -> dict[str, Path]:
    """Return the picture of a study with a fault and a hostile name, in both languages."""
    folder = tmp_path_factory.mktemp("checked") / "study"
    shutil.copytree(small_study.parent, folder)
    book = openpyxl.load_workbook(folder / "facilities.xlsx")
    page = book.worksheets[0]
    heads = {cell.value: cell.column_letter for cell in page[1]}
    page[f"{heads['容量']}5"] = -3
    page[f"{heads['名称']}5"] = page[f"{heads['类别']}6"] = HOSTILE
    book.save(folder / "facilities.xlsx")
    result = check_study(folder / "study.toml")
    for language in ("zh", "en"):
        write_picture(result, out=folder / f"{language}.html", language=language)
    return {language: folder / f"{language}.html" for language in ("zh", "en")}


def ringed(browser: Browser) -> int:
    return browser.count(".mark")


@pytest.mark.parametrize("name", ["zh", "en"])
def test_a_picture_of_a_check_opens_soon(browser, pictures, name) -> None:
    assert browser.open(pictures[name]) < 2.5
    assert browser.js("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[name]
    assert browser.count(".sign") > 100 and browser.count(".name") > 10
    assert browser.count(".mark.fault") == 1 <= browser.count(".mark.doubt")
    assert browser.js("window.hacked") is None
    assert browser.js("document.documentElement.scrollWidth <= innerWidth")


def test_a_remark_leads_to_its_place_by_keyboard(browser, pictures) -> None:
    browser.open(pictures["en"])
    first = "button.remark.fault"
    browser.js(f"document.querySelector({first!r}).focus(), 0")
    # A button hears the sign that a key types, not the key alone.
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter",
                 windowsVirtualKeyCode=13, text="\r")  # fmt: skip
    browser.settle()
    shown = card(browser)
    assert shown["title"] == HOSTILE and shown["File"] == "facilities.xlsx" and shown["Row"] == "5"
    assert "-3" in shown["fault"]
    assert browser.js("quarterhour.map.getZoom()") >= 16
    assert browser.count(f"{first}.at") == 1


def test_remarks_are_chosen_by_rank_and_file(browser, pictures) -> None:
    browser.open(pictures["en"])
    every, rings = browser.count(".remark"), ringed(browser)
    browser.click("#show-fault")
    assert browser.count(".remark.fault") == 0 < browser.count(".remark.doubt") < every
    assert ringed(browser) == rings - 1
    browser.click("#show-doubt")
    assert browser.count(".remark.doubt") == ringed(browser) == 0
    browser.click("#show-fault")
    assert ringed(browser) == 1


def test_points_move_with_the_datum_and_vanish_with_their_file(browser, pictures) -> None:
    browser.open(pictures["zh"])
    at = "quarterhour.files[0].drawn[0].getLatLng()"
    before = browser.js(f"JSON.stringify({at})")
    browser.click("input[name=datum-0][value=gcj02]")
    moved = browser.js(f"{at}.distanceTo(JSON.parse('{before}'))")
    assert 100 < moved < 1000
    browser.click("input[name=datum-0]")
    assert browser.js(f"JSON.stringify({at})") == before
    signs = browser.count(".sign")
    boxes = browser.js("[...document.querySelectorAll('[id^=file-]')].map((b) => b.id)")
    for box in boxes:
        browser.click(f"#{box}")
    assert browser.count(".sign") == ringed(browser) == 0 < signs
    browser.click("#layer-streets")
    assert browser.count(".leaflet-streets-pane canvas") == 0


@pytest.mark.parametrize("size", [(1400, 900), (900, 1200), (390, 800)])
def test_a_picture_fits_every_window(browser, pictures, size) -> None:
    browser.open(pictures["en"], width=size[0], height=size[1])
    assert browser.js("document.documentElement.scrollWidth <= innerWidth")
    height = browser.js("document.getElementById('map').offsetHeight")
    assert height > 0.35 * size[1]
