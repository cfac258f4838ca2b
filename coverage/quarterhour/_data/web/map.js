// The page around the map: panel, legend, title, tools.
"use strict";

quarterhour.start = function (map, page) {
  const { make, svg, swatch } = quarterhour;
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
  const asks = make("p", "asks");

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
    if (layer.type === "tiles") ask(layer, on);
    settle();
  }

  // The page says whom it asks for pictures; where none come, the study's own streets return.
  function ask(layer, on) {
    const told = page.tiles;
    asks.hidden = !on;
    if (!on) return;
    let came = false;
    asks.textContent = [told.note, location.protocol === "file:" ? told.as_file : ""].filter(Boolean).join(" ");
    shown.get(layer.id).forEach((part) => part.on("tileload", () => { came = true; }).on("tileerror", () => {
      if (came || asks.textContent === told.failed) return;
      asks.textContent = told.failed;
      show(layers.find((other) => other.type === "streets"), true);
    }));
  }

  // The canvas draws in the order of adding; the order that reads well is that of this list.
  const depth = ["share", "bands", "areas", "gaps", "people", "walks", "signs"];
  function settle() {
    depth.forEach((type) => {
      layers.filter((layer) => layer.type === type && shown.has(layer.id))
        .forEach((layer) => shown.get(layer.id).forEach((part) => part.bringToFront && part.bringToFront()));
    });
    labels.settle();
    legend.replaceChildren(...layers.filter((layer) => shown.has(layer.id) && layer.legend.length).map(legend_of));
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
    content.id = `${id}-inside`;
    head.setAttribute("aria-controls", content.id);
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
    body.insertBefore(box, map.getContainer());
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  }

  function narrow() {
    return window.matchMedia("(max-width: 700px), (max-height: 480px)").matches;
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

  // --- title and tools -----------------------------------------------------------------------
  function title() {
    const told = page.title;
    const more = make("details", "more", null, make("summary", "", words.about),
      ...[told.circle, told.date, told.unit, told.sources].filter(Boolean).map((line) => make("p", "", line)));
    more.open = !narrow();
    asks.hidden = true;
    return make("header", "title", null, make("h1", "", told.name), make("p", "what", told.what), make("p", "notice", told.notice), asks, more);
  }

  function tool(name, act, ...drawing_of) {
    const button = make("button", "", null, svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" }, ...drawing_of));
    Object.assign(button, { type: "button", id: `tool-${name}`, title: words[name] });
    button.setAttribute("aria-label", words[name]);
    button.addEventListener("click", act);
    return button;
  }

  function tools() {
    const stroke = { fill: "none", stroke: "currentColor", "stroke-width": 1.6, "stroke-linejoin": "round" };
    const ruler = tool("measure", () => measure.toggle(), svg("path", { ...stroke, d: "M1.5 14 L14 1.5 L18.5 6 L6 18.5 Z M5 10.5 L7 12.5 M8 7.5 L11 10.5 M11 4.5 L13 6.5" }));
    ruler.setAttribute("aria-pressed", "false");
    measure.watch((on) => ruler.setAttribute("aria-pressed", String(on)));
    const printer = tool("print", () => paper.print(), svg("path", { ...stroke, d: "M5 7 V2 H15 V7 M5 14 H2 V7 H18 V14 H15 M5 11.5 H15 V18 H5 Z" }));
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => {
      const bar = make("div", "leaflet-bar tools", null, ruler, printer);
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    };
    return control;
  }

  const box = map.getContainer();
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", words.map_label);
  const head = title();
  const left = make("div", "", null, head);
  left.id = "left";
  // Before the map, so that the keyboard comes to search and panels first and to its signs last.
  body.insertBefore(left, box);
  L.DomEvent.disableClickPropagation(left);
  if (page.title.demo) {
    const banner = make("div", "banner", page.title.demo);
    banner.setAttribute("role", "note");
    body.insertBefore(banner, left);
    body.classList.add("demo");
  }

  // What the title and the panels leave of the map.
  function room() {
    if (!narrow()) return { paddingTopLeft: [280, 40], paddingBottomRight: [280, 30] };
    const across = window.innerWidth > 700;
    return { paddingTopLeft: across ? [316, 30] : [16, 160], paddingBottomRight: across ? [60, 60] : [16, 60] };
  }

  const now = () => kind;
  head.append(quarterhour.search(map, page, { layers, drawing, space, now, choose, show, room }));
  folding("layers", words.layers, panel());
  const legend_box = folding("legend", words.legend, legend);
  const measure = quarterhour.measure(map, page);
  const paper = quarterhour.paper(map, page, {
    room, legend: legend_box, kind_name: () => kind_of(kind).name, lines: () => kind_of(kind).lines,
  });
  L.control.zoom({ position: "bottomright", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
  tools().addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.attributionControl.setPrefix(false);
  page.attribution.forEach((notice) => map.attributionControl.addAttribution(notice));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && measure.is_on()) measure.stop();
    else if (event.key === "Escape") map.closePopup();
    else if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
      event.preventDefault();
      document.getElementById("search").focus();
    }
  });

  const bounds = L.latLngBounds(page.bounds);
  function fit() {
    map.fitBounds(bounds, { animate: false, ...room() });
    map.setMinZoom(map.getZoom() - 2);
  }
  const far = () => {
    const was = body.classList.contains("far"), is = drawing.scale() < 1;
    body.classList.toggle("far", is);
    if (was !== is) layers.filter((layer) => layer.on && layer.type === "people").forEach((layer) => show(layer, true));
  };
  map.on("zoomend", far);
  // Wide enough that a card at the edge can be moved clear of the title and the panels.
  map.setMaxBounds(bounds.pad(1.5));
  fit();
  far();
  layers.filter((layer) => layer.on).forEach((layer) => show(layer, true));
  choose(kind);
  quarterhour.map = map;
  body.classList.add("ready");
};
