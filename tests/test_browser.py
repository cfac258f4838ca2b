"""The web map in Chromium with the network cut: layers, search, cards, phone, print."""

import base64
import io
import re
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from pypdf import PdfReader
from pyproj import Geod

from chromium import Browser
from quarterhour.checking import check_study, write_picture
from quarterhour.maps import web_map
from quarterhour.maps.tiles import Tiles
from quarterhour.maps.withheld import withheld_gaps
from quarterhour.wording import label, percent, whole
from withholding import withhold

pytestmark = pytest.mark.browser

HOSTILE = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
ENTER = ("Enter", 13)
ESCAPE = ("Escape", 27)
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
        study=replace(
            findings.study, study=replace(findings.study.study, name=HOSTILE),
            report=replace(findings.study.report, unit=HOSTILE),
        ),
    )  # fmt: skip
    made = {
        "zh": web_map(findings, language="zh"),
        "en": web_map(findings, language="en"),
        "hostile": web_map(hostile, language="en"),
        "osm": web_map(findings, language="zh", tiles=Tiles("osm")),
        "tianditu": web_map(findings, language="zh", tiles=Tiles("tianditu", "0123456789abcdef")),
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
    assert told["Aged 60+"] == whole(gaps.people[1, gaps.groups.index("60+")])
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
    assert told["Residents"] == whole(findings.coverage.residents[5, 0])


def test_search_for_nothing_says_so(browser, pages) -> None:
    browser.open(pages["en"])
    search(browser, "zzzz")
    assert browser.texts(".found li") == ["Nothing found"]


@pytest.mark.parametrize("name", ["en", "osm"])
def test_a_click_on_a_site_opens_its_card(browser, pages, name) -> None:
    browser.open(pages[name])
    browser.click(".site")
    assert re.match("Site |推荐点位 ", card(browser)["title"])
    # The map slides until the whole card is below the banner and beside the panels.
    browser.js(
        "new Promise((done) => { const look = () => { const c = document"
        ".querySelector('.leaflet-popup').getBoundingClientRect();"
        " c.top >= 36 && c.left >= 270 && c.right <= innerWidth - 270"
        " ? done(0) : requestAnimationFrame(look); }; look(); })"
    )
    if name == "osm":
        browser.events.clear()


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
    browser.pdf()
    assert browser.count("img") == 0
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


@pytest.mark.parametrize(("width", "height"), [(390, 844), (844, 390)])
def test_what_a_finger_touches_is_large_enough(browser, pages, width, height) -> None:
    browser.open(pages["zh"], width=width, height=height)
    assert "内部工作用图，未经地图审核，不得公开" in browser.texts(".title .notice")
    small = (
        "[...document.querySelectorAll('.fold, .search input, .tools button, summary,"
        " .leaflet-control-zoom a, #layers label.row, #layers select, .found li, .measure button,"
        " .leaflet-popup-close-button')].map((e) => [e, e.getBoundingClientRect()])"
        ".filter(([e, b]) => b.width && (b.height < 39.9 || b.width < 39.9))"
        ".map(([e, b]) => `${e.className || e.tagName} ${b.width} ${b.height}`)"
    )
    assert browser.js(small) == []
    browser.click("#layers .fold")
    assert browser.count("#layers label.row") > 10
    assert browser.js(small) == []
    browser.click("#layers .fold")
    browser.click("#tool-measure")
    assert browser.js(small) == []
    browser.click("#measure_end")
    search(browser, "G0")
    assert browser.js(small) == []
    browser.key(*ENTER)
    assert browser.js(small) == []
    assert card(browser)["title"].startswith("缺口")
    box = browser.js(
        "(() => { const b = document.querySelector('.leaflet-popup').getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom]; })()"
    )
    assert box[0] >= 0 and box[2] <= width
    if width < height:  # the map slides until the card is clear of the title
        browser.js(
            "new Promise((done) => { const look = () => document.querySelector('.title')"
            ".getBoundingClientRect().bottom <= document.querySelector('.leaflet-popup')"
            ".getBoundingClientRect().top ? done(0) : requestAnimationFrame(look); look(); })"
        )


# --- keyboard -----------------------------------------------------------------------------------


def test_search_is_a_list_that_a_screen_reader_follows(browser, pages, findings) -> None:
    browser.open(pages["en"])
    browser.js("document.body.focus(), 0")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="/", code="Slash", text="/")
    assert browser.js("document.activeElement.id") == "search"
    browser.type("F00")
    chosen = "document.getElementById('search').getAttribute('aria-activedescendant')"
    assert browser.texts("#left .unseen") == ["8 found"]
    for down, at in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1)):
        browser.key(down, 40 if down == "ArrowDown" else 38)
        assert browser.js(chosen) == f"found-{at}"
        assert browser.js(f"document.getElementById({f'found-{at}'!r}).ariaSelected") == "true"
    wanted = browser.texts(".found li span")[1]
    browser.key(*ENTER)
    assert card(browser)["title"] == wanted
    assert browser.js("document.getElementById('search').ariaExpanded") == "false"


