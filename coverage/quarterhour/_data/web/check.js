// The picture of a check: streets, borders and the points of each file, with every remark beside.
"use strict";

quarterhour.check = function (page) {
  const { make, sign, swatch, card } = quarterhour;
  const words = page.words;
  const space = quarterhour.space(page);
  const severities = ["fault", "doubt", "note"];
  // More signs than these are drawn as plain dots: thousands of drawings would be slow.
  const most_signs = 1500;
  const filled = (text, value) => text.replace("#", () => value);

  // --- the map -------------------------------------------------------------------------------
  const canvas = make("main");
  canvas.id = "map";
  const side = make("aside", "side");
  const body = document.body;
  const verdict = make("p", `verdict ${page.counts.fault ? "bad" : "good"}`, page.verdict);
  body.append(make("header", "top", null, make("h1", "", page.title), make("p", "what", page.subtitle), verdict));
  if (page.demo) {
    body.prepend(make("div", "banner", page.demo));
    body.classList.add("demo");
  }
  body.append(canvas, side);
  const map = L.map(canvas, { zoomControl: false, maxZoom: 19, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 100 });
  const bounds = L.latLngBounds(page.bounds);
  map.fitBounds(bounds, { animate: false, padding: [16, 16] });
  L.control.zoom({ position: "bottomright", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  map.attributionControl.setPrefix(false).addAttribution(page.attribution);
  ["streets", "names", "marks"].forEach((name, n) => {
    const pane = map.createPane(name);
    pane.style.zIndex = [250, 590, 610][n];
    if (n < 2) pane.style.pointerEvents = "none";
  });
  const labels = quarterhour.labels(map);
  const dots = L.canvas({ padding: 0.3 });

  const base = {
    streets: () => [new quarterhour.Streets(page.base, space)],
    areas: () => [
      ...page.areas.map((area) => L.polygon(space.rings(area.g), {
        renderer: dots, fill: false, color: "#5a5a5a", weight: 1.6, opacity: 0.9, interactive: false,
      })),
      ...page.areas.map((area, n) => n).sort((a, b) => page.areas[b].size - page.areas[a].size).map((n) => L.marker(space.place(page.areas[n].at), {
        pane: "names", interactive: false, keyboard: false,
        icon: L.divIcon({ className: "name", html: make("span", "", page.areas[n].name), iconSize: [0, 0] }),
      })),
    ],
  };

  // --- points of each file -------------------------------------------------------------------
  const files = page.files.map((file, at) => ({
    ...file, at, shown: true, chosen: "", drawn: [],
    row: new Map(file.rows.map((row, n) => [row, n])),
  }));
  const places = (file) => space.points(file.chosen ? file.others[file.chosen] : file.g);
  const of_row = (file, n) => page.remarks.filter((remark) => remark.layer === file.at && remark.row === file.rows[n]);

  function drawing_of(look) {
    const out = sign(look);
    const form = out.firstChild;
    if (look.hollow || look.out) {
      form.setAttribute("fill", "#ffffff");
      form.setAttribute("stroke", look.colour);
      form.setAttribute("stroke-width", 2.6);
    }
    if (look.out) form.setAttribute("stroke-dasharray", "3 2");
    return out;
  }

  function open(file, n, place) {
    const said = of_row(file, n);
    const labels_ = [words.file, words.row, words.kind];
    const values = [file.file, String(file.rows[n]), file.kinds[n] || "—"];
    if (file.signs[n].out) {
      labels_.push("");
      values.push(words.not_counted);
    }
    said.forEach((remark) => {
      labels_.push(words[remark.severity]);
      values.push(`${remark.problem} ${remark.mend}`.trim());
    });
    const size = map.getSize();
    const cards = { labels: labels_, title: { [n]: file.names[n] || words.unnamed }, values: { [n]: values } };
    L.popup({ maxWidth: Math.min(340, size.x - 40), minWidth: 220, maxHeight: Math.max(160, size.y * 0.6) })
      .setLatLng(place).setContent(card(cards, n)).openOn(map);
  }

  function signs_of(file) {
    const found = places(file), many = found.length > most_signs;
    return found.map((place, n) => {
      const look = file.signs[n], title = `${file.names[n] || words.unnamed} (${file.file}, ${words.row} ${file.rows[n]})`;
      if (many || look.shape === "dot") {
        const dot = L.circleMarker(place, {
          renderer: dots, radius: many ? 3 : 4.5, weight: 1, color: "#ffffff", fillColor: look.colour, fillOpacity: 0.9,
        });
        dot.bindTooltip(make("span", "", title), { direction: "top" });
        return dot.on("click", () => open(file, n, place));
      }
      const marker = L.marker(place, {
        title, alt: title,
        icon: L.divIcon({ className: "sign", html: drawing_of(look), iconSize: [18, 18], iconAnchor: [9, 9] }),
      });
      return marker.on("click", () => open(file, n, place));
    });
  }

  // Rings around points that a remark is about; the gravest gives the colour.
  function rings_of(file) {
    const found = places(file);
    return found.flatMap((place, n) => {
      const said = of_row(file, n).filter(wanted);
      if (!said.length) return [];
      const worst = severities.find((severity) => said.some((remark) => remark.severity === severity));
      const ring = L.marker(place, {
        pane: "marks", keyboard: false, zIndexOffset: 100,
        icon: L.divIcon({ className: `mark ${worst}`, html: make("span"), iconSize: [30, 30], iconAnchor: [15, 15] }),
      });
      ring.on("click", () => {
        open(file, n, place);
        point_out(said[0]);
      });
      return [ring];
    });
  }

  function draw(file) {
    file.drawn.forEach((part) => part.remove());
    file.drawn = file.shown ? [...signs_of(file), ...rings_of(file)] : [];
    file.drawn.forEach((part) => part.addTo(map));
    labels.settle();
  }

  // --- panel: files and datums ---------------------------------------------------------------
  function section(title, ...parts) {
    return make("section", "", null, make("h2", "", title), ...parts);
  }

  function box(id, checked, change) {
    const input = make("input");
    Object.assign(input, { type: "checkbox", id, checked });
    input.addEventListener("change", () => change(input.checked));
    return input;
  }

  function distance(file, datum) {
    const metres = file.street_m[datum in file.street_m ? datum : "wgs84"];
    return metres === undefined ? "" : ` (${filled(words.street_m, metres < 10 ? metres : Math.round(metres).toLocaleString("en"))})`;
  }

  function datums(file) {
    const field = make("div", "datums");
    field.setAttribute("role", "radiogroup");
    field.setAttribute("aria-label", `${words.read_as}: ${file.file}`);
    ["", ...Object.keys(file.others)].forEach((datum) => {
      const input = make("input");
      Object.assign(input, { type: "radio", name: `datum-${file.at}`, value: datum, checked: !datum });
      input.addEventListener("change", () => {
        file.chosen = datum;
        map.closePopup();
        draw(file);
      });
      const name = datum || `${file.datum} · ${words.as_declared}`;
      const likely = datum && datum === file.likely;
      const text = `${name}${distance(file, datum || file.datum)}${likely ? ` · ${words.likely}` : ""}`;
      field.append(make("label", likely ? "likely" : "", null, input, make("span", "", text)));
    });
    return field;
  }

  function file_box(file) {
    const out = make("div", "file");
    const label = make("label", "row", null, box(`file-${file.at}`, true, (on) => { file.shown = on; draw(file); }));
    label.append(make("span", "", `${file.file} `, make("small", "", `${file.role} · ${file.count}`)));
    out.append(label);
    if (file.beyond) out.append(make("p", "told", filled(words.beyond, file.beyond)));
    if (file.unplaced) out.append(make("p", "told", filled(words.unplaced, file.unplaced)));
    if (Object.keys(file.others).length) out.append(datums(file));
    else out.append(make("p", "told", `${file.datum} · ${words.as_declared}${distance(file, file.datum)}`));
    return out;
  }

  function base_boxes() {
    const out = make("div", "layers file");
    Object.keys(base).filter((name) => page[name === "streets" ? "base" : name].length).forEach((name) => {
      let drawn = base[name]();
      drawn.forEach((part) => part.addTo(map));
      const input = box(`layer-${name}`, true, (on) => drawn.forEach((part) => (on ? part.addTo(map) : part.remove())));
      out.append(make("label", "row", null, input, make("span", "", words[name])));
    });
    return out;
  }

  // --- panel: remarks ------------------------------------------------------------------------
  const chosen = { file: "", fault: true, doubt: true, note: page.counts.fault + page.counts.doubt === 0 };
  const wanted = (remark) => chosen[remark.severity] && (!chosen.file || remark.file === chosen.file);
  const list = make("ol", "found-list");
  const entries = new Map();

  function point_out(remark) {
    entries.forEach((entry) => entry.classList.remove("at"));
    const entry = entries.get(remark);
    if (!entry) return;
    entry.classList.add("at");
    entry.scrollIntoView({ block: "nearest" });
  }

  function go(remark) {
    const file = files[remark.layer], n = file.row.get(remark.row);
    if (n === undefined) return;
    if (!file.shown) {
      file.shown = document.getElementById(`file-${file.at}`).checked = true;
      draw(file);
    }
    const place = places(file)[n];
    map.setView(place, Math.max(map.getZoom(), 16), { animate: false });
    open(file, n, place);
    point_out(remark);
  }

  function entry(remark) {
    const mapped = remark.layer !== null && files[remark.layer].row.has(remark.row);
    const out = make(mapped ? "button" : "div", `remark ${remark.severity}`);
    const head = make("span", "head", null, make("b", "", `${remark.n} ${words[remark.severity]}`), make("span", "", remark.place || words.whole_study));
    if (mapped) {
      out.type = "button";
      head.append(make("span", "pin", words.on_map));
      out.addEventListener("click", () => go(remark));
    }
    out.append(head, make("span", "problem", remark.problem));
    if (remark.read) out.append(make("span", "read", filled(words.read, remark.read)));
    if (remark.mend) out.append(make("span", "mend", remark.mend));
    entries.set(remark, out);
    return make("li", "", null, out);
  }

  function fill() {
    entries.clear();
    const found = page.remarks.filter(wanted);
    list.replaceChildren(...found.map(entry));
    if (!found.length) list.append(make("li", "empty", page.remarks.length ? words.nothing_chosen : words.no_remarks));
    files.forEach(draw);
  }

  function filters() {
    const out = make("div", "filter");
    severities.forEach((severity) => {
      const input = box(`show-${severity}`, chosen[severity], (on) => { chosen[severity] = on; fill(); });
      out.append(make("label", "", null, input, make("span", "", `${words[`${severity}s`]} ${page.counts[severity]}`)));
    });
    const names = [...new Set(page.remarks.map((remark) => remark.file).filter(Boolean))];
    if (names.length > 1) {
      const select = make("select");
      select.id = "show-file";
      select.setAttribute("aria-label", words.filter_file);
      [["", words.everything], ...names.map((name) => [name, name])].forEach(([value, text]) => {
        const option = make("option", "", text);
        option.value = value;
        select.append(option);
      });
      select.addEventListener("change", () => { chosen.file = select.value; fill(); });
      out.append(select);
    }
    return out;
  }

  // --- put together --------------------------------------------------------------------------
  const missing = page.missing.map((text) => make("p", "", text));
  if (missing.length) side.append(make("section", "missing", null, ...missing));
  const found = section(words.remarks, filters(), list);
  const shown = section(words.files);
  if (files.some((file) => Object.keys(file.others).length)) shown.append(make("p", "help", words.datum_help));
  shown.append(...files.map(file_box), base_boxes());
  const legend = make("div", "legend");
  page.legend.forEach((item) => {
    const drawn = swatch(item);
    if (item.sign) {
      const old = drawn.firstChild, put = drawing_of(item.sign);
      ["x", "y", "width", "height"].forEach((name) => put.setAttribute(name, old.getAttribute(name)));
      drawn.replaceChildren(put);
    }
    legend.append(make("div", "row", null, drawn, make("span", "", item.text)));
  });
  side.append(shown, found, section(words.legend, legend));
  fill();
  // Signs are smaller while the whole district is in view.
  const far = () => body.classList.toggle("far", map.getZoom() < 14.5);
  map.on("zoomend", far);
  far();
  quarterhour.map = map;
  quarterhour.files = files;
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(canvas);
  body.classList.add("ready");
};
