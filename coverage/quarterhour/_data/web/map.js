// The page around the map: panel, legend, search, title.
"use strict";

quarterhour.start = function (map, page) {
  const { make, swatch } = quarterhour;
  const words = page.words;
  const space = quarterhour.space(page);
  const drawing = quarterhour.drawing(map, page, space);
  const labels = quarterhour.labels(map);
  const layers = page.groups.flatMap((group) => group.layers);
  const shown = new Map();
  let kind = page.kind;

  const body = document.body;
  const legend = make("div", "entries");
  const lines = make("div", "lines");

  function show(layer, on) {
    layer.on = on;
    if (layer.box) layer.box.checked = on;
    if (shown.has(layer.id)) {
      shown.get(layer.id).forEach((drawn) => drawn.remove());
      shown.delete(layer.id);
    }
    if (on) {
      if (layer.only) {
        layers.filter((other) => other !== layer && other.on && other.only === layer.only)
          .forEach((other) => show(other, false));
      }
      const drawn = drawing.make(layer, kind);
      drawn.forEach((part) => part.addTo(map));
      shown.set(layer.id, drawn);
    }
    settle();
  }

  // The canvas draws in the order of adding; the order that reads well is that of this list.
  const depth = ["share", "bands", "areas", "gaps", "people", "walks", "signs"];
  function settle() {
    depth.forEach((type) => {
      layers.filter((layer) => layer.type === type && shown.has(layer.id))
        .forEach((layer) => shown.get(layer.id).forEach((part) => part.bringToFront && part.bringToFront()));
    });
    labels.settle();
    legend.replaceChildren(...layers.filter((layer) => shown.has(layer.id)).map(legend_of));
  }

  function legend_of(layer) {
    const out = make("div", "entry");
    const rows = layer.legend.filter((entry) => !entry.kinds || entry.kinds.includes(kind));
    if (rows.length > 1 || layer.type === "gaps") {
      const head = make("h3", "", layer.name);
      if (layer.by_kind) head.append(make("small", "", kind_of(kind).name));
      out.append(head);
    }
    rows.forEach((entry) => {
      const drawn = swatch(entry.dot ? { ...entry, radius: entry.radius * drawing.scale() } : entry);
      out.append(make("div", "row", null, drawn, make("span", "", entry.text)));
    });
    const unplaced = layer.type === "people" ? (layer.by_kind ? layer.data[kind] : layer.data).unplaced : 0;
    if (unplaced >= 0.5) out.append(make("p", "note", words.unplaced.replace("#", Math.round(unplaced).toLocaleString("en"))));
    return out;
  }

  const kind_of = (id) => page.kinds.find((found) => found.id === id);

  function choose(id) {
    kind = id;
    select.value = id;
    lines.replaceChildren(...kind_of(id).lines.map((line) => make("p", "", line)));
    layers.forEach((layer) => {
      if (layer.of !== undefined) show(layer, layer.of === id || id === "any");
      else if (layer.by_kind && layer.on) show(layer, true);
    });
  }

  // --- panel ---------------------------------------------------------------------------------
  const select = make("select");
  select.id = "kind";
  page.kinds.forEach((found) => {
    const option = make("option", "", found.name);
    option.value = found.id;
    select.append(option);
  });
  select.addEventListener("change", () => choose(select.value));

  function folding(id, title, content) {
    const head = make("button", "fold", title);
    const box = make("section", "panel", null, head, content);
    box.id = id;
    head.type = "button";
    const fold = (closed) => {
      box.classList.toggle("closed", closed);
      head.setAttribute("aria-expanded", String(!closed));
    };
    head.addEventListener("click", () => {
      const closed = !box.classList.contains("closed");
      if (!closed && narrow()) document.querySelectorAll(".panel").forEach((other) => other.fold(true));
      fold(closed);
    });
    box.fold = fold;
    fold(narrow());
    body.append(box);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  }

  function narrow() {
    return window.matchMedia("(max-width: 700px)").matches;
  }

  function panel() {
    const label = make("label", "", words.kind_shown);
    label.htmlFor = "kind";
    const content = make("div", "content", null, label, select, lines);
    page.groups.forEach((group) => {
      const field = make("fieldset", "", null, make("legend", "", group.name));
      group.layers.forEach((layer) => {
        layer.box = make("input");
        layer.box.type = "checkbox";
        layer.box.id = `layer-${layer.id}`;
        layer.box.addEventListener("change", () => show(layer, layer.box.checked));
        const row = make("label", "row", null, layer.box);
        if (layer.type === "signs") row.append(swatch(layer.legend[0]));
        row.append(make("span", "", layer.count === undefined ? layer.name : `${layer.name} (${layer.count})`));
        field.append(row);
      });
      content.append(field);
    });
    return content;
  }

  // --- search --------------------------------------------------------------------------------
  function entries() {
    const out = [];
    const add = (layer, cards, n, place, of, tag, number) => out.push({
      layer, cards, n, place, of, tag, number, name: cards.title[n], text: `${number} ${cards.title[n]} ${of ? cards.values[n].slice(1, 3).join(" ") : ""}`.toLowerCase(),
    });
    layers.forEach((layer) => {
      if (layer.type === "signs") {
        space.points(layer.g).forEach((place, n) => add(layer, layer.cards, n, place, null, layer.tag, layer.cards.values[n][0]));
      } else if (layer.type === "areas") {
        drawing.areas.forEach((area, n) => add(layer, layer.cards, n, area.at, null, layer.tag, ""));
      } else if (layer.type === "gaps") {
        page.kinds.forEach((found) => {
          const gaps = layer.data[found.id];
          space.points(gaps.g).forEach((place, n) => add(layer, gaps.cards, n, place, found.id, `${found.name} · ${gaps.cards.values[n][1]}`, ""));
        });
      }
    });
    return out;
  }

  // The best first: what is called so, then what lies in a place called so; of equal fits, areas,
  // then what belongs to the kind being shown.
  function find(known, text) {
    const asked = text.trim().toLowerCase(), wanted = asked.split(/\s+/).filter(Boolean);
    const rank = (entry) => (wanted.every((word) => `${entry.number} ${entry.name}`.toLowerCase().includes(word)) ? 0 : 8)
      + (entry.number.toLowerCase() === asked || entry.name.toLowerCase() === asked ? 0 : 4)
      + (entry.of && entry.of !== kind ? 2 : 0) + (entry.layer.type === "areas" ? 0 : 1);
    if (!wanted.length) return [];
    return known.filter((entry) => wanted.every((word) => entry.text.includes(word)))
      .sort((a, b) => rank(a) - rank(b)).slice(0, 8);
  }

  function go(entry) {
    if (entry.of && entry.of !== kind) choose(entry.of);
    if (!entry.layer.on) show(entry.layer, true);
    if (entry.layer.type === "areas") map.fitBounds(L.latLngBounds(drawing.areas[entry.n].rings.flat()), { animate: false, maxZoom: 16 });
    else map.setView(entry.place, Math.max(map.getZoom(), 16), { animate: false });
    if (entry.layer.type === "gaps") drawing.open_gap(entry.cards, entry.n, entry.place, entry.of);
    else drawing.open(entry.cards, entry.n, entry.place);
  }

  function search() {
    let known = null, found = [], at = 0;
    const input = make("input");
    Object.assign(input, { type: "search", id: "search", placeholder: words.search_hint, autocomplete: "off" });
    input.setAttribute("aria-label", words.search);
    const list = make("ul", "found");
    const clear = () => list.replaceChildren();
    const pick = (entry) => {
      clear();
      input.value = entry.name;
      input.blur();
      go(entry);
    };
    const mark = () => [...list.children].forEach((row, n) => row.classList.toggle("at", n === at));
    input.addEventListener("input", () => {
      known = known || entries();
      found = find(known, input.value);
      at = 0;
      list.replaceChildren(...found.map((entry) => {
        const row = make("li", "", null, make("span", "", entry.name), make("small", "", entry.number ? `${entry.tag} · ${entry.number}` : entry.tag));
        row.addEventListener("mousedown", (event) => { event.preventDefault(); pick(entry); });
        return row;
      }));
      if (!found.length && input.value.trim()) list.append(make("li", "none", words.nothing_found));
      mark();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") clear();
      else if (event.key === "Enter" && found[at]) pick(found[at]);
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        at = Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
        mark();
      }
    });
    input.addEventListener("blur", clear);
    return make("div", "search", null, input, list);
  }

  // --- title ---------------------------------------------------------------------------------
  function title() {
    const told = page.title;
    const small = [told.circle, told.date, told.notice, told.sources].filter(Boolean);
    const box = make("header", "title", null, make("h1", "", told.name), make("p", "what", told.what));
    const more = make("div", "more");
    small.forEach((line) => more.append(make("p", "", line)));
    box.append(more, search());
    return box;
  }

  const head = title();
  const left = make("div", "", null, head);
  left.id = "left";
  body.append(left);
  L.DomEvent.disableClickPropagation(left);
  if (page.title.demo) {
    const banner = make("div", "banner", page.title.demo);
    banner.setAttribute("role", "note");
    body.append(banner);
    body.classList.add("demo");
  }
  folding("layers", words.layers, panel());
  folding("legend", words.legend, legend);
  L.control.zoom({ position: "bottomright", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.attributionControl.setPrefix(false).addAttribution(page.attribution);

  const bounds = L.latLngBounds(page.bounds);
  function fit() {
    const wide = !narrow();
    map.fitBounds(bounds, { animate: false, paddingTopLeft: [wide ? 280 : 16, wide ? 40 : 150], paddingBottomRight: [wide ? 280 : 16, wide ? 30 : 60] });
    map.setMinZoom(map.getZoom() - 2);
  }
  const far = () => {
    const was = body.classList.contains("far"), is = drawing.scale() < 1;
    body.classList.toggle("far", is);
    if (was !== is) layers.filter((layer) => layer.on && layer.type === "people").forEach((layer) => show(layer, true));
  };
  map.on("zoomend", far);
  map.setMaxBounds(bounds.pad(0.4));
  fit();
  far();
  layers.filter((layer) => layer.on).forEach((layer) => show(layer, true));
  choose(kind);
  quarterhour.map = map;
  body.classList.add("ready");
};