def test_search_flies_where_movement_is_welcome(browser, pages, findings) -> None:
    browser.open(pages["en"], still=False)
    places = findings.facilities
    search(browser, places.ids[0])
    browser.key(*ENTER)
    assert browser.count(".card") == 0
    browser.js(
        "new Promise((done) => { const look = () => document.querySelector('.card')"
        " ? done(0) : requestAnimationFrame(look); look(); })"
    )
    assert card(browser)["title"] == places.names[0]
    assert browser.js("quarterhour.map.getZoom()") == 16


def test_a_sign_opens_by_keyboard_and_gives_the_keyboard_back(browser, pages) -> None:
    browser.open(pages["zh"])
    browser.js("document.querySelector('.site').focus(), 0")
    title = browser.js("document.activeElement.getAttribute('aria-label')")
    assert browser.js("document.activeElement.getAttribute('role')") == "button"
    browser.key(*ENTER)
    assert card(browser)["title"] == title
    assert browser.js("document.activeElement.getAttribute('aria-label')") == title
    assert browser.js("document.activeElement.getAttribute('role')") == "dialog"
    close = "document.querySelector('.leaflet-popup-close-button').getAttribute('aria-label')"
    assert browser.js(close) == "关闭"
    browser.key(*ESCAPE)
    assert browser.js("document.activeElement.classList.contains('site')") is True
    assert browser.js("quarterhour.map._popup.isOpen()") is False


def test_the_keyboard_comes_to_search_and_panels_before_the_signs(browser, pages) -> None:
    browser.open(pages["en"])
    order = browser.js(
        "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex]')]"
        ".map((e) => e.matches('.folium-map') ? 'map' : e.id || e.tagName)"
    )
    assert order.index("search") < order.index("kind") < order.index("layer-share")
    assert order.index("layer-share") < order.index("map")
    unnamed = browser.js(
        "[...document.querySelectorAll('button, [role=button], select, input, [role=region]')]"
        ".filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim()"
        " || (e.labels && e.labels.length))).length"
    )
    assert unnamed == 0


# --- measuring ----------------------------------------------------------------------------------


def test_measuring_follows_the_clicked_points(browser, pages) -> None:
    browser.open(pages["en"])
    browser.click("#tool-measure")
    spots = ((560, 330), (700, 420), (830, 380))
    for x, y in spots:
        browser.mouse(x, y)
    places = browser.js(
        f"{[list(spot) for spot in spots]}.map(([x, y]) => quarterhour.map"
        ".mouseEventToLatLng({ clientX: x, clientY: y })).map((p) => [p.lng, p.lat])"
    )
    lon, lat = np.array(places).T
    wanted = Geod(ellps="WGS84").line_length(lon, lat)
    metres = float(browser.js("document.querySelector('.measure').dataset.metres"))
    assert metres == pytest.approx(wanted, rel=1e-4)
    assert f"{wanted / 1000:.2f} km" in browser.texts(".measure .total")[0]
    assert browser.count(".length") == 2
    # No area, sign or gap under the points heard the clicks.
    assert browser.count(".card") == 0
    browser.click("#measure_undo")
    shorter = float(browser.js("document.querySelector('.measure').dataset.metres"))
    assert shorter == pytest.approx(Geod(ellps="WGS84").line_length(lon[:2], lat[:2]), rel=1e-4)
    browser.click("#measure_clear")
    assert browser.count(".length") == 0
    browser.key(*ESCAPE)
    assert browser.texts(".measure") == []
    assert browser.js("document.getElementById('tool-measure').ariaPressed") == "false"
    browser.click(".site")
    assert card(browser)["title"].startswith("Site ")


def test_measuring_by_keyboard_takes_the_middle_of_the_map(browser, pages) -> None:
    browser.open(pages["zh"])
    browser.click("#tool-measure")
    browser.js("quarterhour.map.getContainer().focus(), 0")
    browser.key(*ENTER)
    browser.js("quarterhour.map.panBy([80, 0], { animate: false }), 0")
    browser.key(*ENTER)
    assert browser.count(".length") == 1
    assert "非步行路线" in browser.texts(".measure .total")[0]
    browser.key("Backspace", 8)
    assert browser.count(".length") == 0


# --- paper --------------------------------------------------------------------------------------


def sheet_of(pdf: bytes) -> str:
    """Return the text of a print, which must be one sheet of A4, landscape."""
    [page] = PdfReader(io.BytesIO(pdf)).pages
    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(
        (841.9, 595.3), abs=1
    )
    return plain(page.extract_text())


