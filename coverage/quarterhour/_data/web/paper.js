// The print view: map, legend, title and imprint on one A4 sheet, landscape.
"use strict";

quarterhour.paper = function (map, page, parts) {
  const { make, svg } = quarterhour;
  const { legend, room, lines, kind_name } = parts;
  const body = document.body, told = page.title, words = page.words;
  const box = map.getContainer(), frame = make("div", "frame");
  let before = null;

  const shown = make("p", "shown");
  const imprint = make("footer", "imprint", null, make("p", "status", told.notice),
    ...[told.unit, told.date, told.circle, words.projection, told.sources].filter(Boolean).map((line) => make("p", "", line)));
  const north = make("div", "north", null, svg("svg", { viewBox: "0 0 20 34", "aria-hidden": "true" },
    svg("path", { d: "M10 1 L17 32 L10 26 Z", fill: "#ffffff", stroke: "#222222", "stroke-linejoin": "round" }),
    svg("path", { d: "M10 1 L3 32 L10 26 Z", fill: "#222222", stroke: "#222222", "stroke-linejoin": "round" })), make("span", "", words.north));
  document.querySelector(".title").append(shown);
  body.append(imprint);
  body.append(frame, north);

  // What the reader sees of the study between the panels.
  function seen() {
    const size = map.getSize(), inset = room();
    const corner = L.point(inset.paddingTopLeft), other = size.subtract(L.point(inset.paddingBottomRight));
    const view = L.latLngBounds(map.containerPointToLatLng(corner), map.containerPointToLatLng(other));
    const all = L.latLngBounds(page.bounds);
    if (!view.intersects(all)) return view;
    return L.latLngBounds(
      [Math.max(view.getSouth(), all.getSouth()), Math.max(view.getWest(), all.getWest())],
      [Math.min(view.getNorth(), all.getNorth()), Math.min(view.getEast(), all.getEast())]);
  }

  function settle() {
    map.invalidateSize({ animate: false, pan: false });
  }

  function dress() {
    map.closePopup();
    shown.textContent = [words.shown.replace("#", kind_name()), ...lines()].join(" · ");
    before.closed = legend.classList.contains("closed");
    legend.fold(false);
    body.classList.add("paper");
    const long = legend.lastChild.scrollHeight / legend.lastChild.clientHeight;
    if (long > 1) legend.lastChild.style.zoom = Math.max(0.5, 0.97 / long);
  }

  // The sheet as it should be: the map drawn anew at the size and sharpness of paper. It wants a
  // frame or two to draw.
  function open() {
    if (before) return;
    const bounds = seen();
    before = { centre: map.getCenter(), zoom: map.getZoom(), limits: map.options.maxBounds, dense: L.Browser.retina };
    dress();
    L.Browser.retina = true;
    map.setMaxBounds(null);
    settle();
    map.fitBounds(bounds, { animate: false, padding: [6, 6] });
  }

  // The browser's own menu leaves no frame to draw in, and what is drawn while it prints comes out
  // in the wrong place: so the picture on the screen is moved into the frame as it is.
  function open_as_is() {
    if (before) return;
    const bounds = seen(), size = map.getSize();
    const [a, b] = [bounds.getNorthWest(), bounds.getSouthEast()].map((place) => map.latLngToContainerPoint(place));
    before = {};
    box.style.setProperty("--wide", `${size.x}px`);
    box.style.setProperty("--tall", `${size.y}px`);
    body.classList.add("as-is");
    dress();
    const scale = Math.min(frame.clientWidth / (b.x - a.x), frame.clientHeight / (b.y - a.y)) * 0.98;
    const spare = [frame.clientWidth / scale - (b.x - a.x), frame.clientHeight / scale - (b.y - a.y)];
    const [x, y] = [a.x - spare[0] / 2, a.y - spare[1] / 2];
    const cut = { top: Math.max(0, y), left: Math.max(0, x), right: Math.max(0, size.x - x - frame.clientWidth / scale), bottom: Math.max(0, size.y - y - frame.clientHeight / scale) };
    Object.entries(cut).forEach(([side, value]) => box.style.setProperty(`--${side}`, `${value}px`));
    box.style.transform = `translate(${-x * scale}px, ${-y * scale}px) scale(${scale})`;
    // Read back, what was drawn last is a picture and not strokes.
    box.querySelectorAll("canvas").forEach((drawn) => drawn.getContext("2d").getImageData(0, 0, 1, 1));
  }

  function close() {
    if (!before) return;
    const was = before;
    before = null;
    body.classList.remove("paper", "as-is");
    legend.lastChild.style.zoom = "";
    legend.fold(was.closed);
    box.style.transform = "";
    settle();
    if (!was.centre) return;
    L.Browser.retina = was.dense;
    map.setView(was.centre, was.zoom, { animate: false });
    map.setMaxBounds(was.limits);
  }

  function print() {
    open();
    requestAnimationFrame(() => requestAnimationFrame(() => window.print()));
  }

  window.addEventListener("beforeprint", open_as_is);
  window.addEventListener("afterprint", close);
  // Some browsers never say that printing is over: the next touch brings the map back.
  window.addEventListener("pointerdown", close);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "p") return;
    event.preventDefault();
    print();
  });
  return { print };
};