def plain(text: str) -> str:
    """Return a text without blanks; a font may name a character by its twin among the radicals."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def on_sheet(findings) -> list[str]:
    return [
        findings.study.study.name, "内部工作用图，未经地图审核，不得公开",
        "成图日期：2026年11月1日", "图例", "推荐新建养老服务站", "道路、铁路与水系", "EPSG:3857",
        "OpenStreetMapcontributors",
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_print_button_makes_one_sheet(browser, pages, findings, width, height) -> None:
    browser.open(pages["zh"], width=width, height=height)
    view = "JSON.stringify([quarterhour.map.getCenter(), quarterhour.map.getZoom()])"
    before = browser.js(view)
    browser.js("window.print = () => { window.asked = true; }, 0")
    browser.click("#tool-print")
    browser.settle()
    assert browser.js("window.asked") is True
    assert browser.js("document.body.classList.contains('paper')") is True
    inside = browser.js(
        "(() => { const f = document.querySelector('.frame').getBoundingClientRect();"
        " return [...document.querySelectorAll('.site')].every((e) => {"
        " const b = e.getBoundingClientRect();"
        " return b.x > f.x && b.y > f.y && b.right < f.right && b.bottom < f.bottom; }); })()"
    )
    assert inside is True
    shown = (
        "['#layers', '.search', '.tools', '.leaflet-control-zoom', '.measure', '.more']"
        ".filter((s) => getComputedStyle(document.querySelector(s)).display !== 'none')"
    )
    assert browser.js(shown) == []
    assert browser.count(".leaflet-control-scale") == 1
    told = sheet_of(browser.pdf())
    assert [text for text in on_sheet(findings) if plain(text) not in told] == []
    assert browser.js("document.body.classList.contains('paper')") is False
    assert browser.js(view) == before
    assert browser.texts("#layers .fold") == ["图层"]


def test_the_browsers_own_print_moves_the_map_as_it_is(browser, pages, findings) -> None:
    browser.open(pages["zh"])
    browser.js(
        "window.addEventListener('beforeprint', () => {"
        " const f = document.querySelector('.frame').getBoundingClientRect();"
        " window.inside = [...document.querySelectorAll('.site')].every((e) => {"
        " const b = e.getBoundingClientRect();"
        " return b.x > f.x && b.y > f.y && b.right < f.right && b.bottom < f.bottom; }); }), 0"
    )
    told = sheet_of(browser.pdf())
    assert [text for text in on_sheet(findings) if plain(text) not in told] == []
    assert browser.js("window.inside") is True
    assert browser.js("document.body.className").split() == ["demo", "far", "ready"]
    assert browser.js("quarterhour.map.getContainer().style.transform") == ""


def test_a_long_legend_still_fits_its_sheet(browser, pages) -> None:
    browser.open(pages["en"])
    for box in browser.js("[...document.querySelectorAll('#layers input')].map((b) => b.id)"):
        if not browser.js(f"document.getElementById({box!r}).checked"):
            browser.click(f"#{box}")
    browser.js("window.print = () => {}, 0")
    browser.click("#tool-print")
    browser.settle()
    assert browser.js(
        "(() => { const box = document.querySelector('#legend').getBoundingClientRect();"
        " const last = document.querySelector('#legend .entry:last-child').getBoundingClientRect();"
        " return last.bottom <= box.bottom; })()"
    )
    browser.js("window.dispatchEvent(new Event('afterprint')), 0")


# --- online tiles -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["osm", "tianditu"])
def test_tiles_ask_their_server_only_and_the_map_works_without_them(
    browser, pages, findings, name
) -> None:
    server = {"osm": "https://tile.openstreetmap.org/", "tianditu": "https://t0.tianditu.gov.cn/"}
    browser.open(pages[name])
    browser.js(
        "new Promise((done) => { const look = () => quarterhour.map.hasLayer && document"
        ".getElementById('layer-streets').checked ? done(0) : setTimeout(look, 20); look(); })"
    )
    assert "已改用本项目的道路底图" in browser.texts(".asks")[0]
    asked = browser.requests()
    assert asked and all(url.startswith(server[name]) for url in asked)
    browser.js(
        "new Promise((done) => { document.addEventListener('securitypolicyviolation',"
        " (e) => done(e.violatedDirective), { once: true });"
        " new Image().src = 'https://example.org/x.png'; })"
    )
    search(browser, findings.facilities.ids[0])
    browser.key(*ENTER)
    assert card(browser)["title"] == findings.facilities.names[0]
    browser.click("#layer-tiles")
    assert browser.texts(".asks") == []
    # The network is cut: these are the requests and complaints there must be.
    browser.events.clear()


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
    assert told["In reach: care station"] == "cannot say"
    assert "%" in told["In reach: community canteen"]
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
